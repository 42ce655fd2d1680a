/** `deploy` and `destroy` as they are typed, and cut off at any call they make. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ListBucketsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { emulatorEnvironment } from '../emulators/environment.js';
import { useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { MODEL } from '../fixtures/built-stack.js';
import {
  type CliOptions,
  environmentOf,
  finish,
  PROGRAM,
  ROOT,
  runCli,
  spawnCli,
  temporaryDirectory,
} from '../run-cli.js';

const emulator = useMiniStack();
const proxy = useFaultProxy(emulator);
const home = temporaryDirectory();

/** Calls of CloudFormation go through the proxy. */
const aws = (stack: string): CliOptions => ({
  home,
  env: {
    ...emulatorEnvironment(emulator.url),
    AWS_ENDPOINT_URL_CLOUDFORMATION: proxy.url,
    ALAKAZAM_STACK: stack,
  },
});

const s3 = new S3Client();
const script = join(ROOT, 'tests/commands/on_terminal.py');

async function bucketNames(): Promise<string[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return Buckets.map(({ Name }) => Name as string).sort();
}

/** What is in the artifact bucket of a stack. */
async function objectVersions(stack: string): Promise<string[]> {
  const Bucket = (await bucketNames()).find((name) => name.startsWith(`${stack}-artifacts-`)) as string;
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  return [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => `${Key} ${VersionId}`).sort();
}

