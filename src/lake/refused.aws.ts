/** What only the writer of a lake can do. On AWS, Firehose is the writer, and S3 replaces no two files at once. */
import { AlakazamError } from '../errors.js';
import type { Lake } from './lake.js';

const refuse = (message: string, hint: string) => () => {
  throw new AlakazamError('failed', message, { hint });
};

export const REFUSED = {
  compact: refuse(
    'the lake on AWS is not compacted: a question that reads its files would fail',
    'alakazam deploy --param LakeBufferSeconds=900 makes fewer, larger files',
  ),
  rebuild: refuse(
    'the lake on AWS is not made again: the stream has forgotten what it holds',
    'alakazam lake backfill brings in what the stream still has and the lake lacks',
  ),
  export: refuse(
    'the lake on AWS is exported by a question',
    "alakazam query --target aws --sql 'SELECT * FROM orders' -o csv > orders.csv",
  ),
  tables: refuse('the lake on AWS has its tables in Glue, not in DuckDB', 'alakazam query --list'),
} satisfies Partial<Lake>;
