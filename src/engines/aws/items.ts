/** Reads and writes items of a DynamoDB table in batches, and repeats the items that DynamoDB did not process. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { AlakazamError } from '../../errors.js';
import { isThrottling } from './errors.js';

/** An item, or a key, by the names of its attributes. */
export type Item = Record<string, AttributeValue>;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html, API_BatchGetItem.html */
const WRITES_MAX = 25;
const READS_MAX = 100;
const IN_FLIGHT_MAX = 8;
const BACK_OFF_MS = 25;
const BACK_OFF_MS_MAX = 3000;
const ATTEMPTS_MAX = 10;

/** How long a call is retried, beyond what the SDK does by itself. */
export interface Retries {
  /** True for an error after which the same call may go well. */
  isRetried(error: unknown): boolean;
  /** True when no further attempt is made. `attempt` counts those that were made, from 1. */
  isOver(attempt: number): boolean;
}

/** For a person who waits: throttled calls are retried for some seconds, and any other error is thrown at once. */
const SHORT_RETRIES: Retries = { isRetried: isThrottling, isOver: (attempt) => attempt > ATTEMPTS_MAX };

/** Makes a call until it succeeds, fails for good, or the retries are over. Throws the last error. */
export async function retried<T>(call: () => Promise<T>, { isRetried, isOver }: Retries): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!isRetried(error) || isOver(attempt)) throw error;
    }
    await delay(backOffMs(attempt));
  }
}

export interface UnwrittenItem {
  readonly item: Item;
  readonly cause: unknown;
}

/**
 * Puts items, each with a key of its own. Items that share the value of the attribute `lane` are written one batch after the
 * other, so that a reader of the table's stream sees them about in order. Returns the items that could not be written.
 */
export async function writeItems(
  client: DynamoDBClient,
  table: string,
  items: readonly Item[],
  lane: string,
  retries: Retries = SHORT_RETRIES,
): Promise<UnwrittenItem[]> {
  const failed: UnwrittenItem[] = [];

  async function write(batch: readonly Item[]): Promise<void> {
    let left = batch;
    for (let attempt = 1; left.length > 0; attempt++) {
      try {
        left = await retried(() => writeBatch(client, table, left), retries);
      } catch (cause) {
        // DynamoDB refuses a whole batch because of one item that isn't valid.
        if (!isInvalid(cause) || left.length === 1) failed.push(...left.map((item) => ({ item, cause })));
        else for (const item of left) await write([item]);
        return;
      }
      if (left.length > 0 && retries.isOver(attempt)) {
        const cause = new AlakazamError('failed', `DynamoDB left ${left.length} items of ${table} over`);
        failed.push(...left.map((item) => ({ item, cause })));
        return;
      }
      if (left.length > 0) await delay(backOffMs(attempt));
    }
  }

  await inParallel(lanesOf(items, lane), async (lane) => {
    for (const batch of batches(lane, WRITES_MAX)) await write(batch);
  });
  return failed;
}

/** Returns the items that DynamoDB did not process. */
async function writeBatch(client: DynamoDBClient, table: string, items: readonly Item[]): Promise<Item[]> {
  const RequestItems = { [table]: items.map((item) => ({ PutRequest: { Item: item } })) };
  const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems }));
  return (UnprocessedItems?.[table] ?? []).flatMap(({ PutRequest }) => (PutRequest?.Item ? [PutRequest.Item] : []));
}

/**
 * Splits items into at most IN_FLIGHT_MAX lanes. Items that share the value of the attribute stay in one lane, so they are
 * written in order.
 */
function lanesOf(items: readonly Item[], attribute: string): Item[][] {
  const lanes = new Map<number, Item[]>();
  for (const item of items) {
    const number = hashOf(JSON.stringify(item[attribute] ?? null)) % IN_FLIGHT_MAX;
    const lane = lanes.get(number);
    if (lane) lane.push(item);
    else lanes.set(number, [item]);
  }
  return [...lanes.values()];
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) >>> 0;
  return hash;
}

/** The items with these keys, in no order; keys without an item are left out. Throws if an item could not be read. */
export async function readItems(
  client: DynamoDBClient,
  table: string,
  keys: readonly Item[],
  retries: Retries = SHORT_RETRIES,
): Promise<Item[]> {
  const found: Item[] = [];

  async function read(batch: Item[]): Promise<void> {
    let left = batch;
    for (let attempt = 1; left.length > 0; attempt++) {
      const RequestItems = { [table]: { Keys: left, ConsistentRead: true } };
      const command = new BatchGetItemCommand({ RequestItems });
      const { Responses, UnprocessedKeys } = await retried(() => client.send(command), retries);
      found.push(...(Responses?.[table] ?? []));
      left = UnprocessedKeys?.[table]?.Keys ?? [];
      if (left.length > 0 && retries.isOver(attempt)) {
        throw new AlakazamError('failed', `DynamoDB throttles reads of ${table}`, { hint: 'try again in a minute' });
      }
      if (left.length > 0) await delay(backOffMs(attempt));
    }
  }

  await inParallel(batches(keys, READS_MAX), read);
  return found;
}

/** The items that a query finds, page by page, in the order of their keys. */
export async function* queryItems(client: DynamoDBClient, query: QueryCommandInput): AsyncGenerator<Item[]> {
  let from: Item | undefined;
  do {
    const start = from ? { ExclusiveStartKey: from } : {};
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({ ConsistentRead: true, ...query, ...start }),
    );
    yield Items;
    from = LastEvaluatedKey;
  } while (from);
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
    // If the reader stops meanwhile, nobody waits for the page: its error must not end the process.
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
