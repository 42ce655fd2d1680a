import { type Context, defineCommand } from '../command.js';
import { AlakazamError, reasonOf } from '../errors.js';
import { ALARM_FLAGS, oneOf, outputOption, rate, speed, text, wholeNumber } from '../options.js';
import { orderColumns, ordersOf } from '../orders/rows.js';
import { orStopped, untilAborted } from '../sources/interruption.js';
import type { OrderSource, Rejected, SourcePosition } from '../sources/order-source.js';
import { atOnce, atRate, atSpeed, type Pace } from '../sources/pacing.js';
import { openSource } from '../sources/sources.js';
import type { Stage } from '../stage.js';
import { type Load, type Loaded, load } from '../stream/load.js';
import { answer, type Column, type Format, openAnswer } from '../terminal/answer.js';
import { counted, duration, whole } from '../terminal/numbers.js';

const WHERE = ['start', 'continue'] as const;
const fromOption = {
  flags: '--from <where>',
  about: 'start of the source, or continue where it was left',
  parse: oneOf(...WHERE),
  fallback: 'continue',
  choices: WHERE,
} as const;

export const generate = defineCommand({
  name: 'generate',
  summary: 'stream orders, from the built-in shop or a file',
  examples: [
    ['alakazam generate --count 5000', 'stream 5,000 orders of the built-in shop'],
    ['alakazam generate --source OnlineRetail.csv --count 541909', 'stream a year of real ones'],
    ['alakazam generate --rate 20 --count 100000', '20 orders a second'],
    ['alakazam generate --source OnlineRetail.csv --speed 3600x', 'an hour of them every second'],
    ['alakazam generate --dry-run -o csv > orders.csv', 'print orders, store nothing'],
  ],
  graceMs: 10_000,
  options: {
    count: { flags: '-c, --count <n>', about: 'how many orders', parse: wholeNumber(0), fallback: 100 },
    source: {
      flags: '-s, --source <file>',
      about: 'CSV in the layout of UCI Online Retail, .gz or not; - for standard input',
      parse: text,
      setting: 'source',
    },
    seed: {
      flags: '--seed <n>',
      about: 'seed of the built-in shop: the same gives the same orders',
      parse: wholeNumber(0),
      fallback: 1,
      setting: 'seed',
    },
    rate: { flags: '--rate <n>', about: 'orders a second', parse: rate },
    speed: { flags: '--speed <factor>', about: 'as the order dates follow each other, that much faster', parse: speed },
    from: fromOption,
    loop: { flags: '--loop', about: 'begin a file again at its end, with invoice numbers of its own' },
    acceptRejected: {
      flags: '--accept-rejected',
      about: 'go on where ten thousand lines in a row are no orders, as of a wrong file',
    },
    dryRun: { flags: '--dry-run', about: 'print the orders, from the start of the source, and store nothing' },
    output: outputOption,
    ...ALARM_FLAGS,
  },
  async run(context, options) {
    const { pipeline, terminal, signal, stdin } = context;
    if (options.rate !== undefined && options.speed !== undefined) {
      throw new AlakazamError('usage', `--rate ${options.rate} and --speed ${options.speed}x exclude each other`);
    }
    const { source: path, seed, loop: isLoop } = options;
    const source = await orStopped(openSource({ path, seed, isLoop, stdin, signal }), signal);
    if (source === 'stopped') {
      terminal.say('stopped before the first order');
      return undefined;
    }
    // The printed orders show the progress.
    const progress = options.dryRun ? undefined : terminal.progress();
    let note = '';
    const pace: Pace =
      options.rate !== undefined
        ? atRate(options.rate)
        : options.speed !== undefined
          ? atSpeed(options.speed, (date, waitMs) => {
              note = waitMs > 1000 ? `next at ${date}, in ${duration(waitMs / 1000)}` : date;
              progress?.update(0, undefined, note);
            })
          : atOnce();
    if (options.dryRun) return print(context, source, pace, options);

    // The clock of the day may be set meanwhile.
    const startMs = performance.now();
    const followed = follow(context);
    try {
      const loaded = await load({
        source,
        stream: await pipeline.stream(),
        bookmarks: await pipeline.bookmarks(),
        views: followingViews(pipeline.stages),
        isRestart: options.from === 'start',
        count: options.count,
        pace,
        signal,
        onProgress: (streamed) => progress?.update(streamed, options.count, note),
        onManyRejected: (count, last) => {
          progress?.stop();
          return options.acceptRejected ? Promise.resolve() : askWhetherRight(context, source, count, last);
        },
      });
      const seconds = (performance.now() - startMs) / 1000;
      progress?.stop();
      const behind = [...loaded.behind, ...(await followed.end())];
      return await conclude(context, source, options, { ...loaded, behind }, seconds);
    } finally {
      progress?.stop();
      await followed.end();
    }
  },
});

