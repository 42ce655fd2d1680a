/** What `doctor` checks of the warehouse on AWS: the work group, and the optional parts that the stack has. */
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { ResourceName, Resources } from '../stack/resource-names.js';
import { type Check, check, checkIfPossible, type Finding } from '../terminal/check.js';
import { subscription } from './quicksight.aws.js';
import { ATHENA_WORK_GROUP, REDSHIFT_WORKGROUP } from './resources.js';

/** Asks a resource of this type and physical id for its state. */
export type ProbeState = (
  type: string,
  id: string,
) => Promise<{ readonly isHealthy: boolean; readonly status: string; readonly finding?: string }>;

export async function* warehouseChecks(
  session: AwsSession,
  resources: Resources,
  probe: ProbeState,
): AsyncGenerator<Check> {
  const outputs = await resources.outputs();
  const found: Promise<Check>[] = [];
  if (outputs.has(ATHENA_WORK_GROUP.output)) {
    found.push(check('Athena', async () => stateOf('AWS::Athena::WorkGroup', ATHENA_WORK_GROUP)));
  }
  if (outputs.has(REDSHIFT_WORKGROUP.output)) {
    found.push(check('Redshift', async () => stateOf('AWS::RedshiftServerless::Workgroup', REDSHIFT_WORKGROUP)));
  }
  if (outputs.has('QuicksightDashboardUrl')) found.push(checkIfPossible('QuickSight', () => subscription(session)));
  for (const each of found) yield await each;

  async function stateOf(type: string, resource: ResourceName): Promise<Finding> {
    const id = await resources.nameOf(resource);
    const { isHealthy, status, finding } = await probe(type, id);
    const text = `${id} is ${status}${finding ? `: ${finding}` : ''}`;
    return isHealthy ? text : new AlakazamError('failed', text, { hint: 'see alakazam status' });
  }
}
