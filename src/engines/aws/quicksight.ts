/**
 * Two questions to QuickSight, signed by the SDK's own signer. The SDK's client of QuickSight would add 0.8 MB to the program,
 * more than a third of it. https://docs.aws.amazon.com/quicksight/latest/APIReference/
 */
import { text } from 'node:stream/consumers';
import { STSClient } from '@aws-sdk/client-sts';
import { HttpRequest } from '@smithy/core/transport';
import { SignatureV4 } from '@smithy/signature-v4';
import { translated } from './errors.js';
import type { AwsSession, Environment } from './session.js';

export interface AccountSubscription {
  /** `ACCOUNT_CREATED` is a subscription that works. */
  readonly AccountSubscriptionStatus?: string;
}

export interface QuickSightDashboard {
  readonly Version?: {
    /** `CREATION_SUCCESSFUL`, `UPDATE_FAILED` */
    readonly Status?: string;
    readonly Errors?: readonly { readonly Message?: string }[];
  };
}

/** Throws an error named `ResourceNotFoundException` where the account has no subscription. */
export async function describeSubscription(session: AwsSession, account: string): Promise<AccountSubscription> {
  const answer = await read(session, 'DescribeAccountSubscription', `/account/${account}`);
  return (answer as { readonly AccountInfo?: AccountSubscription }).AccountInfo ?? {};
}

export async function describeDashboard(
  session: AwsSession,
  account: string,
  id: string,
): Promise<QuickSightDashboard> {
  const answer = await read(session, 'DescribeDashboard', `/accounts/${account}/dashboards/${encodeURIComponent(id)}`);
  return (answer as { readonly Dashboard?: QuickSightDashboard }).Dashboard ?? {};
}

/** Throws what the clients of the session throw. */
async function read(session: AwsSession, action: string, path: string): Promise<unknown> {
  const { environment, stack } = session;
  const { config } = session.client(STSClient);
  const region = await config.region();
  const { protocol, hostname, port } = endpointOf(environment, region);
  const request = new HttpRequest({
    ...{ method: 'GET', protocol, hostname, path },
    ...(port ? { port: Number(port) } : {}),
    headers: { host: port ? `${hostname}:${port}` : hostname },
  });
  try {
    const { credentials, sha256 } = config;
    const signed = await new SignatureV4({ service: 'quicksight', region, credentials, sha256 }).sign(request);
    const { response } = await config.requestHandler.handle(signed as HttpRequest);
    const body = await text(response.body);
    if (response.statusCode < 300) return JSON.parse(body);
    throw refusalOf(response.statusCode, response.headers['x-amzn-errortype'], body);
  } catch (error) {
    throw translated(error, { service: 'QuickSight', action, region, stack, environment });
  }
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html; a profile's endpoints are not read. */
function endpointOf(environment: Environment, region: string): URL {
  const isIgnored = environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true';
  const given = environment['AWS_ENDPOINT_URL_QUICKSIGHT'] || environment['AWS_ENDPOINT_URL'];
  if (given && !isIgnored) return new URL(given);
  return new URL(`https://quicksight.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
}

/** The header may have the place of a definition behind the name: `ResourceNotFoundException:http://…`. */
function refusalOf(httpStatusCode: number, type: string | undefined, body: string): Error {
  const name = (type ?? 'Unknown').split(':', 1)[0] as string;
  const message = /"Message"\s*:\s*"((?:[^"\\]|\\.)*)"/i.exec(body)?.[1] ?? `HTTP ${httpStatusCode}`;
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}
