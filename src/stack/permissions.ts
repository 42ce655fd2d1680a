/**
 * The permissions that a person needs in AWS, by purpose: actions that this program calls, and actions that AWS
 * calls with that person's permissions, such as CloudFormation. Each stage declares the actions that its commands need. Each resource type has the
 * actions that create and delete it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import type { Needs, StackModel } from './parts.js';
import type { ResourceType } from './resource-type.js';
import type { StackTemplate, TemplateResource } from './template.js';
import { holdsData, ownerOf, typeOf } from './types.js';

export interface Purpose {
  /** Completes "may …": `stream orders`. */
  readonly name: string;
  readonly actions: Needs;
  /** Actions that CloudFormation, or another service, calls with the person's permissions. */
  readonly byService?: Needs;
  /** The permissions are needed only if the stack has values for these parameters. */
  readonly onlyWith?: readonly string[];
}

const FIND_STACK: Needs = { stack: ['cloudformation:DescribeStacks'] };

const SEE_STATUS: Needs = {
  account: ['cloudwatch:GetMetricData'],
  alarms: ['cloudwatch:DescribeAlarms'],
  stack: ['cloudformation:DescribeStacks', 'cloudformation:ListStackResources'],
};

const DEPLOY: Needs = {
  account: ['cloudformation:ListStacks', 'tag:GetResources'],
  artifactBucket: [
    's3:CreateBucket',
    's3:DeleteBucket',
    's3:ListBucket',
    's3:ListBucketVersions',
    's3:PutBucketPolicy',
    's3:PutBucketPublicAccessBlock',
    's3:PutBucketTagging',
    's3:PutBucketVersioning',
    's3:PutEncryptionConfiguration',
    's3:PutLifecycleConfiguration',
  ],
  stack: [
    'cloudformation:ContinueUpdateRollback',
    'cloudformation:CreateChangeSet',
    'cloudformation:DeleteChangeSet',
    'cloudformation:DeleteStack',
    'cloudformation:DescribeChangeSet',
    'cloudformation:DescribeStackEvents',
    'cloudformation:DescribeStacks',
    'cloudformation:ExecuteChangeSet',
    'cloudformation:ListChangeSets',
    'cloudformation:ListStackResources',
  ],
};

const DESTROY: Needs = {
  account: ['cloudformation:ListStacks', 'tag:GetResources'],
  artifactBucket: ['s3:DeleteBucket', 's3:ListBucket', 's3:ListBucketVersions'],
  stack: [
    'cloudformation:DeleteStack',
    'cloudformation:DescribeStackEvents',
    'cloudformation:DescribeStacks',
    'cloudformation:ListStackResources',
  ],
};

/** Actions that only `doctor` calls. A check that lacks a permission says so, and nothing else fails. */
export const DOCTOR_ACTIONS: readonly string[] = [
  'iam:GetRole',
  'iam:SimulatePrincipalPolicy',
  'kinesis:DescribeLimits',
  'lambda:GetAccountSettings',
  'quicksight:DescribeAccountSubscription',
  'sns:GetSMSAttributes',
  'sns:GetSMSSandboxAccountStatus',
  'sns:ListOriginationNumbers',
  'sns:ListSMSSandboxPhoneNumbers',
  'sns:ListSubscriptionsByTopic',
];

