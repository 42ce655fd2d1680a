import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type WebhookOptions, webhookNotifier } from '../../src/rate-alarm/notifier.webhook.js';
import { never, notifierContract, running } from './notifier.contract.js';
import { LANTERN, messageOf } from './reports.js';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that answers each request in this way, or not at all. */
async function serving(answer: RequestListener | undefined) {
  const received: Received[] = [];
  let arrived = (_: Received) => {};
  const first = new Promise<Received>((resolve) => {
    arrived = resolve;
  });
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const each = { method, url, headers, body: await text(request) };
    received.push(each);
    arrived(each);
    answer?.(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, first };
}

const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end('an answer that nobody reads');

const NOW = Date.parse('2011-11-29T10:15:01.900Z');
const message = messageOf('began', { episode: LANTERN });

function send(url: string, options: Partial<WebhookOptions> = {}) {
  return webhookNotifier({ url, clock: () => NOW, deadline: never, ...options }).send(message, running);
}

notifierContract('a webhook', async (behaviour, deadline, secret) => {
  const answer = { 'takes it': answering(204), fails: answering(503, { 'X-Why': secret }), 'never answers': undefined };
  const { url, first } = await serving(answer[behaviour]);
  const notifier = webhookNotifier({ url: `${url}/${secret}?token=${secret}`, secret, deadline });
  return { notifier, received: first.then(({ body }) => body) };
});

describe('a request', () => {
  test('is a POST of JSON with the id of the message, the same at every attempt', async () => {
    const { url, received } = await serving(answering(500));
    await send(`${url}/alarm?team=1`);
    await send(`${url}/alarm?team=1`);
    expect(received).toHaveLength(2);
    for (const { method, url, headers } of received) {
      expect([method, url, headers['content-type']]).toEqual(['POST', '/alarm?team=1', 'application/json']);
      expect(headers['idempotency-key']).toBe('20111129T101500123Z-began');
      expect(headers).not.toHaveProperty('alakazam-signature');
    }
  });

  test('is signed with the secret, together with the time', async () => {
    const { url, first } = await serving(answering(200));
    await send(url, { secret: 'whsec £' });
    const { headers, body } = await first;
    const hex = createHmac('sha256', Buffer.from('whsec £', 'utf8')).update(`1322561701.${body}`).digest('hex');
    expect(headers['alakazam-signature']).toBe(`t=1322561701,v1=${hex}`);
  });

  test('with https is not sent in the clear', async () => {
    const { url, received } = await serving(answering(200));
    expect(await send(url.replace('http:', 'https:'))).toMatchObject({ outcome: 'failed' });
    expect(received).toEqual([]);
  });
});

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('of %i is a delivery', async (status) => {
    const { url } = await serving(answering(status));
    expect(await send(url)).toEqual({ outcome: 'delivered', detail: `answered HTTP ${status}` });
  });

  test.each([400, 401, 403, 404, 410, 413])('of %i refuses the message for good', async (status) => {
    const { url } = await serving(answering(status));
    expect(await send(url)).toEqual({ outcome: 'refused', reason: `answered HTTP ${status}` });
  });

  test.each([408, 429, 500, 502, 503, 504, 599])('of %i is a failure for now', async (status) => {
    const { url } = await serving(answering(status));
    expect(await send(url)).toEqual({ outcome: 'failed', reason: `answered HTTP ${status}` });
  });

  test.each([
    [301, 'refused'],
    [308, 'refused'],
    [302, 'failed'],
    [303, 'failed'],
    [307, 'failed'],
  ])('of %i is not followed: %s', async (status, outcome) => {
    const elsewhere = await serving(answering(200));
    const { url } = await serving(answering(status, { Location: elsewhere.url }));
    expect(await send(url)).toEqual({ outcome, reason: `answered HTTP ${status}; redirects are not followed` });
    expect(elsewhere.received).toEqual([]);
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Tue, 29 Nov 2011 10:16:01 GMT', 59_100],
    ['Tue, 29 Nov 2011 10:00:00 GMT', 0],
    ['soon', undefined],
  ])('with Retry-After %j asks for a wait of %j ms', async (header, retryAfterMs) => {
    for (const status of [429, 503]) {
      const { url } = await serving(answering(status, { 'Retry-After': header }));
      const expected = { outcome: 'failed', reason: `answered HTTP ${status}` };
      expect(await send(url)).toEqual(retryAfterMs === undefined ? expected : { ...expected, retryAfterMs });
    }
  });

  test('that never comes is a failure for now, with its reason', async () => {
    const { url } = await serving((request) => request.socket.destroy());
    expect(await send(url)).toEqual({ outcome: 'failed', reason: 'socket hang up' });
    const { url: closed, port } = await closedPort();
    expect(await send(`${closed}/SECRET`)).toEqual({
      outcome: 'failed',
      reason: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });
});

/** Where nothing listens any more. */
async function closedPort() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return { url: `http://127.0.0.1:${port}`, port };
}
