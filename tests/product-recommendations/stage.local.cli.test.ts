/** What doctor and reset hear of the models of the embedded target. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli, temporaryDirectory } from '../run-cli.js';

async function trained() {
  const home = temporaryDirectory();
  const run = async (line: string) => {
    const { code, stdout, stderr } = await runCli(line.split(' '), { home });
    return { code, stdout, stderr };
  };
  const finding = async () => {
    const checks = JSON.parse((await run('doctor -o json')).stdout) as {
      name: string;
      isGood: boolean;
      finding: string;
    }[];
    return checks.find(({ name }) => name === 'recommendations');
  };
  await run('generate --count 3000');
  expect(await finding()).toMatchObject({ isGood: true, finding: 'no model yet; alakazam recommend trains one' });
  await run('train');
  return { home, run, finding, models: join(home, 'models') };
}

/** What is among the models, but for the lock of the process that writes them. */
const left = (models: string) => readdirSync(models).filter((name) => !name.startsWith('writer.'));

test('doctor shows the model and whether it knows every order; reset deletes it', { timeout: 60_000 }, async () => {
  const { run, finding, models } = await trained();
  expect(await finding()).toMatchObject({
    isGood: true,
    finding: expect.stringMatching(
      /^model \w{12} of [\d,]+ customers and [\d,]+ products, trained .* ago; it knows every order$/,
    ),
  });
  await run('generate --count 10');
  expect((await finding())?.finding).toContain('orders may have come since');
  expect((await run('reset --yes')).stderr).toMatch(/, 1 model in /);
  expect(left(models)).toEqual([]);
  expect((await run('reset --yes')).stderr).not.toContain('model in');
});

test('doctor finds a damaged model, and reset deletes it all the same', { timeout: 60_000 }, async () => {
  const { run, finding, models } = await trained();
  const [name = ''] = readdirSync(models).filter((each) => each.endsWith('.model'));
  const bytes = readFileSync(join(models, name));
  bytes.fill(0, bytes.length / 2, bytes.length / 2 + 16);
  writeFileSync(join(models, name), bytes);
  expect(await finding()).toMatchObject({ isGood: false });
  writeFileSync(join(models, 'models.json'), 'nothing');
  expect((await run('reset --yes')).stderr).toContain('a damaged list of models in ');
  expect(left(models)).toEqual([]);
});
