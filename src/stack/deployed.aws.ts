/** The stack as CloudFormation has it. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { AwsSession } from '../engines/aws/session.js';
import type { DeployedStack } from './resource-names.js';

/** Throws an `AlakazamError` if there is none. */
export async function describeStack(session: AwsSession): Promise<DeployedStack> {
  const client = session.client(CloudFormationClient);
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: session.stack }));
  const [stack] = Stacks ?? [];
  const outputs = (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue] as const);
  return { status: stack?.StackStatus ?? 'UNKNOWN', outputs: new Map(outputs as [string, string][]) };
}
