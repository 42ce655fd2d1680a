/** Translates errors of AWS and of the network into errors for the person at the terminal. */
import { AlakazamError, reasonOf } from '../../errors.js';

/** The call that failed. */
export interface Call {
  /** `Kinesis`, `DynamoDB`: the SDK's name for the service. */
  readonly service: string;
  /** `PutRecords` */
  readonly action: string;
  readonly region: string;
  readonly stack: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  /** Host and port to which the request was sent; undefined if it was not sent. */
  readonly host?: string;
  /** HTTP status of an answer that is not from AWS. */
  readonly status?: number;
  /** The name of the error that ended the wait for a host. */
  readonly reason?: string;
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
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ETIMEDOUT|EPIPE|NoAnswer|TimeoutError|RequestTimeout)$/;
/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED =
  /^(CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_TLS_CERT_ALTNAME_INVALID|INVALID_CA|HOSTNAME_MISMATCH)$/;
/** Errors of a host that answers in another protocol. */
const GARBLED = /^(NotAws|SyntaxError|EPROTO|ERR_SSL_.*|HPE_.*)$/;

/** The name that AWS or the system gave an error; of a translated error, the name of its cause. */
export function nameOf(error: unknown): string {
  const origin = error instanceof AlakazamError ? error.cause : error;
  const { code, name, errors } = (origin ?? {}) as SdkError;
  if (name && name !== 'Error' && name !== 'AggregateError') return name;
  return code ?? errors?.[0]?.code ?? name ?? '';
}

/** True if the resource of the call does not exist. */
export function isMissing(error: unknown): boolean {
  return MISSING.test(nameOf(error));
}

/** True if a permission is missing. */
export function isDenied(error: unknown): boolean {
  return DENIED.test(nameOf(error));
}

/** True for an error after which the same call is likely to succeed later. */
export function isTransient(error: unknown): boolean {
  const origin = (error instanceof AlakazamError ? error.cause : error) as SdkError;
  return isThrottling(error) || UNREACHABLE.test(nameOf(error)) || (origin?.$metadata?.httpStatusCode ?? 0) >= 500;
}

export function isThrottling(error: unknown): boolean {
  const origin = (error instanceof AlakazamError ? error.cause : error) as SdkError;
  return THROTTLED.test(nameOf(error)) || origin?.$retryable?.throttling === true;
}

