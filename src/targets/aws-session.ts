/**
 * The one place that makes AWS clients: region, profile, credentials and endpoint from where every AWS tool takes them
 * (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html), retries, user agent, and errors a person can
 * act on. A driver brings the class of the client it needs, so that no other is loaded.
 */
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { translated } from './aws-errors.js';

declare const VERSION: string;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A client of the SDK, as far as all are alike. */
export interface AwsClient {
  readonly config: { readonly region: () => Promise<string>; readonly credentials: unknown };
  readonly middlewareStack: unknown;
}

export interface ClientOptions {
  /** 'adaptive', unless the driver limits its rate by itself. */
  readonly retryMode?: 'adaptive' | 'standard';
}

export interface AwsSession {
  readonly environment: Environment;
  /** The stack whose parts are used. */
  readonly stack: string;
  /** The client of this class: made when it is first asked for, and once. */
  // biome-ignore lint/suspicious/noExplicitAny: each class has settings of its own, of which it gets those that all have
  client<C extends AwsClient>(Client: new (settings: any) => C, options?: ClientOptions): C;
  close(): void;
}

/** Three attempts that each find no one there still end within five seconds. */
const CONNECTION_MS_MAX = 1200;
const ATTEMPTS_MAX = 3;
const FIRST_ANSWER_MS_MAX = 4000;
const ANSWER_MS_MAX = 30_000;
const SOCKETS_MAX = 64;

export function openSession(stack: string, environment: Environment = process.env): AwsSession {
  // The SDK's own switch for its warning about the version of Node.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const clients = new Map<unknown, AwsClient>();
  const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  let credentials: unknown;
  // Not the SDK's choice for Kinesis, which is HTTP/2: a proxy or an endpoint of one's own may not speak it.
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: CONNECTION_MS_MAX,
    requestTimeout: ANSWER_MS_MAX,
    throwOnRequestTimeout: true,
    httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
  });

  return {
    environment,
    stack,
    client(Client, { retryMode = 'adaptive' } = {}) {
      const known = clients.get(Client);
      if (known) return known as InstanceType<typeof Client>;
      const client = new Client({
        ...(region ? { region } : {}),
        ...(credentials ? { credentials } : {}),
        requestHandler,
        retryMode,
        maxAttempts: ATTEMPTS_MAX,
        // SQS alone has it: a queue's URL names a host of its own, which need not be the one that was set.
        useQueueUrlAsEndpoint: false,
        customUserAgent: [['alakazam', typeof VERSION === 'string' ? VERSION : 'development']],
      });
      // One look-up of the credentials serves every client.
      credentials ??= client.config.credentials;
      explain(client, stack);
      clients.set(Client, client);
      return client;
    },
    close() {
      requestHandler.destroy();
    },
  };
}

type Next = (args: { request?: { hostname?: string; port?: number } }) => Promise<unknown>;
type Of = { clientName?: string; commandName?: string };
type Stack = { add(middleware: (next: Next, of: Of) => Next, options: object): void };

/** Every command of this client throws what `translated` makes of its error; the first answer is not long waited for. */
function explain(client: AwsClient, stack: string): void {
  const middlewares = client.middlewareStack as Stack;
  const hosts = new WeakMap<Of, string>();
  let hasAnswered = false;
  middlewares.add(
    (next, of) => async (args) => {
      const { hostname, port } = args.request ?? {};
      hosts.set(of, port ? `${hostname}:${port}` : String(hostname));
      if (hasAnswered) return next(args);
      const answer = await firstAnswer(next(args));
      hasAnswered = true;
      return answer;
    },
    { step: 'finalizeRequest', priority: 'low', name: 'host' },
  );
  middlewares.add(
    (next, of) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const region = await regionOf(client);
        const service = (of.clientName ?? '').replace(/Client$/, '');
        const action = (of.commandName ?? '').replace(/Command$/, '');
        throw translated(error, { service, action, host: hosts.get(of), region, stack });
      }
    },
    { step: 'initialize', priority: 'high', name: 'explain' },
  );
}

/** Not tried again: nobody waits three times this long. */
async function firstAnswer<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const none = Object.assign(new Error('no answer'), { name: 'NoAnswer' });
    timer = setTimeout(reject, FIRST_ANSWER_MS_MAX, none);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

export async function regionOf(client: AwsClient): Promise<string> {
  return client.config.region().catch(() => 'no region');
}
