/** Episodes in a table of DynamoDB, an item each, under one key, sorted by when they began. */
import { DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { nameOf } from '../engines/aws/errors.js';
import { type Item, queryItems } from '../engines/aws/items.js';
import type { AwsSession } from '../engines/aws/session.js';
import { type KeptEpisode, type KeptEpisodes, raised } from './kept-episodes.js';

const KIND = 'episode';

export function openKeptEpisodes(session: Pick<AwsSession, 'client'>, table: string): KeptEpisodes {
  const client = session.client(DynamoDBClient);
  const put = (old: readonly KeptEpisode[], next: KeptEpisode) => {
    const same = old.find(({ firstMs }) => firstMs === next.firstMs);
    const condition = same ? unchanged(same) : { ConditionExpression: 'attribute_not_exists(BeganMs)' };
    return { TableName: table, Item: itemOf(raised(old, next)), ...condition };
  };

  return {
    async *latestFirst(beforeMs = Number.MAX_SAFE_INTEGER) {
      const pages = queryItems(client, {
        TableName: table,
        KeyConditionExpression: 'Kind = :kind AND BeganMs < :before',
        ExpressionAttributeValues: { ':kind': { S: KIND }, ':before': { N: String(beforeMs) } },
        ScanIndexForward: false,
        // As a rule the first one or two are wanted.
        Limit: 25,
      });
      for await (const items of pages) for (const item of items) yield episodeIn(item);
    },
    async replace(old, next) {
      const gone = old.filter(({ firstMs }) => firstMs !== next.firstMs);
      try {
        if (gone.length === 0) await client.send(new PutItemCommand(put(old, next)));
        else {
          const deletions = gone.map((each) => ({
            Delete: { TableName: table, Key: keyOf(each), ...unchanged(each) },
          }));
          await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put(old, next) }, ...deletions] }));
        }
        return true;
      } catch (error) {
        if (LOST.includes(nameOf(error))) return false;
        throw error;
      }
    },
  };
}

/** Errors of a write that came after another. */
const LOST = ['ConditionalCheckFailedException', 'TransactionCanceledException', 'TransactionConflictException'];

function unchanged({ version }: KeptEpisode) {
  return { ConditionExpression: 'Version = :seen', ExpressionAttributeValues: { ':seen': { N: String(version) } } };
}

function keyOf({ firstMs }: KeptEpisode): Item {
  return { Kind: { S: KIND }, BeganMs: { N: String(firstMs) } };
}

/** Numbers and short texts stand alone, for people who look at the table; the rest is JSON. */
function itemOf(episode: KeptEpisode): Item {
  const { told, notified, top, failures } = episode;
  const numbers = NUMBERS.map(([name, attribute]) => [attribute, { N: String(episode[name]) }] as const);
  return {
    ...keyOf(episode),
    ...Object.fromEntries(numbers),
    Told: { S: told },
    Notified: { S: JSON.stringify(notified) },
    Top: { S: JSON.stringify(top) },
    Failures: { S: JSON.stringify(failures) },
  };
}

function episodeIn(item: Item): KeptEpisode {
  const numbers = NUMBERS.map(([name, attribute]) => [name, Number(item[attribute]?.N)] as const);
  const parsed = (attribute: string) => JSON.parse(item[attribute]?.S as string);
  return {
    ...(Object.fromEntries(numbers) as Record<NumberName, number>),
    told: item['Told']?.S as KeptEpisode['told'],
    notified: parsed('Notified'),
    top: parsed('Top'),
    failures: parsed('Failures'),
  };
}

const NUMBERS = [
  ['firstMs', 'BeganMs'],
  ['lastMs', 'LastMs'],
  ['peak', 'Peak'],
  ['peakMs', 'PeakMs'],
  ['before', 'Before'],
  ['through', 'Through'],
  ['remindedMs', 'RemindedMs'],
  ['recordedMs', 'RecordedMs'],
  ['claimedMs', 'ClaimedMs'],
  ['version', 'Version'],
] as const;
type NumberName = (typeof NUMBERS)[number][0];
