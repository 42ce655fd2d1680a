/** The order stream as a stage of the AWS target. */
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Resources } from '../stack/resource-names.js';
import type { Stage } from '../stage.js';
import type { BookmarkedStream } from './stream.js';

export function awsStreamStage(
  session: AwsSession,
  resources: Resources,
  open: () => Promise<BookmarkedStream>,
): Stage {
  return {
    name: 'order stream',
    async *checks() {
      const { streamChecks } = await import('./checks.aws.js');
      yield* streamChecks(session, resources);
    },
    async contents(): Promise<string> {
      throw new AlakazamError('failed', `stack ${session.stack} can't be emptied in place`, {
        hint: 'alakazam destroy, then alakazam deploy',
      });
    },
    async *rejected() {
      yield* (await open()).bookmarks.rejected();
    },
    rejectedCount: async () => (await open()).bookmarks.rejectedCount(),
  };
}
