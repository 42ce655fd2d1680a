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
  /** Its name with AWS: what `Ref` gives, as a rule. Empty while it is being made. */
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

/** Throws an `AlakazamError` if there is none. */
export async function describeStack(session: AwsSession): Promise<DeployedStack> {
  const client = session.client(CloudFormationClient);
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: session.stack }));
  const [stack] = Stacks ?? [];
  const outputs = (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue] as const);
  return { status: stack?.StackStatus ?? 'UNKNOWN', outputs: new Map(outputs as [string, string][]) };
}
