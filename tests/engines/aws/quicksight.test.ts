/** Requests that no client of the SDK makes: how they are signed, and what becomes of the answers. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { describeDashboard, describeSubscription } from '../../../src/engines/aws/quicksight.js';
import { openSession } from '../../../src/engines/aws/session.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly type?: string;
}

/** A session whose QuickSight gives this answer, and the requests that came. */
async function answering({ status, body, type }: Answer) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-amzn-requestid': '1',
      ...(type ? { 'x-amzn-errortype': type } : {}),
    });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const session = openSession('alakazam', { ...environment, AWS_ENDPOINT_URL_QUICKSIGHT: url });
  onTestFinished(async () => {
    session.close();
    vi.unstubAllEnvs();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { session, requests };
}

test('a question is signed for QuickSight in the region, and its answer is read', async () => {
  const { session, requests } = await answering({
    status: 200,
    body: { AccountInfo: { AccountSubscriptionStatus: 'ACCOUNT_CREATED' }, Status: 200 },
  });
  expect(await describeSubscription(session, '123456789012')).toEqual({ AccountSubscriptionStatus: 'ACCOUNT_CREATED' });
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /account/123456789012']);
  expect(requests[0]?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/quicksight\/aws4_request, SignedHeaders=host;.*Signature=[0-9a-f]{64}$/,
  );
});

test('a dashboard is asked for by account and id', async () => {
  const Version = { Status: 'CREATION_FAILED', Errors: [{ Type: 'DATA_SET_NOT_FOUND', Message: 'no data set' }] };
  const { session, requests } = await answering({ status: 200, body: { Dashboard: { Version } } });
  expect(await describeDashboard(session, '123456789012', 'a b')).toEqual({ Version });
  expect(requests[0]?.url).toBe('/accounts/123456789012/dashboards/a%20b');
});

test.each([
  [
    'ResourceNotFoundException:http://internal.amazon.com/coral/',
    404,
    'it is not there, says QuickSight in eu-west-1: Account 1 is not signed up',
  ],
  ['AccessDeniedException', 403, 'no permission: quicksight:DescribeAccountSubscription'],
  ['InternalFailureException', 500, 'QuickSight failed in eu-west-1: DescribeAccountSubscription, HTTP 500'],
])('%s is an error such as those of the clients', async (type, status, message) => {
  const { session } = await answering({ status, type, body: { Message: 'Account 1 is not signed up' } });
  await expect(describeSubscription(session, '1')).rejects.toThrow(message);
});
