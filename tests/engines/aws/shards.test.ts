/** Reading a log whose shards split, merge and expire, and whose iterators do. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  openShards,
  readShards,
  type ShardedLog,
  type ShardPosition,
  type ShardRead,
} from '../../../src/engines/aws/shards.js';
import { seeded } from '../../fixtures/random.js';

interface Entry {
  readonly text: string;
  readonly sequence: string;
  readonly atMs: number;
}

interface FakeShard {
  readonly id: string;
  readonly parents: string[];
  readonly entries: Entry[];
  isClosed: boolean;
}

class Expired extends Error {}
class Missing extends Error {}
class Throttled extends Error {}
class Unreachable extends Error {}

/** A log as Kinesis has it, with faults at a word. */
function fakeLog(pageEntries = 3) {
  const shards: FakeShard[] = [];
  let sequence = 0;
  let live = new Map<string, { shard: FakeShard; at: number }>();
  let iterators = 0;
  const asked: string[] = [];
  const random = seeded(1);
  let pages = 0;

  function shardOf(id: string): FakeShard {
    const shard = shards.find((each) => each.id === id);
    if (!shard) throw new Missing(id);
    return shard;
  }

  function hand(shard: FakeShard, at: number): string {
    const iterator = `iterator-${++iterators}`;
    live.set(iterator, { shard, at });
    return iterator;
  }

  function startOf({ entries }: FakeShard, position: ShardPosition): number {
    if (position === 'first') return 0;
    if (position === 'next') return entries.length;
    const found = entries.findIndex(({ sequence: found, atMs }) =>
      'after' in position ? found > position.after : atMs >= position.sinceMs,
    );
    return found < 0 ? entries.length : found;
  }

  const log: ShardedLog<Entry> = {
    pollMs: 2,
    sequenceOf: (entry) => entry.sequence,
    arrivalOf: ({ atMs }) => atMs,
    isExpired: (error) => error instanceof Expired,
    isMissing: (error) => error instanceof Missing,
    isTransient: (error) => error instanceof Throttled || error instanceof Unreachable,
    isThrottling: (error) => error instanceof Throttled,
    shards: async () => shards.map(({ id, parents, isClosed }) => ({ id, parents, isClosed })),
    async iterator(id, position) {
      asked.push(`${id} ${JSON.stringify(position)}`);
      const shard = shardOf(id);
      return hand(shard, startOf(shard, position));
    },
    async page(iterator) {
      pages++;
      await delay(random() * 3);
      const found = live.get(iterator);
      if (!found) throw new Expired(iterator);
      const { shard, at } = found;
      shardOf(shard.id);
      const records = shard.entries.slice(at, at + pageEntries);
      const end = at + records.length;
      const isEnd = shard.isClosed && end === shard.entries.length;
      return {
        records,
        next: isEnd ? undefined : hand(shard, end),
        isCaughtUp: end === shard.entries.length,
      };
    },
  };

  return {
    log,
    asked,
    open(id: string, ...parents: string[]) {
      for (const parent of parents) shardOf(parent).isClosed = true;
      shards.push({ id, parents, entries: [], isClosed: false });
    },
    put(id: string, text: string, atMs = Date.now()) {
      sequence++;
      shardOf(id).entries.push({ text, sequence: String(sequence).padStart(6, '0'), atMs });
    },
    /** Resolves when somebody reads the log. */
    isRead: () => vi.waitFor(() => expect(pages).toBeGreaterThan(0), { interval: 1 }),
    expireAll() {
      live = new Map();
    },
    /** The shard is gone from the log, as one is whose records are too old. */
    drop(id: string) {
      shards.splice(shards.indexOf(shardOf(id)), 1);
    },
  };
}

async function textsOf(log: ShardedLog<Entry>, read: ShardRead): Promise<string[]> {
  const found: string[] = [];
  for await (const { records } of readShards(log, read)) found.push(...records.map(({ text }) => text));
  return found;
}

/** Follows a log until it is stopped. */
function following(log: ShardedLog<Entry>, from: ShardRead['from']) {
  const stop = new AbortController();
  const found: string[] = [];
  const ended = (async () => {
    for await (const { records } of readShards(log, { from, signal: stop.signal })) {
      found.push(...records.map(({ text }) => text));
    }
  })();
  return {
    found,
    async until(count: number) {
      while (found.length < count) await Promise.race([delay(1), ended]);
    },
    async stop() {
      stop.abort();
      await ended;
      return found;
    },
  };
}

const ofKey = (texts: readonly string[], key: string) => texts.filter((text) => text.startsWith(key));
const numbered = (key: string, count: number) => Array.from({ length: count }, (_, i) => `${key}${i}`);

