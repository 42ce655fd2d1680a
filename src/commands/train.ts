import { type Context, defineCommand, type Option } from '../command.js';
import { AlakazamError } from '../errors.js';
import { day, oneOf, outputOption, positive, text, timeSpan, wholeNumber } from '../options.js';
import { statusLine } from '../product-recommendations/follow-training.js';
import type {
  ModelRun,
  Recommender,
  RemoteTraining,
  TrainingEngine,
  TrainOptions,
} from '../product-recommendations/recommender.js';
import { TRAIN_DEFAULTS } from '../product-recommendations/training-options.js';
import type { Tunable } from '../product-recommendations/tuning.js';
import { answer, type Column, type Format } from '../terminal/answer.js';
import { counted, dollars, duration, shortTime, whole } from '../terminal/numbers.js';

const columns: readonly Column<ModelRun>[] = [
  { name: 'run', value: ({ run }) => run },
  {
    name: 'in_use',
    title: 'in use',
    value: ({ isInUse }) => String(isInUse),
    show: ({ isInUse }) => (isInUse ? '*' : ''),
  },
  {
    name: 'trained_at',
    title: 'trained',
    value: ({ trainedAt }) => trainedAt,
    show: ({ trainedAt }) => shortTime(trainedAt),
    isWhole: true,
  },
  { name: 'engine', value: ({ engine }) => engine },
  { name: 'last_date', title: 'last order', value: ({ lastDate }) => lastDate },
  figure('customers', ({ customers }) => customers),
  figure('products', ({ products }) => products),
  figure('purchases', ({ purchases }) => purchases),
  figure('factors', ({ options }) => options.factors),
];

const remoteColumns: readonly Column<RemoteTraining>[] = [
  { name: 'run', value: ({ run }) => run },
  { name: 'engine', value: ({ engine }) => engine },
  { name: 'id', value: ({ id }) => id },
  { name: 'state', value: ({ state }) => state },
  { name: 'status', value: ({ status }) => status },
  {
    name: 'started_at',
    title: 'started',
    value: ({ startedAt }) => startedAt,
    show: (each) => shortTime(each.startedAt),
  },
  { name: 'reason', value: ({ reason }) => reason },
];

/** What fits into 80 columns. */
const table = columns.filter(({ name }) => !['engine', 'factors'].includes(name));

function figure(name: string, value: (run: ModelRun) => number): Column<ModelRun> {
  return { name, isNumber: true, value, show: (run) => whole(value(run)) };
}

/** Instead of a fallback, so that it is known whether the flag was given: what was, is not tuned. */
function usually(name: Tunable): string {
  return `(default: ${TRAIN_DEFAULTS[name]})`;
}

const ENGINES = ['built-in', 'spark'] as const satisfies readonly TrainingEngine[];

const engineOption = {
  flags: '--engine <name>',
  about: 'what trains: built-in (default), or spark; on AWS spark',
  parse: oneOf(...ENGINES),
  choices: ENGINES,
} as const satisfies Option;

