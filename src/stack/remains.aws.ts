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
import { paginateGetResources, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { AwsSession } from '../engines/aws/session.js';
import { contentsOf } from './probes.aws.js';
import type { Remainder } from './stack.js';
import { keptAs, keptTypeOf } from './types.js';

/** Tag of the artifact bucket, which `deploy` creates beside the stack. CloudFormation tags the resources of a stack. */
export const STACK_TAG = 'alakazam:stack';
const CLOUDFORMATION_TAGS = 'aws:cloudformation';

export function isData({ type }: Remainder): boolean {
  return keptTypeOf(type) !== undefined;
}

export function dataIn(resources: readonly { readonly type: string; readonly id: string }[]): Remainder[] {
  return resources.flatMap(({ type, id }) => {
    const kept = keptAs(type);
    // A resource that is being made has no id yet.
    return kept && id ? [remainder(kept.kind, id)] : [];
  });
}

function remainder(kind: string, name: string): Remainder {
  return { type: kind, name, access: keptAs(keptTypeOf(kind) ?? '')?.access.replace('{name}', name) ?? '' };
}

export async function findRemains(session: AwsSession): Promise<Remainder[]> {
  const [tagged, { kept, deleted }] = await Promise.all([taggedResources(session), deletedStacks(session)]);
  // A key that is scheduled for deletion has its tags for a week, and costs nothing.
  const bearing = tagged.filter((each) => isData(each) || !deleted.has(each.name));
  const all = new Map([...kept, ...bearing].map((each) => [`${each.type} ${each.name}`, each]));
  const found: Remainder[] = [];
  for (const { type, name, access } of all.values()) {
    if (await isThere(session, { type, name })) found.push({ type, name, access });
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
    const cloudFormationType = keptTypeOf(type);
    if (!cloudFormationType || !(await isThere(session, { type, name }))) continue;
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
  // The ARN of a bucket names no kind.
  return remainder(kind ? `${service} ${kind}` : service === 's3' ? 's3 bucket' : service, name);
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

/** Tags are listed for a while after their resource is gone, and CloudFormation never learns that a kept one is deleted. */
async function isThere(session: AwsSession, { type: kind, name }: Pick<Remainder, 'type' | 'name'>): Promise<boolean> {
  const type = keptTypeOf(kind);
  return type === undefined || (await contentsOf(session, { name, id: name, type })) !== undefined;
}
