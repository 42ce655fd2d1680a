/** Where the connector comes from, and what is said where it doesn't. The engine test runs the jar itself. */
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flinkConnector } from '../../src/rate-alarm/flink-connector.js';
import { temporaryDirectory } from '../run-cli.js';

/** A Maven that does this. */
function mavenThat(does: string): string {
  const path = join(temporaryDirectory(), 'mvn');
  writeFileSync(path, `#!/bin/sh\n${does}\n`);
  chmodSync(path, 0o755);
  return path;
}

const COORDINATES = 'org.apache.flink:flink-connector-kinesis:4.3.0-1.19 and 8 libraries';
const WAYS =
  /mvn on the path.*--flink-connector with a directory of flink-connector-kinesis-4\.3\.0-1\.19\.jar, .*or with/;

test.each([
  [
    'there is none',
    '/nowhere/mvn',
    `the rate alarm needs ${COORDINATES}, and there is no /nowhere/mvn that fetches them`,
  ],
  [
    'it finds nothing',
    mavenThat('echo "[ERROR] Could not find artifact"; echo "[ERROR] more"; exit 1'),
    `the rate alarm needs ${COORDINATES}; Maven: Could not find artifact`,
  ],
  ['it dies', mavenThat('exit 3'), `the rate alarm needs ${COORDINATES}; Maven: exit code 3`],
])('names the coordinates and both ways where Maven is asked and %s', async (_, mvn, message) => {
  const cacheDirectory = temporaryDirectory();
  await expect(flinkConnector({ cacheDirectory, mvn })).rejects.toMatchObject({
    code: 'failed',
    message,
    hint: expect.stringMatching(WAYS),
  });
  expect(readdirSync(cacheDirectory)).toEqual([]);
});

test('takes no other file than the one that was tested, from the user or from Maven', async () => {
  const [directory, cacheDirectory] = [temporaryDirectory(), temporaryDirectory()];
  const part = join(directory, 'flink-connector-kinesis-4.3.0-1.19.jar');
  // Of nothing, by sha256sum.
  const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const refusal = { code: 'usage', hint: expect.stringMatching(WAYS) };

  const missing = `${directory} has no flink-connector-kinesis-4.3.0-1.19.jar`;
  await expect(flinkConnector({ given: directory, cacheDirectory })).rejects.toMatchObject({
    ...refusal,
    message: missing,
  });
  writeFileSync(part, '');
  const other = expect.stringContaining(`is another file: its SHA-256 is ${sha256}, not 458071bc`);
  await expect(flinkConnector({ given: directory, cacheDirectory })).rejects.toMatchObject({
    ...refusal,
    message: other,
  });
  const jar = expect.stringContaining(`${part} is another file: its SHA-256 is ${sha256}, not ae9b956a`);
  await expect(flinkConnector({ given: part, cacheDirectory })).rejects.toMatchObject({ ...refusal, message: jar });
  const mvn = mavenThat('cd "$(dirname "$4")" && : > flink-connector-kinesis-4.3.0-1.19.jar');
  await expect(flinkConnector({ cacheDirectory, mvn })).rejects.toMatchObject({ ...refusal, message: other });
  const nowhere = { message: expect.stringMatching(/^--flink-connector: can't read \/nowhere: ENOENT/) };
  await expect(flinkConnector({ given: '/nowhere', cacheDirectory })).rejects.toMatchObject({ ...refusal, ...nowhere });
  expect(readdirSync(cacheDirectory)).toEqual([]);
});
