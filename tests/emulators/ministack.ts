/** MiniStack, an emulator of AWS that others made, for the tests of one file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { pythonEnvironment } from '../python/environment.js';
import { temporaryDirectory } from '../run-cli.js';
import { emulatorEnvironment } from './environment.js';
import { answers, type Server, useServer } from './server.js';

/** Starts before the tests of the file and ends with them; the SDK of this process talks to it. */
export function useMiniStack({
  stacks = true,
}: {
  /** Whether the tests deploy or ask for a stack. */ stacks?: boolean;
} = {}): Server {
  const directory = temporaryDirectory();
  const server = useServer(
    async (port) => ({
      command: join(await pythonEnvironment('emulators'), 'python'),
      args: [join(import.meta.dirname, 'start-ministack.py')],
      cwd: directory,
      env: {
        TMPDIR: directory,
        STATE_DIR: directory,
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: `${port}`,
        SFTP_ENABLED: '0',
        IOT_MTLS_ENABLED: '0',
        LOG_LEVEL: 'WARNING',
      },
    }),
    // It writes this file when it has found the port free: before that, what answers on the port is another's.
    async (url, port) => existsSync(join(directory, `ministack-${port}.pid`)) && answers(`${url}/_ministack/ready`),
  );
  beforeAll(async () => {
    Object.assign(process.env, emulatorEnvironment(server.url));
    if (stacks) await loadCloudFormation(server.url);
  });
  return server;
}

/** It loads all services when it is first asked, for seconds of work: longer than anybody waits for a first answer. */
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
