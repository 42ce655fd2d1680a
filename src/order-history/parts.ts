/** The order history's part of the stack. */
import type { StackParts } from '../stack/parts.js';
import { HISTORY_INDEX_TABLE, HISTORY_TABLE, REJECTED_QUEUE } from './resources.js';

const FAILED = 'aws/lambda/';

export const orderHistoryParts: StackParts = {
  stage: 'order-history',
  names: [HISTORY_TABLE, HISTORY_INDEX_TABLE, REJECTED_QUEUE],
  rows: [
    {
      name: 'process-orders',
      resource: 'ProcessOrdersMapping',
      does: 'reads the stream',
      throughput: {
        stored: 'Alakazam/OrdersStored of ProcessOrdersFunction',
        guests: 'Alakazam/GuestOrders of ProcessOrdersFunction',
      },
      faults: { errors: 'Errors of ProcessOrdersFunction' },
      lag: { metric: 'IteratorAge of ProcessOrdersFunction', unit: 'ms' },
      waiting: { resource: 'FailedOrdersBucket', prefix: FAILED, what: 'of failed orders', isFault: true },
    },
    { name: 'order history', resource: 'HistoryTable', unit: 'order' },
    { name: 'rejected queue', resource: 'RejectedQueue', does: 'keeps them 14 days', unit: 'record' },
  ],
  needs: {
    'read history': {
      OrdersStream: [
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      HistoryTable: [
        'dynamodb:BatchGetItem',
        'dynamodb:DescribeTable',
        'dynamodb:GetItem',
        'dynamodb:Query',
        'dynamodb:Scan',
      ],
      HistoryIndexTable: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
      'HistoryTable.StreamArn': ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    },
    'see rejected': {
      OrdersStream: ['kinesis:DescribeStreamSummary'],
      RejectedQueue: ['sqs:ChangeMessageVisibility', 'sqs:ReceiveMessage'],
    },
    replay: {
      ProcessOrdersFunction: ['lambda:InvokeFunction'],
      FailedOrdersBucket: ['s3:ListBucket'],
      [`FailedOrdersBucket/${FAILED}batch`]: ['s3:DeleteObject', 's3:GetObject'],
      RejectedQueue: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
    },
  },
  // For orders of 250 bytes that come in batches of 500, each to be stored for the first time.
  usage: {
    ProcessOrdersFunction: [
      { what: 'calls of process-orders', unit: 'million requests', perMillionOrders: 0.002 },
      { what: 'time of process-orders, half a GB on arm64', unit: 'GB-second on arm64', perMillionOrders: 1000 },
    ],
    HistoryTable: [
      { what: 'orders written', unit: 'million write request units', perMillionOrders: 1 },
      { what: 'orders looked for before they are written', unit: 'million read request units', perMillionOrders: 1 },
      { what: 'orders stored', unit: 'GB-month', perMillionOrders: 0.45 },
      { what: 'orders stored for point-in-time recovery', unit: 'GB-month of recovery', perMillionOrders: 0.45 },
      { what: 'changes read by tail', unit: 'million streams read request units' },
      // At most once in five minutes for each of a few connections, and only while orders come.
      { what: 'its key asked for', unit: 'ten thousand requests', type: 'AWS::KMS::Key', perMillionOrders: 0.01 },
    ],
    HistoryIndexTable: [
      { what: 'index entries written', unit: 'million write request units', perMillionOrders: 0.1 },
      { what: 'index stored', unit: 'GB-month', perMillionOrders: 0.02 },
      { what: 'index stored for point-in-time recovery', unit: 'GB-month of recovery', perMillionOrders: 0.02 },
    ],
    ProcessOrdersLogGroup: [
      { what: 'log lines of process-orders', unit: 'GB', perMillionOrders: 0.003 },
      { what: 'its metrics, in hours in which orders come', unit: 'metric-month' },
      { what: 'log lines kept', unit: 'GB-month', perMillionOrders: 0.003 },
    ],
    FailedOrdersBucket: [{ what: 'failed orders', unit: 'GB-month' }],
    RejectedQueue: [{ what: 'records rejected and looked at', unit: 'million requests' }],
  },
};
