/**
 * Resources that a deleted stack left in the account, found in two ways. Tags also find resources that belong to no stack any
 * more. CloudFormation's record of the resources that it retained, which lasts 90 days, also has those that lost their tags.
 */
import {
  CloudFormationClient,
  paginateDescribeStackEvents,
  paginateListStacks,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { paginateGetResources, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { isNone } from './bucket.aws.js';
import type { Remainder } from './stack.js';

/** Tag of the artifact bucket, which `deploy` creates beside the stack. CloudFormation tags the resources of a stack. */
export const STACK_TAG = 'alakazam:stack';
const CLOUDFORMATION_TAGS = 'aws:cloudformation';

export const TABLE = 'dynamodb table';
const BUCKET = 's3 bucket';

/** Types that CloudFormation keeps when it deletes a stack: how an ARN calls them, and how a person gets at the data. */
const KEPT_TYPES: Readonly<Record<string, { readonly type: string; readonly access: (name: string) => string }>> = {
  'AWS::DynamoDB::Table': { type: TABLE, access: (name) => `aws dynamodb scan --table-name ${name}` },
  'AWS::S3::Bucket': { type: BUCKET, access: (name) => `aws s3 ls --recursive s3://${name}` },
};

export function isData({ type }: Remainder): boolean {
  return type === TABLE || type === BUCKET;
}

export function dataIn(resources: readonly { readonly type: string; readonly id: string }[]): Remainder[] {
  // A resource that is being created has no id yet.
  return resources.flatMap(({ type, id }) => (type in KEPT_TYPES && id ? [remainder(type, id)] : []));
}

function remainder(cloudFormationType: string, name: string): Remainder {
  const { type, access } = KEPT_TYPES[cloudFormationType] as (typeof KEPT_TYPES)[string];
  return { type, name, access: access(name) };
}

export async function findRemains(session: AwsSession): Promise<Remainder[]> {
  const [tagged, { kept, deleted }] = await Promise.all([taggedResources(session), deletedStacks(session)]);
  // A key that is scheduled for deletion has its tags for a week, and costs nothing.
  const bearing = tagged.filter((each) => isData(each) || !deleted.has(each.name));
  const all = new Map([...kept, ...bearing].map((each) => [`${each.type} ${each.name}`, each]));
  const found: Remainder[] = [];
  for (const { type, name, access } of all.values()) {
    if (await isThere(session, type, name)) found.push({ type, name, access });
  }
  return found;
}

/** A resource that a deleted stack left, with what CloudFormation needs to import the resource. */
export interface KeptResource {
  /** Its logical id: `HistoryTable`. */
  readonly resource: string;
  /** `AWS::DynamoDB::Table` */
  readonly type: string;
  readonly name: string;
}

/** The resources that the last deleted stack of this name left and that still exist. */
export async function findKept(session: AwsSession): Promise<KeptResource[]> {
  const [tagged, { kept }] = await Promise.all([taggedResources(session), deletedStacks(session)]);
  const found: KeptResource[] = [];
  for (const { resource, type, name } of kept.length > 0 ? lastKept(kept) : ifUnambiguous(tagged)) {
    const cloudFormationType = Object.keys(KEPT_TYPES).find((each) => KEPT_TYPES[each]?.type === type);
    if (!cloudFormationType || !(await isThere(session, type, name))) continue;
    found.push({ resource, type: cloudFormationType, name });
  }
  return found;
}

/** Tables and buckets of one stack belong together, so those of two stacks are never mixed. */
function lastKept(kept: readonly StackRemainder[]): StackRemainder[] {
  const found = new Map<string, StackRemainder>();
  for (const each of kept) {
    // An update that replaced a resource kept the old one too: the last one counts.
    if (each.stackId === kept[0]?.stackId && !found.has(each.resource)) found.set(each.resource, each);
  }
  return [...found.values()];
}

/** Tags do not say which of two stacks was the last, nor which of two resources replaced the other. */
function ifUnambiguous(tagged: readonly StackRemainder[]): StackRemainder[] {
  const data = tagged.filter((each) => isData(each) && each.resource !== '');
  const isOfOne = new Set(data.map(({ stackId }) => stackId)).size === 1;
  return isOfOne && new Set(data.map(({ resource }) => resource)).size === data.length ? data : [];
}

/** A tagged resource with its logical id and its stack. Both are empty for the artifact bucket. */
interface StackRemainder extends Remainder {
  readonly resource: string;
  readonly stackId: string;
}

/** https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html */
async function taggedResources(session: AwsSession): Promise<StackRemainder[]> {
  const client = session.client(ResourceGroupsTaggingAPIClient);
  const TagFilters = [{ Key: 'application', Values: ['alakazam'] }];
  const found: StackRemainder[] = [];
  for await (const page of paginateGetResources({ client }, { TagFilters })) {
    for (const { ResourceARN = '', Tags = [] } of page.ResourceTagMappingList ?? []) {
      const tags = new Map(Tags.map(({ Key, Value = '' }) => [Key, Value]));
      const stack = tags.get(STACK_TAG) ?? tags.get(`${CLOUDFORMATION_TAGS}:stack-name`);
      if (stack !== session.stack) continue;
      const resource = tags.get(`${CLOUDFORMATION_TAGS}:logical-id`) ?? '';
      const stackId = tags.get(`${CLOUDFORMATION_TAGS}:stack-id`) ?? '';
      found.push({ ...remainderOf(ResourceARN), resource, stackId });
    }
  }
  return found;
}

/** `arn:aws:dynamodb:eu-west-1:123456789012:table/orders`: type `dynamodb table`, name `orders`. */
function remainderOf(arn: string): Remainder {
  const [, , service = '', , , ...rest] = arn.split(':');
  const [, kind, name = arn] = /^(?:([a-z-]+)[/:])?(.+)$/s.exec(rest.join(':')) ?? [];
  const type = kind ? `${service} ${kind}` : service === 's3' ? BUCKET : service;
  const access =
    Object.values(KEPT_TYPES)
      .find((each) => each.type === type)
      ?.access(name) ?? '';
  return { type, name, access };
}

/** The resources that deleted stacks of this name left, last first, and the names of the resources that they deleted. */
async function deletedStacks(session: AwsSession) {
  const client = session.client(CloudFormationClient);
  const skipped: StackEvent[] = [];
  const deleted = new Set<string>();
  for await (const page of paginateListStacks({ client }, { StackStatusFilter: ['DELETE_COMPLETE'] })) {
    for (const { StackName, StackId } of page.StackSummaries ?? []) {
      if (StackName !== session.stack) continue;
      for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName: StackId })) {
        for (const event of StackEvents) {
          const { ResourceStatus, PhysicalResourceId: id = '' } = event;
          if (ResourceStatus === 'DELETE_SKIPPED') skipped.push(event);
          if (ResourceStatus === 'DELETE_COMPLETE') deleted.add(id.split(/[/:]/).at(-1) as string);
        }
      }
    }
  }
  skipped.sort((a, b) => Number(b.Timestamp) - Number(a.Timestamp));
  const kept = skipped.flatMap((event): StackRemainder[] => {
    const { ResourceType: type = '', PhysicalResourceId: id = '', LogicalResourceId, StackId } = event;
    return dataIn([{ type, id }]).map((each) => ({
      ...each,
      resource: LogicalResourceId ?? '',
      stackId: StackId ?? '',
    }));
  });
  return { kept, deleted };
}

/** Tags of a deleted resource are listed for a while, and CloudFormation never learns that somebody deleted a retained one. */
async function isThere(session: AwsSession, type: string, name: string): Promise<boolean> {
  try {
    if (type === TABLE) await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: name }));
    if (type === BUCKET) await session.client(S3Client).send(new HeadBucketCommand({ Bucket: name }));
    return true;
  } catch (error) {
    if (isNone(error) || nameOf(error) === 'ResourceNotFoundException') return false;
    throw error;
  }
}
