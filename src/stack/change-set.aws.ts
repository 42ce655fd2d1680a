/** A change set: the changes that CloudFormation would make to a stack, and a function that makes them. */
import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetCommandOutput,
  DescribeStacksCommand,
  type DescribeStacksCommandOutput,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
  type Parameter,
  type ResourceChange,
  type ResourceToImport,
  type Tag,
} from '@aws-sdk/client-cloudformation';
import { nameOf } from '../engines/aws/errors.js';
import { createPoll } from '../engines/aws/poll.js';
import { AlakazamError, reasonOf } from '../errors.js';
import { followEvents, lastEventOf } from './events.aws.js';
import { isEmpty } from './lookup.aws.js';
import { whyNotThere } from './regions.js';
import type { Change, StackEvent } from './stack.js';
import type { StackTemplate } from './template.js';
import { holdsData } from './types.js';

export interface ChangeSet {
  readonly changes: readonly Change[];
  execute(signal: AbortSignal, isWaiting: boolean): AsyncGenerator<StackEvent>;
  /** Deletes the change set, and the empty stack that was created for it. Does nothing after `execute`. */
  discard(): Promise<void>;
}

export interface ChangeSetInput {
  readonly stack: string;
  /** `CREATE` and `IMPORT` make a stack, `UPDATE` changes one. */
  readonly kind: 'CREATE' | 'UPDATE' | 'IMPORT';
  /** The template of the whole deployment, which may take several change sets. */
  readonly name: string;
  readonly template: StackTemplate;
  /** URL of the uploaded template. */
  readonly url: string;
  readonly parameters: Parameter[];
  readonly tags: Tag[];
  /** Resources that exist and that an `IMPORT` puts into the stack. */
  readonly imported: ResourceToImport[];
}

const POLL_MS_MAX = 1000;

/**
 * Creates a change set and waits until CloudFormation has computed the changes. The signal ends the wait with an
 * `AlakazamError`; the change set is then deleted.
 */
export async function createChangeSet(
  client: CloudFormationClient,
  input: ChangeSetInput,
  signal?: AbortSignal,
): Promise<ChangeSet> {
  const { Id, StackId } = await requested(client, input);
  const at = { ChangeSetName: Id as string };
  let isExecuted = false;

  async function discard(): Promise<void> {
    if (isExecuted) return;
    await client.send(new DeleteChangeSetCommand(at));
    if (input.kind !== 'UPDATE' && (await isUnused())) {
      await client.send(new DeleteStackCommand({ StackName: StackId as string }));
    }
  }

  /** True if the stack is empty, and no other process has a change set that would fill it. */
  async function isUnused(): Promise<boolean> {
    const at = { StackName: StackId as string };
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand(at)).catch(ifGone);
    if (!stack || !isEmpty(stack)) return false;
    const { Summaries = [] } = await client.send(new ListChangeSetsCommand(at));
    return Summaries.length === 0;
  }

  async function described(): Promise<readonly ResourceChange[]> {
    const found: ResourceChange[] = [];
    let token: string | undefined;
    do {
      const page = await ready(client, at, token, signal);
      for (const { ResourceChange } of page.Changes ?? []) if (ResourceChange) found.push(ResourceChange);
      token = page.NextToken;
    } while (token);
    return found;
  }

  try {
    return { changes: (await described()).map((change) => changeOf(change, input.template)), execute, discard };
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

/** Another process may have deleted the empty stack. */
function ifGone(error: unknown): DescribeStacksCommandOutput {
  if (error instanceof AlakazamError && /^there is no stack/.test(error.message)) return { Stacks: [], $metadata: {} };
  throw error;
}

async function requested(client: CloudFormationClient, input: ChangeSetInput) {
  const command = new CreateChangeSetCommand({
    StackName: input.stack,
    ChangeSetName: `${input.name}-${input.kind.toLowerCase()}`,
    ChangeSetType: input.kind,
    Description: 'alakazam deploy',
    TemplateURL: input.url,
    Parameters: input.parameters,
    Capabilities: ['CAPABILITY_IAM'],
    // CloudFormation refuses tags beside resources to import.
    ...(input.kind === 'IMPORT' ? { ResourcesToImport: input.imported } : { Tags: input.tags }),
  });
  try {
    return await client.send(command);
  } catch (error) {
    if (nameOf(error) !== 'ValidationError' || error instanceof AlakazamError) throw error;
    const reason = reasonOf(error);
    throw new AlakazamError('failed', `CloudFormation refuses the template: ${reason}`, {
      hint:
        whyNotThere(reason, input.template) ??
        'where it names a parameter, alakazam deploy --param name=value sets it; else this region may lack a service',
      cause: error,
    });
  }
}

async function ready(
  client: CloudFormationClient,
  at: { ChangeSetName: string },
  token: string | undefined,
  signal: AbortSignal | undefined,
) {
  const poll = createPoll(POLL_MS_MAX);
  for (;;) {
    if (signal?.aborted) throw new AlakazamError('interrupted', 'interrupted; nothing was changed');
    const page = await client.send(new DescribeChangeSetCommand({ ...at, ...(token ? { NextToken: token } : {}) }));
    if (page.Status === 'CREATE_COMPLETE') return page;
    if (page.Status === 'FAILED') return whyFailed(page);
    await poll(signal);
  }
}

/** A change set without changes fails in CloudFormation, and is no error here. */
function whyFailed({ StatusReason = '' }: DescribeChangeSetCommandOutput): { Changes: []; NextToken: undefined } {
  if (/didn't contain changes|no updates are to be performed/i.test(StatusReason)) {
    return { Changes: [], NextToken: undefined };
  }
  if (/EarlyValidation/.test(StatusReason)) {
    throw new AlakazamError('failed', `CloudFormation refuses the deployment before it begins: ${StatusReason}`, {
      hint: 'as a rule another resource has one of the names already: choose others with --stack, or --param GlueDatabaseName=…',
    });
  }
  throw new AlakazamError('failed', `CloudFormation can't say what would change: ${StatusReason}`, {
    hint: 'alakazam doctor shows what is missing',
  });
}

function changeOf(change: ResourceChange, { Resources }: StackTemplate): Change {
  const { LogicalResourceId: name = '', ResourceType: type = '', PolicyAction, Details = [] } = change;
  const action = actionOf(change.Action, change.Replacement);
  const isGone = holdsData(type) && (action === 'remove' || action.endsWith('replace'));
  const isKept = PolicyAction?.includes('Retain') || /^Retain/.test(Resources[name]?.UpdateReplacePolicy ?? '');
  const names = Details.map(({ Target }) => Target?.Name ?? Target?.Attribute ?? '').filter((text) => text !== '');
  return {
    action,
    name,
    type,
    details: [...new Set(names)].join(', '),
    data: isGone ? (isKept ? 'left behind' : 'lost') : undefined,
  };
}

function actionOf(action: string | undefined, replacement: string | undefined): Change['action'] {
  if (action === 'Add') return 'add';
  if (action === 'Import') return 'adopt';
  if (action === 'Remove') return 'remove';
  if (replacement === 'True') return 'replace';
  return replacement === 'Conditional' ? 'may replace' : 'change';
}
