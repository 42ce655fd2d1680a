/** Plans a deployment: uploads its files, asks CloudFormation for the changes, and makes the changes when it is told to. */
import type { Parameter, Stack } from '@aws-sdk/client-cloudformation';
import { DeleteBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { createPoll } from '../engines/aws/poll.js';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { ownNames } from './arns.js';
import { type Artifacts, openArtifacts } from './artifacts.aws.js';
import type { Assets } from './assets.js';
import { type ChangeSet, type ChangeSetInput, createChangeSet } from './change-set.aws.js';
import { costOf, type Resource } from './costs.js';
import { listResources } from './deployed.aws.js';
import { isEmpty, outputsOf, parametersOf, type StackLookup } from './lookup.aws.js';
import { checkParameters, type Definitions } from './parameters.js';
import { findKept, type KeptResource } from './remains.aws.js';
import { isSettled } from './settle.aws.js';
import type { Change, HandedFiles, OptionalUpload, Plan, ProposalCheck, StackEvent } from './stack.js';
import type { StackTemplate, TemplateResource } from './template.js';
import { keptAs, ownerOf } from './types.js';

export interface PlanOptions {
  readonly session: AwsSession;
  readonly assets: Assets;
  readonly clock: () => number;
  readonly checks: readonly ProposalCheck[];
  readonly uploads: readonly OptionalUpload[];
}

export async function planDeployment(
  lookup: StackLookup,
  { session, assets, clock, checks, uploads }: PlanOptions,
  typed: ReadonlyMap<string, string>,
  { signal, handed = {} }: { readonly signal: AbortSignal | undefined; readonly handed: HandedFiles | undefined },
): Promise<Plan> {
  const { template } = assets.model;
  checkParameters(typed, template.Parameters);
  const existing = await lookup.find();
  const previous = existing && !isEmpty(existing) ? existing : undefined;
  if (previous && !isSettled(previous.StackStatus ?? '')) {
    throw new AlakazamError('failed', `${await lookup.where()} is ${previous.StackStatus}`, {
      hint: 'alakazam deploy waits for an operation that is under way, and repairs a stack whose operation failed',
    });
  }
  const chosen = new Map([...(previous ? [] : ownNames(session.stack)), ...typed]);
  const wanted = valuesOf(template.Parameters, chosen, previous);
  const outputs = previous ? outputsOf(previous) : new Map<string, string>();
  const before = previous ? parametersOf(previous) : new Map<string, string>();
  for (const check of checks) await check({ outputs, before, after: wanted });
  const owner = await lookup.owner();
  const made = uploads
    .filter((each) => each.isWanted(wanted))
    .map(async ({ parameter, make }) => ({ parameter, ...(await make(handed, signal)) }));
  const artifacts = openArtifacts(session, owner, assets.functions, await Promise.all(made));
  const given = new Map([...chosen, ...artifacts.parameters]);
  const values = valuesOf(template.Parameters, given, previous);
  const kept = previous ? [] : (await findKept(session)).filter((each) => isSame(each, template));
  const steps = openSteps(session, lookup, artifacts, {
    stack: session.stack,
    name: `alakazam-${clock()}`,
    template,
    parameters: parameterList(template.Parameters, given, previous),
    tags: [{ Key: 'application', Value: 'alakazam' }],
  });

  async function discard(changeSet?: ChangeSet): Promise<void> {
    if (steps.hasBegun()) return;
    await changeSet?.discard();
    if (!(await isInUse(lookup, previous))) await artifacts.remove();
  }

  try {
    const changeSet = await steps.request(previous ? 'UPDATE' : 'CREATE', signal);
    const isAdopted = new Set(kept.map(({ resource }) => resource));
    const changes = changeSet.changes.map(
      (change): Change => (isAdopted.has(change.name) ? { ...change, action: 'adopt' } : change),
    );
    const resources = resourcesAfter(previous ? await listResources(session, previous.StackId) : [], changes);
    return {
      isNew: !previous,
      changes,
      cost: costOf(resources, values, assets.model),
      async *execute(signal, isWaiting) {
        // Another process that planned the same may have removed the uploads since.
        await steps.upload();
        if (kept.length === 0) yield* steps.run(changeSet, signal, isWaiting);
        else yield* steps.adopt(changeSet, kept, signal, isWaiting);
      },
      discard: () => discard(changeSet),
    };
  } catch (error) {
    await discard().catch(() => undefined);
    throw error;
  }
}

type Deployment = Omit<ChangeSetInput, 'kind' | 'url' | 'imported'>;

/** The change sets that one deployment takes. */
function openSteps(session: AwsSession, lookup: StackLookup, artifacts: Artifacts, deployment: Deployment) {
  const { client, find, where } = lookup;
  const upload = (template: StackTemplate) => artifacts.upload(JSON.stringify(template));
  let isBegun = false;

  async function* run(changeSet: ChangeSet, signal: AbortSignal, isWaiting: boolean): AsyncGenerator<StackEvent> {
    isBegun = true;
    await dropKeptPolicies(changeSet);
    yield* changeSet.execute(signal, isWaiting);
  }

  /**
   * An adopted bucket still has its old policy, and CloudFormation refuses to create a second one: "The bucket policy already
   * exists". So the old policy is deleted just before CloudFormation creates the same policy anew.
   */
  async function dropKeptPolicies({ changes }: ChangeSet): Promise<void> {
    const added = changes.filter(({ action, type }) => action === 'add' && type === 'AWS::S3::BucketPolicy');
    const { Resources } = deployment.template;
    const buckets = added.map(({ name }) => ownerOf(name, Resources[name] as TemplateResource));
    if (buckets.length === 0) return;
    for (const { name, id } of await listResources(session)) {
      if (buckets.includes(name)) await session.client(S3Client).send(new DeleteBucketPolicyCommand({ Bucket: id }));
    }
  }

  async function request(kind: 'CREATE' | 'UPDATE', signal: AbortSignal | undefined): Promise<ChangeSet> {
    const input = { ...deployment, kind, url: await upload(deployment.template), imported: [] };
    return createChangeSet(client, input, signal);
  }

  /**
   * A change set that imports resources can do nothing else, and a new stack can begin with an import. So the stack is first
   * created from the retained resources alone, and an update adds the rest. If the update fails, its rollback ends at the
   * retained resources.
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-new-stack.html
   */
  async function* adopt(
    planned: ChangeSet,
    kept: readonly KeptResource[],
    signal: AbortSignal,
    isWaiting: boolean,
  ): AsyncGenerator<StackEvent> {
    await planned.discard();
    const poll = createPoll(POLL_MS_MAX);
    for (let stack = await find(); stack; stack = await find()) {
      if (stack.StackStatus !== 'DELETE_IN_PROGRESS') {
        throw new AlakazamError('failed', `another process is deploying ${await where()}`, { hint: 'alakazam deploy' });
      }
      await poll();
    }
    const template = onlyKept(deployment.template, kept);
    const imported = await createChangeSet(client, {
      ...deployment,
      kind: 'IMPORT',
      template,
      url: await upload(template),
      imported: kept.map(({ resource, type, name }) => ({
        LogicalResourceId: resource,
        ResourceType: type,
        ResourceIdentifier: { [keptAs(type)?.identifier as string]: name },
      })),
    });
    yield* run(imported, signal, true);
    if (signal.aborted) return;
    yield* run(await request('UPDATE', signal), signal, isWaiting);
  }

  return { request, run, adopt, upload: () => upload(deployment.template), hasBegun: () => isBegun };
}

const POLL_MS_MAX = 1000;

function isSame({ resource, type }: KeptResource, { Resources }: StackTemplate): boolean {
  return Resources[resource]?.Type === type;
}

/** All parameters stay, so that the stack has their values when the rest follows. */
function onlyKept(
  { AWSTemplateFormatVersion = '2010-09-09', Parameters, Conditions, Resources }: StackTemplate,
  kept: readonly KeptResource[],
): StackTemplate {
  const names = new Set(kept.map(({ resource }) => resource));
  const resources = Object.fromEntries(Object.entries(Resources).filter(([name]) => names.has(name)));
  return { AWSTemplateFormatVersion, Parameters, ...(Conditions ? { Conditions } : {}), Resources: resources };
}

/** True if another process has deployed or changed the stack since, and so may need the uploads of this plan. */
async function isInUse({ find }: StackLookup, before: Stack | undefined): Promise<boolean> {
  const now = await find();
  if (!now || isEmpty(now) || now.StackStatus === 'DELETE_IN_PROGRESS') return false;
  return /_IN_PROGRESS$/.test(now.StackStatus ?? '') || changedAt(now) !== changedAt(before);
}

function changedAt(stack: Stack | undefined): number {
  return Number(stack?.LastUpdatedTime ?? stack?.CreationTime);
}

/** Each parameter with its given value, else with its value in the stack. Others are left out: the template has a default. */
function parameterList(definitions: Definitions, given: ReadonlyMap<string, string>, previous: Stack | undefined) {
  const had = previous ? parametersOf(previous) : new Map<string, string>();
  return Object.keys(definitions).flatMap((name): Parameter[] => {
    const value = given.get(name);
    if (value !== undefined) return [{ ParameterKey: name, ParameterValue: value }];
    return had.has(name) ? [{ ParameterKey: name, UsePreviousValue: true }] : [];
  });
}

/** The value of each parameter. */
export function valuesOf(definitions: Definitions, given: ReadonlyMap<string, string>, previous: Stack | undefined) {
  const defaults = Object.entries(definitions).map(([name, { Default }]) => [name, String(Default ?? '')] as const);
  return new Map([...defaults, ...(previous ? parametersOf(previous) : []), ...given]);
}

function resourcesAfter(before: readonly Resource[], changes: readonly Change[]): Resource[] {
  const after = new Map(before.map((resource) => [resource.name, resource]));
  for (const { action, name, type } of changes) {
    if (action === 'remove') after.delete(name);
    else after.set(name, { name, type });
  }
  return [...after.values()];
}
