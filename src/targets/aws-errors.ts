/** What AWS says when it says no, as an error for the person at the terminal. */
import { AlakazamError, reasonOf } from '../errors.js';

/** The call that failed, as far as it got. */
export interface Call {
  /** `Kinesis`, `DynamoDB`: the SDK's name for the service. */
  readonly service: string;
  /** `PutRecords` */
  readonly action: string;
  /** Host and port it was sent to; undefined if it never was. */
  readonly host?: string | undefined;
  readonly region: string;
  readonly stack: string;
}

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: { readonly throttling?: boolean };
  readonly errors?: readonly SdkError[];
}

const CREDENTIALS = /^(CredentialsProviderError|ProviderError|TokenProviderError)$/;
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/;
const INVALID =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|MissingAuthenticationToken|MissingAuthenticationTokenException|IncompleteSignature|NotSignedUp|OptInRequired)$/;
const SKEWED = /^(RequestTimeTooSkewed|RequestInTheFuture)$/;
const DENIED =
  /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|KMSAccessDeniedException)$/;
const MISSING =
  /^(ResourceNotFoundException|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue|NoSuchBucket|NotFoundException|StackNotFoundException)$/;
const THROTTLED =
  /^(Throttling|ThrottlingException|ThrottledException|ProvisionedThroughputExceededException|TooManyRequestsException|RequestLimitExceeded|LimitExceededException|RequestThrottled|RequestThrottledException|SlowDown|KMSThrottlingException)$/;
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|NoAnswer|TimeoutError|RequestTimeout)$/;

/** The name AWS or the system gave an error, also where it has been translated since. */
export function nameOf(error: unknown): string {
  const origin = error instanceof AlakazamError ? error.cause : error;
  const { code, name, errors } = (origin ?? {}) as SdkError;
  if (name && name !== 'Error' && name !== 'AggregateError') return name;
  return code ?? errors?.[0]?.code ?? name ?? '';
}

/** True for what is likely to succeed if it is tried again later. */
export function isTransient(error: unknown): boolean {
  const origin = (error instanceof AlakazamError ? error.cause : error) as SdkError;
  return isThrottling(error) || UNREACHABLE.test(nameOf(error)) || (origin?.$metadata?.httpStatusCode ?? 0) >= 500;
}

export function isThrottling(error: unknown): boolean {
  const origin = (error instanceof AlakazamError ? error.cause : error) as SdkError;
  return THROTTLED.test(nameOf(error)) || origin?.$retryable?.throttling === true;
}

/** The error to show; what isn't the person's to mend is given back as it came. */
export function translated(error: unknown, call: Call): unknown {
  if (error instanceof AlakazamError || !(error instanceof Error)) return error;
  return (
    whyNoRegion(error, call) ??
    whyNotSignedIn(error, call) ??
    whyDenied(error, call) ??
    whyMissing(error, call) ??
    whyUnreachable(error, call) ??
    whyThrottled(error, call) ??
    whyNotAws(error, call) ??
    error
  );
}

function whyNoRegion(cause: Error, { region }: Call): AlakazamError | undefined {
  if (/^Region is missing/.test(cause.message)) {
    return new AlakazamError('failed', 'no AWS region is set', {
      hint: 'export AWS_REGION=eu-central-1, or aws configure set region eu-central-1',
      cause,
    });
  }
  if (/^Region not accepted/.test(cause.message)) {
    const given = /region="(.*?)"/.exec(cause.message)?.[1] ?? region;
    return new AlakazamError('failed', `${JSON.stringify(given)} is not an AWS region`, {
      hint: 'export AWS_REGION=eu-central-1',
      cause,
    });
  }
  if (
    nameOf(cause) === 'PermanentRedirect' ||
    /scoped to (a valid|correct) region|region .* is wrong/i.test(cause.message)
  ) {
    return new AlakazamError(
      'failed',
      `AWS says that ${JSON.stringify(region)} is the wrong region: ${reasonOf(cause)}`,
      {
        hint: 'set AWS_REGION to the region the stack is in',
        cause,
      },
    );
  }
  return undefined;
}

