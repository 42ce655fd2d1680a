/** The settings of an alarm on AWS: parameters of the stack, which its function and its outputs have under the same names. */
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
