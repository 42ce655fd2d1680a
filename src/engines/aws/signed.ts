/**
 * Requests to services of which the program asks one or two questions, signed by the SDK's own signer. The client of such a
 * service would add up to 0.8 MB to the program, more than a third of it.
 */
import { text } from 'node:stream/consumers';
import { STSClient } from '@aws-sdk/client-sts';
import { HttpRequest } from '@smithy/core/transport';
import { SignatureV4 } from '@smithy/signature-v4';
import { translated } from './errors.js';
import type { AwsSession, Environment } from './session.js';

export interface SignedService {
  /** For people: `QuickSight`. */
  readonly name: string;
  /** The first part of its host, and what the signature names: `quicksight`. */
  readonly host: string;
  /** What an environment variable that sets its endpoint ends with: `QUICKSIGHT`. */
  readonly variable: string;
}

export interface SignedRequest {
  readonly action: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The answer, read as JSON. Throws what the clients of the session throw. */
export async function askSigned(
  session: AwsSession,
  service: SignedService,
  { action, method, path, headers = {}, body }: SignedRequest,
): Promise<unknown> {
  const { environment, stack } = session;
  const { config } = session.client(STSClient);
  const region = await config.region();
  const { protocol, hostname, port } = endpointOf(service, environment, region);
  const request = new HttpRequest({
    ...{ method, protocol, hostname, path },
    ...(port ? { port: Number(port) } : {}),
    ...(body === undefined ? {} : { body }),
    headers: { host: port ? `${hostname}:${port}` : hostname, ...headers },
  });
  try {
    const { credentials, sha256 } = config;
    const signed = await new SignatureV4({ service: service.host, region, credentials, sha256 }).sign(request);
    const { response } = await config.requestHandler.handle(signed as HttpRequest);
    const answer = await text(response.body);
    if (response.statusCode < 300) return answer === '' ? {} : JSON.parse(answer);
    throw refusalOf(response.statusCode, response.headers['x-amzn-errortype'], answer);
  } catch (error) {
    throw translated(error, { service: service.name, action, region, stack, environment });
  }
}

/** A call of a service with the protocol https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html. */
export function callJson(session: AwsSession, service: SignedService, target: string, input: object): Promise<unknown> {
  return askSigned(session, service, {
    ...{ action: target.slice(target.indexOf('.') + 1), method: 'POST', path: '/', body: JSON.stringify(input) },
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
  });
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html; a profile's endpoints are not read. */
function endpointOf({ host, variable }: SignedService, environment: Environment, region: string): URL {
  const isIgnored = environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true';
  const given = environment[`AWS_ENDPOINT_URL_${variable}`] || environment['AWS_ENDPOINT_URL'];
  if (given && !isIgnored) return new URL(given);
  return new URL(`https://${host}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
}

/**
 * The name of an error is in a header or in the body. It may have the place of a definition before or behind it:
 * `ResourceNotFoundException:http://…`.
 */
function refusalOf(httpStatusCode: number, type: string | undefined, body: string): Error {
  const named = type ?? /"__type"\s*:\s*"([^"]*)"/.exec(body)?.[1] ?? 'Unknown';
  const name = (named.split(':', 1)[0] as string).replace(/^.*#/, '');
  const message = /"Message"\s*:\s*"((?:[^"\\]|\\.)*)"/i.exec(body)?.[1] ?? `HTTP ${httpStatusCode}`;
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}