export const train = defineCommand({
  name: 'train',
  summary: 'learn what to recommend from all orders',
  examples: [
    ['alakazam train', 'from every order in the lake'],
    ['alakazam train --until 2011-11-09', 'from those dated before a day'],
    ['alakazam train --tune 5m', 'with options that are looked for on earlier orders'],
    ['alakazam train --list', 'the models that are kept'],
    ['alakazam train --use 3f2a9c0b1d4e', 'recommend by an earlier one'],
    ['alakazam train --engine spark', 'by the Apache Spark of this machine'],
    ['alakazam train --target aws', 'on a cluster that is made for it, and ends with it'],
  ],
  // On AWS the training goes on: a start that is under way is waited for, to say how to return to it.
  graceMs: 2000,
  options: {
    engine: engineOption,
    factors: {
      flags: '--factors <n>',
      about: `numbers that stand for a taste ${usually('factors')}`,
      parse: wholeNumber(1),
    },
    regularization: {
      flags: '--regularization <n>',
      about: `how much a large factor costs ${usually('regularization')}`,
      parse: positive,
    },
    iterations: {
      flags: '--iterations <n>',
      about: 'passes over all purchases',
      parse: wholeNumber(1),
      fallback: TRAIN_DEFAULTS.iterations,
    },
    halfLifeDays: {
      flags: '--half-life <days>',
      about: `days in which a purchase loses half its weight ${usually('halfLifeDays')}`,
      parse: positive,
    },
    tune: {
      flags: '--tune <time>',
      about: 'look so long for better factors, regularization and half-life',
      parse: timeSpan,
    },
    seed: { flags: '--seed <n>', about: 'of the random start', parse: wholeNumber(0), fallback: TRAIN_DEFAULTS.seed },
    since: { flags: '--since <date>', about: 'only orders dated on this day or later', parse: day },
    until: { flags: '--until <date>', about: 'only orders dated before this day', parse: day },
    threads: { flags: '--threads <n>', about: 'threads that work (default: one a processor)', parse: wholeNumber(1) },
    cluster: {
      flags: '--cluster <id>',
      about: 'on AWS: as a step of a cluster that stands',
      parse: text,
      setting: 'cluster',
    },
    serverless: { flags: '--serverless', about: 'on AWS: without a cluster, on EMR Serverless' },
    wait: { flags: '--no-wait', about: 'on AWS: start it, and return' },
    status: { flags: '--status', about: 'on AWS: how the training does that runs, or ran last' },
    list: { flags: '--list', about: 'show the models that are kept' },
    use: { flags: '--use <run>', about: 'put a model in use that was trained before', parse: text },
    output: outputOption,
  },
  async run(context, { list, use, status, wait, output, cluster: _, ...typed }) {
    const { pipeline, terminal, config } = context;
    if ([list, use !== undefined, status].filter(Boolean).length > 1) {
      throw new AlakazamError('usage', '--list, --use and --status exclude each other');
    }
    const { since, until } = typed;
    if (since !== undefined && until !== undefined && since >= until) {
      throw new AlakazamError(
        'usage',
        `no order is dated from ${since} on and before ${until}; valid: a later --until`,
      );
    }
    const options = optionsOf(typed);
    // One that is configured is for whoever does not say otherwise.
    if (options.serverless && config.origin('cluster') === '--cluster') {
      throw new AlakazamError('usage', '--cluster and --serverless exclude each other');
    }
    const recommender = await pipeline.recommender();
    if (use !== undefined) {
      const { run } = await recommender.use(use);
      terminal.say(`${run} is in use`);
      return undefined;
    }
    if (list) {
      const runs = await recommender.runs();
      if (runs.length === 0) terminal.say('there is no model yet; alakazam train makes one');
      await answer(terminal, output, columns, runs, { table });
      return undefined;
    }
    if (status) return showRemote(context, await recommender.remoteTraining(), output);
    if (wait) return trainAndWait(context, recommender, options, output);
    const started = await recommender.startTraining(options, { signal: context.signal, onNote: terminal.say });
    return showRemote(context, started, output);
  },
});

type Typed = Omit<TrainOptions, Tunable | 'tune'> & {
  readonly tune: number | undefined;
} & { readonly [name in Tunable]: number | undefined };

/** What was not typed has its default. */
function optionsOf({ tune, factors, regularization, halfLifeDays, ...others }: Typed): TrainOptions {
  const given = Object.fromEntries(
    Object.entries({ factors, regularization, halfLifeDays }).filter(([, value]) => value !== undefined),
  );
  const options = { ...TRAIN_DEFAULTS, ...others, ...given };
  if (tune === undefined) return options;
  const fixed = Object.keys(given) as Tunable[];
  if (fixed.length < 3) return { ...options, tune: { forMs: tune, fixed } };
  throw new AlakazamError(
    'usage',
    '--tune has nothing to look for: --factors, --regularization and --half-life are given',
    {
      hint: 'leave one of them out',
    },
  );
}

type Output = Format | undefined;

async function trainAndWait(
  { terminal, signal }: Context,
  recommender: Recommender,
  options: TrainOptions,
  output: Output,
): Promise<undefined> {
  const startMs = performance.now();
  const progress = terminal.progress('step');
  try {
    const trained = await recommender.train(options, {
      signal,
      onNote: terminal.say,
      onProgress: (what, done, total, loss) =>
        progress.update(done, total, loss === undefined ? what : `${what}, loss ${whole(loss)}`),
    });
    progress.stop();
    await answer(terminal, output, columns, [trained], { json: trained, table });
    const seconds = (performance.now() - startMs) / 1000;
    terminal.say(
      `trained on ${counted(trained.purchases, 'purchase')} in ${duration(seconds)}; alakazam recommend uses it now`,
    );
  } finally {
    progress.stop();
  }
  return undefined;
}

/** Shows a training on other machines. Says that the command failed if the training did. */
async function showRemote(
  { terminal, config }: Context,
  found: RemoteTraining | undefined,
  output: Output,
): Promise<'failed' | undefined> {
  if (!found) terminal.say('nothing was trained there lately');
  await answer(terminal, output, remoteColumns, found ? [found] : [], { json: found ?? null });
  if (!found) return undefined;
  const { state, logs, cost } = found;
  if (cost !== null) terminal.say(`about ${dollars(cost)} so far, by the price list`);
  if (state === 'failed') terminal.say(`its logs: ${logs}`);
  if (state === 'running') terminal.say(`it goes on; ${statusLine(config.get('cluster'))} shows how it does`);
  return state === 'failed' ? 'failed' : undefined;
}