/** Asks a person whether this is the right file. Throws if it is not, or if there is nobody to ask. */
async function askWhetherRight(
  { terminal }: Context,
  { name }: OrderSource,
  count: number,
  { line, reason }: Rejected,
) {
  const what = `${counted(count, 'line')} of ${name} in a row are no orders, up to line ${line}: ${reason}`;
  const isRight = await terminal.confirm(`${what}. Is this the right file?`).catch((error: unknown) => {
    // There is no terminal to answer on.
    if (error instanceof AlakazamError && error.code === 'usage') return false;
    throw error;
  });
  if (isRight) return;
  throw new AlakazamError('failed', `${what}. Is this the right file?`, {
    hint: 'alakazam rejected shows them: they are kept. If it is, the same command with --accept-rejected goes on after them',
  });
}

/** The views that somebody may be waiting for. If a view can't be opened, the orders are streamed nonetheless. */
function followingViews(stages: readonly Stage[]): Load['views'] {
  return stages.flatMap(({ name, view, followsGenerate }) =>
    followsGenerate && view ? { name, update: async (signal) => (await view()).update(signal) } : [],
  );
}

/** Stages that watch meanwhile. What they have to say is said; if one fails, the orders are streamed nonetheless. */
function follow({ pipeline, terminal }: Context): { end(): Promise<Loaded['behind']> } {
  const done = new AbortController();
  const behind: { name: string; reason: string }[] = [];
  const all = pipeline.stages.map(async ({ name, follow }) => {
    try {
      for await (const text of follow?.(done.signal) ?? []) terminal.say(text);
    } catch (error) {
      behind.push({ name, reason: reasonOf(error) });
    }
  });
  return {
    async end() {
      done.abort();
      await Promise.all(all);
      return behind;
    },
  };
}

interface Result {
  readonly streamed: number;
  readonly rejected: number;
  readonly seconds: number;
  readonly position: SourcePosition | null;
  readonly exhausted: boolean;
}

const resultColumns: readonly Column<Result>[] = [
  { name: 'streamed', isNumber: true, value: ({ streamed }) => streamed },
  { name: 'rejected', isNumber: true, value: ({ rejected }) => rejected },
  { name: 'seconds', isNumber: true, value: ({ seconds }) => seconds },
  { name: 'position', value: ({ position }) => position && JSON.stringify(position) },
  { name: 'exhausted', value: ({ exhausted }) => String(exhausted) },
];

async function conclude(
  { terminal, signal }: Context,
  source: OrderSource,
  { output, count }: { output: Format | undefined; count: number },
  loaded: Loaded,
  seconds: number,
) {
  const { streamed, rejected, position, isExhausted, behind } = loaded;
  if (output !== undefined) {
    const result = { streamed, rejected, seconds, position, exhausted: isExhausted };
    await answer(terminal, output, resultColumns, [result], { json: result });
  }
  const rate = seconds > 0 && streamed >= 1000 ? ` (${whole(streamed / seconds)}/s)` : '';
  terminal.say(
    `${counted(streamed, 'order')} streamed from ${source.name} in ${duration(seconds)}${rate}, ${whole(rejected)} rejected`,
  );
  if (rejected > 0) terminal.say('  alakazam rejected     shows them, and why');
  if (isExhausted) terminal.say(`  ${source.name} has no more orders; --from start reads it again`);
  if (signal.aborted)
    terminal.say(`  stopped after ${whole(streamed)} of ${whole(count)}; the same command goes on from there`);
  for (const { name, reason } of behind) {
    if (reason !== undefined) terminal.warn(`the ${name} is behind the stream: ${reason}`);
  }
  return behind.length > 0 ? ('partial' as const) : undefined;
}

async function print(
  { terminal, signal }: Context,
  source: OrderSource,
  pace: Pace,
  { count, output }: { count: number; output: Format | undefined },
) {
  if (output === 'table' || output === 'json') {
    throw new AlakazamError('usage', `--dry-run writes lines, not ${output}; valid: csv, ndjson`);
  }
  const answer = openAnswer(terminal, output ?? 'ndjson', orderColumns);
  const batches = untilAborted(source.read({ limit: count, batchSize: pace.batchSize }), signal);
  for await (const { orders, rejected } of pace.due(batches, signal)) {
    await answer.write(ordersOf(orders));
    for (const { line: at, reason } of rejected) terminal.warn(`${source.name} line ${at}: ${reason}`);
    if (signal.aborted) break;
  }
  await answer.end();
  return undefined;
}