function whyNotSignedIn(cause: Error, { region }: Call): AlakazamError | undefined {
  const name = nameOf(cause);
  if (EXPIRED.test(name) || /token.*(has )?expired|session.*(has )?expired/i.test(cause.message)) {
    return new AlakazamError('access', 'the AWS credentials have expired', { hint: 'aws sso login', cause });
  }
  if (CREDENTIALS.test(name)) {
    const isNone = /any providers/i.test(cause.message);
    return new AlakazamError(
      'access',
      isNone ? 'not signed in to AWS: no credentials' : `not signed in to AWS: ${reasonOf(cause)}`,
      {
        hint: 'aws sso login, or aws configure; or set AWS_PROFILE to a profile that has credentials',
        cause,
      },
    );
  }
  if (SKEWED.test(name) || /signature (expired|not yet current)/i.test(cause.message)) {
    return new AlakazamError('access', "AWS refuses the request because this machine's clock is wrong", {
      hint: 'set the clock, then try again',
      cause,
    });
  }
  if (!INVALID.test(name)) return undefined;
  return new AlakazamError('access', `AWS does not accept these credentials in ${region}: ${reasonOf(cause)}`, {
    hint: 'aws sts get-caller-identity shows whose they are; a region that was never enabled says the same',
    cause,
  });
}

function whyDenied(cause: Error, { service, action }: Call): AlakazamError | undefined {
  if (!DENIED.test(nameOf(cause))) return undefined;
  const said = /not authorized to perform:? ([\w:*-]+)(?: on resource:? (\S+))?/.exec(cause.message);
  const what = said?.[1] ?? `${service.toLowerCase()}:${action}`;
  const resource = said?.[2] ? ` on ${said[2]}` : '';
  return new AlakazamError('access', `no permission: ${what}${resource}`, {
    hint: `ask whoever manages the AWS account to allow ${what}`,
    cause,
  });
}

function whyMissing(cause: Error, { service, region, stack }: Call): AlakazamError | undefined {
  const isNoStack = service === 'CloudFormation' && /does not exist/.test(cause.message);
  if (!MISSING.test(nameOf(cause)) && !isNoStack) return undefined;
  const message = isNoStack
    ? `there is no stack ${JSON.stringify(stack)} in ${region}`
    : `it is not there, says ${service} in ${region}: ${reasonOf(cause)}`;
  return new AlakazamError('failed', message, {
    hint: 'alakazam deploy, or set AWS_REGION to the region the stack is in',
    cause,
  });
}

function whyUnreachable(cause: Error, { service, host, region }: Call): AlakazamError | undefined {
  const name = nameOf(cause);
  if (!UNREACHABLE.test(name)) return undefined;
  const { address, port, hostname } = cause as SdkError;
  const where = host ?? hostname ?? (address ? `${address}:${port}` : service);
  const reason = REASONS[name] ?? name;
  return new AlakazamError('failed', `can't reach ${service} at ${where}: ${reason}`, {
    hint: `check the network, and the region (${region}); alakazam doctor shows the endpoint in use`,
    cause,
  });
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no such host',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  NoAnswer: 'no answer',
  TimeoutError: 'no answer in time',
  ETIMEDOUT: 'no answer in time',
};

/** A proxy, or a page that wants a sign-in. */
function whyNotAws(cause: Error, { service, host, region }: Call): AlakazamError | undefined {
  const status = (cause as SdkError).$metadata?.httpStatusCode;
  const isUnknown = /^Unknown(Error)?$/.test(cause.message) || cause.name === 'SyntaxError';
  if (!isUnknown || status === undefined) return undefined;
  return new AlakazamError('failed', `what answers for ${service} at ${host} is not AWS: HTTP ${status}`, {
    hint: `check the network, proxies, and the region (${region}); alakazam doctor shows the endpoint in use`,
    cause,
  });
}

function whyThrottled(cause: Error, { service, action }: Call): AlakazamError | undefined {
  if (!isThrottling(cause)) return undefined;
  return new AlakazamError('failed', `${service} throttles ${action}: ${reasonOf(cause)}`, {
    hint: 'try again in a minute; where it goes on, the stream or table wants more capacity',
    cause,
  });
}