/** The error to show. Returns an error unchanged if the person at the terminal can do nothing about it. */
export function translated(error: unknown, call: Call): unknown {
  if (error instanceof AlakazamError || !(error instanceof Error)) return error;
  return (
    whyNoRegion(error, call) ??
    whyNotSignedIn(error, call) ??
    whyDenied(error, call) ??
    whyMissing(error, call) ??
    whyUnreachable(error, call) ??
    whyUntrusted(error, call) ??
    whyThrottled(error, call) ??
    whyNotAws(error, call) ??
    whyFailed(error, call) ??
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

/**
 * The error for credentials that are missing or not accepted. AWS and the programs that hand out credentials may repeat keys
 * and tokens in their messages, so only the name of their error is shown.
 */
function whyNotSignedIn(error: Error, call: Call): AlakazamError | undefined {
  const { region, environment } = call;
  const name = nameOf(error);
  const cause = Object.assign(new Error(name), { name });
  const denied = (message: string, hint: string) => new AlakazamError('access', message, { hint, cause });
  if (CREDENTIALS.test(name)) return whyNoCredentials(error, call) ?? denied(...whyNoProvider(error, environment));
  if (EXPIRED.test(name) || /security token .*expired/i.test(error.message))
    return denied('the AWS credentials have expired', renewal(environment));
  if (SKEWED.test(name) || /signature (expired|not yet current)/i.test(error.message)) {
    return denied("AWS refuses the request because this machine's clock is wrong", 'set the clock, then try again');
  }
  if (!INVALID.test(name)) return undefined;
  return denied(
    `AWS does not accept these credentials in ${region}: ${name}`,
    'aws sts get-caller-identity shows whose they are; a region that was never enabled says the same',
  );
}

/** The error for a sign-in portal that can't be reached. The SDK passes on only the text of the portal's error. */
function whyNoCredentials({ message }: Error, call: Call): AlakazamError | undefined {
  const [name] =
    /\b(NoAnswer|TimeoutError|ENOTFOUND|EAI_AGAIN|E[A-Z]+UNREACH|ECONN[A-Z]+|ETIMEDOUT)\b/.exec(message) ?? [];
  if (!name) return undefined;
  return whyUnreachable(Object.assign(new Error(message), { name }), { ...call, service: 'the AWS sign-in' });
}

function whyNoProvider({ message }: Error, environment: Call['environment']): [message: string, hint: string] {
  const given = environment['AWS_PROFILE'];
  const profile = /profile=(\S+) was/.exec(message)?.[1] ?? given ?? 'default';
  const flag = profile === 'default' ? '' : ` --profile ${profile}`;
  const of = profile === 'default' ? '' : ` of profile ${JSON.stringify(profile)}`;
  if (/\baws sso login\b|session token not found/i.test(message)) {
    return [`the AWS sign-in${of} has expired`, `aws sso login${flag}`];
  }
  if (/\baws login\b|^Failed to load token|^Token validation failed/.test(message))
    return [`the AWS sign-in${of} has expired`, `aws login${flag}`];
  if (/^Command failed|\bcredential_process\b/.test(message)) {
    const [why = 'failed'] =
      /returned (invalid JSON|invalid credentials|expired credentials)|did not return Version 1/.exec(message) ?? [];
    return [`the credential_process${of} ${why}`, `aws configure export-credentials${flag} shows why`];
  }
  const hint = 'aws sso login, or aws configure; or set AWS_PROFILE to a profile that has credentials';
  if (!/any providers/.test(message)) return [`not signed in to AWS: ${message.split('\n', 1)[0]}`, hint];
  return [
    given
      ? `not signed in to AWS: no credentials in profile ${JSON.stringify(given)}`
      : 'not signed in to AWS: no credentials',
    hint,
  ];
}

/** How to renew the credentials, by their origin. */
function renewal({ AWS_PROFILE: profile, AWS_ACCESS_KEY_ID: key }: Call['environment']): string {
  if (key && !profile)
    return 'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew, or unset them: aws sso login';
  return profile ? `aws sso login --profile ${profile}` : 'aws sso login';
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

function whyUnreachable(cause: Error, { service, region }: Call): AlakazamError | undefined {
  const name = nameOf(cause);
  if (!UNREACHABLE.test(name)) return undefined;
  const { host, reason = name } = cause as SdkError;
  const where = host ? `${service} at ${host}` : service;
  return new AlakazamError('failed', `can't reach ${where}: ${REASONS[reason] ?? reason}`, {
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
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  NoAnswer: 'no answer',
  TimeoutError: 'no answer',
  ETIMEDOUT: 'no answer',
};

function whyUntrusted(cause: Error, { service }: Call): AlakazamError | undefined {
  if (!UNTRUSTED.test(nameOf(cause))) return undefined;
  return new AlakazamError(
    'failed',
    `what answers for ${service} at ${(cause as SdkError).host} can't be trusted: ${reasonOf(cause)}`,
    {
      hint: 'check the network; where a proxy looks into what is sent, set NODE_EXTRA_CA_CERTS to the file of its certificate',
      cause,
    },
  );
}

/** The error for an answer of a proxy, or of a network that wants a sign-in. */
function whyNotAws(cause: Error, { service, region }: Call): AlakazamError | undefined {
  const { host, $metadata, status = $metadata?.httpStatusCode, message = '' } = cause as SdkError;
  if (!GARBLED.test(nameOf(cause)) && !(/^Unknown(Error)?$/.test(message) && status)) return undefined;
  const where = host ? `${service} at ${host}` : service;
  return new AlakazamError('failed', `what answers for ${where} is not AWS${status ? `: HTTP ${status}` : ''}`, {
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

/** A failure inside AWS, which is still there after all retries. */
function whyFailed(cause: Error, { service, action, region }: Call): AlakazamError | undefined {
  const status = (cause as SdkError).$metadata?.httpStatusCode ?? 0;
  if (status < 500) return undefined;
  return new AlakazamError('failed', `${service} failed in ${region}: ${action}, HTTP ${status}, ${reasonOf(cause)}`, {
    hint: 'try again in a minute; https://health.aws.amazon.com/health/status shows where AWS is out of order',
    cause,
  });
}
