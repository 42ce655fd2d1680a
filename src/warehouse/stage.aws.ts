/** The warehouse as a stage of the AWS target: engines over the lake, which hold nothing of their own. */
import type { AwsSession } from '../engines/aws/session.js';
import type { Resources } from '../stack/resource-names.js';
import type { Stage } from '../stage.js';
import type { ProbeState } from './checks.aws.js';

export function awsWarehouseStage(session: AwsSession, resources: Resources, probe: ProbeState): Stage {
  return {
    name: 'warehouse',
    async *checks() {
      const { warehouseChecks } = await import('./checks.aws.js');
      yield* warehouseChecks(session, resources, probe);
    },
  };
}
