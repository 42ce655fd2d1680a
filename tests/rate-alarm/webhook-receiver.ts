/** A webhook on this machine that keeps what it gets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { AlarmMessage } from '../../src/rate-alarm/alarm.js';

/** `answer` gives the status with which it answers; undefined for never. */
export async function webhookReceiver(answer: (message: AlarmMessage) => number | undefined = () => 200) {
  const got: AlarmMessage[] = [];
  const server = createServer(async (request, response) => {
    // Whoever is killed in the middle of a message has not sent it.
    const message = (await json(request).catch(() => undefined)) as AlarmMessage | undefined;
    if (!message) return;
    got.push(message);
    const status = answer(message);
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alarm` };
}
