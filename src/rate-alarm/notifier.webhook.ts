/**
 * Posts messages of the alarm to a URL, as JSON. Headers of each request:
 *
 * - `Idempotency-Key`: the message's id, the same at every attempt (https://docs.stripe.com/api/idempotent_requests).
 * - `Alakazam-Signature`: `t=1322561700,v1=5257a869…`, where there is a secret: the time of the attempt in seconds since 1970, and
 *   the HMAC-SHA256 of that time, a full stop and the body, in hex. A receiver reckons it anew from the body's bytes, compares in
 *   constant time, and refuses a time that is more than five minutes off: a request that somebody repeats later is then refused.
 *   Stripe signs in this way (https://docs.stripe.com/webhooks#verify-manually), GitHub without the time
 *   (https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries).
 */
import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { reasonOf } from '../errors.js';
import { printable } from '../terminal/text.js';
import { shownUrl } from '../webhook-url.js';
import { type Deadline, whenStopped } from './deadline.js';
import type { Notifier, SendOutcome } from './notifier.js';

const ANSWER_MS_MAX = 5000;
/** The receiver is busy, or elsewhere for now; so is one that answers with 500 or more. */
const FOR_NOW = [302, 303, 307, 408, 429];

export interface WebhookOptions {
  /** One that `whyNoWebhook` has nothing against. */
  readonly url: string;
  readonly secret?: string | undefined;
  readonly clock?: () => number;
  readonly deadline?: Deadline;
}

/** Follows no redirect: it would take the message where nobody said it may go. */
export function webhookNotifier({
  url,
  secret,
  clock = Date.now,
  deadline = AbortSignal.timeout,
}: WebhookOptions): Notifier {
  return {
    name: `webhook ${shownUrl(url)}`,
    via: 'webhook',
    async send(message, signal) {
      signal.throwIfAborted();
      const body = JSON.stringify(message);
      const headers = {
        'Content-Type': 'application/json',
        'User-Agent': 'alakazam',
        'Idempotency-Key': message.id,
        ...(secret !== undefined && { 'Alakazam-Signature': signatureOf(body, secret, clock()) }),
      };
      const limit = deadline(ANSWER_MS_MAX);
      try {
        return deliveryOf(await post(url, headers, body, [signal, limit]), clock());
      } catch (error) {
        signal.throwIfAborted();
        if (limit.aborted) return { outcome: 'failed', reason: `no answer within ${ANSWER_MS_MAX / 1000} s` };
        return { outcome: 'failed', reason: whyNot(error as NodeJS.ErrnoException) };
      }
    },
  };
}

/** Gives the head of the answer; its body is not read. */
async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signals: readonly AbortSignal[],
): Promise<Pick<IncomingMessage, 'statusCode' | 'headers'>> {
  // Node takes 5 ms to load TLS, and a command that looks at the alarm sends nothing.
  const { request } = await (new URL(url).protocol === 'https:' ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    // A connection of its own, which ends with it.
    const outgoing = request(url, { method: 'POST', headers, agent: false });
    const release = whenStopped(signals, () => outgoing.destroy(new Error('stopped')));
    outgoing.on('close', release).on('error', reject);
    outgoing.on('response', (answer) => {
      answer.destroy();
      resolve(answer);
    });
    outgoing.end(body);
  });
}

function deliveryOf(
  { statusCode = 0, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>,
  nowMs: number,
): SendOutcome {
  const answered = `answered HTTP ${statusCode}`;
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'delivered', detail: answered };
  const reason = statusCode >= 300 && statusCode < 400 ? `${answered}; redirects are not followed` : answered;
  if (statusCode < 500 && !FOR_NOW.includes(statusCode)) return { outcome: 'refused', reason };
  const retryAfterMs = waitAskedFor(headers['retry-after'], nowMs);
  return { outcome: 'failed', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Seconds, or a date. RFC 9110, 10.2.3: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function waitAskedFor(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

function signatureOf(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** Where a host has several addresses and none answers, Node's error has a code and no message. */
function whyNot(error: NodeJS.ErrnoException): string {
  return printable(reasonOf(error) || (error.code ?? 'no connection'));
}
