/** Another process has been stopped while it writes: whoever reads answers from what is there, and whoever writes can be stopped. */
import { cpSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { otherProcess } from '../fixtures/processes.js';
import { finish, runCli, spawnCli, temporaryDirectory } from '../run-cli.js';

const home = join(temporaryDirectory(), 'home');
const STORES = ['stream', 'history', 'alarm', 'lake/writer'];

beforeAll(async () => {
  for (const args of ['generate --count 3000', 'query top-products']) {
    expect((await runCli(args.split(' '), { home })).code).toBe(0);
  }
  // Views that are behind the stream.
  cpSync(home, `${home}-before`, { recursive: true });
  expect((await runCli(['generate', '--count', '10'], { home })).code).toBe(0);
  for (const view of ['history.mdb', 'alarm.mdb']) cpSync(join(`${home}-before`, view), join(home, view));
});

/** A stopped process with its turn at every store. */
async function holdAll(): Promise<number> {
  const { child, name } = await otherProcess();
  for (const store of STORES) {
    const path = join(home, `${store}.mdb`);
    rmSync(`${path}-turn`, { force: true });
    symlinkSync(`${name.pid} ${name.started} ${statSync(path).ino}`, `${path}-turn`);
  }
  child.kill('SIGSTOP');
  return name.pid;
}

test.each([
  ['history --customer 15059 -o csv', 0, 'order history'],
  ['tail orders --no-follow -n 3', 0, 'order history'],
  ['tail orders --guests --no-follow -n 3', 0, undefined],
  ['query top-products', 0, 'data lake'],
  ['alarm', 3, 'rate alarm'],
  ['rejected', 0, undefined],
  ['verify', 0, 'data lake'],
])('%s answers', { timeout: 60_000 }, async (args, code, behind) => {
  const pid = await holdAll();
  const { stdout, stderr, code: ended } = await runCli(args.split(' '), { home });
  if (behind) expect(stderr).toContain(`warning: the ${behind} is behind the stream: process ${pid} is stopped`);
  else expect(stderr).not.toContain(String(pid));
  expect(ended).toBe(code);
  if (args !== 'rejected') expect(stdout).not.toBe('');
});

test.each(['generate --count 10', 'reset --yes'])(
  '%s waits, says for whom, and ends on a signal',
  {
    timeout: 60_000,
  },
  async (args) => {
    const pid = await holdAll();
    const child = spawnCli(args.split(' '), { home }, ['ignore', 'pipe', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    const ended = finish(child);
    await vi.waitUntil(() => stderr.includes(`warning: waiting: process ${pid} is stopped while it writes`), 20_000);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  },
);
