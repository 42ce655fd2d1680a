/** Real orders through a deployed stack, from `deploy` to `destroy`. */
import { DeleteDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { expect, test } from 'vitest';
import { emulatorEnvironment } from '../emulators/environment.js';
import { makeIdleDelivery } from '../emulators/lake.js';
import { useMiniStack } from '../emulators/ministack.js';
import { describeReal, REAL_GZ } from '../fixtures/real-file.js';
import { type CliOptions, runCli, startCli, temporaryDirectory } from '../run-cli.js';

/** Of the first 20,000 lines, reckoned with Python's csv and decimal. */
const COUNT = 20_000;
const GUESTS = 6653;
const CUSTOMERS_ORDERS = 13_347;
const REVENUE = { stream: '339603.98', history: '282093.16' };
const ORDERS_OF_17850 = 297;

describeReal('the order pipeline on AWS, end to end', () => {
  const emulator = useMiniStack();
  const home = temporaryDirectory();
  const aws = (): CliOptions => ({ home, env: { ...emulatorEnvironment(emulator.url), ALAKAZAM_TARGET: 'aws' } });

  test('diff says what deploy would do, and deploy does it', async () => {
    const diff = await runCli(['diff', '-o', 'json'], aws());
    expect(diff.code).toBe(3);
    const planned = JSON.parse(diff.stdout).changes.map(({ name }: { name: string }) => name);
    const deployed = await runCli(['deploy', '--yes', '-o', 'json'], aws());
    expect(deployed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^stack alakazam in eu-central-1 is deployed/m),
    });
    const { changes, outputs } = JSON.parse(deployed.stdout);
    expect(changes.map(({ name }: { name: string }) => name)).toEqual(planned);
    expect(await runCli(['diff'], aws())).toMatchObject({ code: 0, stdout: '' });
    // The emulator writes a file of Parquet for every record: volume goes without.
    const DeliveryStreamName = outputs.LakeDeliveryName;
    await new FirehoseClient().send(new DeleteDeliveryStreamCommand({ DeliveryStreamName }));
    await makeIdleDelivery(DeliveryStreamName, outputs.LakeBucketName);
  }, 120_000);

  test('20,000 orders come through, each once, while somebody watches', async () => {
    const tail = startCli(['tail', 'orders', '-n', '0', '-o', 'ndjson'], aws());
    const generated = await runCli(['generate', '--source', REAL_GZ, '--count', `${COUNT}`, '-o', 'json'], aws());
    expect(generated.code).toBe(0);
    expect(JSON.parse(generated.stdout)).toMatchObject({ streamed: COUNT, rejected: 0 });

    const verified = await runCli(['verify', '-o', 'json'], aws());
    expect(JSON.parse(verified.stdout)).toEqual({
      pass: true,
      streamed: COUNT,
      rejected: 0,
      guests: GUESTS,
      revenue: REVENUE.stream,
      views: {
        history: { held: CUSTOMERS_ORDERS, repeated: 0, notExpected: GUESTS, revenue: REVENUE.history },
        lake: { held: 0, repeated: 0, notExpected: 0, notDue: COUNT, revenue: '0' },
      },
      proofs: {},
      differences: [],
    });
    expect(verified.code).toBe(0);

    await tail.until(CUSTOMERS_ORDERS);
    await tail.stop();
    const ids = tail.lines.map((line) => JSON.parse(line).orderId);
    expect([ids.length, new Set(ids).size]).toEqual([CUSTOMERS_ORDERS, CUSTOMERS_ORDERS]);
  }, 300_000);

  test('each customer has a history, and each order can be found', async () => {
    const history = await runCli(['history', '--customer', '17850', '--limit', '1000', '-o', 'json'], aws());
    expect(JSON.parse(history.stdout).orders).toHaveLength(ORDERS_OF_17850);
    const order = await runCli(['history', '--order', '536365-85123A', '-o', 'json'], aws());
    expect(JSON.parse(order.stdout)).toEqual({
      orderId: '536365-85123A',
      invoiceNo: '536365',
      stockCode: '85123A',
      description: 'WHITE HANGING HEART T-LIGHT HOLDER',
      quantity: 6,
      orderDate: '2010-12-01T08:26:00',
      unitPrice: '2.55',
      customerId: 17850,
      country: 'United Kingdom',
    });
  });

  test('the same orders once more change nothing', async () => {
    await runCli(['generate', '--source', REAL_GZ, '--from', 'start', '--count', '500'], aws());
    const verified = await runCli(['verify', '-o', 'json'], aws());
    expect(JSON.parse(verified.stdout)).toMatchObject({
      pass: true,
      streamed: COUNT + 500,
      views: { history: { held: CUSTOMERS_ORDERS } },
    });
  });

  test('destroy leaves nothing when told to', async () => {
    expect(await runCli(['destroy'], aws())).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^stays\t.*HistoryTable/m),
      stderr: expect.stringMatching(/There is no terminal to answer on\n {2}add --yes/),
    });
    const destroyed = await runCli(['destroy', '--with-data', '--yes'], aws());
    expect(destroyed).toMatchObject({
      code: 0,
      stderr: 'stack alakazam in eu-central-1 is gone, and nothing is left of it\n',
    });
    expect(await runCli(['tail', 'orders'], aws())).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'error: there is no stack "alakazam" in eu-central-1\n  alakazam deploy, or set AWS_REGION to the region the stack is in\n',
    });
  }, 120_000);
});
