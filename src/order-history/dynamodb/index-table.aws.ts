/** Reads the index of the history table (`history-index.ts`). */
import type { DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { queryItems, readItems } from '../../engines/aws/items.js';
import { checkpointKey } from './history-index.js';
import { sequenceIn } from './order-item.js';

/** The last record of a shard that `process-orders` has processed. */
export interface Checkpoint {
  readonly sequenceNumber: string;
  /** Sequence of the record; compares as text with the sequences of orders. */
  readonly sequence: string;
  /** When the record arrived, in milliseconds since 1970; 0 in a checkpoint of an older function. */
  readonly arrivalMs: number;
}

export interface CustomerRange {
  readonly comparison: '<=' | '>';
  readonly customerId: number;
  readonly limit: number;
}

export interface HistoryIndex {
  /** Customers with an entry of this name: all by id, or those on one side of a customer, nearest first. */
  customersOf(name: string, range?: CustomerRange): Promise<number[]>;
  /** Checkpoints by shard of the stream. Leaves out shards without a checkpoint. */
  checkpoints(stream: string, shardIds: readonly string[]): Promise<Map<string, Checkpoint>>;
}

export function openHistoryIndex(client: DynamoDBClient, table: string): HistoryIndex {
  return {
    async customersOf(name, range) {
      const found: number[] = [];
      for await (const items of queryItems(client, customerQuery(table, name, range))) {
        for (const item of items) found.push(Number(item['CustomerId']?.N));
        if (range && found.length >= range.limit) return found.slice(0, range.limit);
      }
      return found;
    },
    async checkpoints(stream, shardIds) {
      const keys = shardIds.map((id) => checkpointKey(stream, id));
      const shardOf = new Map(keys.map((key, i) => [key['Name']?.S, shardIds[i]]));
      const found = new Map<string, Checkpoint>();
      for (const item of await readItems(client, table, keys)) {
        found.set(shardOf.get(item['Name']?.S) as string, {
          sequenceNumber: item['SequenceNumber']?.S as string,
          sequence: sequenceIn(item),
          arrivalMs: Number(item['ArrivedMs']?.N ?? 0),
        });
      }
      return found;
    },
  };
}

function customerQuery(table: string, name: string, range: CustomerRange | undefined): QueryCommandInput {
  const condition = range ? ` AND CustomerId ${range.comparison} :id` : '';
  return {
    TableName: table,
    KeyConditionExpression: `#name = :name${condition}`,
    ExpressionAttributeNames: { '#name': 'Name' },
    ExpressionAttributeValues: { ':name': { S: name }, ...(range ? { ':id': { N: String(range.customerId) } } : {}) },
    ...(range ? { Limit: range.limit, ScanIndexForward: range.comparison === '>' } : {}),
  };
}
