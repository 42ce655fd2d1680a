/** What people type as the value of a flag, read strictly. */
import type { Option, Options } from './command.js';
import { durationMs } from './duration.js';
import { AlakazamError } from './errors.js';
import { isoDate } from './orders/order-line.js';
import { type Key, settingOf } from './settings.js';
import { FORMATS } from './terminal/answer.js';
import { homeOf, withoutTilde } from './tilde.js';

function wrong(flag: string, typed: string, valid: string): AlakazamError {
  return new AlakazamError('usage', `${flag} is ${JSON.stringify(typed)}; valid: ${valid}`);
}

/** A whole number from `min` on; thousands may be set off by a comma or an underscore. */
export function wholeNumber(min: number): (typed: string, flag: string) => number {
  return (typed, flag) => {
    const value = /^\d+$|^\d{1,3}(,\d{3})+$|^\d{1,3}(_\d{3})+$/.test(typed)
      ? Number(typed.replaceAll(/[,_]/g, ''))
      : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min)
      throw wrong(flag, typed, `a whole number from ${min}, such as ${Math.max(min, 100)}`);
    return value;
  };
}

/** A number above 0. */
export function positive(typed: string, flag: string): number {
  const value = /^\d+(\.\d+)?$/.test(typed) ? Number(typed) : Number.NaN;
  if (!(value > 0)) throw wrong(flag, typed, 'a number above 0, such as 10');
  return value;
}

/** Orders a second: a number above 0. */
export function rate(typed: string, flag: string): number {
  const value = /^\d+(\.\d+)?$/.test(typed) ? Number(typed) : Number.NaN;
  if (!(value > 0)) throw wrong(flag, typed, 'orders a second, above 0, such as 20');
  return value;
}

/** `3600x` or `3600`: how many times as fast. */
export function speed(typed: string, flag: string): number {
  const value = /^\d+(\.\d+)?x?$/.test(typed) ? Number(typed.replace('x', '')) : Number.NaN;
  if (!(value > 0)) throw wrong(flag, typed, 'how many times as fast, such as 3600x');
  return value;
}

/** Anything but nothing: an empty value is most often a variable of a script that isn't set. */
export function text(typed: string, flag: string): string {
  if (typed === '') throw new AlakazamError('usage', `${flag} is ""; give it a value, or leave it out`);
  return typed;
}

/** The path of a file or a directory; `~` is the home directory, also where a shell leaves it, as in `--to=~/orders.csv`. */
export function path(typed: string, flag: string): string {
  return withoutTilde(text(typed, flag), homeOf({}));
}

/** `name=value`, where the value may be empty. */
export function assignment(example: string): (typed: string, flag: string) => readonly [name: string, value: string] {
  return (typed, flag) => {
    const at = typed.indexOf('=');
    if (at < 1) throw wrong(flag, typed, `name=value, such as ${example}`);
    return [typed.slice(0, at), typed.slice(at + 1)];
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): (typed: string, flag: string) => T {
  return (typed, flag) => {
    if (!choices.includes(typed as T)) throw wrong(flag, typed, choices.join(', '));
    return typed as T;
  };
}

/** `10m` (ms, s, m, h, d before now), a date or moment in ISO 8601 (UTC where it names no zone), or `start`. */
export type PointInTime = { readonly agoMs: number } | { readonly atMs: number } | 'start';

/** In milliseconds since 1970; `start` is 0. */
export function momentMs(point: PointInTime, nowMs: number): number {
  if (point === 'start') return 0;
  return 'agoMs' in point ? nowMs - point.agoMs : point.atMs;
}

export function moment(typed: string, flag: string): PointInTime {
  if (typed === 'start') return 'start';
  const agoMs = durationMs(typed);
  if (agoMs !== undefined) return { agoMs };
  const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(typed);
  const atMs = iso && isDay(typed) ? Date.parse(iso[1] && !iso[4] ? `${typed}Z` : typed) : Number.NaN;
  if (Number.isNaN(atMs)) throw wrong(flag, typed, 'how long ago (10m, 2h, 1d), a moment (2026-11-23T09:00), or start');
  return { atMs };
}

/** How long: `90s`, `5m`, `1h`; in milliseconds. */
export function timeSpan(typed: string, flag: string): number {
  const ms = durationMs(typed) ?? 0;
  if (ms === 0) throw wrong(flag, typed, 'how long, above 0, such as 90s, 5m or 1h');
  return ms;
}

/** A day, `2011-11-09`, or a moment, `2011-11-09T08:00`, as order dates are written. */
export function orderDate(typed: string, flag: string): string {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$/.test(typed) || !isDay(typed) || Number.isNaN(Date.parse(typed))) {
    throw wrong(flag, typed, 'a day such as 2011-11-09, or a moment such as 2011-11-09T08:00');
  }
  return typed;
}