/** `PUT /bucket/key`, in the words of S3. */
function uploadOf(action: string): string | undefined {
  if (/^PUT \/[^/?]+\/?$/.test(action)) return 'CreateBucket';
  return /^PUT \/[^/?]+\/[^/?]+/.test(action) ? 'PutObject' : undefined;
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

describe('deploy', () => {
  test('prints the template, and asks nobody for it', async () => {
    const { code, stdout, stderr } = await runCli(['deploy', '--print-template'], { home });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(readFileSync(join(ROOT, 'dist/stack/template.yaml'), 'utf8'));
  });

  test('prints plain rows in a pipe: what will change, then what happens', async () => {
    const { code, stdout, stderr } = await runCli(['deploy', '--yes'], aws('plain'));
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none
    expect(stdout + stderr).not.toMatch(/\x1b|⠋/);
    const changes = lines(stdout).filter((line) => line.startsWith('add\t'));
    const events = lines(stdout).filter((line) => /^\d{4}-\d\d-\d\dT[\d:.]+Z\t[A-Z_]+\t\w+\tAWS::\w+::\w+/.test(line));
    expect(changes.length + events.length).toBe(lines(stdout).length);
    expect(events.at(-1)).toMatch(/\tCREATE_COMPLETE\tplain\tAWS::CloudFormation::Stack\t$/);
    for (const line of changes) {
      const [, name] = line.split('\t');
      const isMade = events.some((event) => event.includes(`\tCREATE_COMPLETE\t${name}\t`));
      // The emulator also plans what a condition leaves out.
      if (MODEL.template.Resources[name as string]?.Condition === undefined)
        expect([name, isMade]).toEqual([name, true]);
    }
  });

  test('asks CloudFormation for an optional part that is wanted, and knows no other', async () => {
    const sent: string[] = [];
    proxy.fault(({ action, body }) => {
      if (action === 'CreateChangeSet') sent.push(String(body));
      return undefined;
    });
    // The emulator has no such type.
    const wanted = await runCli(['diff', '--with', 'redshift'], aws('optional'));
    expect(wanted.stderr).toMatch(
      /has no AWS::RedshiftServerless::\w+: leave it out with alakazam deploy --without redshift, or/,
    );
    const parameters = new URLSearchParams(sent[0]);
    const key = [...parameters].find(([, value]) => value === 'WithRedshift')?.[0] as string;
    expect(parameters.get(key.replace('ParameterKey', 'ParameterValue'))).toBe('yes');
    const unknown = await runCli(['deploy', '--without', 'spark'], aws('optional'));
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      'error: there is no optional part "spark"; valid: redshift, quicksight, training, rate-alarm\n',
    ]);
    // The stack of the test before has no Redshift.
    const question = await runCli(
      ['query', '--sql', 'SELECT 1', '--engine', 'redshift', '--target', 'aws'],
      aws('plain'),
    );
    expect([question.code, question.stderr]).toEqual([
      1,
      expect.stringMatching(/has no output Redshift\w+\n {2}\S*alakazam\S* deploy --with redshift\n$/),
    ]);
  });

  test('changes nothing where nobody can say yes', async () => {
    const before = await bucketNames();
    const refused = await runCli(['deploy'], aws('unasked'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/There is no terminal to answer on\n {2}add --yes if you mean it\n$/);
    expect((await runCli(['status'], aws('unasked'))).stderr).toMatch(
      /^error: there is no stack unasked in eu-central-1/,
    );
    expect(await bucketNames()).toEqual(before);
  });

  test.each([
    ['says no', 'n\r', 0],
    ['interrupts', '\u0003', 130],
  ])('changes nothing where somebody %s', async (_, keys, code) => {
    const before = await bucketNames();
    const words = [script, '80', '--type', keys, '--after', '[y/N]', process.execPath, PROGRAM, 'deploy'];
    const env = environmentOf(home, { ...aws('refused').env, TERM: 'xterm-256color' });
    const shown = await finish(spawn('python3', words, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    expect([shown.code, shown.stdout]).toEqual([code, expect.stringContaining('Make stack refused in')]);
    expect(await bucketNames()).toEqual(before);
    const status = await runCli(['status'], aws('refused'));
    expect(status.stderr).toMatch(/^error: there is no stack refused in eu-central-1/);
  });

  test('that is interrupted while CloudFormation compares leaves nothing', async () => {
    const before = await bucketNames();
    const child = spawnCli(['deploy', '--yes'], aws('compared-late'), ['ignore', 'pipe', 'pipe']);
    const ended = finish(child);
    proxy.fault(async ({ action, forward }) => {
      if (action !== 'DescribeChangeSet') return undefined;
      const answer = await forward();
      child.kill('SIGINT');
      return { ...answer, body: answer.body.replace('<Status>CREATE_COMPLETE', '<Status>CREATE_IN_PROGRESS') };
    });
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
    proxy.fault(() => undefined);
    expect(await bucketNames()).toEqual(before);
    const status = await runCli(['status'], aws('compared-late'));
    expect(status.stderr).toMatch(/^error: there is no stack compared-late in eu-central-1/);
  });

  test('does not wait when told so, and says how to', async () => {
    const begun = await runCli(['deploy', '--yes', '--no-wait'], aws('begun'));
    expect(begun.code).toBe(0);
    expect(begun.stderr).toMatch(/it goes on in AWS; alakazam deploy follows it to its end\n$/);
    const { code, stderr } = await runCli(['deploy', '--yes'], aws('begun'));
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^stack begun in eu-central-1 is up to date\n/)]);
  });

  test('has nothing to put anywhere on the local target', async () => {
    for (const command of ['deploy', 'diff', 'status', 'destroy']) {
      expect(await runCli([command, '--target', 'local'], { home })).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^error: the local target has no stack: all of it is in .*\n {2}alakazam deploy/),
      });
    }
  });

  test.each(['CreateChangeSet', 'DescribeChangeSet', 'ExecuteChangeSet', 'DescribeStackEvents'])(
    'that is killed at %s is finished by the next',
    async (at) => {
      const stack = `killed-${at}`;
      for (const moment of ['before', 'behind']) {
        const child = spawnCli(['deploy', '--yes'], aws(stack), ['ignore', 'pipe', 'pipe']);
        const ended = finish(child);
        proxy.fault(async ({ action, forward }) => {
          if (action !== at) return undefined;
          const answer = moment === 'behind' ? await forward() : { status: 500, body: '' };
          child.kill('SIGKILL');
          return answer;
        });
        expect((await ended).code).toBe(null);
      }
      proxy.fault(() => undefined);
      const { code, stderr } = await runCli(['deploy', '--yes'], aws(stack));
      expect([code, stderr]).toEqual([0, expect.stringMatching(/is (deployed, in .*|up to date)\n/)]);
      expect((await runCli(['diff'], aws(stack))).code).toBe(0);
      expect((await runCli(['status'], aws(stack))).code).toBe(0);
    },
    120_000,
  );

  test.each(['CreateBucket', 'PutObject'])(
    'that is killed at %s of its uploads is finished by the next, and leaves nothing that destroy does not find',
    async (at) => {
      const stack = `cut-${at.toLowerCase()}`;
      const before = await bucketNames();
      const { env, ...options } = aws(stack);
      const child = spawnCli(['deploy', '--yes'], { ...options, env: { ...env, AWS_ENDPOINT_URL_S3: proxy.url } }, [
        'ignore',
        'pipe',
        'pipe',
      ]);
      const ended = finish(child);
      proxy.fault(async ({ action, forward }) => {
        if (uploadOf(action) !== at) return undefined;
        const answer = at === 'PutObject' ? { status: 500, body: '' } : await forward();
        child.kill('SIGKILL');
        return answer;
      });
      expect((await ended).code).toBe(null);
      proxy.fault(() => undefined);
      const deployed = await runCli(['deploy', '--yes'], aws(stack));
      expect([deployed.code, deployed.stderr]).toEqual([0, expect.stringMatching(/is deployed, in /)]);
      expect((await runCli(['destroy', '--with-data', '--yes'], aws(stack))).code).toBe(0);
      expect(await bucketNames()).toEqual(before);
    },
    120_000,
  );

  test('that is interrupted says that AWS goes on, and leaves a stack', async () => {
    const child = spawnCli(['deploy', '--yes'], aws('interrupted'), ['ignore', 'pipe', 'pipe']);
    const ended = finish(child);
    let polls = 0;
    proxy.fault(async ({ action, forward }) => {
      if (action !== 'DescribeStackEvents' || ++polls < 2) return undefined;
      const answer = await forward();
      child.kill('SIGINT');
      // Not at its end yet, as it would be for minutes.
      return { ...answer, body: answer.body.replaceAll('CREATE_COMPLETE', 'CREATE_IN_PROGRESS') };
    });
    expect(await ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/it goes on in AWS; alakazam deploy follows it to its end\n$/),
    });
    proxy.fault(() => undefined);
    expect((await runCli(['deploy', '--yes'], aws('interrupted'))).code).toBe(0);
  });
});

