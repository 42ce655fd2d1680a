/**
 * Reads everything that a home holds, as the commands do, and says what came of it. Runs in a process of its own, since a damaged
 * store may end the process that reads it. Homes come as lines on standard input, and an answer goes out for each.
 */
import { createInterface } from 'node:readline';
import type { Config } from '../../src/config.js';
import { AlakazamError } from '../../src/errors.js';
import { settingOf } from '../../src/settings.js';
import { local } from '../../src/targets/local.js';

/** What one reader gave: a hash of the answer would hide what is wrong. */
export type Reading = { readonly answer: string } | { readonly error: string } | { readonly bug: string };

export type Readings = Record<string, Reading>;

export interface HomeToRead {
  readonly home: string;
  /** With orders, and without. */
  readonly customers: readonly number[];
  readonly orderId: string;
  readonly nowMs: number;
}

function configOf(home: string): Config {
  return {
    project: undefined,
    get: (key) => (key === 'home' ? home : settingOf(key).fallback),
    origin: () => 'test',
  };
}

/** Each as a command asks. */
async function readingsOf({ home, customers, orderId, nowMs }: HomeToRead): Promise<Readings> {
  const readings: Readings = {};
  const pipeline = await local(configOf(home), () => nowMs);
  async function read(name: string, act: () => Promise<unknown>) {
    try {
      readings[name] = { answer: JSON.stringify(await act()) };
    } catch (error) {
      const message = (error as Error).message;
      readings[name] = error instanceof AlakazamError ? { error: message } : { bug: message };
    }
  }
  const blocks = async (all: AsyncIterable<{ orders: { lines: Uint8Array; customers: Float64Array } }>) => {
    const found: unknown[] = [];
    for await (const { orders } of all) found.push([Buffer.from(orders.lines).toString(), [...orders.customers]]);
    return found;
  };
  await read('stream', async () => blocks((await pipeline.stream()).read({ from: 'first' })));
  await read('last', async () => blocks((await pipeline.stream()).read({ from: { last: 3 } })));
  await read('size', async () => (await pipeline.stream()).size?.());
  await read('bookmarks', async () => {
    const bookmarks = await pipeline.bookmarks();
    const rejected: unknown[] = [];
    for await (const each of bookmarks.rejected()) rejected.push(each);
    return [rejected, await bookmarks.rejectedCount()];
  });
  for (const customer of customers) {
    await read(`customer ${customer}`, async () => (await pipeline.history()).ordersOf(customer));
  }
  await read('history', async () => {
    const found: unknown[] = [];
    for await (const { lines } of (await pipeline.history()).all()) found.push(Buffer.from(lines).toString());
    return found;
  });
  await read('tail', async () => blocks((await pipeline.history()).tail({ from: 'first' })));
  await read('alarm', async () => {
    const alarm = await pipeline.alarm();
    await alarm.update();
    return [await alarm.status(), await alarm.episodes({ limit: 100 }), await alarm.destinations()];
  });
  await read('order', async () => (await pipeline.history()).ordersWithId(orderId));
  await pipeline.close().catch(() => undefined);
  return readings;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await readingsOf(JSON.parse(line)))}\n`);
}
