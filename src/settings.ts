/** Every setting: what it is about, and which values are valid. */
import { durationMs } from './duration.js';
import { shownUrl, whyNoWebhook } from './webhook-url.js';

export interface Setting {
  readonly about: string;
  /** Why a value is not valid, or undefined if it is. */
  readonly whyNot?: (value: string) => string | undefined;
  readonly fallback?: string;
  /** What people get to see, of a value that may hold a secret. */
  readonly shown?: (value: string) => string;
  /** It is taken from the environment alone. */
  readonly isSecret?: true;
  /** It is run, so the file of a project, which may come from others, can't give it. */
  readonly isRun?: true;
  /** A file may give it as a list. */
  readonly isList?: true;
}

/** What of an alarm can be told, or left out. */
export const ALARM_EVENTS = ['began', 'reminder', 'ended'] as const;
export type AlarmEvent = (typeof ALARM_EVENTS)[number];

/**
 * Every key of `.alakazamrc`, where `alarm.window` is `window` in the map `alarm`. As flag it is `--alarm-window`, as environment
 * variable `ALAKAZAM_ALARM_WINDOW`.
 */
export const SETTINGS = {
  target: { about: 'where the pipeline runs' },
  home: { about: 'directory that holds the embedded pipeline' },
  stack: {
    about: 'name of the stack on AWS',
    fallback: 'alakazam',
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    whyNot: (value) =>
      /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(value)
        ? undefined
        : 'letters, digits and hyphens, a letter first, at most 128',
  },
  cluster: {
    about: 'cluster of EMR that train adds a step to, in place of making one',
    whyNot: (value) => (/^j-[A-Z0-9]{1,64}$/.test(value) ? undefined : 'the id of a cluster, such as j-2AXXXXXXGAPLF'),
  },
  source: { about: 'file that generate reads when no --source is given' },
  seed: {
    about: 'seed of the built-in shop',
    fallback: '1',
    whyNot: (value) => (/^\d{1,9}$/.test(value) ? undefined : 'a whole number from 0 to 999999999'),
  },
  'alarm.threshold': {
    about: 'how many orders a window may hold without an alarm',
    fallback: '10',
    whyNot: (value) =>
      /^\d{1,7}$/.test(value) && Number(value) >= 1 && Number(value) <= 1_000_000
        ? undefined
        : 'a whole number from 1 to 1000000',
  },
  'alarm.window': {
    about: 'length of that window',
    fallback: '1s',
    whyNot: (value) => whyNoTime(value, '100ms', '1m'),
  },
  'alarm.quiet': {
    about: 'time without a surge after which an alarm is over',
    fallback: '60s',
    whyNot: (value) => whyNoTime(value, '1s', '1d'),
  },
  'alarm.count': {
    about: 'what is counted: orders, or invoices',
    fallback: 'orders',
    whyNot: (value) => (value === 'orders' || value === 'invoices' ? undefined : 'orders, invoices'),
  },
  'alarm.reminder': {
    about: 'time between reminders while an alarm lasts, or off',
    fallback: '15m',
    whyNot: (value) => (value === 'off' ? undefined : whyNoTime(value, '1s', '1d', 'off, or ')),
  },
  'alarm.notify': {
    about: 'what is told of an alarm: began, reminder, ended, or none',
    fallback: ALARM_EVENTS.join(', '),
    isList: true,
    whyNot: (value) =>
      value === 'none' || itemsOf(value).every((item) => ALARM_EVENTS.includes(item as AlarmEvent))
        ? undefined
        : `${ALARM_EVENTS.join(', ')}, or none`,
  },
  'alarm.webhook': { about: 'URL to which alarms are posted', shown: shownUrl, whyNot: whyNoWebhook },
  'alarm.command': { about: 'command that gets alarms on standard input', isRun: true },
  'alarm.secret': { about: 'secret that signs what is posted', isSecret: true, shown: () => 'not shown' },
} as const satisfies Record<string, Setting>;

export type Key = keyof typeof SETTINGS;
export const KEYS = Object.keys(SETTINGS) as Key[];

export function settingOf(key: Key): Setting {
  return SETTINGS[key];
}

export function variableOf(key: Key): string {
  return `ALAKAZAM_${key.toUpperCase().replace('.', '_')}`;
}

export function flagFor(key: Key): string {
  return `--${key.replace('.', '-')}`;
}

/** A value as people see it. */
export function shownValue(key: Key, value: string): string {
  const { shown } = settingOf(key);
  return shown ? shown(value) : value;
}

/** Of a value that is a list: `began, ended`. */
export function itemsOf(value: string): readonly string[] {
  return value.split(',').map((item) => item.trim());
}

function whyNoTime(value: string, least: string, most: string, or = ''): string | undefined {
  const [ms, leastMs, mostMs] = [value, least, most].map(durationMs) as [number | undefined, number, number];
  return ms !== undefined && ms >= leastMs && ms <= mostMs
    ? undefined
    : `${or}a time from ${least} to ${most}, such as ${least}`;
}
