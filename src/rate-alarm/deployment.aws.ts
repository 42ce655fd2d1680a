/** What a deployment with the rate alarm does besides: its settings have to fit, its application is uploaded, and started. */
import type { AwsSession } from '../engines/aws/session.js';
import type { OptionalUpload, ProposalCheck, StartPart } from '../stack/stack.js';
import { applicationUpload } from './application-upload.js';
import { rateAlarmFits } from './proposal.js';
import { startApplication } from './start-application.aws.js';

export interface AlarmDeployment {
  readonly fits: ProposalCheck;
  readonly uploads: readonly OptionalUpload[];
  readonly starts: readonly StartPart[];
}

/** The connector of Flink is kept in `cacheDirectory`. */
export function alarmDeployment(session: AwsSession, cacheDirectory: string, clock: () => number): AlarmDeployment {
  return {
    fits: rateAlarmFits,
    uploads: [applicationUpload(cacheDirectory)],
    starts: [(outputs, signal) => startApplication({ session, clock, outputs }, signal)],
  };
}