describe('diff', () => {
  test('leaves nothing behind, before a stack is there and after', async () => {
    const before = await bucketNames();
    expect((await runCli(['diff'], aws('compared'))).code).toBe(3);
    expect(await bucketNames()).toEqual(before);
    expect((await runCli(['destroy', '--yes'], aws('compared'))).stderr).toMatch(/^there is no stack compared in /);
    await runCli(['deploy', '--yes'], aws('compared'));
    const deployed = await objectVersions('compared');
    expect(deployed).toHaveLength(4);
    expect((await runCli(['diff', '--param', 'LogRetentionDays=7'], aws('compared'))).code).toBe(3);
    expect(await objectVersions('compared')).toEqual(deployed);
  });

  // The code of the application, and so its key, is made of the connector.
  test('with the rate alarm says that it lacks the connector, and takes it from a file', async () => {
    const { home, env } = { ...aws('watched'), home: temporaryDirectory() };
    const withoutMaven = { home, env: { ...env, PATH: home } };
    const lacking = await runCli(['diff', '--with', 'rate-alarm'], withoutMaven);
    expect([lacking.code, lacking.stdout]).toEqual([1, '']);
    expect(lacking.stderr).toMatch(
      /^error: the rate alarm needs org\.apache\.flink:\S+ and 8 libraries, and there is no mvn .*\n.*--flink-connector /,
    );
    const other = join(home, 'other.jar');
    writeFileSync(other, '');
    const given = await runCli(['diff', '--with', 'rate-alarm', '--flink-connector', other], withoutMaven);
    expect([given.code, given.stdout]).toEqual([2, '']);
    expect(given.stderr).toMatch(/^error: \S+other\.jar is another file: its SHA-256 is e3b0c442/);
  });
});

