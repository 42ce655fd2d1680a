/** The rate alarm as a stage of the AWS target. What it keeps are no orders, so there is nothing to verify. */
import type { AwsSession } from '../engines/aws/session.js';
import type { Resources } from '../stack/resource-names.js';
import type { Stage } from '../stage.js';

export function awsAlarmStage(session: AwsSession, resources: Resources, clock: () => number): Stage {
  return {
    name: 'rate alarm',
    async *checks() {
      const outputs = await resources.outputs();
      const application = outputs.get('RateApplicationName');
      // A stack without this part has nothing to check.
      if (application === undefined) return;
      const [{ alarmChecks }, { openAlarmTopic }] = await Promise.all([
        import('./checks.aws.js'),
        import('./alarm-topic.aws.js'),
      ]);
      const { subscribers } = openAlarmTopic(session, outputs.get('AlarmTopicArn') as string, clock);
      yield* alarmChecks(session, { application, subscribers });
    },
  };
}
