/** What the command line says when it can't get at AWS: one error, one hint, and an exit code, whatever the reason. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finish, openDirectory, spawnCli } from '../../run-cli.js';

const home = openDirectory();
const config = join(home, 'config');
/** Nothing here waits as long; it is killed then. */
const KILL_MS = 30_000;

const COMMANDS = {
  generate: ['generate', '--count', '10'],
  tail: ['tail', 'orders'],
  history: ['history', '--customer', '1'],
  verify: ['verify'],
};
/** Its answer is what it finds. */
const DOCTOR = ['doctor', '-o', 'csv'];

const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAKEEPTHISSECRET01',
  AWS_SECRET_ACCESS_KEY: 'keep/this/secret/02',
  AWS_SESSION_TOKEN: 'keepthissecret03',
};
/** Of a program that hands out credentials, and of a sign-in. */
const OTHER_SECRETS = ['keepthissecret04', 'keepthissecret05'];
const SECRETS = [...Object.values(KEYS), ...OTHER_SECRETS];
const REGION = { AWS_REGION: 'eu-central-1' };
const NAMES = { ALAKAZAM_ORDERS_STREAM: 's', ALAKAZAM_HISTORY_TABLE: 't', ALAKAZAM_HISTORY_INDEX_TABLE: 'i' };

const servers: { close(): unknown }[] = [];

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  servers.push({ close: () => [server.close(), ...[...sockets].map((socket) => socket.destroy())] });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = async (answer: RequestListener) => `http://${await listening(createServer(answer))}`;
/** Takes connections, and never answers. */
const silent = async () => `http://${await listening(createSocketServer())}`;

