/** The settings of the alarm that hold where nobody says otherwise. */
import type { AlarmSettings } from '../../src/rate-alarm/alarm-settings.js';

export const USUAL: AlarmSettings = { threshold: 10, windowMs: 1000, quietMs: 60_000, counted: 'orders' };
