/** The stack in CloudFormation. */

import { createHash } from 'node:crypto';
import {
  CloudFormationClient,
  ContinueUpdateRollbackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type Parameter,
  type Stack as SdkStack,
} from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { isMissing } from '../engines/aws/errors.js';
import { type AwsSession, regionOf } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { counted } from '../terminal/numbers.js';
import type { Assets } from './assets.js';
import { type BucketOwner, ensureBucket, ensureObject } from './bucket.aws.js';
import { createChangeSet, ONLY_A_NAME } from './change-set.aws.js';
import { costOf, type Resource } from './costs.js';
import { deleteData } from './delete-data.aws.js';
import { followEvents, lastEventOf } from './events.aws.js';
import { checkParameters, type Definitions, readTemplate } from './parameters.js';
import { BUCKET, dataIn, findRemains, STACK_TAG, TABLE } from './remains.aws.js';
import type { Change, Holding, Output, Plan, Remainder, Stack, StackEvent } from './stack.js';

export interface AwsStackOptions {
  readonly session: AwsSession;
  readonly assets: Assets;
  readonly clock: () => number;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes */
const UNDER_WAY = /_IN_PROGRESS$/;
const CHANGING = /^(UPDATE|ROLLBACK|IMPORT)_.*IN_PROGRESS$/;
/** A first deployment that failed, or a deletion that did: it can only be deleted. */
const BROKEN = /^(CREATE_FAILED|ROLLBACK_COMPLETE|ROLLBACK_FAILED|DELETE_FAILED)$/;
/** It can be deployed to again once what it holds is taken back. */
const STUCK = 'UPDATE_ROLLBACK_FAILED';

const STACK_TYPE = 'AWS::CloudFormation::Stack';

export function openAwsStack({ session, assets, clock }: AwsStackOptions): Stack {
  const client = session.client(CloudFormationClient);
  let owner: Promise<BucketOwner> | undefined;

  /** The stack, unless it is no more than a name. */
  async function find(name = session.stack): Promise<SdkStack | undefined> {
    try {
      const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
      return Stacks?.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
    } catch (error) {
      if (error instanceof AlakazamError && /^there is no stack/.test(error.message)) return undefined;
      throw error;
    }
  }

  async function deployed(): Promise<SdkStack> {
    const stack = await find();
    if (stack && stack.StackStatus !== ONLY_A_NAME) return stack;
    throw new AlakazamError('failed', `there is no ${await where()}`, {
      hint: 'alakazam deploy, or set AWS_REGION to the region the stack is in',
    });
  }

  async function where(): Promise<string> {
    return `stack ${session.stack} in ${await regionOf(client)}`;
  }

  function findOwner(): Promise<BucketOwner> {
    owner ??= (async () => {
      const { Account, Arn } = await session.client(STSClient).send(new GetCallerIdentityCommand({}));
      const partition = (Arn as string).split(':')[1] as string;
      return { account: Account as string, partition, region: await regionOf(client) };
    })();
    return owner;
  }

  async function resourcesOf(stack: SdkStack): Promise<(Resource & { id: string })[]> {
    const found: (Resource & { id: string })[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListStackResourcesCommand({ StackName: stack.StackId, ...(token ? { NextToken: token } : {}) }),
      );
      for (const {
        LogicalResourceId,
        ResourceType,
        PhysicalResourceId,
        ResourceStatus,
      } of page.StackResourceSummaries ?? []) {
        if (ResourceStatus === 'DELETE_COMPLETE') continue;
        found.push({ name: LogicalResourceId as string, type: ResourceType as string, id: PhysicalResourceId ?? '' });
      }
      token = page.NextToken;
    } while (token);
    return found;
  }

  /** Artifacts are the stack's own: they go when it goes. */
  async function artifacts() {
    const owner = await findOwner();
    const bucket = artifactBucketOf(session.stack, owner);
    const codes = [...assets.functions].map(([name, zip]) => ({
      parameter: codeParameterOf(name),
      key: `${name}/${createHash('sha256').update(zip).digest('hex')}.zip`,
      zip,
    }));
    return { bucket, owner, codes };
  }

  async function upload(): Promise<void> {
    const { bucket, owner, codes } = await artifacts();
    const s3 = session.client(S3Client);
    await ensureBucket(s3, bucket, owner, [
      { Key: 'application', Value: 'alakazam' },
      { Key: 'stage', Value: 'deployment' },
      { Key: STACK_TAG, Value: session.stack },
    ]);
    for (const { key, zip } of codes) {
      await ensureObject(s3, { Bucket: bucket, ExpectedBucketOwner: owner.account, Key: key }, zip);
    }
  }

