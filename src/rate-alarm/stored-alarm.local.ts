/** What the alarm keeps in LMDB: how far it is, its episodes, its messages, and to whom each message has yet to go. */
import type { LocalStore } from '../engines/lmdb/store.js';
import type { AlarmMessage, Notified, TopShares } from './alarm.js';
import type { AlarmSettings } from './alarm-settings.js';
import type { Episode, EpisodeChange } from './episodes.js';
import { NO_RATE, type RateState } from './rate.js';
import { openStoredDeliveries, parsedJson } from './stored-deliveries.local.js';

export const ALARM_STORE = {
  tables: ['episodes', 'messages', 'deliveries'],
  remedy: 'delete it: the episodes are made again from the stream, and who was told is forgotten',
  leavesRoom: true,
  mayLag: true,
} as const;

/** Goes with the checkpoint, in one transaction. */
export interface KeptState {
  readonly rate: RateState;
  /** What nobody was told of yet. */
  readonly untold: readonly EpisodeChange[];
  /** When people were last told of the running episode. */
  readonly remindedMs: number;
}

/** From where on the episodes follow from the stream by the same settings. */
export interface Beginning {
  readonly settings: AlarmSettings;
  /** Sequence number of the next order. */
  readonly next: number;
  readonly rate: RateState;
}

export interface StoredEpisode {
  readonly episode: Episode;
  readonly top: TopShares | null;
  readonly notified: readonly Notified[];
}

/** For those who watch: a watcher is never as far behind. */
const MESSAGES_KEPT = 1000;

export type StoredAlarm = ReturnType<typeof openStoredAlarm>;

/** Everything that writes is called in a transaction of the store. */
export function openStoredAlarm(store: LocalStore) {
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  const parsed = <T>(value: Buffer | undefined) => (value ? (parsedJson(store, value) as T) : undefined);
  const table = (name: 'meta' | 'episodes' | 'messages' | 'deliveries') => store.table(name);

  /** Goes on where the stream is another: whoever watches has seen all messages up to a number. */
  const lastMessage = () => Number(table('meta').get('lastMessage')?.toString() ?? 0);

  const deliveries = openStoredDeliveries(store);
  const stored = (beganMs: number) => parsed<StoredEpisode>(table('episodes').get(beganMs));
  const keepStored = (of: StoredEpisode) => void table('episodes').putSync(of.episode.beganMs, bytes(of));

  return {
    state: (): KeptState =>
      parsed<KeptState>(table('meta').get('state')) ?? { rate: NO_RATE, untold: [], remindedMs: 0 },
    keepState: (state: KeptState) => void table('meta').putSync('state', bytes(state)),
    clear() {
      for (const name of ['episodes', 'messages', 'deliveries'] as const) table(name).clearSync();
      for (const name of ['state', 'beginning']) table('meta').removeSync(name);
    },
    beginning: () => parsed<Beginning>(table('meta').get('beginning')),
    keepBeginning: (beginning: Beginning) => void table('meta').putSync('beginning', bytes(beginning)),

    episode: stored,
    /** An episode as it is by now; who was told stays. */
    keepEpisode: (episode: Episode) => keepStored({ top: null, notified: [], ...stored(episode.beganMs), episode }),
    keepTop(beganMs: number, top: TopShares | null): void {
      const before = stored(beganMs);
      if (before) keepStored({ ...before, top });
    },
    addNotified(beganMs: number, notified: Notified): void {
      const before = stored(beganMs);
      if (before) keepStored({ ...before, notified: [...before.notified, notified] });
    },
    episodes(sinceMs: number, limit: number): StoredEpisode[] {
      const range = table('episodes').getRange({ reverse: true, end: sinceMs - 1, limit });
      return Array.from(range, ({ value }) => parsed<StoredEpisode>(value) as StoredEpisode);
    },

    lastMessage,
    message: (sequence: number) => parsed<AlarmMessage>(table('messages').get(sequence)),
    /** Keeps a message for those who watch, and for each destination. */
    addMessage(message: AlarmMessage, destinations: readonly string[], nowMs: number): void {
      const sequence = lastMessage() + 1;
      table('messages').putSync(sequence, bytes(message));
      table('meta').putSync('lastMessage', bytes(sequence));
      deliveries.addDeliveries(message, sequence, destinations, nowMs);
      if (sequence > MESSAGES_KEPT) table('messages').removeSync(sequence - MESSAGES_KEPT);
    },
    ...deliveries,
  };
}
