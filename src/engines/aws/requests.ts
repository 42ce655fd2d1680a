/** Sends the requests of every AWS client. Limits the wait for the first answer of a host, and refuses foreign answers. */
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { nameOf } from './errors.js';

/** A host that is up accepts a connection within this time. */
const CONNECTION_MS_MAX = 1150;
/** Limits for the first answer of a host, over all attempts: a person waits, and wants to know why no answer comes. */
const SILENCE_MS_MAX = 3500;
const SILENT_ATTEMPTS_MAX = 3;
/** The least time that a host gets for its first answer, however long other hosts were silent before. */
const HOST_MS_MIN = 250;
const ANSWER_MS_MAX = 30_000;
/** Longer than any call may take. */
const SOCKET_MS_MAX = 90_000;
const SOCKETS_MAX = 64;

type Handle = NodeHttpHandler['handle'];
type Response = Awaited<ReturnType<Handle>>['response'];

/** The handler adds the property `host` to each error that it throws. */
export function openRequests(): NodeHttpHandler {
  // HTTP/1.1 instead of the SDK's default for Kinesis (HTTP/2): proxies and custom endpoints may not support HTTP/2.
  const handler = new NodeHttpHandler({
    connectionTimeout: CONNECTION_MS_MAX,
    requestTimeout: ANSWER_MS_MAX,
    // Ends an answer that stops in the middle.
    socketTimeout: SOCKET_MS_MAX,
    throwOnRequestTimeout: true,
    httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
  });
  const send = handler.handle.bind(handler);
  /** Hosts that have answered as AWS does. */
  const known = new Set<string>();
  let silentSinceMs: number | undefined;
  let silentAttempts = 0;

  handler.handle = async (request, options) => {
    const host = request.port ? `${request.hostname}:${request.port}` : request.hostname;
    try {
      const { response } = await (known.has(host) ? send(request, options) : sendFirst(request, options));
      if (isForeign(response)) {
        response.body?.destroy?.();
        throw Object.assign(new Error('not AWS'), { name: 'NotAws', status: response.statusCode });
      }
      known.add(host);
      return { response };
    } catch (error) {
      throw Object.assign(error as Error, { host });
    }
  };

  async function sendFirst(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const startMs = performance.now();
    silentSinceMs ??= startMs;
    const endMs = Math.max(silentSinceMs + SILENCE_MS_MAX, startMs + HOST_MS_MIN);
    try {
      const answer = await send(request, {
        ...options,
        // A caller may set a longer time.
        requestTimeout: options?.requestTimeout ?? endMs - startMs,
      });
      silentSinceMs = undefined;
      silentAttempts = 0;
      return answer;
    } catch (error) {
      if (++silentAttempts < SILENT_ATTEMPTS_MAX && performance.now() < endMs) throw error;
      // The SDK retries by error name and cause. This name, without a cause, is final.
      throw Object.assign(new Error('no answer'), { name: 'NoAnswer', reason: nameOf(error) });
    }
  }

  return handler;
}

/**
 * True for an answer that is not from AWS. AWS gives every answer a request id, except for the error pages of a load balancer,
 * which are server errors. A network that wants a sign-in answers with a redirect, its own page, or HTTP 511.
 */
function isForeign({ statusCode, headers }: Response): boolean {
  if (headers['x-amzn-requestid'] ?? headers['x-amz-request-id']) return false;
  const isPage = /\bhtml\b/.test(headers['content-type'] ?? '');
  return statusCode === 511 || (statusCode >= 300 && statusCode < 400) || (isPage && statusCode < 500);
}
