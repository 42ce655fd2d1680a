/** The stack as CloudFormation has it. */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import type { AwsSession } from '../engines/aws/session.js';
import type { DeployedStack } from './resource-names.js';

export interface StackResource {
  /** `OrdersStream` */
  readonly name: string;
  /** `AWS::Kinesis::Stream` */
  readonly type: string;
  /** Physical id, which `Ref` returns for most types. Empty while the resource is being created. */
  readonly id: string;
}

/** The resources that a stack has now. */
export async function listResources(session: AwsSession, stack = session.stack): Promise<StackResource[]> {
  const client = session.client(CloudFormationClient);
  const found: StackResource[] = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName: stack })) {
    for (const summary of StackResourceSummaries) {
      if (summary.ResourceStatus === 'DELETE_COMPLETE') continue;
      const { LogicalResourceId: name = '', ResourceType: type = '', PhysicalResourceId: id = '' } = summary;
      found.push({ name, type, id });
    }
  }
  return found;
}

/** Status and outputs of the stack. Throws an `AlakazamError` if there is no stack. */
export async function describeStack(session: AwsSession): Promise<DeployedStack> {
  const client = session.client(CloudFormationClient);
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: session.stack }));
  const [stack] = Stacks ?? [];
  const outputs = (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue] as const);
  return { status: stack?.StackStatus ?? 'UNKNOWN', outputs: new Map(outputs as [string, string][]) };
}
