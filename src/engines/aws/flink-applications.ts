/**
 * Managed Service for Apache Flink, whose API has the name of the service that it grew from.
 * https://docs.aws.amazon.com/managed-flink/latest/apiv2/
 */
import type { AwsSession } from './session.js';
import { callJson, type SignedService } from './signed.js';

const FLINK: SignedService = {
  name: 'Managed Service for Apache Flink',
  host: 'kinesisanalytics',
  variable: 'KINESIS_ANALYTICS_V2',
};

export interface FlinkApplicationDetail {
  /** `READY` is one that does not run. */
  readonly ApplicationStatus?: string;
  readonly ApplicationVersionId?: number;
  readonly CloudWatchLoggingOptionDescriptions?: readonly { readonly LogStreamARN?: string }[];
}

export async function describeFlinkApplication(session: AwsSession, name: string): Promise<FlinkApplicationDetail> {
  const answer = await callFlink(session, 'DescribeApplication', { ApplicationName: name });
  return (answer as { readonly ApplicationDetail?: FlinkApplicationDetail }).ApplicationDetail ?? {};
}

export function callFlink(session: AwsSession, action: string, input: object): Promise<unknown> {
  return callJson(session, FLINK, `KinesisAnalytics_20180523.${action}`, input);
}