  /** Follows a deletion to its end; what it was asked to keep it keeps. */
  async function* deleteStack(
    { StackId = '', StackStatus }: SdkStack,
    signal: AbortSignal,
  ): AsyncGenerator<StackEvent> {
    // CloudFormation refuses to delete a stack that it is changing.
    if (CHANGING.test(StackStatus ?? '')) yield* untilItFails(followEvents(client, StackId, undefined, signal));
    if (signal.aborted) return;
    const last = await lastEventOf(client, StackId);
    await client.send(new DeleteStackCommand({ StackName: StackId }));
    yield* followEvents(client, StackId, last, signal);
  }

  return {
    template: assets.template,
    where,
    async *settle(signal) {
      for (;;) {
        const stack = await find();
        const status = stack?.StackStatus ?? '';
        const id = stack?.StackId as string;
        if (!stack || status === ONLY_A_NAME || signal.aborted) return;
        if (UNDER_WAY.test(status)) {
          // How it ends is looked at next.
          yield* untilItFails(followEvents(client, id, undefined, signal));
        } else if (BROKEN.test(status)) {
          const reason = 'left by what failed; it is deleted before it is made anew';
          yield { at: new Date(clock()).toISOString(), name: session.stack, type: STACK_TYPE, status, reason };
          yield* deleteStack(stack, signal);
        } else if (status === STUCK) {
          const last = await lastEventOf(client, id);
          await client.send(new ContinueUpdateRollbackCommand({ StackName: id }));
          yield* untilItFails(followEvents(client, id, last, signal));
          if ((await find())?.StackStatus === STUCK) throw await stuck(id);
        } else return;
      }
    },
    async plan(typed) {
      const { Parameters: definitions, Resources } = await readTemplate(assets.template);
      checkParameters(typed, definitions);
      const existing = await find();
      const isNew = !existing || existing.StackStatus === ONLY_A_NAME;
      const status = existing?.StackStatus ?? '';
      if (!isNew && (BROKEN.test(status) || !/_COMPLETE$/.test(status))) {
        throw new AlakazamError('failed', `${await where()} is ${status}`, {
          hint: 'alakazam deploy waits for what is under way, and mends what failed',
        });
      }
      const { bucket, codes } = await artifacts();
      const previous = isNew ? undefined : existing;
      const given = new Map([
        ...(isNew ? ownNames(session.stack) : []),
        ...typed,
        ['ArtifactBucket', bucket] as const,
        ...codes.map(({ parameter, key }) => [parameter, key] as const),
      ]);
      const changeSet = await createChangeSet(client, {
        stack: session.stack,
        isNew,
        name: `alakazam-${clock()}`,
        template: assets.template,
        parameters: parametersOf(definitions, given, previous),
        tags: [{ Key: 'application', Value: 'alakazam' }],
        isKept: (name) => /^Retain/.test(Resources[name]?.UpdateReplacePolicy ?? ''),
      });
      const { changes } = changeSet;
      const resources = resourcesAfter(previous ? await resourcesOf(previous) : [], changes);
      return {
        isNew,
        changes,
        cost: costOf(resources, valuesOf(definitions, given, previous), assets.prices),
        async *execute(signal, isWaiting) {
          await upload();
          yield* changeSet.execute(signal, isWaiting);
        },
        discard: changeSet.discard,
      } satisfies Plan;
    },
    async outputs() {
      const { Outputs = [] } = await deployed();
      return Outputs.map(
        ({ OutputKey = '', OutputValue = '', Description = '' }): Output => ({
          name: OutputKey,
          value: OutputValue,
          about: Description,
        }),
      );
    },
    async parts() {
      const stack = await deployed();
      const { describeParts } = await import('./status.aws.js');
      const isHealthy = /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(stack.StackStatus ?? '');
      const about = { name: 'stack', isHealthy, health: `${stack.StackStatus}`, throughput: '', lag: '', waiting: '' };
      return [about, ...(await describeParts(session, outputsOf(stack)))];
    },
    async cost() {
      const stack = await deployed();
      const { Parameters: definitions } = await readTemplate(assets.template);
      return costOf(await resourcesOf(stack), valuesOf(definitions, new Map(), stack), assets.prices);
    },
    async holdings() {
      const stack = await find();
      const found: Holding[] = [];
      if (stack) {
        const outputs = outputsOf(stack);
        const lost = (name: string, holds: string | undefined) => {
          if (holds !== undefined) found.push({ name, holds, isKept: false });
        };
        const { filesIn, messagesIn } = await import('./status.aws.js');
        lost('order stream', 'the orders of the last day');
        const queueUrl = outputs.get('RejectedQueueUrl');
        const rejected = async () => counted(await messagesIn(session, queueUrl as string), 'record');
        if (queueUrl) lost('rejected queue', await unlessGone(rejected));
        lost('logs, alarms, dashboard', 'how the stack ran');
        const failed = outputs.get('FailedOrdersPrefix');
        const bucket = outputs.get('LakeBucketName');
        if (bucket && failed) {
          const givenUp = await unlessGone(() => filesIn(session, bucket, failed));
          if (givenUp && givenUp.count > 0) found.push({ name: 'given-up orders', holds: givenUp.text, isKept: true });
        }
      }
      const { filesIn, itemsIn } = await import('./status.aws.js');
      const data = [
        ...(stack ? dataIn(await resourcesOf(stack)) : []),
        ...(await findRemains(session)).filter(holdsData),
      ];
      for (const [name, { type }] of new Map(data.map((of) => [of.name, of]))) {
        const holds = await unlessGone(async () =>
          type === TABLE ? itemsIn(session, name) : (await filesIn(session, name, '')).text,
        );
        if (holds !== undefined) found.push({ name, holds, isKept: type === TABLE || !isArtifacts(name) });
      }
      return found;
    },
    async *destroy(isWithData, signal) {
      const stack = await find();
      if (stack) yield* deleteStack(stack, signal);
      if (signal.aborted) return;
      const { account } = await findOwner();
      for (const remainder of (await findRemains(session)).filter(holdsData)) {
        if (!isWithData && !isArtifacts(remainder.name)) continue;
        yield* deleteData(session, remainder, account);
        if (signal.aborted) return;
      }
    },
    remains: () => findRemains(session),
  };