/** The purposes of the stages in their order, then those of the whole stack. */
export function purposesOf({ template, parts }: StackModel): Purpose[] {
  const resources = Object.entries(template.Resources);
  const always = resources.filter(([, { Condition }]) => Condition === undefined);
  const optional = resources.filter(([, { Condition }]) => Condition !== undefined);
  const kept = resources.filter(([, { DeletionPolicy }]) => /^Retain/.test(DeletionPolicy ?? ''));
  const holding = resources.filter(([, { Type }]) => holdsData(Type));
  const isOptional = (name: string) => template.Resources[name]?.Condition !== undefined;
  const probed = parts
    .flatMap(({ rows }) => rows)
    .flatMap(({ resource, waiting }) => [resource, ...(waiting ? [waiting.resource] : [])]);
  const probedOptional = optional.filter(([name]) => probed.includes(name));
  const ofStack: Purpose[] = [
    { name: 'see status', actions: merged(SEE_STATUS, ...probed.filter((name) => !isOptional(name)).map(probe)) },
    {
      name: 'see status of what is optional',
      actions: merged(...probedOptional.map(([name]) => probe(name))),
      onlyWith: parametersOf(template, probedOptional),
    },
    {
      name: 'deploy',
      // Deploy looks for resources that an earlier stack left, and adopts them.
      actions: merged(
        DEPLOY,
        uploads(template, ['s3:GetObject', 's3:PutObject', ...DELETE]),
        ...kept.flatMap((each) => [probe(each[0]), adopted(each)]),
      ),
      byService: merged(...always.map(made)),
    },
    {
      name: 'destroy',
      actions: merged(DESTROY, uploads(template, DELETE), ...holding.map(([name]) => probe(name))),
      byService: merged(...always.filter((each) => !kept.includes(each)).map(removed)),
    },
    { name: 'destroy data', actions: merged(...kept.map(removedData)) },
    {
      name: 'add what is optional',
      actions: {},
      byService: merged(...optional.flatMap((each) => [made(each), removed(each)])),
      onlyWith: parametersOf(template, optional),
    },
  ];
  const ofStages = new Set(parts.flatMap(({ needs }) => Object.keys(needs)));
  for (const { name } of ofStack) ofStages.delete(name);
  const first = [...ofStages].map((name): Purpose => ({ name, actions: FIND_STACK, ...onlyWith(name) }));
  return [...first, ...ofStack].map((purpose) => ({
    ...purpose,
    actions: merged(purpose.actions, ...parts.map(({ needs }) => needs[purpose.name] ?? {})),
    byService: merged(
      purpose.byService ?? {},
      ...parts.map(({ needsByService }) => needsByService?.[purpose.name] ?? {}),
    ),
  }));

  /** A purpose of a stage that has to do with optional resources is one of those who have them. */
  function onlyWith(purpose: string): Pick<Purpose, 'onlyWith'> {
    const subjects = new Set(parts.flatMap(({ needs }) => Object.keys(needs[purpose] ?? {})));
    const named = optional.filter(([name]) => subjects.has(name));
    return named.length > 0 ? { onlyWith: parametersOf(template, named) } : {};
  }

  function probe(name: string): Needs {
    return { [name]: typeOf((template.Resources[name] as TemplateResource).Type).probe ?? [] };
  }
}

const DELETE = ['s3:DeleteObject', 's3:DeleteObjectVersion'];

/** Each kind of object that a deployment uploads: templates, and the code of each function, by its handler's file. */
function uploads({ Resources }: StackTemplate, actions: readonly string[]): Needs {
  const handlers = Object.values(Resources).map(({ Properties = {} }) => Properties['Handler']);
  const names = handlers.filter((handler) => typeof handler === 'string').map((handler) => handler.split('.')[0]);
  return Object.fromEntries(['templates', ...names].map((name) => [`artifactBucket/${name}/object`, actions]));
}

type Named = readonly [name: string, resource: TemplateResource];

function made(named: Named): Needs {
  return onItself(named, ({ make = [], makeInAccount = [] }) => [make, makeInAccount]);
}

function adopted([name, { Type }]: Named): Needs {
  return { [name]: typeOf(Type).adopt ?? [] };
}

function removed(named: Named): Needs {
  return onItself(named, ({ remove = [], removeInAccount = [] }) => [remove, removeInAccount]);
}

function onItself([name, resource]: Named, actionsOf: (type: ResourceType) => readonly (readonly string[])[]): Needs {
  const [own = [], inAccount = []] = actionsOf(typeOf(resource.Type));
  return { [ownerOf(name, resource)]: own, account: inAccount };
}

function removedData([name, { Type }]: Named): Needs {
  const { removeData = [], removeContents = [] } = typeOf(Type);
  return { [name]: removeData, [`${name}/any`]: removeContents };
}

/** The parameters to which the conditions of these resources refer. */
function parametersOf({ Conditions = {} }: StackTemplate, resources: readonly Named[]): string[] {
  const asked = resources.flatMap(([, { Condition = '' }]) =>
    [...JSON.stringify(Conditions[Condition] ?? {}).matchAll(/"Ref":"(\w+)"/g)].map(([, name]) => name as string),
  );
  return [...new Set(asked)];
}

function merged(...all: readonly Needs[]): Needs {
  const found: Record<string, readonly string[]> = {};
  for (const [subject, actions] of all.flatMap((needs) => Object.entries(needs))) {
    if (actions.length > 0) found[subject] = [...new Set([...(found[subject] ?? []), ...actions])];
  }
  return found;
}

/** Every pair of action and subject that a purpose needs, each once. */
export function needsOf({ actions, byService = {} }: Purpose): { subject: string; action: string }[] {
  const all = Object.entries(merged(actions, byService));
  return all.flatMap(([subject, names]) => names.map((action) => ({ subject, action })));
}
