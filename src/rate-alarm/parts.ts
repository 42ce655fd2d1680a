/** The rate alarm's part of the stack. */
import type { StackParts } from '../stack/parts.js';
import { SURGE_TABLE } from './resources.js';

/** Calls of the rule, one a minute, each of a tenth of a second with half a GB. */
const CALLS = 60 * 730;

export const rateAlarmParts: StackParts = {
  stage: 'rate-alarm',
  names: [SURGE_TABLE],
  rows: [
    {
      name: 'Flink',
      resource: 'RateApplication',
      does: 'finds surges of orders',
      // What the level APPLICATION has: https://docs.aws.amazon.com/managed-flink/latest/java/metrics-dimensions.html. The lag is
      // published by stream, with the dimensions that AWS's own templates name: github.com/aws-samples/kda-metrics-dashboard.
      rises: { restarts: 'fullRestarts of RateApplication' },
      lag: { metric: 'millisBehindLatest of RateApplication by Flow, Id', unit: 'ms' },
      uptime: 'uptime of RateApplication',
    },
    {
      name: 'rate-alarm',
      resource: 'RateAlarmMapping',
      does: 'tells of surges',
      throughput: { told: 'Alakazam/AlarmsSent of RateAlarmFunction' },
      faults: {
        errors: 'Errors of RateAlarmFunction',
        'not told': 'Alakazam/AlarmsFailed of RateAlarmFunction',
        'orders too late to count': 'Alakazam/LateOrders of RateAlarmFunction',
      },
      lag: { metric: 'IteratorAge of RateAlarmFunction', unit: 'ms' },
    },
    { name: 'surges', resource: 'SurgeTable', unit: 'surge' },
    { name: 'alarm failures', resource: 'AlarmFailuresQueue', does: 'keeps them 14 days', unit: 'failure' },
  ],
  needs: {
    'see surges': {
      OrdersStream: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
      SurgeTable: ['dynamodb:Query'],
    },
    'start the rate alarm': {
      RateApplication: [
        'kinesisanalytics:AddApplicationCloudWatchLoggingOption',
        'kinesisanalytics:DescribeApplication',
        'kinesisanalytics:ListApplicationSnapshots',
        'kinesisanalytics:StartApplication',
      ],
      RateApplicationLogGroup: ['logs:FilterLogEvents'],
      account: ['cloudwatch:GetMetricData'],
    },
    'tell of surges again': { SurgeTable: ['dynamodb:PutItem'] },
    'test the alarm': { AlarmTopic: ['sns:Publish'], smsLogs: ['logs:FilterLogEvents'] },
  },
  // SNS encrypts with the permissions of whoever publishes.
  needsByService: { 'test the alarm': { AlarmKey: ['kms:Decrypt', 'kms:GenerateDataKey'] } },
  usage: {
    RateApplication: [
      { what: 'Flink around the clock, a KPU and one that runs it', unit: 'KPU-hour', atRest: 2 * 730 },
      { what: 'its running storage', unit: 'GB-month of running storage', atRest: 50 },
    ],
    AlarmStream: [
      { what: 'shard of the alarm stream', unit: 'shard-hour', atRest: 730 },
      // Flink and Lambda, each once in five minutes.
      { what: 'its key asked for', unit: 'ten thousand requests', type: 'AWS::KMS::Key', atRest: 1.752 },
    ],
    RateAlarmFunction: [
      { what: 'calls of rate-alarm', unit: 'million requests', atRest: CALLS / 1e6 },
      { what: 'time of rate-alarm, half a GB on arm64', unit: 'GB-second on arm64', atRest: CALLS * 0.05 },
    ],
    SurgeTable: [
      {
        what: 'surges looked for each minute',
        unit: 'million read request units',
        atRest: CALLS / 1e6,
        if: { WithRateAlarm: 'yes' },
      },
    ],
    RateAlarmLogGroup: [
      { what: 'log lines of rate-alarm', unit: 'GB', atRest: 0.01 },
      // The rule has them written each minute, whether orders come or not.
      { what: 'its five metrics', unit: 'metric-month', atRest: 5 },
    ],
    ProcessOrdersLogGroup: [
      // Two lines of 300 bytes for each batch of 500. Where one order comes in a second, each has a line.
      { what: 'orders by second', unit: 'GB', perMillionOrders: 0.0012, if: { WithRateAlarm: 'yes' } },
    ],
    RateApplicationLogGroup: [{ what: 'warnings of Flink', unit: 'GB', atRest: 0.1 }],
    AlarmFailuresQueue: [{ what: 'failures of rate-alarm', unit: 'million requests', atRest: 0 }],
  },
};
