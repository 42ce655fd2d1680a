/** moto, an emulator of AWS that others made, for what MiniStack does not have. */
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { pythonEnvironment } from '../python/environment.js';
import { temporaryDirectory } from '../run-cli.js';
import { emulatorEnvironment } from './environment.js';
import { answers, type Server, useServer } from './server.js';

/** Starts before the tests of the file and ends with them; the SDK of this process talks to it. */
export function useMoto(): Server {
  const directory = temporaryDirectory();
  const server = useServer(
    async (port) => ({
      command: join(await pythonEnvironment('emulators'), 'moto_server'),
      args: ['-H', '127.0.0.1', '-p', String(port)],
      cwd: directory,
      env: { TMPDIR: directory },
    }),
    async (url) => answers(`${url}/moto-api/`),
  );
  beforeAll(() => {
    Object.assign(process.env, emulatorEnvironment(server.url));
  });
  return server;
}
