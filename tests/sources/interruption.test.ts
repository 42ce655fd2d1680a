import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { untilAborted } from '../../src/sources/interruption.js';

async function collected<T>(values: AsyncIterable<T>, onValue: (value: T) => void = () => {}): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) {
    found.push(value);
    onValue(value);
  }
  return found;
}

async function* count(to: number): AsyncGenerator<number> {
  for (let n = 1; n <= to; n++) yield n;
}

describe('an iteration that can be stopped', () => {
  test('gives every value of its source, and ends with it', async () => {
    expect(await collected(untilAborted(count(5), new AbortController().signal))).toEqual([1, 2, 3, 4, 5]);
  });

  test('ends while it waits for a value that never comes', async () => {
    const stop = new AbortController();
    async function* idle(): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => {});
    }
    const found = await collected(untilAborted(idle(), stop.signal), () => setImmediate(() => stop.abort()));
    expect(found).toEqual([1]);
  });

  test('lets timers fire though its source never waits', async () => {
    const stop = new AbortController();
    void delay(0).then(() => stop.abort());
    // Without a turn of the event loop the timer never fires, and the source has no end.
    const found = await collected(untilAborted(count(Number.POSITIVE_INFINITY), stop.signal));
    expect(found.length).toBeGreaterThan(0);
  });

  test('closes its source, and passes on what the source throws', async () => {
    let isClosed = false;
    async function* source(): AsyncGenerator<number> {
      try {
        yield* count(10);
      } finally {
        isClosed = true;
      }
    }
    const stop = new AbortController();
    await collected(untilAborted(source(), stop.signal), (n) => n === 3 && stop.abort());
    expect(isClosed).toBe(true);
    // biome-ignore lint/correctness/useYield: it fails before its first value
    async function* broken(): AsyncGenerator<number> {
      throw new Error('the disk failed');
    }
    await expect(collected(untilAborted(broken(), stop.signal))).resolves.toEqual([]);
    await expect(collected(untilAborted(broken(), new AbortController().signal))).rejects.toThrow('the disk failed');
  });
});

test('keeps no value in memory that was handed on', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const values: WeakRef<object>[] = [];
  async function* source(): AsyncGenerator<object> {
    for (let n = 0; n < 20; n++) {
      const value = { n };
      values.push(new WeakRef(value));
      yield value;
    }
  }
  for await (const _ of untilAborted(source(), new AbortController().signal)) {
    collect();
    // The last ones may still be on the stack.
    expect(values.filter((value) => value.deref()).length).toBeLessThan(5);
  }
});
