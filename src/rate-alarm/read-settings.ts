/** The settings of the alarm, from the configuration. */
import type { Config } from '../config.js';
import { durationMs } from '../duration.js';
import { AlakazamError } from '../errors.js';
import { itemsOf, type Key } from '../settings.js';
import type { EventKind } from './alarm.js';
import type { AlarmConfig, AlarmSettings } from './alarm-settings.js';

export interface ToldSettings extends AlarmConfig {
  readonly webhook?: { readonly url: string; readonly secret?: string };
  readonly command?: string;
}

/** Each value is valid by itself: `readConfig` has seen to that. Throws an `AlakazamError` where two do not go together. */
export function alarmSettings(config: Pick<Config, 'get' | 'origin'>): ToldSettings {
  const textOf = (key: Key) => config.get(key) as string;
  const timeOf = (key: Key) => durationMs(textOf(key)) as number;
  const quoted = (key: Key) => `${key} is ${JSON.stringify(textOf(key))} (${config.origin(key)})`;
  const [windowMs, quietMs] = [timeOf('alarm.window'), timeOf('alarm.quiet')];
  if (quietMs < windowMs) {
    const window = textOf('alarm.window');
    throw new AlakazamError(
      'usage',
      `${quoted('alarm.quiet')}, and ${quoted('alarm.window')}; valid: quiet from ${window}`,
    );
  }
  const url = config.get('alarm.webhook');
  const secret = config.get('alarm.secret');
  const command = config.get('alarm.command');
  return {
    threshold: Number(textOf('alarm.threshold')),
    windowMs,
    quietMs,
    counted: textOf('alarm.count') as AlarmSettings['counted'],
    reminderMs: textOf('alarm.reminder') === 'off' ? null : timeOf('alarm.reminder'),
    notify: eventsOf(textOf('alarm.notify')),
    ...(url !== undefined && { webhook: { url, ...(secret !== undefined && { secret }) } }),
    ...(command !== undefined && { command }),
  };
}

/** `none`, or kinds of messages with commas between. */
export function eventsOf(value: string): readonly EventKind[] {
  const chosen = (value === 'none' ? [] : itemsOf(value)) as readonly EventKind[];
  const isCaughtUp = chosen.includes('began') || chosen.includes('ended');
  return [...chosen, ...(isCaughtUp ? ['caught-up' as const] : []), 'test'];
}
