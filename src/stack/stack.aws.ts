/** The stack in CloudFormation. */
import type { AwsSession } from '../engines/aws/session.js';
import type { Assets } from './assets.js';
import { costOf } from './costs.js';
import { listResources } from './deployed.aws.js';
import { lookUp, outputsOf } from './lookup.aws.js';
import { optionalPartsOf } from './optional-parts.js';
import { planDeployment, valuesOf } from './plan.aws.js';
import { findRemains } from './remains.aws.js';
import { settle } from './settle.aws.js';
import type { OptionalUpload, Output, ProposalCheck, Stack, StartPart } from './stack.js';

export interface AwsStackOptions {
  readonly session: AwsSession;
  readonly assets: Assets;
  readonly clock: () => number;
  /** What the stages check before a deployment. */
  readonly checks: readonly ProposalCheck[];
  readonly uploads: readonly OptionalUpload[];
  readonly starts: readonly StartPart[];
}

export function openAwsStack(options: AwsStackOptions): Stack {
  const { session, assets, clock } = options;
  const lookup = lookUp(session);

  return {
    template: assets.template,
    optionalParts: optionalPartsOf(assets.model.template.Parameters),
    where: lookup.where,
    settle: (signal) => settle(lookup, clock, signal),
    plan: (typed, signal, handed) => planDeployment(lookup, options, typed, { signal, handed }),
    async *start(signal) {
      const outputs = outputsOf(await lookup.deployed());
      for (const start of options.starts) yield* start(outputs, signal);
    },
    async outputs() {
      const { Outputs = [] } = await lookup.deployed();
      return Outputs.map(
        ({ OutputKey = '', OutputValue = '', Description = '' }): Output => ({
          name: OutputKey,
          value: OutputValue,
          about: Description,
        }),
      );
    },
    async parts() {
      const stack = await lookup.deployed();
      const { describeParts } = await import('./status.aws.js');
      const isHealthy = /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(stack.StackStatus ?? '');
      const about = { name: 'stack', isHealthy, health: `${stack.StackStatus}`, throughput: '', lag: '', waiting: '' };
      const resources = await listResources(session, stack.StackId);
      return [about, ...(await describeParts(session, assets.model, resources))];
    },
    async cost() {
      const stack = await lookup.deployed();
      const { Parameters } = assets.model.template;
      return costOf(await listResources(session, stack.StackId), valuesOf(Parameters, new Map(), stack), assets.model);
    },
    async holdings() {
      const { findHoldings } = await import('./destroy.aws.js');
      return findHoldings(session, lookup, assets.model);
    },
    async *destroy(isWithData, signal) {
      const { destroyStack } = await import('./destroy.aws.js');
      yield* destroyStack(session, lookup, isWithData, signal);
    },
    remains: () => findRemains(session),
  };
}
