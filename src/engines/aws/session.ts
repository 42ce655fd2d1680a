/**
 * The one place that makes AWS clients. Region, profile, credentials and endpoint come from where every AWS tool takes them
 * (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html). All clients share retries, user agent, and the
 * translation of errors. A driver imports the class of the client that it needs, so no other client is loaded.
 */
import { StandardRetryStrategy } from '@smithy/core/retry';
import { signIn, whyNoProfile } from './credentials.js';
import { translated } from './errors.js';
import { openRequests } from './requests.js';

declare const VERSION: string;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The properties that all clients of the SDK have. */
export interface AwsClient {
  readonly config: { readonly region: () => Promise<string>; readonly credentials: unknown };
  readonly middlewareStack: unknown;
}

export interface ClientOptions {
  /** Attempts of the SDK; fewer for a driver with retries of its own. */
  readonly attemptsMax?: number;
}

export interface AwsSession {
  readonly environment: Environment;
  /** Name of the stack. */
  readonly stack: string;
  /** The client of this class. Each is made once, when it is first needed. */
  // biome-ignore lint/suspicious/noExplicitAny: each class has its own settings; only the common ones are set
  client<C extends AwsClient>(Client: new (settings: any) => C, options?: ClientOptions): C;
  close(): void;
}

/** Ten attempts take about eight seconds. */
const ATTEMPTS_MAX = 10;
const BACK_OFF_MS = 50;
const BACK_OFF_MS_MAX = 5000;

export function openSession(stack: string, environment: Environment = process.env): AwsSession {
  // Turns off the SDK's warning about the version of Node.
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
        // Only the SQS client has this setting. The host in a queue's URL may differ from the endpoint that somebody has set.
        useQueueUrlAsEndpoint: false,
        customUserAgent: [['alakazam', typeof VERSION === 'string' ? VERSION : 'development']],
      });
      // All clients share one look-up of the credentials.
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
 * The SDK's own strategies suit programs that make many calls. After throttling they wait at least a second, or, adaptive, two
 * seconds before each later call. A person makes few calls, and most of them succeed after a fraction of that time.
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
          // The region is missing, perhaps because the profile that should set it does not exist.
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