describe('a log that is read to its end', () => {
  test('gives all of every shard, each in order', async () => {
    const { log, open, put } = fakeLog();
    for (const id of ['a', 'b', 'c']) open(id);
    for (let i = 0; i < 20; i++) for (const id of ['a', 'b']) put(id, `${id}${i}`);
    const texts = await textsOf(log, { from: 'first' });
    expect(texts).toHaveLength(40);
    expect(ofKey(texts, 'a')).toEqual(numbered('a', 20));
    expect(ofKey(texts, 'b')).toEqual(numbered('b', 20));
    expect(await textsOf(log, { from: 'next' })).toEqual([]);
  });

  test('gives children after their parents, through splits and merges', async () => {
    const { log, open, put } = fakeLog();
    open('root');
    for (let i = 0; i < 10; i++) put('root', `x${i}`);
    open('left', 'root');
    open('right', 'root');
    for (let i = 10; i < 30; i++) put(i % 3 === 0 ? 'left' : 'right', `x${i}`);
    open('merged', 'left', 'right');
    for (let i = 30; i < 40; i++) put('merged', `x${i}`);
    const texts = await textsOf(log, { from: 'first' });
    expect(texts.slice(0, 10)).toEqual(numbered('x', 10));
    expect([...texts.slice(10, 30)].sort()).toEqual(numbered('x', 30).slice(10).sort());
    expect(texts.slice(30)).toEqual(numbered('x', 40).slice(30));
  });

  test('does not wait for parents that are gone', async () => {
    const { log, open, put, drop } = fakeLog();
    open('old');
    open('new', 'old');
    put('new', 'x0');
    drop('old');
    expect(await textsOf(log, { from: 'first' })).toEqual(['x0']);
  });

  test('begins at a time, in every shard', async () => {
    const { log, open, put } = fakeLog(100);
    open('a');
    put('a', 'old', 1000);
    put('a', 'x', 2000);
    open('b', 'a');
    put('b', 'y', 3000);
    expect(await textsOf(log, { from: { sinceMs: 2000 } })).toEqual(['x', 'y']);
    expect(await textsOf(log, { from: { sinceMs: 2001 } })).toEqual(['y']);
    expect(await textsOf(log, { from: { sinceMs: 9000 } })).toEqual([]);
  });

  test('begins in each shard where it was left, in others at the first', async () => {
    const { log, open, put } = fakeLog();
    open('a');
    open('b');
    for (let i = 0; i < 4; i++) for (const id of ['a', 'b']) put(id, `${id}${i}`);
    const texts = await textsOf(log, { from: new Map([['a', { after: '000003' }]]) });
    expect(ofKey(texts, 'a')).toEqual(['a2', 'a3']);
    expect(ofKey(texts, 'b')).toEqual(numbered('b', 4));
  });
});

