/** The stream's part of the stack. */
import type { StackParts } from '../stack/parts.js';
import { ORDERS_STREAM } from './resources.js';

const ON_DEMAND = { StreamMode: 'ON_DEMAND' };
const PROVISIONED = { StreamMode: 'PROVISIONED' };
const LONGER_THAN_A_DAY = { StreamRetentionHours: 24 };

export const streamParts: StackParts = {
  stage: 'stream',
  names: [ORDERS_STREAM],
  rows: [
    {
      name: 'order stream',
      resource: 'OrdersStream',
      throughput: { put: 'IncomingRecords of OrdersStream' },
      faults: { throttled: 'WriteProvisionedThroughputExceeded of OrdersStream' },
      holds: 'the orders of the last day',
    },
  ],
  needs: {
    'stream orders': { OrdersStream: ['kinesis:DescribeStreamSummary', 'kinesis:PutRecords'] },
    // The shards that there are bound those that may be asked for.
    deploy: { OrdersStream: ['kinesis:DescribeStreamSummary'] },
  },
  // For orders of 250 bytes that come in batches of 500; fewer in a batch means more requests.
  usage: {
    OrdersStream: [
      { what: 'stream on demand', unit: 'hour', atRest: 730, if: ON_DEMAND },
      { what: 'orders in, each counted as 1 KB', unit: 'GB in', perMillionOrders: 0.954, if: ON_DEMAND },
      { what: 'orders out, to history and lake', unit: 'GB out', perMillionOrders: 0.466, if: ON_DEMAND },
      {
        what: 'orders kept longer than a day',
        unit: 'GB-month longer than a day',
        perMillionOrders: 0.233,
        if: ON_DEMAND,
        over: LONGER_THAN_A_DAY,
      },
      { what: 'shards', unit: 'shard-hour', atRest: 730, times: 'StreamShards', if: PROVISIONED },
      { what: 'orders in', unit: 'million PUT payload units', perMillionOrders: 1, if: PROVISIONED },
      {
        what: 'orders kept longer than a day',
        unit: 'shard-hour longer than a day',
        atRest: 730,
        times: 'StreamShards',
        if: PROVISIONED,
        over: LONGER_THAN_A_DAY,
      },
      // Lambda and Firehose, each once in five minutes, whether orders come or not: 2 × 12 × 730. Whoever else reads or
      // writes adds as much for the time.
      { what: 'its key asked for', unit: 'ten thousand requests', type: 'AWS::KMS::Key', atRest: 1.752 },
    ],
  },
};
