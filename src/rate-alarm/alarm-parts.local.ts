/** What the parts of the embedded alarm share. */
import type { LocalStore } from '../engines/lmdb/store.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import type { ViewCheckpoint } from '../stream/view-checkpoint.js';
import type { AlarmConfig } from './alarm-settings.js';
import type { StoredAlarm } from './stored-alarm.local.js';

export interface AlarmParts {
  readonly store: LocalStore;
  readonly stream: NumberedStream;
  readonly stored: StoredAlarm;
  readonly checkpoint: ViewCheckpoint;
  readonly config: AlarmConfig;
  readonly clock: () => number;
}
