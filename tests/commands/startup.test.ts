/** What a command loads of the SDK: nothing on this machine, and on AWS the clients of the services it asks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, runCli, temporaryDirectory } from '../run-cli.js';

const home = temporaryDirectory();

/** Of each file in dist/ what it is made of, as the bundler said. */
const inputs = new Map<string, string[]>();
let server: Server;
let env: Record<string, string>;

beforeAll(async () => {
  const outputs = JSON.parse(readFileSync(join(ROOT, 'node_modules/.cache/alakazam/dist.json'), 'utf8'));
  for (const [path, of] of Object.entries<{ inputs: object }>(outputs))
    inputs.set(basename(path), Object.keys(of.inputs));
  // An account without shards, items and stacks.
  server = createServer((request, response) => {
    const isJson = request.headers['content-type']?.includes('json');
    response.setHeader('content-type', isJson ? 'application/x-amz-json-1.1' : 'text/xml');
    response.setHeader('x-amzn-requestid', 'r');
    if (isJson)
      response.end('{"Shards":[],"Items":[],"Table":{"LatestStreamArn":"a"},"StreamDescription":{"Shards":[]}}');
    else response.end('<DescribeStacksResponse><DescribeStacksResult/></DescribeStacksResponse>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  env = {
    ALAKAZAM_TARGET: 'aws',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const NAMES = {
  ALAKAZAM_ORDERS_STREAM: 's',
  ALAKAZAM_HISTORY_TABLE: 't',
  ALAKAZAM_HISTORY_INDEX_TABLE: 'i',
  ALAKAZAM_LAKE_BUCKET: 'b',
  ALAKAZAM_LAKE_DELIVERY: 'd',
  ALAKAZAM_LAKE_FIRST_MONTH: '2009-12',
  ALAKAZAM_ATHENA_WORK_GROUP: 'w',
  ALAKAZAM_GLUE_DATABASE: 'g',
};

/** Names of the files in dist/ that were loaded; Node says which those are. */
async function filesOf(args: readonly string[], more: Record<string, string> = {}): Promise<string[]> {
  const { stderr } = await runCli(args, { home, env: { ...more, NODE_DEBUG: 'esm' } });
  const files = [...stderr.matchAll(/\bfile:\/\/\S*\/dist\/([\w.-]+\.js)/g)].map(([, name]) => name as string);
  expect(files).toContain('cli.js');
  return [...new Set(files)].sort();
}

/** Names of the packages in these files. */
async function packagesOf(args: readonly string[], more: Record<string, string> = {}): Promise<string[]> {
  const names = (await filesOf(args, more))
    .flatMap((name) => inputs.get(name) ?? [])
    .map((path) => {
      return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? '';
    });
  return [...new Set(names)].filter(Boolean).sort();
}

const isSdk = (name: string) => /^@(aws-sdk|smithy|aws|aws-crypto)\//.test(name);
const clientsOf = (packages: readonly string[]) =>
  packages.filter((name) => name.startsWith('@aws-sdk/client-')).map((name) => name.slice('@aws-sdk/client-'.length));

describe('on this machine nothing of the SDK is loaded', () => {
  test.each([
    '--help',
    '--version',
    'generate --help',
    'config',
    'generate --count 10 --quiet',
    'history --customer 1',
    'tail orders --since start --no-follow -o ndjson',
    'verify -o json',
    'doctor -o csv',
  ])('alakazam %s', async (words) => {
    const packages = await packagesOf(words.split(' '));
    expect(packages).toContain('commander');
    expect(packages.filter(isSdk)).toEqual([]);
  });
});

describe('a command loads few files', () => {
  test('alakazam --help loads two', async () => {
    expect(await filesOf(['--help'])).toEqual(['cli.js', 'start.js']);
  });
});

test('a question that was answered before loads no DuckDB', async () => {
  const asked = ['query', 'top-products'];
  expect((await runCli(['generate', '--count', '10', '--quiet'], { home })).code).toBe(0);
  expect(await packagesOf(asked)).toContain('@duckdb/node-api');
  expect((await packagesOf(asked)).filter((name) => /lmdb|duckdb/.test(name))).toEqual([]);
});

test('a recommendation loads no engine, nothing that trains, and nothing of Spark', async () => {
  expect((await runCli(['generate', '--count', '2000', '--quiet'], { home })).code).toBe(0);
  expect((await runCli(['train', '--threads', '1', '--iterations', '1'], { home })).code).toBe(0);
  const sources = (await filesOf(['recommend', '--customer', '17850'])).flatMap((name) => inputs.get(name) ?? []);
  expect(sources).toContain('src/product-recommendations/serving.ts');
  const unused = /node_modules\/(lmdb|@duckdb)\/|\/(lake-purchases|train|spark-recommender|spark-submit)\.local\.ts$/;
  expect(sources.filter((path) => unused.test(path))).toEqual([]);
});

test('what a shell asks for on Tab loads no engine', async () => {
  const packages = await packagesOf(['completion', 'bash', '--after', 'query top-products -p']);
  expect(packages).toContain('commander');
  expect(packages.filter((name) => isSdk(name) || /lmdb|duckdb/.test(name))).toEqual([]);
});

describe('a command loads no module of Node that it has no use for', () => {
  const list = join(temporaryDirectory(), 'list.cjs');
  // At the end, and past the streams: they would be loaded for it.
  const script = 'process.on("exit", () => process._rawDebug(process.moduleLoadList.join(" ")));';

  test.each(['--help', 'history --customer 1'])('alakazam %s', async (words) => {
    writeFileSync(list, script);
    const { stderr } = await runCli(words.split(' '), { home, env: { NODE_OPTIONS: `--require=${list}` } });
    const loaded = [...stderr.matchAll(/NativeModule (\S+)/g)].map(([, name]) => name);
    expect(loaded).toContain('fs');
    // Behind names of `node:util`, `node:fs` and `node:crypto`, behind the standard input, and behind the search for LMDB's native part.
    const unused =
      /^(internal\/(util\/parse_args\/parse_args|worker|fs\/streams|crypto\/\w+)|child_process|fs\/promises|worker_threads)$/;
    expect(loaded.filter((name) => unused.test(name as string))).toEqual([]);
  });
});

describe('of LMDB the bundle holds', () => {
  test('its keys, and neither an encoder of objects nor a cache', async () => {
    const packages = await packagesOf(['history', '--customer', '1']);
    expect(packages).toEqual(expect.arrayContaining(['lmdb', 'ordered-binary']));
    for (const name of ['msgpackr', 'weak-lru-cache', 'detect-libc']) expect(packages).not.toContain(name);
  });

  test('the names that the text it evaluates has in it', () => {
    const file = [...inputs].find(([, names]) =>
      names.some((name) => name.includes('node_modules/ordered-binary/')),
    )?.[0];
    const text = readFileSync(join(ROOT, 'dist', file as string), 'utf8');
    expect(text).toMatch(/\beval\(makeStringBuilder\(\)\)/);
    for (const name of ['position', 'fromCharCode', 'finishUtf8', 'readString']) {
      expect(text).toMatch(new RegExp(`\\bfunction ${name}\\(|[ ,](${name})[=,;]`));
    }
  });
});

describe('on AWS each command loads the clients it uses', () => {
  test.each<[string, readonly string[]]>([
    ['--help', []],
    ['generate --count 0', ['kinesis']],
    ['history --customer 1', ['dynamodb', 'kinesis']],
    ['tail orders --since start --no-follow -o ndjson', ['dynamodb', 'kinesis']],
    ['verify -o json', ['athena', 'dynamodb', 'firehose', 'kinesis', 's3']],
  ])('alakazam %s', async (words, clients) => {
    const packages = await packagesOf(words.split(' '), { ...env, ...NAMES });
    expect(clientsOf(packages)).toEqual(clients);
    // With keys in the variables there is no need of other ways to sign in.
    const ways = /nested-clients|provider-(ini|sso|login|process|web-identity)/;
    expect(packages.filter((name) => ways.test(name))).toEqual([]);
  });

  test('and that of CloudFormation where it has to ask for names', async () => {
    expect(clientsOf(await packagesOf(['history', '--customer', '1'], env))).toEqual(['cloudformation', 'dynamodb']);
  });
});
