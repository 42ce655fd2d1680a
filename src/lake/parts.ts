/** The lake's part of the stack. */
import type { StackParts } from '../stack/parts.js';
import { LAKE_BUCKET, LAKE_DELIVERY } from './resources.js';

export const lakeParts: StackParts = {
  stage: 'lake',
  names: [LAKE_BUCKET, LAKE_DELIVERY],
  rows: [
    {
      name: 'lake',
      resource: 'LakeDelivery',
      does: 'delivers',
      throughput: { delivered: 'DeliveryToS3.Records of LakeDelivery' },
      faults: {
        errors: 'Errors of StampArrivalsFunction',
        'not converted': 'FailedConversion.Records of LakeDelivery',
      },
      lag: { metric: 'DeliveryToS3.DataFreshness of LakeDelivery', unit: 's' },
      waiting: { resource: 'LakeBucket', prefix: 'rejected/', what: 'rejected', isFault: false },
    },
  ],
  needs: {
    // Whoever may ask the warehouse, too.
    'look after the lake': {
      LakeBucket: ['s3:ListBucket'],
      'LakeBucket/orders/month=2011-11/file': ['s3:PutObject'],
      LakeDelivery: ['firehose:DescribeDeliveryStream'],
      OrdersStream: [
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
    },
  },
  // For orders of 250 bytes.
  usage: {
    LakeDelivery: [
      { what: 'orders delivered, each counted as 5 KB', unit: 'GB', perMillionOrders: 4.768 },
      { what: 'converted to Parquet, each counted as 5 KB', unit: 'GB converted', perMillionOrders: 4.768 },
      { what: 'partitioned by month', unit: 'GB partitioned', perMillionOrders: 0.05 },
      { what: 'files written by month', unit: 'thousand files', perMillionOrders: 0.3 },
      { what: 'months found by JQ', unit: 'hour of JQ', perMillionOrders: 0.1 },
    ],
    LakeBucket: [
      { what: 'orders stored as Parquet', unit: 'GB-month', perMillionOrders: 0.05 },
      { what: 'files written', unit: 'thousand writes', perMillionOrders: 0.3 },
      { what: 'files read', unit: 'thousand reads' },
    ],
    StampArrivalsFunction: [
      { what: 'calls of stamp-arrivals', unit: 'million requests', perMillionOrders: 0.0003 },
      { what: 'time of stamp-arrivals, half a GB on arm64', unit: 'GB-second on arm64', perMillionOrders: 30 },
    ],
    StampArrivalsLogGroup: [{ what: 'log lines of stamp-arrivals', unit: 'GB', perMillionOrders: 0.0005 }],
    LakeDeliveryLogGroup: [{ what: 'log lines of what fails', unit: 'GB' }],
  },
};