/** A day, `2011-11-09`. */
export function day(typed: string, flag: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(typed) || !isDay(typed)) throw wrong(flag, typed, 'a day such as 2011-11-09');
  return typed;
}

/** `Date.parse` takes 30 February for 2 March. */
function isDay(typed: string): boolean {
  return isoDate(`${typed.slice(0, 10)} 00:00`) !== undefined;
}

/** `-o`, on every command that answers. */
export const outputOption = {
  flags: '-o, --output <format>',
  about: `how to write the answer: ${FORMATS.join(', ')} (a table on a terminal, plain rows in a pipe)`,
  parse: oneOf(...FORMATS),
  choices: FORMATS,
} as const satisfies Option;

/** On every command that plans a deployment: parts that are not in every stack. What is deployed stays where neither is given. */
export const partOptions = {
  with: {
    flags: '--with <part>',
    about: 'add an optional part, such as redshift, until --without; may be given more than once',
    parse: text,
    isRepeatable: true,
  },
  without: {
    flags: '--without <part>',
    about: 'leave an optional part out; may be given more than once',
    parse: text,
    isRepeatable: true,
  },
} as const satisfies Readonly<Record<string, Option>>;

/** On every command that plans a deployment. */
export const paramOption = {
  flags: '-p, --param <name=value>',
  about: 'parameter of the template; may be given more than once',
  parse: assignment('StreamMode=PROVISIONED'),
  isRepeatable: true,
} as const satisfies Option;

const alarmSetting = (key: Key) => ({
  about: settingOf(key).about,
  parse: text,
  setting: key,
  group: 'Alarm',
});

/**
 * The alarm's settings, for every command that takes orders into the embedded alarm. The secret has none: other users of the
 * machine see the flags of a process.
 */
export const ALARM_FLAGS = {
  alarmThreshold: { flags: '--alarm-threshold <n>', ...alarmSetting('alarm.threshold') },
  alarmWindow: { flags: '--alarm-window <time>', ...alarmSetting('alarm.window') },
  alarmQuiet: { flags: '--alarm-quiet <time>', ...alarmSetting('alarm.quiet') },
  alarmCount: { flags: '--alarm-count <what>', ...alarmSetting('alarm.count'), choices: ['orders', 'invoices'] },
  alarmReminder: { flags: '--alarm-reminder <time>', ...alarmSetting('alarm.reminder') },
  alarmNotify: { flags: '--alarm-notify <events>', ...alarmSetting('alarm.notify') },
  alarmWebhook: { flags: '--alarm-webhook <url>', ...alarmSetting('alarm.webhook') },
  alarmCommand: { flags: '--alarm-command <command>', ...alarmSetting('alarm.command') },
} as const satisfies Options;

/** Of commands that plan a deployment. */
export const flinkConnectorOption = {
  flags: '--flink-connector <path>',
  about: 'with rate-alarm: the jar, or a directory of its parts, where there is no mvn',
  parse: path,
} as const satisfies Option;
