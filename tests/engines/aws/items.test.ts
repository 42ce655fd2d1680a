/** Batches of items, on a table that answers as a test wants. */
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { type Item, type Retries, retried, writeItems } from '../../../src/engines/aws/items.js';

/** A client that hears every batch of items. */
function tableOf(write: (items: readonly Item[]) => Promise<readonly Item[]>): DynamoDBClient {
  const send = async (command: unknown) => {
    if (!(command instanceof BatchWriteItemCommand)) throw new Error('another command');
    const [[name, requests]] = Object.entries(command.input.RequestItems ?? {}) as [
      [string, { PutRequest: { Item: Item } }[]],
    ];
    const left = await write(requests.map(({ PutRequest }) => PutRequest.Item));
    return {
      UnprocessedItems: left.length > 0 ? { [name]: left.map((item) => ({ PutRequest: { Item: item } })) } : {},
    };
  };
  return { send } as unknown as DynamoDBClient;
}

const items = Array.from({ length: 1000 }, (_, i): Item => ({ Session: { S: `s${i % 7}` }, Number: { N: String(i) } }));

test('items that share the value of the lane are written in their order, and lanes at the same time', async () => {
  const written = new Map<string, number[]>();
  let underWay = 0;
  let most = 0;
  const table = tableOf(async (batch) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    for (const { Session, Number: number } of batch) {
      written.set(Session?.S as string, [...(written.get(Session?.S as string) ?? []), Number(number?.N)]);
    }
    underWay--;
    return [];
  });
  expect(await writeItems(table, 'table', items, 'Session')).toEqual([]);
  expect(written.size).toBe(7);
  for (const [lane, numbers] of written) {
    expect(numbers).toEqual(
      items.filter(({ Session }) => Session?.S === lane).map(({ Number: number }) => Number(number?.N)),
    );
  }
  expect(most).toBeGreaterThan(1);
});

test('items that the table leaves over are written again until the retries are over', async () => {
  const retries: Retries = { isRetried: () => false, isOver: (attempt) => attempt >= 3 };
  const table = tableOf(async (batch) => batch.slice(1));
  const unwritten = await writeItems(table, 'table', items.slice(0, 5), 'None', retries);
  expect(unwritten.map(({ item }) => item)).toEqual(items.slice(3, 5));
});

describe('a call that fails', () => {
  const failing = (times: number) => {
    let calls = 0;
    return async () => {
      if (++calls <= times) throw new Error(`failure ${calls}`);
      return calls;
    };
  };

  test('is made again until it succeeds', async () => {
    const retries: Retries = { isRetried: () => true, isOver: () => false };
    expect(await retried(failing(3), retries)).toBe(4);
  });

  test('is given up when the retries are over, or it can’t succeed', async () => {
    const retries = (isRetried: boolean): Retries => ({
      isRetried: () => isRetried,
      isOver: (attempt) => attempt === 2,
    });
    await expect(retried(failing(3), retries(true))).rejects.toThrow('failure 2');
    await expect(retried(failing(3), retries(false))).rejects.toThrow('failure 1');
  });
});
