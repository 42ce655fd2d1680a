/** The settings of an alarm on AWS: parameters of the stack, which its function and its outputs have under the same names. */
import type { Config } from '../config.js';
import { AlakazamError } from '../errors.js';
import { flagFor, type Key } from '../settings.js';
import type { AlarmConfig } from './alarm-settings.js';
import { eventsOf } from './read-settings.js';

/** Throws an `Error` for a setting that is missing. */
export function stackSettings(read: (name: string) => string | undefined): AlarmConfig {
  const textOf = (name: string) => {
    const value = read(name);
    if (!value) throw new Error(`${name} is not set`);
    return value;
  };
  const reminderMinutes = Number(textOf('RateReminderMinutes'));
  return {
    threshold: Number(textOf('RateThreshold')),
    windowMs: Number(textOf('RateWindowMs')),
    quietMs: 1000 * Number(textOf('RateQuietSeconds')),
    counted: textOf('RateCounted') as AlarmConfig['counted'],
    reminderMs: reminderMinutes === 0 ? null : 60_000 * reminderMinutes,
    notify: eventsOf(textOf('RateNotify')),
  };
}

/** How each flag of the alarm is written for a stack. */
const PARAMETERS: Readonly<Partial<Record<Key, string>>> = {
  'alarm.threshold': 'RateThreshold=20',
  'alarm.window': 'RateWindowMs=1000',
  'alarm.quiet': 'RateQuietSeconds=60',
  'alarm.count': 'RateCounted=invoices',
  'alarm.reminder': 'RateReminderMinutes=15',
  'alarm.notify': 'RateNotify=began,ended',
  'alarm.webhook': 'AlarmEmail=me@example.com',
  'alarm.command': 'AlarmEmail=me@example.com',
};

/** A stack counts all the time, so a flag of one command can't say how. Files and variables may be meant for the other target. */
export function refuseFlags(config: Pick<Config, 'origin'>): void {
  for (const [key, example] of Object.entries(PARAMETERS) as [Key, string][]) {
    if (config.origin(key) !== flagFor(key)) continue;
    throw new AlakazamError('usage', `${flagFor(key)} is for the local target; a stack has parameters for its alarm`, {
      hint: `alakazam deploy --param ${example}`,
    });
  }
}
