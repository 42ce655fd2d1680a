/**
 * The one place that makes AWS clients: region, profile, credentials and endpoint from where every AWS tool takes them
 * (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html), retries, user agent, and errors a person can
 * act on. A driver brings the class of the client it needs, so that no other is loaded.
 */
import { StandardRetryStrategy } from '@smithy/core/retry';
import { signIn, whyNoProfile } from './credentials.js';
import { translated } from './errors.js';
import { openRequests } from './requests.js';

declare const VERSION: string;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A client of the SDK, as far as all are alike. */
export interface AwsClient {
  readonly config: { readonly region: () => Promise<string>; readonly credentials: unknown };
  readonly middlewareStack: unknown;
}

export interface ClientOptions {
  /** Fewer where the driver tries again by itself. */
  readonly attemptsMax?: number;
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

/** Eight seconds in all, as a rule. */
const ATTEMPTS_MAX = 10;
const BACK_OFF_MS = 50;
const BACK_OFF_MS_MAX = 5000;

export function openSession(stack: string, environment: Environment = process.env): AwsSession {
  // The SDK's own switch for its warning about the version of Node.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const clients = new Map<unknown, AwsClient>();
  const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  const requestHandler = openRequests();
  let credentials: unknown = signIn(environment, requestHandler);

  return {
    environment,
    stack,
    client(Client, { attemptsMax = ATTEMPTS_MAX } = {}) {
      const known = clients.get(Client);
      if (known) return known as InstanceType<typeof Client>;
      const client = new Client({
        ...(region ? { region } : {}),
        credentials,
        requestHandler,
        retryStrategy: retries(attemptsMax),
        // SQS alone has it: a queue's URL names a host of its own, which need not be the one that was set.
        useQueueUrlAsEndpoint: false,
        customUserAgent: [['alakazam', typeof VERSION === 'string' ? VERSION : 'development']],
      });
      // One look-up of the credentials serves every client.
      credentials = client.config.credentials;
      explain(client, { stack, environment });
      clients.set(Client, client);
      return client;
    },
    close() {
      requestHandler.destroy();
    },
  };
}

/**
 * The SDK's own strategies wait for what is throttled as programs do that make many calls: at least a second, or, adaptive,
 * two for each call from then on. Of a person's few calls most go well after a fraction of it.
 */
function retries(maxAttempts: number) {
  const computeNextBackoffDelay = (attempt: number) =>
    Math.random() * Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** attempt);
  const backoff = { computeNextBackoffDelay, setDelayBase: () => undefined };
  return new StandardRetryStrategy({ maxAttempts, baseDelay: BACK_OFF_MS, backoff });
}

type Next = (args: unknown) => Promise<unknown>;
type Of = { clientName?: string; commandName?: string };
type Middlewares = { add(middleware: (next: Next, of: Of) => Next, options: object): void };

/** Every command of this client throws what `translated` makes of its error. */
function explain(client: AwsClient, { stack, environment }: { stack: string; environment: Environment }): void {
  (client.middlewareStack as Middlewares).add(
    (next, { clientName = '', commandName = '' }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          const region = await regionOf(client);
          // A region that a profile should have named.
          const noProfile = region === NO_REGION ? await whyNoProfile(environment) : undefined;
          const [service, action] = [clientName.replace(/Client$/, ''), commandName.replace(/Command$/, '')];
          throw noProfile ?? translated(error, { service, action, region, stack, environment });
        }
      },
    { step: 'initialize', priority: 'high', name: 'explain' },
  );
}

const NO_REGION = 'no region';

export async function regionOf(client: AwsClient): Promise<string> {
  return client.config.region().catch(() => NO_REGION);
}
