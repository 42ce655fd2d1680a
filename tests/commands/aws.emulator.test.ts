/** The command line on the AWS target, as a user types it, with the function of the stack between stream and history. */
import { describe, expect, test } from 'vitest';
import { makeEmptyLake } from '../emulators/lake.js';
import { useMiniStack } from '../emulators/ministack.js';
import { cliOn, deployFunction, makeParts } from '../emulators/order-history.js';
import { type CliOptions, runCli, startCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack();
const base = temporaryDirectory();

async function deployed(shards = 2): Promise<CliOptions> {
  const parts = await makeParts({ shards });
  await deployFunction(parts);
  return cliOn(parts, emulator, base, await makeEmptyLake(parts.stream));
}

describe('on AWS', () => {
  test('generate, verify, history and tail agree', async () => {
    const cli = await deployed();
    const generated = await runCli(['generate', '--count', '3000', '-o', 'json'], cli);
    expect(generated).toMatchObject({ code: 0 });
    expect(JSON.parse(generated.stdout)).toMatchObject({ streamed: 3000, rejected: 0 });

    const verified = await runCli(['verify', '-o', 'json'], cli);
    expect(verified).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    const result = JSON.parse(verified.stdout);
    const views = { history: { repeated: 0 }, lake: { held: 0, notDue: 3000 } };
    expect(result).toMatchObject({ pass: true, streamed: 3000, views });
    expect(result.views.history.held + result.guests).toBe(3000);

    const all = await runCli(['tail', 'orders', '--since', 'start', '--no-follow', '-o', 'json'], cli);
    const orders = JSON.parse(all.stdout) as { orderId: string; customerId: number; orderDate: string }[];
    expect(orders).toHaveLength(result.views.history.held);
    const { customerId, orderId } = orders[17] as (typeof orders)[number];
    const history = await runCli(['history', '--customer', `${customerId}`, '-o', 'json'], cli);
    expect(history.stderr).toBe('');
    const expected = orders.filter((order) => order.customerId === customerId).map(({ orderId: id }) => id);
    const found = (JSON.parse(history.stdout).orders as typeof orders).map(({ orderId: id }) => id);
    expect(found.sort()).toEqual(expected.sort());
    const one = await runCli(['history', '--order', orderId, '-o', 'json'], cli);
    expect(JSON.parse(one.stdout)).toMatchObject({ orderId, customerId });
  });

  test('generate goes on where it stopped, and streams nothing twice', async () => {
    const cli = await deployed();
    for (const count of ['100', '150']) await runCli(['generate', '--count', count], cli);
    const verified = await runCli(['verify', '-o', 'json'], cli);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      pass: true,
      streamed: 250,
      views: { history: { repeated: 0 } },
    });
  });

  test('tail sees each order once while others generate', async () => {
    const cli = await deployed();
    await runCli(['generate', '--count', '200'], cli);
    await runCli(['verify'], cli);
    const tail = startCli(['tail', 'orders', '-n', '5', '-o', 'ndjson'], cli);
    await tail.until(5);
    await runCli(['generate', '--count', '400'], cli);
    const verified = JSON.parse((await runCli(['verify', '-o', 'json'], cli)).stdout);
    const before = JSON.parse(
      (await runCli(['tail', 'orders', '--since', 'start', '--no-follow', '-o', 'json'], cli)).stdout,
    );
    expect(before).toHaveLength(verified.views.history.held);
    const firstStreamed = (await runCli(['generate', '--dry-run', '--count', '200', '-o', 'ndjson'], cli)).stdout;
    const old = firstStreamed.split('\n').filter((line) => line && JSON.parse(line).customerId !== null).length;
    await tail.until(verified.views.history.held - old + 5);
    await tail.stop();
    const ids = tail.lines.map((line) => JSON.parse(line).orderId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(verified.views.history.held - old + 5);
  });

  test('names the nearest customers of one it does not know', async () => {
    const cli = await deployed(1);
    await runCli(['generate', '--count', '100'], cli);
    await runCli(['verify'], cli);
    const { code, stdout, stderr } = await runCli(['history', '--customer', '1'], cli);
    expect(code).not.toBe(4);
    expect(stdout + stderr).toMatch(/1\b.*\d{5}/s);
  });

  test('doctor says what is there and where', async () => {
    const cli = await deployed(1);
    const { stdout } = await runCli(['doctor', '-o', 'csv'], cli);
    expect(stdout).toContain(`endpoint,true,${emulator.url}`);
    expect(stdout).toContain('credentials,true,arn:aws:iam::000000000000:root');
    expect(stdout).toMatch(/stack,false,"there is no stack ""alakazam"" in eu-central-1"/);
    expect(stdout).toMatch(/stream,true,"orders-.*: 1 shard,/);
    expect(stdout).toMatch(/order history,true,orders-/);
  });
});
