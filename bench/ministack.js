/** MiniStack, the emulator of AWS that the tests use, for a bench. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { scratch } from './run.js';

/** Starts it; it ends with this process. */
export async function startMiniStack() {
  const port = await freePort();
  const child = spawn(join(await emulators(), 'ministack'), [], {
    cwd: scratch(),
    env: {
      ...process.env,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: `${port}`,
      SFTP_ENABLED: '0',
      IOT_MTLS_ENABLED: '0',
      LOG_LEVEL: 'WARNING',
    },
    stdio: 'ignore',
  });
  process.on('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/_ministack/ready`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`MiniStack ended with ${child.exitCode}`);
    await delay(100);
  }
  return {
    /** What the command line takes its region, credentials and endpoint from. */
    environment: {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: url,
    },
    async createStream(name, shards) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'Kinesis_20131202.CreateStream',
          // It takes the region from there, and checks nothing.
          authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/kinesis/aws4_request, Signature=0',
        },
        body: JSON.stringify({ StreamName: name, ShardCount: shards }),
      });
      if (!response.ok) throw new Error(`no stream: ${await response.text()}`);
    },
    /** Seconds of processor time it has taken so far (proc_pid_stat(5): fields 14 and 15, in ticks of 10 ms). */
    processorSeconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    stop: () => child.kill('SIGKILL'),
  };
}

/** Where the tests keep their programs of Python. */
async function emulators() {
  const source = fileURLToPath(new URL('../tests/python/environment.ts', import.meta.url));
  const outfile = fileURLToPath(new URL('../node_modules/.cache/alakazam-bench/environment.mjs', import.meta.url));
  await build({
    entryPoints: [source],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    define: { 'import.meta.url': JSON.stringify(new URL('../tests/python/environment.ts', import.meta.url).href) },
  });
  return (await import(outfile)).pythonEnvironment('emulators');
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
