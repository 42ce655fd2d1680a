import { setTimeout as delay } from 'node:timers/promises';
import { type Context, defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import { ALARM_FLAGS, moment, momentMs, outputOption, text, wholeNumber } from '../options.js';
import type { EpisodeReport, RateAlarm, TestResult } from '../rate-alarm/alarm.js';
import { drawAlarm } from '../rate-alarm/drawing.js';
import { utc } from '../rate-alarm/message.js';
import { watchAlarm } from '../rate-alarm/watching.js';
import { answer, type Column, type Format } from '../terminal/answer.js';
import { counted, whole } from '../terminal/numbers.js';

const ACTIONS = ['status', 'watch', 'history', 'test', 'retry'] as const;

/** Of what a sparkline shows. */
const SECONDS = 300;

/** The answer waits so long for those who are told meanwhile: one that does not answer would hold it up for seconds. */
const PATIENCE_MS = 300;

const columns: readonly Column<EpisodeReport>[] = [
  { name: 'id', value: ({ id }) => id },
  { name: 'began', value: ({ began }) => began, show: ({ began }) => utc(began) },
  { name: 'ended', value: ({ ended }) => ended, show: ({ ended }) => (ended === null ? 'it lasts' : utc(ended)) },
  { name: 'peak', isNumber: true, value: ({ peak }) => peak, show: ({ peak }) => whole(peak) },
  { name: 'orders', isNumber: true, value: ({ orders }) => orders, show: ({ orders }) => whole(orders) },
  {
    name: 'customer',
    isNumber: true,
    value: ({ top }) => top?.customer?.id ?? null,
  },
  { name: 'product', value: ({ top }) => top?.product.stockCode ?? null },
  { name: 'country', value: ({ top }) => top?.country.name ?? null },
  { name: 'notified', value: ({ notified }) => String(notified.length) },
];

/** What fits into 80 columns. */
const TABLE = ['began', 'ended', 'peak', 'orders', 'customer', 'product'];

const testColumns: readonly Column<TestResult>[] = [
  { name: 'destination', value: ({ destination }) => destination },
  {
    name: 'isDelivered',
    title: '',
    value: ({ isDelivered }) => String(isDelivered),
    show: ({ isDelivered }) => (isDelivered ? 'ok' : 'FAILED'),
    style: ({ isDelivered }) => (isDelivered ? 'green' : 'red'),
  },
  { name: 'detail', value: ({ detail }) => detail },
];

export const alarm = defineCommand({
  name: 'alarm',
  summary: 'tell when orders surge: more than ten in a second',
  examples: [
    ['alakazam alarm', 'whether they do now; the exit code is 3 if so'],
    ['alakazam alarm watch', 'say when it begins and ends, and tell who is to be told'],
    ["alakazam alarm watch --exec 'notify-send Alakazam'", 'run a command then, with the message as JSON on its input'],
    ['alakazam alarm history --since 7d', 'the surges of a week'],
    ['alakazam alarm test', 'send a test message the real way'],
    ['alakazam alarm retry', 'send again, at once, what failed'],
  ],
  // Until a message that is under way is noted.
  graceMs: 6000,
  argument: { name: 'action', about: 'what to do (default: status)', choices: ACTIONS, isOptional: true },
  options: {
    since: { flags: '--since <when>', about: 'with history: what began since: 10m, 7d, 2011-11-09', parse: moment },
    limit: { flags: '-n, --number <n>', about: 'with history: at most so many, the latest', parse: wholeNumber(1) },
    exec: { flags: '--exec <command>', about: 'with watch: run this for each message', parse: text },
    output: outputOption,
    ...ALARM_FLAGS,
  },
  async run(context, { since, limit, exec, output }, given) {
    const action = given || 'status';
    checkFlags(action, { '--since': since, '--number': limit, '--exec': exec });
    const alarm = await context.pipeline.alarm();
    const { signal, terminal, clock } = context;
    if (action === 'watch') {
      const also = exec === undefined ? undefined : alarm.command(exec);
      await watchAlarm({ terminal, signal, alarm, output, also });
      return undefined;
    }
    if (action === 'test') return sendTest(context, alarm, output);
    await alarm.update(signal);
    if (signal.aborted) return undefined;
    if (action === 'history') {
      const sinceMs = since && momentMs(since, clock());
      const episodes = await alarm.episodes({ sinceMs, limit: limit ?? Number.POSITIVE_INFINITY });
      const table = columns.filter(({ name }) => TABLE.includes(name));
      await answer(terminal, output, columns, episodes, { table, json: episodes });
      if (episodes.length === 0) terminal.say('no surge of orders yet; alakazam alarm shows what would be one');
      return undefined;
    }
    if (action === 'retry') {
      terminal.say(`${counted(await alarm.retryFailed(), 'message')} to be sent again`);
      await alarm.deliver(signal);
    }
    return showStatus(context, alarm, output);
  },
});

function checkFlags(action: string, given: Readonly<Record<string, unknown>>): void {
  const places: Readonly<Record<string, string>> = { '--since': 'history', '--number': 'history', '--exec': 'watch' };
  for (const [flag, value] of Object.entries(given)) {
    if (value === undefined || places[flag] === action) continue;
    throw new AlakazamError('usage', `${flag} is for alarm ${places[flag]}, not for alarm ${action}`);
  }
}

async function showStatus({ terminal, clock, signal }: Context, alarm: RateAlarm, output: Format | undefined) {
  const sending = alarm.deliver(signal);
  await Promise.race([sending, delay(PATIENCE_MS, undefined, { ref: false })]);
  const [status, destinations, rates] = await Promise.all([
    alarm.status(),
    alarm.destinations(),
    alarm.recentRates(SECONDS),
  ]);
  const { state, since, threshold, rate, episode } = status;
  const statusColumns: readonly Column<typeof status>[] = [
    { name: 'state', value: () => state },
    { name: 'since', value: () => since },
    { name: 'threshold', isNumber: true, value: () => threshold },
    { name: 'last_second', isNumber: true, value: () => rate.lastSecond },
    { name: 'last_minute', isNumber: true, value: () => rate.lastMinute },
    { name: 'episode', value: () => episode?.id ?? null },
  ];
  const row = { ...status, destinations };
  await answer(terminal, output, statusColumns, [row], {
    json: row,
    table: () => drawAlarm({ status, destinations, rates, columns: terminal.columns, nowMs: clock() }),
  });
  await sending;
  const failed = (await alarm.destinations()).filter((each) => each.failed > 0);
  for (const each of failed)
    terminal.warn(`${counted(each.failed, 'message')} never reached ${each.name}: ${each.problem}`);
  if (failed.length > 0) terminal.say('  alakazam alarm retry     sends what failed again');
  return state === 'ALARM' ? ('difference' as const) : failed.length > 0 ? ('partial' as const) : undefined;
}

async function sendTest({ terminal, signal }: Context, alarm: RateAlarm, output: Format | undefined) {
  const results = await alarm.test(signal);
  if (results.length === 0) {
    throw new AlakazamError('failed', 'there is nobody to tell', {
      hint: 'set ALAKAZAM_ALARM_WEBHOOK or ALAKAZAM_ALARM_COMMAND; alakazam alarm watch tells whoever looks',
    });
  }
  await answer(terminal, output, testColumns, results, { json: results });
  return results.every(({ isDelivered }) => isDelivered) ? undefined : ('failed' as const);
}
