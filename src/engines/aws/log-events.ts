/** Lines of a log group of CloudWatch. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
import { isMissing } from './errors.js';
import type { AwsSession } from './session.js';
import { callJson, type SignedService } from './signed.js';

const LOGS: SignedService = { name: 'CloudWatch Logs', host: 'logs', variable: 'CLOUDWATCH_LOGS' };

/** The lines since a time that match a pattern, of the first page; none where there is no such group. */
export async function filterLogEvents(
  session: AwsSession,
  group: string,
  pattern: string,
  sinceMs: number,
): Promise<readonly string[]> {
  const input = { logGroupName: group, filterPattern: pattern, startTime: sinceMs };
  try {
    const answer = await callLogs(session, 'FilterLogEvents', input);
    const { events = [] } = answer as { readonly events?: readonly { readonly message?: string }[] };
    return events.map(({ message = '' }) => message);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function callLogs(session: AwsSession, action: string, input: object): Promise<unknown> {
  return callJson(session, LOGS, `Logs_20140328.${action}`, input);
}
