/** Looks up one stack in CloudFormation. */
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AwsSession, regionOf } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { BucketOwner } from './artifact-bucket.js';

export interface StackLookup {
  readonly client: CloudFormationClient;
  /** For people: `stack alakazam in eu-central-1`. */
  where(): Promise<string>;
  /** Undefined if there is no stack of the name. A stack is `isEmpty` as long as none of its change sets was executed. */
  find(): Promise<Stack | undefined>;
  /** Throws an `AlakazamError` if nothing is deployed under the name. */
  deployed(): Promise<Stack>;
  /** The account and region the stack is in. */
  owner(): Promise<BucketOwner>;
}

/** Statuses: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes */
export function isEmpty({ StackStatus }: Stack): boolean {
  return StackStatus === 'REVIEW_IN_PROGRESS';
}

export function lookUp(session: AwsSession): StackLookup {
  const client = session.client(CloudFormationClient);
  let owner: Promise<BucketOwner> | undefined;

  async function where(): Promise<string> {
    return `stack ${session.stack} in ${await regionOf(client)}`;
  }

  async function find(): Promise<Stack | undefined> {
    try {
      const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: session.stack }));
      return Stacks?.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
    } catch (error) {
      if (error instanceof AlakazamError && /^there is no stack/.test(error.message)) return undefined;
      throw error;
    }
  }

  async function findOwner(): Promise<BucketOwner> {
    const { Account, Arn } = await session.client(STSClient).send(new GetCallerIdentityCommand({}));
    const partition = (Arn as string).split(':')[1] as string;
    return { account: Account as string, partition, region: await regionOf(client) };
  }

  return {
    client,
    where,
    find,
    async deployed() {
      const stack = await find();
      if (stack && !isEmpty(stack)) return stack;
      throw new AlakazamError('failed', `there is no ${await where()}`, {
        hint: 'alakazam deploy, or set AWS_REGION to the region the stack is in',
      });
    },
    owner() {
      owner ??= findOwner();
      return owner;
    },
  };
}

export function outputsOf({ Outputs = [] }: Stack): Map<string, string> {
  return new Map(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey as string, OutputValue as string]));
}

export function parametersOf({ Parameters = [] }: Stack): Map<string, string> {
  return new Map(Parameters.map(({ ParameterKey, ParameterValue }) => [ParameterKey as string, ParameterValue ?? '']));
}
