/** Reads and writes items of a DynamoDB table in batches, and again what a batch left over. */
import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetItemCommand, BatchWriteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { AlakazamError } from '../../errors.js';
import type { Item } from '../../order-history/dynamodb/order-item.js';
import { isThrottling } from './errors.js';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html, API_BatchGetItem.html */
const WRITES_MAX = 25;
const READS_MAX = 100;
const IN_FLIGHT_MAX = 8;
const BACK_OFF_MS = 25;
const BACK_OFF_MS_MAX = 3000;
/** Of a call that DynamoDB has no capacity for. */
const ATTEMPTS_MAX = 10;

export interface BatchOptions {
  /** True when trying on is no use any more. */
  isLate(): boolean;
}

export interface Unwritten {
  readonly item: Item;
  readonly cause: unknown;
}

/**
 * Puts items, each with a key of its own, those of a customer batch after batch, so that who reads the changes of the table
 * sees them about in order. Gives back those that could not be written, and why.
 */
export async function writeItems(
  client: DynamoDBClient,
  table: string,
  items: readonly Item[],
  { isLate }: BatchOptions,
): Promise<Unwritten[]> {
  const failed: Unwritten[] = [];

  async function write(batch: readonly Item[]): Promise<void> {
    let left = batch;
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt > 0) await delay(backOffMs(attempt));
      try {
        const RequestItems = { [table]: left.map((item) => ({ PutRequest: { Item: item } })) };
        const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems }));
        left = (UnprocessedItems?.[table] ?? []).flatMap(({ PutRequest }) =>
          PutRequest?.Item ? [PutRequest.Item] : [],
        );
      } catch (cause) {
        // None of them could be written just now, as when all are of one partition.
        if (isThrottling(cause) && attempt < ATTEMPTS_MAX && !isLate()) continue;
        // One item that isn't valid fails all of its batch.
        if (!isInvalid(cause) || left.length === 1) failed.push(...left.map((item) => ({ item, cause })));
        else for (const item of left) await write([item]);
        return;
      }
      if (left.length > 0 && isLate()) {
        const cause = new AlakazamError('failed', `DynamoDB left ${left.length} items of ${table} over`);
        failed.push(...left.map((item) => ({ item, cause })));
        return;
      }
    }
  }

  await inParallel(lanesOf(items), async (lane) => {
    for (const batch of batches(lane, WRITES_MAX)) await write(batch);
  });
  return failed;
}

/** At most as many as are written at once, each customer in one. */
function lanesOf(items: readonly Item[]): Item[][] {
  const lanes = new Map<number, Item[]>();
  for (const item of items) {
    const number = Number(item['CustomerId']?.N) % IN_FLIGHT_MAX;
    const lane = lanes.get(number);
    if (lane) lane.push(item);
    else lanes.set(number, [item]);
  }
  return [...lanes.values()];
}

/** The items of these keys, in no order, those that are there. Throws if some could not be read. */
export async function readItems(
  client: DynamoDBClient,
  table: string,
  keys: readonly Item[],
  { isLate }: BatchOptions = { isLate: () => false },
): Promise<Item[]> {
  const found: Item[] = [];

  async function read(batch: readonly Item[]): Promise<void> {
    let left = batch;
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt > 0) await delay(backOffMs(attempt));
      const RequestItems = { [table]: { Keys: [...left], ConsistentRead: true } };
      try {
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand({ RequestItems }));
        found.push(...(Responses?.[table] ?? []));
        left = UnprocessedKeys?.[table]?.Keys ?? [];
      } catch (error) {
        if (!isThrottling(error) || attempt === ATTEMPTS_MAX || isLate()) throw error;
      }
      if (left.length > 0 && (attempt === ATTEMPTS_MAX || isLate())) {
        throw new AlakazamError('failed', `DynamoDB throttles reads of ${table}`, { hint: 'try again in a minute' });
      }
    }
  }

  await inParallel(batches(keys, READS_MAX), read);
  return found;
}

const SCAN_SEGMENTS = 4;

/** Every item of a table, in no order, page by page. */
export async function* scanItems(client: DynamoDBClient, table: string): AsyncGenerator<Item[]> {
  type Page = { readonly segment: number; readonly items: Item[]; readonly last: Item | undefined };
  const read = async (segment: number, from?: Item): Promise<Page> => {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        Segment: segment,
        TotalSegments: SCAN_SEGMENTS,
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    return { segment, items: Items, last: LastEvaluatedKey };
  };
  const pages = new Map<number, Promise<Page>>();
  const start = (segment: number, from?: Item) => {
    const page = read(segment, from);
    // Nobody waits for it any more if reading ends meanwhile.
    page.catch(() => undefined);
    pages.set(segment, page);
  };
  for (let segment = 0; segment < SCAN_SEGMENTS; segment++) start(segment);
  while (pages.size > 0) {
    const { segment, items, last } = await Promise.race(pages.values());
    if (last) start(segment, last);
    else pages.delete(segment);
    if (items.length > 0) yield items;
  }
}

export function isInvalid(error: unknown): boolean {
  return (error as Error).name === 'ValidationException';
}

function backOffMs(attempt: number): number {
  return Math.random() * Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** attempt);
}

function batches<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

async function inParallel<T>(all: readonly T[], act: (each: T) => Promise<void>): Promise<void> {
  const left = all[Symbol.iterator]();
  const worker = async () => {
    for (const each of left) await act(each);
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT_MAX, all.length) }, worker));
}
