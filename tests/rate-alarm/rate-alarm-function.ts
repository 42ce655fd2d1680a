/** The function that is deployed, with a table, a topic and a queue of its own on an emulator. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { unzipSync } from 'fflate';
import { vi } from 'vitest';
import type { AlarmSettings } from '../../src/rate-alarm/alarm-settings.js';
import { openKeptEpisodes } from '../../src/rate-alarm/kept-episodes.dynamodb.js';
import type { Handler } from '../emulators/event-source.js';
import { clients } from '../emulators/order-history.js';
import { ROOT } from '../run-cli.js';
import { allOf } from './kept-episodes.contract.js';
import { emulated, makeEpisodesTable } from './rate-alarm-parts.js';
import { USUAL } from './usual-settings.js';

/** To be called when the emulator runs: the function opens its session as it is loaded. */
export async function loadFunction(directory: string): Promise<Handler> {
  const file = join(directory, 'rate-alarm.mjs');
  const zip = unzipSync(readFileSync(join(ROOT, 'dist', 'stack', 'rate-alarm.zip')));
  writeFileSync(file, zip['rate-alarm.mjs'] as Uint8Array);
  return (await import(pathToFileURL(file).href)).watchRate;
}

/** Gives the function its environment until the test ends. */
export async function placeFunction(orderStream: string, settings: AlarmSettings = USUAL) {
  const { sqs } = clients();
  const sns = new SNSClient({ requestHandler: new NodeHttpHandler() });
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: orderStream }));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: orderStream }));
  sns.destroy();
  const queueUrl = QueueUrl.replace(/^https?:\/\/[^/]+/, process.env['AWS_ENDPOINT_URL'] as string);
  const table = await makeEpisodesTable();
  const variables = {
    ...{ RateThreshold: `${settings.threshold}`, RateWindowMs: `${settings.windowMs}`, RateCounted: settings.counted },
    ...{
      RateQuietSeconds: `${settings.quietMs / 1000}`,
      RateReminderMinutes: '15',
      RateNotify: 'began,reminder,ended',
    },
    ...{
      SurgeTableName: table,
      OrdersStreamName: orderStream,
      AlarmTopicArn: TopicArn,
      AlarmFailuresQueueUrl: queueUrl,
    },
    Place: 'alakazam',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return { queueUrl, kept: () => allOf(openKeptEpisodes(emulated(), table)) };
}