/** AWS that says no, in the protocol of whom is asked, and repeats what it was sent as it sometimes does. */
const refusing = (code: string, message: string, of = /./) =>
  answering(async (request, response) => {
    const asked = Buffer.concat(await request.toArray()).toString();
    const { authorization, 'x-amz-security-token': token } = request.headers;
    const said = `${message}\n${authorization} x-amz-security-token:${token} ${KEYS.AWS_SECRET_ACCESS_KEY}`;
    if (!of.test(asked)) {
      response.end(
        `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${ANN}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      );
      return;
    }
    const isJson = request.headers['content-type']?.includes('json');
    response.writeHead(400, {
      'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml',
      'x-amzn-requestid': 'r',
    });
    response.end(
      isJson
        ? JSON.stringify({ __type: code, message: said })
        : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${said}</Message></Error></ErrorResponse>`,
    );
  });

const ANN = 'arn:aws:iam::123456789012:user/ann';
const PAGE = '<html><body><form action="/login">Welcome to the Hotel</form></body></html>';

let metadata = '';
beforeAll(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  metadata = await silent();
  const tokens = join(home, '.aws', 'sso', 'cache');
  mkdirSync(tokens, { recursive: true });
  const token = { accessToken: OTHER_SECRETS[0], expiresAt: '2020-01-01T00:00:00Z', region: 'eu-central-1' };
  const name = createHash('sha1').update('company').digest('hex');
  writeFileSync(join(tokens, `${name}.json`), JSON.stringify(token));
  const say = join(home, 'say.mjs');
  writeFileSync(say, 'process.stdout.write(process.argv[2] ?? "{}"); process.exit(Number(process.argv[3]));');
  writeFileSync(
    config,
    `[profile region-only]
region = eu-central-1
[profile signed-out]
sso_session = company
sso_account_id = 123456789012
sso_role_name = Reader
[profile signed-out-of-console]
login_session = arn:aws:iam::123456789012:user/ann
[sso-session company]
sso_start_url = https://company.awsapps.com/start
sso_region = eu-central-1
[profile broken-program]
credential_process = "${process.execPath}" "${say}" ${OTHER_SECRETS[1]} 3
[profile garbling-program]
credential_process = "${process.execPath}" "${say}" ${OTHER_SECRETS[1]} 0
`,
  );
});
afterAll(() => {
  for (const server of servers) server.close();
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const child = spawnCli(
    args,
    {
      home,
      env: {
        ALAKAZAM_TARGET: 'aws',
        HOME: home,
        AWS_CONFIG_FILE: config,
        AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata,
        ...env,
      },
    },
    ['ignore', 'pipe', 'pipe'],
  );
  const kill = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
  const ended = await finish(child);
  clearTimeout(kill);
  for (const secret of SECRETS) expect(ended.stdout + ended.stderr).not.toContain(secret);
  return ended;
}

interface Expected {
  readonly code: 1 | 4;
  readonly message: RegExp;
  readonly hint: RegExp;
}

function expectOneError({ code, stdout, stderr }: Ended, { code: exit, message, hint }: Expected): void {
  const [, said = '', next = ''] = /^error: (.+)\n {2}(.+)\n$/.exec(stderr) ?? [];
  expect({ stdout, stderr, said }).toEqual({ stdout: '', stderr, said: expect.stringMatching(message) });
  expect(next).toMatch(hint);
  expect(code).toBe(exit);
}

const DEPLOY = /^alakazam deploy, or set AWS_REGION/;
const NETWORK = /^check the network, .*region \(eu-central-1\); alakazam doctor shows the endpoint/;

describe('every command says in one error and one hint', () => {
  const situations: readonly (readonly [
    name: string,
    env: () => Promise<Record<string, string>>,
    expected: Expected,
  ])[] = [
    [
      'that there are no credentials, and does not wait for the metadata of a machine that it is not on',
      async () => REGION,
      {
        code: 4,
        message: /^not signed in to AWS: no credentials$/,
        hint: /^aws sso login, or aws configure; or set AWS_PROFILE/,
      },
    ],
    [
      'that there is no region',
      async () => KEYS,
      { code: 1, message: /^no AWS region is set$/, hint: /^export AWS_REGION=/ },
    ],
    [
      'that there is no stack',
      async () => ({
        ...REGION,
        ...KEYS,
        AWS_ENDPOINT_URL: await refusing('ValidationError', 'Stack with id alakazam does not exist', /DescribeStacks/),
      }),
      { code: 1, message: /^there is no stack "alakazam" in eu-central-1$/, hint: DEPLOY },
    ],
    [
      'that the credentials have expired',
      async () => ({
        ...REGION,
        ...KEYS,
        AWS_ENDPOINT_URL: await refusing('ExpiredToken', 'The security token included in the request is expired'),
      }),
      { code: 4, message: /^the AWS credentials have expired$/, hint: /AWS_SESSION_TOKEN anew, or unset them/ },
    ],
    [
      'that AWS does not know the credentials',
      async () => ({
        ...REGION,
        ...KEYS,
        AWS_ENDPOINT_URL: await refusing(
          'InvalidClientTokenId',
          'The security token included in the request is invalid',
        ),
      }),
      {
        code: 4,
        message: /^AWS does not accept these credentials in eu-central-1: /,
        hint: /^aws sts get-caller-identity/,
      },
    ],
    [
      'which permission is missing',
      async () => ({
        ...REGION,
        ...KEYS,
        AWS_ENDPOINT_URL: await refusing(
          'AccessDenied',
          `User: ${ANN} is not authorized to perform: cloudformation:DescribeStacks on resource: arn:aws:cloudformation:eu-central-1:123456789012:stack/alakazam/*`,
          /DescribeStacks/,
        ),
      }),
      {
        code: 4,
        message: /^no permission: cloudformation:DescribeStacks on arn:aws:cloudformation:\S+$/,
        hint: /^ask whoever manages the AWS account to allow cloudformation:DescribeStacks$/,
      },
    ],
    [
      'that nothing listens where it should',
      async () => ({ ...REGION, ...KEYS, ...NAMES, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }),
      { code: 1, message: /^can't reach \w+ at 127\.0\.0\.1:1: the connection was refused$/, hint: NETWORK },
    ],
    [
      'that what takes the connection never answers',
      async () => ({ ...REGION, ...KEYS, ...NAMES, AWS_ENDPOINT_URL: await silent() }),
      { code: 1, message: /^can't reach \w+ at 127\.0\.0\.1:\d+: no answer$/, hint: NETWORK },
    ],
    [
      'that a page answers, and not AWS',
      async () => ({
        ...REGION,
        ...KEYS,
        ...NAMES,
        AWS_ENDPOINT_URL: await answering((_, response) =>
          response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
        ),
      }),
      {
        code: 1,
        message: /^what answers for \w+ at 127\.0\.0\.1:\d+ is not AWS: HTTP 200$/,
        hint: /^check the network, proxies/,
      },
    ],
  ];
  test.each(situations)('%s', async (_, environment, expected) => {
    const env = await environment();
    const [doctor, ...others] = await Promise.all([DOCTOR, ...Object.values(COMMANDS)].map((args) => run(args, env)));
    for (const ended of others) expectOneError(ended, expected);
    expect(doctor?.stderr).toBe('');
    expect(doctor?.code).toBeGreaterThan(0);
    // A cell of its answer, quoted if it has to be.
    const findings = doctor?.stdout.replaceAll('""', '"').match(new RegExp(expected.message.source.slice(1, -1))) ?? [];
    expect(findings, doctor?.stdout).not.toEqual([]);
  });
});

describe('a command says', () => {
  const one = (env: Record<string, string>) => run(COMMANDS.history, { ...REGION, ...NAMES, ...env });

  test('which profile is meant that is not there, and which are', async () => {
    const expected = {
      code: 4,
      message: /^AWS_PROFILE is "wrok", which is no profile; valid: region-only, signed-out, .*program$/,
      hint: /^unset AWS_PROFILE, or aws configure --profile wrok$/,
    } as const;
    expectOneError(await one({ AWS_PROFILE: 'wrok' }), expected);
    expectOneError(await run(COMMANDS.history, { ...NAMES, AWS_PROFILE: 'wrok' }), expected);
    // Which the SDK finds worth a warning.
    expectOneError(await one({ AWS_PROFILE: 'wrok', ...KEYS }), expected);
  });

  test('that a profile has no credentials', async () => {
    expectOneError(await one({ AWS_PROFILE: 'region-only' }), {
      code: 4,
      message: /^not signed in to AWS: no credentials in profile "region-only"$/,
      hint: /^aws sso login, or aws configure/,
    });
  });

  test.each([
    ['signed-out', 'aws sso login --profile signed-out'],
    ['signed-out-of-console', 'aws login --profile signed-out-of-console'],
  ])('how to sign in again: %s', async (profile, hint) => {
    expectOneError(await one({ AWS_PROFILE: profile }), {
      code: 4,
      message: new RegExp(`^the AWS sign-in of profile "${profile}" has expired$`),
      hint: new RegExp(`^${hint}$`),
    });
  });

  test.each([
    ['broken-program', 'failed'],
    ['garbling-program', 'returned invalid JSON'],
  ])('that a program hands out no credentials: %s', async (profile, why) => {
    expectOneError(await one({ AWS_PROFILE: profile }), {
      code: 4,
      message: new RegExp(`^the credential_process of profile "${profile}" ${why}$`),
      hint: new RegExp(`^aws configure export-credentials --profile ${profile} shows why$`),
    });
  });

  test('that no container hands out credentials', async () => {
    const AWS_CONTAINER_CREDENTIALS_FULL_URI = 'http://127.0.0.1:1/credentials';
    const expected = { code: 4, message: /^not signed in to AWS: /, hint: /^aws sso login/ } as const;
    expectOneError(await one({ AWS_CONTAINER_CREDENTIALS_FULL_URI }), expected);
  });

  test.each([
    ['eu central 1', /^"eu central 1" is not an AWS region$/],
    ['eu-central-99', /^can't reach Kinesis at kinesis\.eu-central-99\.amazonaws\.com: /],
  ])('that a region is none: %s', async (region, message) => {
    const ended = await one({ ...KEYS, AWS_REGION: region });
    expectOneError(ended, { code: 1, message, hint: /AWS_REGION|the region \(eu-central-99\)/ });
  });

  test('that there is no way to a host', async () => {
    for (const url of ['http://nowhere.invalid', 'http://192.0.2.1']) {
      expectOneError(await one({ ...KEYS, AWS_ENDPOINT_URL: url }), {
        code: 1,
        message: new RegExp(`^can't reach Kinesis at ${url.slice(7)}: `),
        hint: NETWORK,
      });
    }
  });

  test('whose certificate is not to be trusted', async () => {
    const main = createRequire(import.meta.url).resolve('kinesis-local');
    const { server } = JSON.parse(readFileSync(join(dirname(main), 'server.json'), 'utf8'));
    const url = `https://${await listening(createTlsServer({ key: server.key, cert: server.cert }))}`;
    expectOneError(await one({ ...KEYS, AWS_ENDPOINT_URL: url }), {
      code: 1,
      message: /^what answers for Kinesis at 127\.0\.0\.1:\d+ can't be trusted: .*certificate/,
      hint: /NODE_EXTRA_CA_CERTS/,
    });
  });

  test.each<[string, RequestListener]>([
    ['redirects to a sign-in', (_, response) => response.writeHead(302, { location: 'http://login.invalid/' }).end()],
    ['wants a sign-in', (_, response) => response.writeHead(511).end()],
    [
      'has no such page',
      (_, response) => response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE),
    ],
    ['talks of something else', (_, response) => response.writeHead(200).end('hello')],
  ])('that it is not AWS which %s', async (_, answer) => {
    expectOneError(await one({ ...KEYS, AWS_ENDPOINT_URL: await answering(answer) }), {
      code: 1,
      message: /^what answers for Kinesis(?: at 127\.0\.0\.1:\d+)? is not AWS: HTTP \d+$/,
      hint: /^check the network, proxies/,
    });
  });

  test('that it is not AWS which speaks another protocol', async () => {
    const plain = (await answering((_, response) => response.end())).replace('http', 'https');
    const other = createSocketServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    for (const url of [plain, `http://${await listening(other)}`]) {
      expectOneError(await one({ ...KEYS, AWS_ENDPOINT_URL: url }), {
        code: 1,
        message: /^what answers for Kinesis at 127\.0\.0\.1:\d+ is not AWS$/,
        hint: /^check the network, proxies/,
      });
    }
  });
});

test('--verbose shows where, and no secret', async () => {
  const message = 'The request signature we calculated does not match the signature you provided.';
  const AWS_ENDPOINT_URL = await refusing('SignatureDoesNotMatch', message);
  const env = { ...REGION, ...KEYS, AWS_ENDPOINT_URL };
  for (const each of [env, { ...REGION, AWS_PROFILE: 'broken-program' }, { ...REGION, AWS_PROFILE: 'signed-out' }]) {
    const { code, stderr } = await run(['--verbose', ...COMMANDS.verify], each);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: .+\n {2}.+\nAlakazamError: .+\n {4}at /);
  }
});
