/** MiniStack, an emulator of AWS that others made, on a free port of this machine for the tests of one file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { pythonEnvironment } from '../python/environment.js';

export interface Emulator {
  /** Where it answers, once the tests run. */
  readonly url: string;
  readonly port: number;
}

/** What the SDK takes its region, credentials and endpoint from. */
export function emulatorEnvironment(url: string): Record<string, string> {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: url,
  };
}

/** Starts before the tests of the file and ends with them; the SDK of this process talks to it. */
export function useMiniStack(): Emulator {
  let port = 0;
  let child: ChildProcess | undefined;
  const directory = mkdtempSync(join(tmpdir(), 'alakazam-ministack-'));

  beforeAll(async () => {
    port = await freePort();
    child = spawn(join(await pythonEnvironment('emulators'), 'ministack'), [], {
      cwd: directory,
      env: {
        ...process.env,
        TMPDIR: directory,
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        SFTP_ENABLED: '0',
        IOT_MTLS_ENABLED: '0',
        LOG_LEVEL: 'WARNING',
      },
      stdio: process.env['ALAKAZAM_TEST_LOGS'] ? 'inherit' : 'ignore',
    });
    Object.assign(process.env, emulatorEnvironment(url()));
    await ready(child, url());
  });
  afterAll(async () => {
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  });

  const url = () => `http://127.0.0.1:${port}`;
  return {
    get url() {
      return url();
    },
    get port() {
      return port;
    },
  };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  for (let tries = 0; child.exitCode === null && tries < 300; tries++) {
    const answer = await fetch(`${url}/_ministack/ready`).catch(() => undefined);
    if (answer?.ok) return loadCloudFormation(url);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`MiniStack is not ready (exit code ${child.exitCode})`);
}

/** It takes seconds to load when it is first asked, which is longer than anybody waits for a first answer. */
async function loadCloudFormation(url: string): Promise<void> {
  const scope = 'Credential=test/20261123/eu-central-1/cloudformation/aws4_request';
  await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'Action=ListStacks&Version=2010-05-15',
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