describe('a log that is followed', () => {
  test('goes on in the shards that come from a split, and misses nothing', async () => {
    const { log, open, put, isRead } = fakeLog();
    open('root');
    put('root', 'before');
    const tail = following(log, 'next');
    await isRead();
    for (let i = 0; i < 10; i++) put('root', `x${i}`);
    await tail.until(5);
    open('left', 'root');
    open('right', 'root');
    for (let i = 0; i < 10; i++) put('left', `l${i}`);
    for (let i = 0; i < 10; i++) put('right', `r${i}`);
    await tail.until(30);
    open('merged', 'left', 'right');
    for (let i = 0; i < 10; i++) put('merged', `m${i}`);
    await tail.until(40);
    const texts = await tail.stop();
    expect(texts.slice(0, 10)).toEqual(numbered('x', 10));
    for (const key of ['l', 'r', 'm']) expect(ofKey(texts, key)).toEqual(numbered(key, 10));
    expect(texts.slice(30)).toEqual(numbered('m', 10));
  });

  test('goes on behind its last record when iterators have expired', async () => {
    const { log, open, put, expireAll, asked } = fakeLog();
    open('a');
    const tail = following(log, 'first');
    for (let i = 0; i < 60; i++) {
      put('a', `x${i}`);
      if (i % 7 === 0) expireAll();
      if (i % 5 === 0) await delay(3);
    }
    await tail.until(60);
    expect(await tail.stop()).toEqual(numbered('x', 60));
    expect(asked.some((what) => what.includes('after'))).toBe(true);
  });

  test('misses nothing if they expired before there was any', async () => {
    const { log, open, put, expireAll, isRead } = fakeLog();
    open('a');
    put('a', 'before', Date.now() - 3_600_000);
    const tail = following(log, 'next');
    await isRead();
    expireAll();
    put('a', 'x0');
    await tail.until(1);
    expect(await tail.stop()).toEqual(['x0']);
  });

  test('takes next from when it was opened, not from when it is first read', async () => {
    const { log, open, put } = fakeLog();
    open('a');
    put('a', 'before');
    const stop = new AbortController();
    const shards = await openShards(log, { from: 'next', signal: stop.signal });
    put('a', 'after');
    const { value } = await shards.next();
    expect(value?.records.map(({ text }: Entry) => text)).toEqual(['after']);
    stop.abort();
    expect((await shards.next()).done).toBe(true);
  });

  test('goes on with what is left of a shard that is dropped', async () => {
    const { log, open, put, drop } = fakeLog();
    open('a');
    put('a', 'x0');
    const tail = following(log, 'first');
    await tail.until(1);
    open('b', 'a');
    drop('a');
    put('b', 'x1');
    await tail.until(2);
    expect(await tail.stop()).toEqual(['x0', 'x1']);
  });

  test('goes on when it was throttled; what never answered is not waited for', async () => {
    const { log, open, put } = fakeLog();
    open('a');
    let calls = 0;
    const throttled: ShardedLog<Entry> = {
      ...log,
      async page(iterator) {
        calls++;
        if (calls % 3 === 0) return log.page(iterator);
        throw new Throttled();
      },
    };
    for (let i = 0; i < 50; i++) put('a', `x${i}`);
    expect(await textsOf(throttled, { from: 'first' })).toEqual(numbered('x', 50));
    const dead: ShardedLog<Entry> = {
      ...log,
      page: async () => {
        throw new Unreachable('at once');
      },
    };
    await expect(textsOf(dead, { from: 'first' })).rejects.toThrow('at once');
  });

  test('has a minute from the first failure on, however long ago its last answer was', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { log, open, put } = fakeLog();
    open('a');
    put('a', 'x0');
    /** What happens before each call, while time passes. */
    const events: (() => unknown)[] = [];
    let failures = 0;
    const fail = (ms: number) => () => {
      vi.advanceTimersByTime(ms);
      failures++;
      throw new Unreachable(`failure ${failures}`);
    };
    const faulty: ShardedLog<Entry> = {
      ...log,
      async page(iterator) {
        events.shift()?.();
        return log.page(iterator);
      },
    };
    const tail = following(faulty, 'first');
    await tail.until(1);
    // An hour after its last answer a computer wakes, and its network takes a while.
    events.push(fail(3_600_000), fail(30_000), fail(29_000), () => put('a', 'x1'));
    await tail.until(2);
    // An answer ends the row of failures.
    events.push(fail(50_000), fail(50_000), () => put('a', 'x2'));
    await tail.until(3);
    expect(failures).toBe(5);
    events.push(fail(1000), fail(59_000), fail(1000), fail(1000));
    await expect(tail.until(4)).rejects.toThrow('failure 8');
    await expect(tail.stop()).rejects.toThrow('failure 8');
    expect(tail.found).toEqual(['x0', 'x1', 'x2']);
  });

  test('stops at once, also in the middle of an answer', async () => {
    const { log, open } = fakeLog();
    open('a');
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const page = () => {
      isAsked();
      return new Promise<never>(() => undefined);
    };
    const tail = following({ ...log, page }, 'first');
    await asked;
    expect(await tail.stop()).toEqual([]);
  });
});

test('every call waits for its turn, and one shard waits for no other', async () => {
  const { log, open, put } = fakeLog();
  for (const id of ['a', 'b']) open(id);
  for (let i = 0; i < 20; i++) for (const id of ['a', 'b']) put(id, `${id}${i}`);
  const turns: string[] = [];
  const NEVER = 1_000_000;
  const turnMs = (id: string) => {
    turns.push(id);
    return id === 'b' && ofKey(turns, 'b').length > 2 ? NEVER : 0;
  };
  const tail = following({ ...log, turnMs }, 'first');
  await tail.until(20 + 6);
  const texts = await tail.stop();
  expect(ofKey(texts, 'a')).toEqual(numbered('a', 20));
  expect(ofKey(texts, 'b')).toEqual(numbered('b', 6));
  expect(ofKey(turns, 'b')).toHaveLength(3);
});

test('an error that is neither says itself', async () => {
  const { log, open } = fakeLog();
  open('a');
  const denied: ShardedLog<Entry> = {
    ...log,
    page: async () => {
      throw new Error('denied');
    },
  };
  await expect(textsOf(denied, { from: 'first' })).rejects.toThrow('denied');
});

describe('children that are listed late', () => {
  /** Hides these until the log was listed so many times. */
  function hiding(log: ShardedLog<Entry>, ids: readonly string[], times: number): ShardedLog<Entry> {
    let listed = 0;
    return {
      ...log,
      shards: async () => {
        const isShown = ++listed > times;
        return (await log.shards()).filter(({ id }) => isShown || !ids.includes(id));
      },
    };
  }

  test.each<ShardRead['from']>(['first', 'next'])('are read, from %s', async (from) => {
    const { log, open, put, isRead } = fakeLog();
    open('a');
    put('a', 'early');
    const tail = following(hiding(log, ['b'], 4), from);
    await isRead();
    open('b', 'a');
    for (const text of numbered('late', 5)) put('b', text);
    await tail.until(from === 'first' ? 6 : 5);
    expect(ofKey(await tail.stop(), 'late')).toEqual(numbered('late', 5));
  });

  test('are waited for where their parent was closed before', async () => {
    const { log, open, put } = fakeLog();
    open('a');
    open('b', 'a');
    const tail = following(hiding(log, ['b'], 2), 'next');
    put('b', 'x');
    await tail.until(1);
    expect(await tail.stop()).toEqual(['x']);
  });
});