  /** Of a stack that is half-way gone, a part may be. */
  async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
    return ask().catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
  }

  function isArtifacts(name: string): boolean {
    return name.startsWith(`${shortened(session.stack)}-artifacts-`);
  }

  /** What keeps the rollback from ending. */
  async function stuck(id: string): Promise<AlakazamError> {
    const [reason] = (await client.send(new DescribeStacksCommand({ StackName: id }))).Stacks ?? [];
    return new AlakazamError('failed', `${await where()} can't be brought back: ${reason?.StackStatusReason}`, {
      hint: 'mend what it names, or take it over with aws cloudformation continue-update-rollback --resources-to-skip; then alakazam deploy',
    });
  }
}

async function* untilItFails(events: AsyncGenerator<StackEvent>): AsyncGenerator<StackEvent> {
  try {
    yield* events;
  } catch (error) {
    // What has a cause is a call that failed, and not the stack.
    if (!(error instanceof AlakazamError) || error.cause !== undefined) throw error;
  }
}

function holdsData({ type }: Remainder): boolean {
  return type === TABLE || type === BUCKET;
}

function outputsOf({ Outputs = [] }: SdkStack): Map<string, string> {
  return new Map(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey as string, OutputValue as string]));
}

/** `process-orders`: `ProcessOrdersCodeKey` */
function codeParameterOf(name: string): string {
  return `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}CodeKey`;
}

/** Bucket names are those of the whole world, in lower case, and at most 63 characters. */
function artifactBucketOf(stack: string, { account, region }: BucketOwner): string {
  return `${shortened(stack)}-artifacts-${account}-${region}`;
}

const SHORT_MAX = 20;

function shortened(stack: string): string {
  const lower = stack.toLowerCase();
  if (lower === stack && lower.length <= SHORT_MAX) return lower;
  return `${lower.slice(0, SHORT_MAX - 7)}-${createHash('sha256').update(stack).digest('hex').slice(0, 6)}`;
}

/** What two stacks in one account and region can't share, where the template has a name for it. */
function ownNames(stack: string): [string, string][] {
  const name = stack.toLowerCase().replaceAll('-', '_');
  return name === 'alakazam' ? [] : [['GlueDatabaseName', name]];
}

/** For each what was given, else what it had, else what the template says. */
function parametersOf(definitions: Definitions, given: ReadonlyMap<string, string>, previous: SdkStack | undefined) {
  const had = new Set(previous?.Parameters?.map(({ ParameterKey }) => ParameterKey));
  const parameters: Parameter[] = [];
  for (const name of Object.keys(definitions)) {
    const value = given.get(name);
    if (value !== undefined) parameters.push({ ParameterKey: name, ParameterValue: value });
    else if (had.has(name)) parameters.push({ ParameterKey: name, UsePreviousValue: true });
  }
  return parameters;
}

function valuesOf(definitions: Definitions, given: ReadonlyMap<string, string>, previous: SdkStack | undefined) {
  const had = (previous?.Parameters ?? []).map((of) => [of.ParameterKey as string, of.ParameterValue ?? ''] as const);
  const defaults = Object.entries(definitions).map(([name, { Default }]) => [name, String(Default ?? '')] as const);
  return new Map([...defaults, ...had, ...given]);
}

function resourcesAfter(before: readonly Resource[], changes: readonly Change[]): Resource[] {
  const after = new Map(before.map((resource) => [resource.name, resource]));
  for (const { action, name, type } of changes) {
    if (action === 'remove') after.delete(name);
    else after.set(name, { name, type });
  }
  return [...after.values()];
}
