/** `doctor` on AWS: as a user types it, with what AWS answers where the emulator has no answer. */
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { stackChecks } from '../../src/stack/checks.aws.js';
import { purposesOf } from '../../src/stack/permissions.js';
import { findResources } from '../../src/stack/resources.aws.js';
import type { Check } from '../../src/terminal/check.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { type Answer, type Call, refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { MODEL } from '../fixtures/built-stack.js';
import { runCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack();
const proxy = useFaultProxy(emulator);
const home = temporaryDirectory();
let outputs: Record<string, string>;

type Env = Record<string, string>;

const cli = (env: Env = {}) => ({ home, env: { ...emulatorEnvironment(proxy.url), ALAKAZAM_TARGET: 'aws', ...env } });

/** Around the proxy, which takes what it passes on for text: the code of a function is none. */
const direct = () => cli({ AWS_ENDPOINT_URL: emulator.url });

async function doctor(env?: Env, args: readonly string[] = []) {
  const { code, stdout, stderr } = await runCli(['doctor', '-o', 'json', ...args], cli(env));
  expect(stderr).toBe('');
  const found = JSON.parse(stdout) as Check[];
  return { code, names: found.map(({ name }) => name), of: (name: string) => found.find((each) => each.name === name) };
}

/** An answer of a service that speaks XML. */
function xml(action: string, result: string, status = 200): Answer {
  return { status, body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>` };
}

function xmlRefusal(code: string, message: string): Answer {
  return {
    status: 403,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  };
}

const caller = (arn: string) =>
  xml('GetCallerIdentity', `<Arn>${arn}</Arn><UserId>AIDA</UserId><Account>000000000000</Account>`);
const LIMITS = { OnDemandStreamCount: 3, OnDemandStreamCountLimit: 50, OpenShardCount: 12, ShardLimit: 200 };

/** What an account of AWS answers to what the emulator doesn't know. */
function account({ action }: Call): Answer | undefined {
  if (action === 'DescribeLimits') return { status: 200, body: LIMITS };
  if (action === 'GetSMSSandboxAccountStatus') return xml(action, '<IsInSandbox>true</IsInSandbox>');
  return undefined;
}

/** Makes a user of this policy; gives back what signs in as that user. */
async function signedInAs(name: string, statements: readonly object[]): Promise<Env> {
  const iam = new IAMClient();
  await iam.send(new CreateUserCommand({ UserName: name }));
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'of-the-test', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return {
    AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId as string,
    AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey as string,
  };
}

const EVERYTHING = { Effect: 'Allow', Action: '*', Resource: '*' };

beforeAll(async () => {
  const deployed = await runCli(['deploy', '--yes', '-o', 'json'], direct());
  ({ outputs } = JSON.parse(deployed.stdout));
}, 120_000);

describe('doctor', () => {
  test('finds that all is well, in an order that stays', async () => {
    proxy.fault(account);
    const { code, names, of } = await doctor();
    expect(names).toEqual([
      'node',
      'region',
      'endpoint',
      'credentials',
      'permissions',
      'SMS',
      'stack',
      'Kinesis quota',
      'stream',
      'Lambda quota',
      'process-orders',
      'order history',
      'lake',
      'Athena',
    ]);
    expect(code).toBe(0);
    expect(of('permissions')).toEqual({
      name: 'permissions',
      isGood: true,
      finding: 'all of them: this is the root user',
    });
    expect(of('Kinesis quota')?.finding).toBe('3 of 50 on-demand streams, 12 of 200 shards');
    expect(of('SMS')).toMatchObject({ isGood: true, finding: 'to verified numbers alone: in the sandbox' });
    expect(of('process-orders')).toMatchObject({ isGood: true, finding: expect.stringMatching(/^reads the stream/) });
    expect(of('Athena')?.finding).toBe('alakazam is ENABLED: at most 10.7 GB a query');
  });

  test('says of what it can’t ask that it can’t, and does not fail for it', async () => {
    proxy.fault(({ action }) => {
      if (action === 'DescribeLimits')
        return refusal('AccessDeniedException', 'User: x is not authorized to perform: kinesis:DescribeLimits');
      if (action === 'GetSMSSandboxAccountStatus') return xmlRefusal('InvalidAction', 'not in this region');
      if (/account-settings/.test(action)) return refusal('ServiceException', 'no', 400);
      return undefined;
    });
    const { code, of } = await doctor();
    expect(code).toBe(0);
    expect(of('Kinesis quota')).toEqual({
      name: 'Kinesis quota',
      isGood: null,
      finding: 'could not be checked: no permission: kinesis:DescribeLimits',
      hint: 'ask whoever manages the AWS account to allow kinesis:DescribeLimits',
    });
    for (const name of ['Lambda quota', 'SMS']) {
      expect(of(name)).toMatchObject({ isGood: null, finding: expect.stringMatching(/^could not be checked: /) });
    }
    const { stdout } = await runCli(['doctor', '-o', 'csv'], cli());
    expect(stdout).toContain('Kinesis quota,,could not be checked');
  });

  test('looks at the rest where the stack is not there, and leaves it where nobody is signed in', async () => {
    proxy.fault(account);
    const without = await doctor({}, ['--stack', 'none']);
    expect(without.code).toBe(1);
    expect(without.of('stack')).toMatchObject({ isGood: false, finding: 'there is no stack "none" in eu-central-1' });
    expect(without.of('Kinesis quota')).toMatchObject({ isGood: true });
    expect(without.names).not.toContain('process-orders');
    proxy.fault(({ action }) =>
      action === 'GetCallerIdentity' ? xmlRefusal('InvalidClientTokenId', 'The security token is invalid') : undefined,
    );
    const signedOut = await doctor();
    expect(signedOut.code).toBe(1);
    expect(signedOut.names.at(-1)).toBe('credentials');
    expect(signedOut.of('credentials')).toMatchObject({ isGood: false });
  });

  test('is whole at 80 columns, what to do beneath what is wrong', async () => {
    proxy.fault((call) => (call.action === 'DescribeLimits' ? refusal('AccessDeniedException') : account(call)));
    const env = await signedInAs('narrow', [{ Effect: 'Allow', Action: ['iam:*', 'kinesis:*'], Resource: '*' }]);
    const { stdout } = await runCli(['doctor', '-o', 'table'], cli({ ...env, COLUMNS: '80' }));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const deploy = /^may deploy +FAILED ([\s\S]*?)^may destroy /m.exec(stdout)?.[1]?.replaceAll(/\s+/g, ' ');
    expect(deploy).toMatch(
      /^ ?not allowed: .*dynamodb:CreateTable, .*ask whoever manages the AWS account to allow it ?$/,
    );
    expect(deploy).not.toContain('kinesis:');
    expect(stdout).toMatch(/^Kinesis quota +\? +could not be checked: no permission/m);
    expect(stdout).toMatch(/^region +ok +eu-central-1$/m);
  });
});

describe('permissions', () => {
  test('a user who may do all but put records is told so, and of that alone', async () => {
    const env = await signedInAs('reader', [
      EVERYTHING,
      { Effect: 'Deny', Action: 'kinesis:PutRecords', Resource: '*' },
    ]);
    const { code, names, of } = await doctor(env);
    const purposes = purposesOf(MODEL).map(({ name }) => `may ${name}`);
    expect(names.filter((name) => name.startsWith('may ')).sort()).toEqual(purposes.sort());
    expect(of('may stream orders')).toEqual({
      name: 'may stream orders',
      isGood: false,
      finding: 'not allowed: kinesis:PutRecords',
      hint: 'ask whoever manages the AWS account to allow it',
    });
    const bad = names.filter((name) => of(name)?.isGood === false);
    expect(bad).toEqual(['may stream orders']);
    expect(code).toBe(1);
  });

  test('it is the stack’s own parts that count', async () => {
    const { HistoryTableArn } = outputs;
    const own = { Effect: 'Allow', Action: 'dynamodb:*', Resource: [HistoryTableArn, `${HistoryTableArn}/stream/*`] };
    const env = await signedInAs('own', [{ ...EVERYTHING, Action: ['kinesis:*', 'cloudformation:*'] }, own]);
    const { of } = await doctor(env);
    // Not the index, which is a table of its own; the history is more than queries of it.
    expect(of('may read history')?.finding).toBe('not allowed: dynamodb:BatchGetItem, dynamodb:Query');
    expect(of('may stream orders')).toMatchObject({ isGood: true, finding: 'all 3 permissions' });
  });

  test('where there is no stack yet, names count that begin as its own would', async () => {
    const mine = ['arn:aws:kinesis:eu-central-1:*:stream/mine-*', 'arn:aws:cloudformation:eu-central-1:*:stack/mine/*'];
    const env = await signedInAs('mine', [{ Effect: 'Allow', Action: '*', Resource: mine }]);
    expect((await doctor(env, ['--stack', 'mine'])).of('may stream orders')).toMatchObject({ isGood: true });
    expect((await doctor(env, ['--stack', 'other'])).of('may stream orders')).toMatchObject({ isGood: false });
  });

  test('those of an assumed role are the role’s, by the name it has with its path', async () => {
    const asked: (string | null)[] = [];
    proxy.fault(({ action, body }) => {
      if (action === 'GetCallerIdentity')
        return caller('arn:aws:sts::000000000000:assumed-role/Engineer/me@example.com');
      if (action === 'GetRole') {
        const name = new URLSearchParams(body).get('RoleName');
        return xml(
          action,
          `<Role><Path>/team/</Path><RoleName>${name}</RoleName><RoleId>AROA</RoleId><Arn>arn:aws:iam::000000000000:role/team/${name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>`,
        );
      }
      if (action !== 'SimulatePrincipalPolicy') return undefined;
      asked.push(new URLSearchParams(body).get('PolicySourceArn'));
      return simulated(body);
    });
    const { of } = await doctor();
    expect([...new Set(asked)]).toEqual(['arn:aws:iam::000000000000:role/team/Engineer']);
    expect(of('may deploy')).toMatchObject({ isGood: true });
  });

  test.for([
    ['a federated user', caller('arn:aws:sts::000000000000:federated-user/me'), /neither$/],
    [
      'whom IAM doesn’t tell',
      xmlRefusal(
        'AccessDenied',
        'User: arn:aws:iam::000000000000:user/me is not authorized to perform: iam:SimulatePrincipalPolicy on resource: arn:aws:iam::000000000000:user/me',
      ),
      /no permission: iam:SimulatePrincipalPolicy on arn/,
    ],
  ] as const)('of %s could not be checked, which is no failure', async ([, answer, reason]) => {
    proxy.fault(({ action }) => {
      if (action === 'GetCallerIdentity')
        return answer.status === 200 ? answer : caller('arn:aws:iam::000000000000:user/me');
      return action === 'SimulatePrincipalPolicy' ? answer : undefined;
    });
    const { code, names, of } = await doctor();
    expect(of('permissions')).toMatchObject({ isGood: null, finding: expect.stringMatching(reason) });
    expect(names.filter((name) => name.startsWith('may '))).toEqual([]);
    expect(code).toBe(0);
  });

  test('a role is passed to the service that it trusts', async () => {
    const passedTo = new Map<string, string | undefined>();
    proxy.fault((call) => {
      if (call.action === 'GetCallerIdentity') return caller('arn:aws:iam::000000000000:user/me');
      if (call.action !== 'SimulatePrincipalPolicy') return account(call);
      const fields = new URLSearchParams(call.body);
      const key = [...fields].find(([, value]) => value === 'iam:PassedToService')?.[0] ?? '';
      const value = fields.get(key.replace('ContextKeyName', 'ContextKeyValues.member.1')) ?? undefined;
      passedTo.set(fields.get('ResourceArns.member.1') ?? '', value);
      return simulated(call.body);
    });
    await doctor();
    const service = (role: string) => [...passedTo].find(([arn]) => arn.includes(`-${role}-`))?.[1];
    expect(service('ProcessOrdersRole')).toBe('lambda.amazonaws.com');
    expect(service('LakeDeliveryRole')).toBe('firehose.amazonaws.com');
    expect([...passedTo].filter(([arn, value]) => !arn.includes(':role/') && value !== undefined)).toEqual([]);
  });

  test('what only an option takes is no failure where it is denied', async () => {
    proxy.fault((call) => {
      if (call.action === 'GetCallerIdentity') return caller('arn:aws:iam::000000000000:user/me');
      if (call.action !== 'SimulatePrincipalPolicy') return account(call);
      return simulated(call.body, { denied: /^(budgets:.*|sns:Subscribe)$/ });
    });
    const { code, of } = await doctor();
    expect(of('may add what is optional')).toMatchObject({
      isGood: null,
      finding: expect.stringMatching(
        /^not allowed: budgets:ListTagsForResource, .*sns:Subscribe; only .*MonthlyBudgetUsd.* take it$/,
      ),
    });
    expect(of('may deploy')).toMatchObject({ isGood: true });
    expect(code).toBe(0);
  });

  test('every page counts, and actions that IAM won’t weigh together are weighed apart', async () => {
    const sizes: number[] = [];
    proxy.fault(({ action, body }) => {
      if (action === 'GetCallerIdentity') return caller('arn:aws:iam::000000000000:user/me');
      if (action !== 'SimulatePrincipalPolicy') return undefined;
      const actions = actionsOf(body);
      const isMixed = actions.length > 1 && actions.includes('kinesis:CreateStream');
      if (isMixed) {
        return xmlRefusal(
          'InvalidInput',
          `Invalid Input Actions: [${actions[0]}] and [kinesis:CreateStream] require different authorization information.`,
        );
      }
      sizes.push(actions.length);
      // A page holds two.
      const from = Number(new URLSearchParams(body).get('Marker') ?? 0);
      const denied = /^(kinesis:CreateStream|kinesis:StartStreamEncryption)$/;
      return simulated(body, { denied, from, to: from + 2 });
    });
    const { of } = await doctor();
    expect(of('may deploy')?.finding).toBe('not allowed: kinesis:CreateStream, kinesis:StartStreamEncryption');
    expect(of('may stream orders')).toMatchObject({ isGood: true });
    expect(of('may destroy')).toMatchObject({ isGood: true });
    expect(Math.max(...sizes)).toBeGreaterThan(4);
  });

  test('a denial that hangs on what IAM isn’t told is none', async () => {
    proxy.fault(({ action, body }) => {
      if (action === 'GetCallerIdentity') return caller('arn:aws:iam::000000000000:user/me');
      if (action !== 'SimulatePrincipalPolicy') return undefined;
      return simulated(body, { denied: /^sqs:ReceiveMessage$/, missing: 'aws:MultiFactorAuthPresent' });
    });
    const { of } = await doctor();
    expect(of('may see rejected')).toEqual({
      name: 'may see rejected',
      isGood: null,
      finding: 'could not be checked: sqs:ReceiveMessage depends on aws:MultiFactorAuthPresent',
    });
  });
});

const actionsOf = (body: string) =>
  [...new URLSearchParams(body)].filter(([name]) => name.startsWith('ActionNames.')).map(([, value]) => value);

interface Simulation {
  readonly denied?: RegExp;
  /** A key that the policies ask for and the call doesn't say. */
  readonly missing?: string;
  readonly from?: number;
  readonly to?: number;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
function simulated(
  body: string,
  { denied = /^$/, missing, from = 0, to = Number.POSITIVE_INFINITY }: Simulation = {},
): Answer {
  const actions = actionsOf(body);
  const resource = new URLSearchParams(body).get('ResourceArns.member.1');
  const keys = missing ? `<member>${missing}</member>` : '';
  const results = actions.slice(from, to).map((action) => {
    const decision = denied.test(action) ? 'implicitDeny' : 'allowed';
    return `<member><EvalActionName>${action}</EvalActionName><EvalResourceName>${resource}</EvalResourceName><EvalDecision>${decision}</EvalDecision><MissingContextValues/>
      <ResourceSpecificResults><member><EvalResourceName>${resource}</EvalResourceName><EvalResourceDecision>${decision}</EvalResourceDecision><MissingContextValues>${keys}</MissingContextValues></member></ResourceSpecificResults></member>`;
  });
  const isTruncated = to < actions.length;
  return xml(
    'SimulatePrincipalPolicy',
    `<EvaluationResults>${results.join('')}</EvaluationResults><IsTruncated>${isTruncated}</IsTruncated>${isTruncated ? `<Marker>${to}</Marker>` : ''}`,
  );
}

describe('quotas', () => {
  test('no room for a stream is a failure where one is to be made', async () => {
    proxy.fault((call) =>
      call.action === 'DescribeLimits' ? { status: 200, body: { ...LIMITS, OnDemandStreamCount: 50 } } : account(call),
    );
    expect((await doctor()).of('Kinesis quota')).toMatchObject({ isGood: true });
    expect((await doctor({}, ['--stack', 'none'])).of('Kinesis quota')).toEqual({
      name: 'Kinesis quota',
      isGood: false,
      finding: '50 of 50 on-demand streams are in use, and deploy makes one',
      hint: 'ask for more in Service Quotas, or alakazam deploy --param StreamMode=PROVISIONED',
    });
  });

  test.for([
    [10, true],
    [4, true],
    [3, false],
  ] as const)('%i unreserved executions for the four shards of the stream: %s', async ([left, isGood]) => {
    proxy.fault((call) =>
      /account-settings/.test(call.action)
        ? { status: 200, body: { AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: left } } }
        : account(call),
    );
    const found = (await doctor()).of('Lambda quota');
    expect(found).toMatchObject({
      isGood,
      finding: expect.stringContaining(`10 concurrent executions, ${left} unreserved`),
    });
    expect(found?.finding.includes('process-orders wants 4')).toBe(!isGood);
  });
});

describe('SMS', () => {
  beforeAll(async () => {
    await runCli(['deploy', '--yes', '--stack', 'loud', '--param', 'AlarmPhone=+441632960000'], direct());
  }, 120_000);

  const phones = (status: string) => (call: Call) =>
    call.action === 'ListSMSSandboxPhoneNumbers'
      ? xml(
          call.action,
          `<PhoneNumbers><member><PhoneNumber>+441632960000</PhoneNumber><Status>${status}</Status></member></PhoneNumbers>`,
        )
      : account(call);

  test('to a number that isn’t verified reaches nobody while the account is in the sandbox', async () => {
    proxy.fault(phones('Pending'));
    expect((await doctor({}, ['--stack', 'loud'])).of('SMS')).toMatchObject({
      isGood: false,
      finding: 'in the sandbox, and AlarmPhone is not verified: it gets no SMS',
    });
    proxy.fault(phones('Verified'));
    expect((await doctor({}, ['--stack', 'loud'])).of('SMS')).toMatchObject({ isGood: true });
  });

  test('reaches it outside of the sandbox', async () => {
    proxy.fault(({ action }) =>
      action === 'GetSMSSandboxAccountStatus' ? xml(action, '<IsInSandbox>false</IsInSandbox>') : undefined,
    );
    expect((await doctor({}, ['--stack', 'loud'])).of('SMS')).toMatchObject({
      isGood: true,
      finding: 'to any number: out of the sandbox',
    });
    expect(proxy.calls.has('ListSMSSandboxPhoneNumbers')).toBe(false);
  });
});

describe('process-orders', () => {
  const update = (Enabled: boolean) =>
    new LambdaClient().send(new UpdateEventSourceMappingCommand({ UUID: outputs['ProcessOrdersMappingId'], Enabled }));

  test('that reads nothing is a failure', async () => {
    await update(false);
    onTestFinished(async () => void (await update(true)));
    expect((await doctor()).of('process-orders')).toMatchObject({
      isGood: false,
      finding: 'it is Disabled, and reads the stream when it is Enabled',
    });
  });

  test('that failed last is a failure', async () => {
    proxy.fault(({ action }) =>
      /event-source-mappings\//.test(action)
        ? { status: 200, body: { State: 'Enabled', LastProcessingResult: 'PROBLEM: Function call failed' } }
        : undefined,
    );
    expect((await doctor()).of('process-orders')).toMatchObject({
      isGood: false,
      finding: 'reads the stream, and last said: PROBLEM: Function call failed',
    });
  });
});

describe('endpoint', () => {
  afterEach(() => vi.unstubAllEnvs());

  /** Nothing is sent to find it out. */
  async function endpoint(env: Env): Promise<string | undefined> {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_ENDPOINT_URL')) vi.stubEnv(name, '');
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const session = openSession('alakazam');
    onTestFinished(() => session.close());
    for await (const { name, finding } of stackChecks(session, findResources(session), MODEL)) {
      if (name === 'endpoint') return finding;
    }
    return undefined;
  }

  test.for([
    [{}, 'https://kinesis.eu-central-1.amazonaws.com'],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 'http://127.0.0.1:9 by AWS_ENDPOINT_URL'],
    [
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ENDPOINT_URL_KINESIS: 'http://127.0.0.1:8' },
      'http://127.0.0.1:8 by AWS_ENDPOINT_URL_KINESIS; http://127.0.0.1:9 by AWS_ENDPOINT_URL',
    ],
    [
      { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:7' },
      'https://kinesis.eu-central-1.amazonaws.com; http://127.0.0.1:7 by AWS_ENDPOINT_URL_S3',
    ],
    [
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      'https://kinesis.eu-central-1.amazonaws.com since AWS_IGNORE_CONFIGURED_ENDPOINT_URLS overrules AWS_ENDPOINT_URL',
    ],
  ] as const)('with %o: %s', async ([env, expected]) => {
    expect(await endpoint(env)).toBe(expected);
  });

  test('no region is a failure', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, '');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    const session = openSession('alakazam');
    onTestFinished(() => session.close());
    const { value } = await stackChecks(session, findResources(session), MODEL).next();
    expect(value).toMatchObject({ name: 'region', isGood: false, finding: 'no AWS region is set' });
  });
});
