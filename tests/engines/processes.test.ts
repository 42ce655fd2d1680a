import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isRunning, thisProcess } from '../../src/engines/processes.js';

const stateOf = (pid: number) => /^State:\t(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
const startedOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[21] as string;

test('a process runs until it has ended, also while it is stopped', async () => {
  expect(isRunning(thisProcess())).toBe(true);
  const child = spawn('sleep', ['1000']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const name = { pid: child.pid as number, started: startedOf(child.pid as number) };
  expect(isRunning(name)).toBe(true);
  child.kill('SIGSTOP');
  await vi.waitUntil(() => stateOf(name.pid) === 'T');
  expect(isRunning(name)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(name)).toBe(false);
});

test('a process is another than one that had its number before', () => {
  const { pid, started } = thisProcess();
  expect(isRunning({ pid, started: String(Number(started) - 1) })).toBe(false);
});

test('a process that has ended runs no more, though its parent has not asked for it', async () => {
  // The shell starts a process, and becomes one that asks for none.
  const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(printed);
  const name = { pid, started: startedOf(pid) };
  await vi.waitUntil(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
  process.kill(pid, 'SIGKILL');
  await vi.waitUntil(() => stateOf(pid) === 'Z');
  expect(isRunning(name)).toBe(false);
});
