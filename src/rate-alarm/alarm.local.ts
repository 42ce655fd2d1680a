/** The rate alarm of the embedded target: a view of the stream in LMDB, and an outbox beside it. */
import type { LocalStore } from '../engines/lmdb/store.js';
import type { Proof } from '../stage.js';
import { lagging } from '../stream/lag.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import { openViewCheckpoint } from '../stream/view-checkpoint.js';
import type { AlarmStatus, RateAlarm, TestResult } from './alarm.js';
import type { AlarmParts } from './alarm-parts.local.js';
import type { AlarmConfig } from './alarm-settings.js';
import { takeInOrders } from './alarm-view.local.js';
import { idOf, iso, reportOf } from './episode-report.js';
import { alarmMessage } from './message.js';
import { commandNotifier } from './notifier.command.js';
import type { Notifier } from './notifier.js';
import { openOutbox } from './outbox.local.js';
import { NOTHING_PROVED, proveEpisodes } from './prove.local.js';
import { sharesOf } from './shares-of.local.js';
import { openStoredAlarm, type StoredEpisode } from './stored-alarm.local.js';
import { type Tell, tellChanges } from './tell-changes.local.js';
import { watchMessages } from './watch.local.js';

export interface LocalAlarmOptions {
  readonly store: LocalStore;
  readonly stream: NumberedStream;
  readonly config: AlarmConfig;
  readonly notifiers: readonly Notifier[];
  /** Of the pipeline, for people. */
  readonly place: string;
  readonly clock: () => number;
}

export interface LocalAlarm extends RateAlarm {
  /** Takes in every order, and compares the episodes with those that the whole stream gives. */
  prove(signal: AbortSignal): Promise<Proof>;
  /** Overwrites, in the file, what was forgotten. */
  erase(): Promise<void>;
}

export function openLocalAlarm({ store, stream, config, notifiers, place, clock }: LocalAlarmOptions): LocalAlarm {
  const stored = openStoredAlarm(store);
  const parts: AlarmParts = { store, stream, stored, checkpoint: openViewCheckpoint(store, stream), config, clock };
  const outbox = openOutbox({ store, stored, notifiers, clock, random: Math.random });
  const { threshold, windowMs, counted } = config;
  const about = { threshold, windowMs, counted, place };
  const names = notifiers.map(({ name }) => name);
  const tell: Tell = (facts, nowMs) => stored.addMessage(alarmMessage({ ...facts, ...about }), names, nowMs);

  const mayLag = lagging({ name: 'rate alarm', waiting: store.waiting, through: () => parts.checkpoint.read() });

  const update = (signal?: AbortSignal) =>
    mayLag(async () => {
      await takeInOrders(parts, signal);
      if (!signal?.aborted) await tellChanges(parts, tell, signal);
    });

  return {
    update,
    async prove(signal) {
      const { isBehind } = await mayLag(() => takeInOrders(parts, signal));
      // What it holds is of a stream that was emptied, and it could not be emptied too.
      if (isBehind && !parts.checkpoint.isOfStream()) return NOTHING_PROVED;
      return proveEpisodes(parts, signal);
    },
    deliver: outbox.deliver,
    destinations: async () => outbox.destinations(),
    command: (command) => commandNotifier({ command }),
    retryFailed: outbox.retryFailed,
    status: () => statusOf(parts),
    recentRates: async (seconds) => ratesOf(parts, seconds),
    episodes: async ({ sinceMs = 0, limit }) =>
      Promise.all(stored.episodes(sinceMs, limit).map((each) => reportedNow(parts, each))),
    watch: (signal, lastWordsMs) => watchMessages({ parts, update, deliver: outbox.deliver }, signal, lastWordsMs),
    async test(signal) {
      const id = `test-${idOf(clock())}`;
      const message = alarmMessage({ id, event: 'test', episode: null, episodes: [], ...about });
      return Promise.all(
        notifiers.map(async (notifier): Promise<TestResult> => {
          const delivery = await notifier.send(message, signal);
          const isDelivered = delivery.outcome === 'delivered';
          return { destination: notifier.name, isDelivered, detail: isDelivered ? delivery.detail : delivery.reason };
        }),
      );
    },
    erase: store.erase,
    close: () => store.close(),
  };
}

async function statusOf(parts: AlarmParts): Promise<AlarmStatus> {
  const { stored, stream, config } = parts;
  const { threshold, windowMs, counted } = config;
  const { episode } = stored.state().rate;
  const isRunning = episode?.endedMs === null;
  const sinceMs = episode ? (episode.endedMs ?? episode.beganMs) : stream.blockOf(1)?.arrivalMs;
  const rates = ratesOf(parts, 60);
  const known = episode && stored.episode(episode.beganMs);
  return {
    state: isRunning ? 'ALARM' : 'OK',
    since: sinceMs === undefined ? null : iso(sinceMs),
    ...{ threshold, windowMs, counted },
    rate: { lastSecond: rates.at(-1) as number, lastMinute: rates.reduce((sum, count) => sum + count, 0) },
    episode: known ? await reportedNow(parts, known) : null,
  };
}

/** While it lasts, its shares change. */
async function reportedNow(parts: AlarmParts, { episode, top, notified }: StoredEpisode) {
  const topNow = episode.endedMs === null ? await sharesOf(parts, episode) : top;
  return reportOf(episode, topNow, notified);
}

/** Orders by second, up to now. */
function ratesOf({ stream, clock }: AlarmParts, seconds: number): number[] {
  stream.refresh();
  const nowMs = clock();
  const rates = new Array<number>(seconds).fill(0);
  for (const { arrivalMs, count } of stream.arrivals(stream.arrivedSince(nowMs - 1000 * seconds + 1))) {
    const ago = Math.max(0, Math.floor((nowMs - arrivalMs) / 1000));
    rates[seconds - 1 - ago] = (rates[seconds - 1 - ago] as number) + count;
  }
  return rates;
}
