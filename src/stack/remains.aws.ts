/**
 * What is there that a stack has put there: what bears its tags, and what CloudFormation says it was told to leave. Tags know
 * of things that no stack has any more; CloudFormation, for 90 days, of things that lost their tags.
 */
import { CloudFormationClient, paginateDescribeStackEvents, paginateListStacks } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { paginateGetResources, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { isNone } from './bucket.aws.js';
import type { Remainder } from './stack.js';

/** On what `deploy` makes beside the stack; CloudFormation puts tags of its own on what is in it. */
export const STACK_TAG = 'alakazam:stack';
const CLOUDFORMATION_TAG = 'aws:cloudformation:stack-name';

export const TABLE = 'dynamodb table';
export const BUCKET = 's3 bucket';

/** `AWS::DynamoDB::Table`, as its ARN says it. */
const TYPES: Readonly<Record<string, string>> = { 'AWS::DynamoDB::Table': TABLE, 'AWS::S3::Bucket': BUCKET };

export function dataIn(resources: readonly { readonly type: string; readonly id: string }[]): Remainder[] {
  // What is being made has no id yet.
  return resources.flatMap(({ type, id }) => (TYPES[type] && id ? [{ type: TYPES[type], name: id }] : []));
}

export async function findRemains(session: AwsSession): Promise<Remainder[]> {
  const [tagged, { left, deleted }] = await Promise.all([taggedResources(session), deletedStacks(session)]);
  // A key that is scheduled for deletion bears its tags for a week, and is billed for none of it.
  const bearing = tagged.filter(({ type, name }) => type === TABLE || type === BUCKET || !deleted.has(name));
  const all = new Map([...left, ...bearing].map((resource) => [`${resource.type} ${resource.name}`, resource]));
  const found: Remainder[] = [];
  for (const resource of all.values()) if (await isThere(session, resource)) found.push(resource);
  return found;
}

/** https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html */
async function taggedResources(session: AwsSession): Promise<Remainder[]> {
  const client = session.client(ResourceGroupsTaggingAPIClient);
  const TagFilters = [{ Key: 'application', Values: ['alakazam'] }];
  const found: Remainder[] = [];
  for await (const page of paginateGetResources({ client }, { TagFilters })) {
    for (const { ResourceARN = '', Tags = [] } of page.ResourceTagMappingList ?? []) {
      const stackOf = Tags.find(({ Key }) => Key === STACK_TAG || Key === CLOUDFORMATION_TAG)?.Value;
      if (stackOf === session.stack) found.push(partsOf(ResourceARN));
    }
  }
  return found;
}

/** `arn:aws:dynamodb:eu-west-1:123456789012:table/orders`: type `dynamodb table`, name `orders`. */
function partsOf(arn: string): Remainder {
  const [, , service = '', , , ...rest] = arn.split(':');
  const [, kind, name = arn] = /^(?:([a-z-]+)[/:])?(.+)$/s.exec(rest.join(':')) ?? [];
  if (kind) return { type: `${service} ${kind}`, name };
  return { type: service === 's3' ? BUCKET : service, name };
}

/** What stacks of this name left behind when they were deleted, and the names of what they took with them. */
async function deletedStacks(session: AwsSession) {
  const client = session.client(CloudFormationClient);
  const left: Remainder[] = [];
  const deleted = new Set<string>();
  for await (const page of paginateListStacks({ client }, { StackStatusFilter: ['DELETE_COMPLETE'] })) {
    for (const { StackName, StackId } of page.StackSummaries ?? []) {
      if (StackName !== session.stack) continue;
      for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName: StackId })) {
        for (const { ResourceStatus, ResourceType: type = '', PhysicalResourceId: id = '' } of StackEvents) {
          if (ResourceStatus === 'DELETE_SKIPPED') left.push(...dataIn([{ type, id }]));
          if (ResourceStatus === 'DELETE_COMPLETE') deleted.add(id.split(/[/:]/).at(-1) as string);
        }
      }
    }
  }
  return { left, deleted };
}

/** Tags are listed for a while after what bore them is gone, and CloudFormation doesn't learn of it at all. */
async function isThere(session: AwsSession, { type, name }: Remainder): Promise<boolean> {
  try {
    if (type === TABLE) await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: name }));
    if (type === BUCKET) await session.client(S3Client).send(new HeadBucketCommand({ Bucket: name }));
    return true;
  } catch (error) {
    if (isNone(error) || nameOf(error) === 'ResourceNotFoundException') return false;
    throw error;
  }
}