describe('destroy', () => {
  test('says how to reach what it leaves, and the next deploy takes it up', async () => {
    const stack = 'kept';
    await runCli(['deploy', '--yes'], aws(stack));
    const { code, stdout, stderr } = await runCli(['destroy', '--yes'], aws(stack));
    expect(code).toBe(0);
    const left = lines(stdout).filter((line) => /^(dynamodb table|s3 bucket)\t/.test(line));
    const kept = Object.values(MODEL.template.Resources).filter(
      ({ Type, DeletionPolicy }) =>
        /^Retain/.test(DeletionPolicy ?? '') && /^AWS::(DynamoDB::Table|S3::Bucket)$/.test(Type),
    );
    expect(left).toHaveLength(kept.length);
    for (const line of left) {
      const [type, name, access] = line.split('\t') as [string, string, string];
      const expected =
        type === 's3 bucket' ? `aws s3 ls --recursive s3://${name}` : `aws dynamodb scan --table-name ${name}`;
      expect(access).toBe(expected);
      expect(stderr).toContain(`\n  ${expected}\n`);
    }
    expect(stderr).toMatch(/\n {2}alakazam deploy +takes these into a new stack\n/);
    const again = await runCli(['deploy', '--yes', '-o', 'json'], aws(stack));
    const { changes, outputs } = JSON.parse(again.stdout);
    const adopted = changes.filter(({ action }: { action: string }) => action === 'adopt');
    expect(adopted).toHaveLength(kept.length);
    expect(left.map((line) => line.split('\t')[1])).toContain(outputs.HistoryTableName);
  }, 120_000);

  test('that is killed on its way is finished by the next', async () => {
    const stack = 'cut';
    await runCli(['deploy', '--yes'], aws(stack));
    const child = spawnCli(['destroy', '--with-data', '--yes'], aws(stack), ['ignore', 'pipe', 'pipe']);
    const ended = finish(child);
    let hasDeleted = false;
    proxy.fault(async ({ action, forward }) => {
      hasDeleted ||= action === 'DeleteStack';
      if (!hasDeleted || action !== 'DescribeStackEvents') return undefined;
      const answer = await forward();
      child.kill('SIGKILL');
      return answer;
    });
    expect((await ended).code).toBe(null);
    proxy.fault(() => undefined);
    expect(await runCli(['destroy', '--with-data', '--yes'], aws(stack))).toMatchObject({
      code: 0,
      stderr: `stack ${stack} in eu-central-1 is gone, and nothing is left of it\n`,
    });
    expect((await runCli(['destroy', '--yes'], aws(stack))).stderr).toBe(
      `there is no stack ${stack} in eu-central-1, and nothing is left of one\n`,
    );
  }, 120_000);
});

test('every example of their help runs', async () => {
  for (const command of ['deploy', 'diff', 'status', 'destroy']) {
    const { stdout } = await runCli([command, '--help'], { home });
    const examples = [...stdout.slice(0, stdout.indexOf('\nUsage:')).matchAll(/^ {2}alakazam (.*?)(?: {2,}.*)?$/gm)];
    expect(examples.length).toBeGreaterThan(1);
    for (const [, line = ''] of examples) {
      const words = line.replace(/ >.*/, '').split(' ');
      const asks = /^de/.test(command) && !words.includes('--print-template') && !words.includes('--yes');
      const { code, stderr } = await runCli([...words, ...(asks ? ['--yes'] : [])], aws('examples'));
      expect([line, stderr]).toEqual([line, expect.not.stringMatching(/^error:/m)]);
      expect([0, 3]).toContain(code);
    }
  }
}, 120_000);

describe('on a terminal of 80 columns', () => {
  /** What a person sees; a frame of the spinner is a line. */
  async function show(args: string): Promise<string[]> {
    const words = [script, '80', process.execPath, PROGRAM, ...args.split(' ')];
    const env = environmentOf(home, { ...aws('drawn').env, TERM: 'xterm-256color' });
    const { stdout } = await finish(spawn('python3', words, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    return lines(
      stripVTControlCharacters(stdout.replaceAll('\u001b[1G', '\n').replaceAll('\u001b[G', '\n')).replaceAll(
        '\r',
        '\n',
      ),
    );
  }

  test('all of it fits', async () => {
    const deployed = await show('deploy --yes');
    expect(deployed[0]).toMatch(/^ +part +type$/);
    expect(deployed).toContainEqual(expect.stringMatching(/^add +OrdersStream +Kinesis::Stream$/));
    expect(deployed.join('\n')).toMatch(/stack drawn in eu-central-1 is deployed, in [\d.]+ s/);
    const changed = await show('diff -p StreamMode=PROVISIONED -p StreamShards=4');
    expect(changed[0]).toMatch(/^ +part +type +what of it/);
    const status = await show('status');
    expect(status[0]).toMatch(/^part +health +in the last hour +behind +waiting$/);
    const destroyed = await show('destroy --with-data --yes');
    expect(destroyed.join('\n')).toMatch(/^goes +alakazam-lakebucket|^goes +drawn-/m);
    const all = [...deployed, ...changed, ...status, ...(await show('status --costs')), ...destroyed];
    expect(all.filter((line) => line.length > 80)).toEqual([]);
  }, 120_000);
});
