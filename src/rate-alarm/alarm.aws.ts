/** The rate alarm on AWS: Flink finds surges and a Lambda function tells of them, all by themselves. This looks at what they keep. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ArrivalLog } from '../stream/kinesis/arrived-orders.js';
import type { AlarmMessage, AlarmStatus, Destination, EpisodeReport, RateAlarm, TopShares } from './alarm.js';
import type { AlarmConfig } from './alarm-settings.js';
import { type AlarmTopic, NOT_CONFIRMED, type Subscriber } from './alarm-topic.aws.js';
import { episodeOf } from './crossing-span.js';
import { idOf, reportOf } from './episode-report.js';
import type { KeptEpisode, KeptEpisodes } from './kept-episodes.js';
import { alarmMessage } from './message.js';
import { commandNotifier } from './notifier.command.js';
import type { Notifier } from './notifier.js';
import { readRates } from './read-rates.aws.js';

export interface AwsAlarmOptions {
  readonly episodes: KeptEpisodes;
  readonly config: AlarmConfig;
  readonly topic: AlarmTopic;
  readonly log: () => Promise<ArrivalLog>;
  /** Null where the orders can't be read in time. */
  readonly sharesOf: (episode: KeptEpisode) => Promise<TopShares | null>;
  readonly place: string;
  readonly clock: () => number;
}

/** How often somebody who watches looks. */
const LOOK_MS = 1000;
/** How many of the latest are looked through for messages that nobody got. */
const FAILURES_MAX = 1000;

export function openAwsAlarm(options: AwsAlarmOptions): RateAlarm {
  const { episodes, config, topic, log, sharesOf, place, clock } = options;
  const { notifier } = topic;
  const { threshold, windowMs, counted } = config;
  const about = { threshold, windowMs, counted, place };

  /** What people were told of a surge that lasts is of its first orders: it is looked at again. */
  async function report(kept: KeptEpisode): Promise<EpisodeReport> {
    const episode = episodeOf(kept, config.quietMs, clock());
    const top = episode.endedMs === null ? await sharesOf(kept) : null;
    return reportOf(episode, top ?? kept.top, kept.notified);
  }

  async function latest(limit: number, sinceMs = 0): Promise<KeptEpisode[]> {
    const found: KeptEpisode[] = [];
    for await (const episode of episodes.latestFirst()) {
      if (found.length >= limit || episode.firstMs < sinceMs) break;
      found.push(episode);
    }
    return found;
  }

  async function status(): Promise<AlarmStatus> {
    const [[last], rates] = await Promise.all([latest(1), readRates(await log(), 60, clock())]);
    const episode = last ? await report(last) : null;
    return {
      state: episode && episode.ended === null ? 'ALARM' : 'OK',
      since: episode ? (episode.ended ?? episode.began) : null,
      ...{ threshold, windowMs, counted },
      rate: { lastSecond: rates.at(-1) as number, lastMinute: rates.reduce((sum, count) => sum + count, 0) },
      episode,
    };
  }

  return {
    // Flink and the function do it by themselves.
    update: async () => ({ arrivalMs: Number.POSITIVE_INFINITY }),
    deliver: async () => undefined,
    status,
    recentRates: async (seconds) => readRates(await log(), seconds, clock()),
    episodes: async ({ sinceMs, limit }) => Promise.all((await latest(limit, sinceMs)).map(report)),
    destinations: async () => destinationsOf(notifier, await topic.subscribers(), await latest(FAILURES_MAX)),
    watch: (signal) => watchEpisodes(async () => Promise.all((await latest(10)).map(report)), about, signal),
    command: (command) => commandNotifier({ command }),
    async retryFailed() {
      let again = 0;
      for (const kept of await latest(FAILURES_MAX)) {
        if (!kept.failures) continue;
        const failures = { ...kept.failures, count: 0, firstMs: clock(), dueMs: clock() };
        if (await episodes.replace([kept], { ...kept, failures })) again++;
      }
      return again;
    },
    async test(signal) {
      const message = alarmMessage({
        id: `test-${idOf(clock())}`,
        event: 'test',
        episode: null,
        episodes: [],
        ...about,
      });
      const outcome = await notifier.send(message, signal);
      if (outcome.outcome !== 'delivered') {
        return [{ destination: notifier.name, isDelivered: false, detail: outcome.reason }];
      }
      return topic.lastOutcomes(signal);
    },
    close: async () => undefined,
  };
}

function destinationsOf(
  { name, via }: Notifier,
  subscribers: readonly Subscriber[],
  kept: readonly KeptEpisode[],
): Destination[] {
  const failures = kept.flatMap((each) => each.failures ?? []);
  const failed = failures.filter(({ dueMs }) => dueMs === null).length;
  const told = { via, waiting: failures.length - failed, failed };
  const problem = failures[0]?.problem ?? null;
  if (subscribers.length === 0) return [{ name, ...told, problem: problem ?? 'nobody has subscribed to it' }];
  return subscribers.map((each) => ({
    ...{ name: each.name, ...told },
    problem: problem ?? (each.isConfirmed ? null : NOT_CONFIRMED),
  }));
}

/** Tells what changes in the latest episodes, from now on. */
async function* watchEpisodes(
  latest: () => Promise<readonly EpisodeReport[]>,
  about: Pick<AlarmMessage, 'threshold' | 'windowMs' | 'counted' | 'place'>,
  signal: AbortSignal,
): AsyncGenerator<AlarmMessage> {
  const stateOf = ({ ended }: EpisodeReport) => (ended === null ? ('began' as const) : ('ended' as const));
  const known = new Map((await latest()).map((each) => [each.id, stateOf(each)]));
  while (!signal.aborted) {
    for (const episode of (await latest()).toReversed()) {
      const [before, event] = [known.get(episode.id), stateOf(episode)];
      known.set(episode.id, event);
      const events = before === undefined && event === 'ended' ? (['began', 'ended'] as const) : [event];
      if (before === event) continue;
      for (const each of events) {
        yield alarmMessage({ id: `${episode.id}-${each}`, event: each, episode, episodes: [], ...about });
      }
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
