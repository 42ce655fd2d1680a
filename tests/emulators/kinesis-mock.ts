/** kinesis-mock, an emulator of Kinesis that others made. It splits and merges shards, which MiniStack doesn't. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { beforeAll } from 'vitest';
import { emulatorEnvironment } from './environment.js';
import { answers, freePort, type Server, useServer } from './server.js';

/** Starts before the tests of the file and ends with them; the SDK of this process talks to it. */
export function useKinesisMock(): Server {
  const main = createRequire(import.meta.url).resolve('kinesis-local');
  const durations = ['CREATE_STREAM', 'SPLIT_SHARD', 'MERGE_SHARDS'].map((what) => [`${what}_DURATION`, '50ms']);
  const server = useServer(
    async (port) => ({
      command: process.execPath,
      args: [main],
      // It wants its certificate in the directory it runs in.
      cwd: dirname(main),
      env: {
        KINESIS_MOCK_PLAIN_PORT: `${port}`,
        KINESIS_MOCK_TLS_PORT: `${await freePort()}`,
        ...Object.fromEntries(durations),
      },
    }),
    (url) => answers(`${url}/healthcheck`),
  );
  beforeAll(() => {
    Object.assign(process.env, emulatorEnvironment(server.url));
  });
  return server;
}
