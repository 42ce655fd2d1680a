/** A change set: what CloudFormation would do, before it does. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetCommandOutput,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
  type Parameter,
  type ResourceChange,
  type Tag,
} from '@aws-sdk/client-cloudformation';
import { nameOf } from '../engines/aws/errors.js';
import { AlakazamError, reasonOf } from '../errors.js';
import { followEvents, lastEventOf } from './events.aws.js';
import type { Change, StackEvent } from './stack.js';

export interface ChangeSet {
  readonly changes: readonly Change[];
  execute(signal: AbortSignal, isWaiting: boolean): AsyncGenerator<StackEvent>;
  discard(): Promise<void>;
}

export interface ChangeSetInput {
  readonly stack: string;
  /** Nothing is deployed under that name. */
  readonly isNew: boolean;
  readonly name: string;
  readonly template: string;
  readonly parameters: Parameter[];
  readonly tags: Tag[];
  /** True for what stays where it is when another takes its place. */
  readonly isKept: (name: string) => boolean;
}

const POLL_MS = 500;
/** The status of a stack for which a change set was made, and none executed. */
export const ONLY_A_NAME = 'REVIEW_IN_PROGRESS';

export async function createChangeSet(client: CloudFormationClient, input: ChangeSetInput): Promise<ChangeSet> {
  const { isNew } = input;
  const { Id, StackId } = await requested(client, input);
  const at = { ChangeSetName: Id as string };
  let isExecuted = false;

  async function discard(): Promise<void> {
    if (isExecuted) return;
    await client.send(new DeleteChangeSetCommand(at));
    // Without its change set, a stack that was to be made is an empty name in a list; unless others made it meanwhile, or may.
    if (isNew && (await isOnlyAName())) await client.send(new DeleteStackCommand({ StackName: StackId as string }));
  }

  async function isOnlyAName(): Promise<boolean> {
    const at = { StackName: StackId as string };
    const { Stacks } = await client.send(new DescribeStacksCommand(at));
    if (Stacks?.[0]?.StackStatus !== ONLY_A_NAME) return false;
    const { Summaries = [] } = await client.send(new ListChangeSetsCommand(at));
    return Summaries.length === 0;
  }

  async function described(): Promise<readonly ResourceChange[]> {
    const found: ResourceChange[] = [];
    let token: string | undefined;
    do {
      const page = await ready(client, at, token);
      for (const { ResourceChange } of page.Changes ?? []) if (ResourceChange) found.push(ResourceChange);
      token = page.NextToken;
    } while (token);
    return found;
  }

  try {
    return { changes: (await described()).map((change) => changeOf(change, input.isKept)), execute, discard };
  } catch (error) {
    await discard().catch(() => undefined);
    throw error;
  }

  async function* execute(signal: AbortSignal, isWaiting: boolean): AsyncGenerator<StackEvent> {
    const last = await lastEventOf(client, StackId as string);
    isExecuted = true;
    await client.send(new ExecuteChangeSetCommand(at));
    if (isWaiting) yield* followEvents(client, StackId as string, last, signal);
  }
}

async function requested(
  client: CloudFormationClient,
  { stack, isNew, name, template, parameters, tags }: ChangeSetInput,
) {
  const command = new CreateChangeSetCommand({
    StackName: stack,
    ChangeSetName: name,
    ChangeSetType: isNew ? 'CREATE' : 'UPDATE',
    Description: 'alakazam deploy',
    TemplateBody: template,
    Parameters: parameters,
    Capabilities: ['CAPABILITY_IAM'],
    Tags: tags,
  });
  try {
    return await client.send(command);
  } catch (error) {
    if (nameOf(error) !== 'ValidationError' || error instanceof AlakazamError) throw error;
    throw new AlakazamError('failed', `CloudFormation refuses the template: ${reasonOf(error)}`, {
      hint: 'where it names a parameter, alakazam deploy --param name=value sets it; else this region may lack a service',
      cause: error,
    });
  }
}

async function ready(client: CloudFormationClient, at: { ChangeSetName: string }, token: string | undefined) {
  for (;;) {
    const page = await client.send(new DescribeChangeSetCommand({ ...at, ...(token ? { NextToken: token } : {}) }));
    if (page.Status === 'CREATE_COMPLETE') return page;
    if (page.Status === 'FAILED') return whyFailed(page);
    await delay(POLL_MS);
  }
}

/** A change set without changes fails, and is none. */
function whyFailed({ StatusReason = '' }: DescribeChangeSetCommandOutput): { Changes: []; NextToken: undefined } {
  if (/didn't contain changes|no updates are to be performed/i.test(StatusReason)) {
    return { Changes: [], NextToken: undefined };
  }
  if (/EarlyValidation/.test(StatusReason)) {
    throw new AlakazamError('failed', `CloudFormation refuses it before it begins: ${StatusReason}`, {
      hint: 'as a rule something has one of its names already: choose others with --stack, or --param GlueDatabaseName=…',
    });
  }
  throw new AlakazamError('failed', `CloudFormation can't say what would change: ${StatusReason}`, {
    hint: 'alakazam doctor shows what is missing',
  });
}

/** What holds orders, or records that somebody has yet to look at. */
const HOLDS_DATA = /^AWS::(Kinesis::Stream|DynamoDB::Table|S3::Bucket|SQS::Queue)$/;

function changeOf(change: ResourceChange, isKept: ChangeSetInput['isKept']): Change {
  const { LogicalResourceId: name = '', ResourceType: type = '', PolicyAction, Details = [] } = change;
  const action = actionOf(change.Action, change.Replacement);
  const isGone = HOLDS_DATA.test(type) && (action === 'remove' || action.endsWith('replace'));
  const names = Details.map(({ Target }) => Target?.Name ?? Target?.Attribute ?? '').filter((of) => of !== '');
  return {
    action,
    name,
    type,
    details: [...new Set(names)].join(', '),
    data: isGone ? (PolicyAction?.includes('Retain') || isKept(name) ? 'left behind' : 'lost') : undefined,
  };
}

function actionOf(action: string | undefined, replacement: string | undefined): Change['action'] {
  if (action === 'Add' || action === 'Import') return 'add';
  if (action === 'Remove') return 'remove';
  if (replacement === 'True') return 'replace';
  return replacement === 'Conditional' ? 'may replace' : 'change';
}
