/** docs/json-output.md is true of the embedded target: the fields that it lists are those that the built command line writes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tamper } from './fixtures/tampered.js';
import { COLUMNS_OF, expectColumns, expectFields, FIELDS_OF, rowsOf } from './json-output.js';
import { type CliOptions, runCli, startCli, temporaryDirectory } from './run-cli.js';

const directory = temporaryDirectory();
const file = join(directory, 'orders.csv');
const home = join(directory, 'home');
const written = async (args: string, at: Partial<CliOptions> = {}) =>
  (await runCli(args.split(' '), { home, ...at })).stdout;
const json = async (args: string, at: Partial<CliOptions> = {}) => JSON.parse(await written(`${args} -o json`, at));
const rows = async (args: string, at: Partial<CliOptions> = {}) => rowsOf(await written(`${args} -o ndjson`, at));

beforeAll(async () => {
  writeFileSync(
    file,
    `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536366,22633,HAND WARMER UNION JACK,6,12/1/2010 8:28,1.85,,France
no order
C536379,D,Discount,-1,12/1/2010 9:41,27.50,17850,United Kingdom
`,
  );
  await written(`generate --source ${file}`);
});

describe('an order', () => {
  const orders = [
    'tail orders --since start --no-follow',
    'tail orders --guests --no-follow',
    'history --customer 17850',
  ];

  test('has the same fields wherever it is written', async () => {
    for (const command of orders) expectFields(await rows(command), 'order');
    for (const command of orders.slice(0, 2)) expectFields(await json(command), 'order');
    expectFields(await rows('generate --dry-run --count 50'), 'order');
    expectFields([await json('history --order 536365-85123A')], 'order');
    expect(await json('history --order none')).toBeNull();
  });

  test('has the same columns in CSV', async () => {
    for (const command of [...orders, 'history --order 536365-85123A', 'generate --dry-run --count 5']) {
      expectColumns(await written(`${command} -o csv`), 'order');
    }
  });
});

test('generate', async () => {
  const fresh = { home: join(directory, 'fresh') };
  const [before, after] = [await json('generate --count 0', fresh), await json('generate --count 5', fresh)];
  expect([before.position, typeof after.position]).toEqual([null, 'object']);
  expectFields([before, after], 'generate');
  expectFields(await rows('generate --count 5', fresh), 'generate');
  expectColumns(await written('generate --count 5 -o csv', fresh), 'generate');
});

test('history', async () => {
  expectFields([await json('history --customer 17850'), await json('history --customer 1')], 'history');
});

test('verify', async () => {
  const result = await json('verify');
  expect(Object.keys(result.views)).toEqual(['history', 'lake']);
  const lossy = { home: join(directory, 'lossy') };
  await written(`generate --source ${file}`, lossy);
  await loseCustomer(lossy.home, 17850);
  expectFields([result, await json('verify', lossy)], 'verify', ['since', 'views.*.notDue']);
  expectFields(await rows('verify'), 'verify ndjson');
  expectColumns(await written('verify -o csv'), 'verify');
});

/** Takes a customer's orders out of the history, as no alakazam would. */
const loseCustomer = (from: string, customer: number) =>
  tamper(join(from, 'history.mdb'), 'customers', (customers) => void customers.removeSync([customer, 0]));

test('query', async () => {
  expectFields(await json('query --list'), 'query');
  expect(await json('query revenue-by-country')).toMatchObject([{ country: 'France', revenue: '11.1' }, {}]);
});

test('lake', async () => {
  expectFields([await json('lake status')], 'lake');
});

test('train, recommend, similar, evaluate', async () => {
  const shop = { home: join(directory, 'shop') };
  await written('generate --count 20000', shop);
  expectFields([await json('train', shop), ...(await json('train --list', shop))], 'train');
  const [customer] = await json('recommend --all -n 3', shop);
  expect(await json(`recommend --customer ${customer.customerId} -n 3`, shop)).toEqual(customer);
  expectFields([await json('recommend --customer 1', shop), customer], 'recommend');
  expectFields(await rows('recommend --all -n 3', shop), 'recommend');
  expectColumns(await written('recommend --customer 1 -o csv', shop), 'recommend');
  expectFields([await json(`similar --product ${customer.again[0].stockCode}`, shop)], 'similar');
  expect(await json('similar --product none', shop)).toBeNull();
  expectFields([await json('evaluate', shop)], 'evaluate');
});

test('alarm', async () => {
  const env = { ALAKAZAM_ALARM_COMMAND: 'cat > /dev/null', ALAKAZAM_ALARM_QUIET: '1s' };
  const surged = { home: join(directory, 'surged'), env };
  const watches = ['ndjson', 'csv'].map((format) => startCli(['alarm', 'watch', '-o', format], surged));
  await written('generate --count 50', surged);
  // It is over after a second, if they missed that it began.
  const [messages, table] = await Promise.all(watches.map((watch, i) => watch.until(1 + i)));
  for (const watch of watches) await watch.stop();
  expectFields(rowsOf((messages as string[]).join('\n')), 'alarm message', ['episodes[]']);
  expectColumns((table as string[]).join('\n'), 'alarm message');

  const fresh = { home: join(directory, 'no-orders') };
  expectFields([await json('alarm', fresh), await json('alarm', surged)], 'alarm');
  expectFields(await rows('alarm', surged), 'alarm');
  expectColumns(await written('alarm -o csv', surged), 'alarm');
  expectFields(await json('alarm history', surged), 'episode');
  expectFields(await rows('alarm history', surged), 'episode');
  expectColumns(await written('alarm history -o csv', surged), 'episode');
  const [{ top }] = await json('alarm history', surged);
  expectFields([top], 'shares');
  expectFields([top.customer], 'customer share');
  expectFields(await json('alarm test', surged), 'alarm test');
  expectFields(await rows('alarm test', surged), 'alarm test');
  expectColumns(await written('alarm test -o csv', surged), 'alarm test');
});

test('rejected', async () => {
  expectFields(await json('rejected'), 'rejected');
  expectFields(await rows('rejected'), 'rejected');
  expectColumns(await written('rejected -o csv'), 'rejected');
});

test('doctor', async () => {
  // Nothing listens at port 9: no check gets far, and each says what to do.
  const unreachable = {
    env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_EC2_METADATA_DISABLED: 'true', HOME: home },
  };
  expectFields([...(await json('doctor')), ...(await json('doctor --target aws', unreachable))], 'doctor');
  expectFields(await rows('doctor'), 'doctor', ['hint', 'isRequired']);
  expectColumns(await written('doctor -o csv'), 'doctor');
});

test('config', async () => {
  expectFields(await json('config'), 'config');
  expectFields(await rows('config'), 'config');
  expectColumns(await written('config -o csv'), 'config');
});

test('help exit-codes', async () => {
  expectFields(await json('help exit-codes'), 'exit code');
  expectFields(await rows('help exit-codes'), 'exit code');
  expectColumns(await written('help exit-codes -o csv'), 'exit code');
});

describe('the page', () => {
  const ON_AWS = [
    'rejected record',
    'deploy',
    'event',
    'diff',
    'change',
    'status',
    'part',
    'cost',
    'cost item',
    'remainder',
    'training',
  ];
  const HERE = [
    'order',
    'generate',
    'history',
    'query',
    'lake',
    'train',
    'recommend',
    'similar',
    'evaluate',
    'alarm',
    'alarm message',
    'alarm test',
    'episode',
    'shares',
    'customer share',
    'verify',
    'verify ndjson',
    'rejected',
    'doctor',
    'config',
    'exit code',
  ];

  test('has no table that no test looks at', () => {
    const names = new Set([...FIELDS_OF.keys(), ...COLUMNS_OF.keys()]);
    expect([...names].sort()).toEqual([...ON_AWS, ...HERE].sort());
  });
});
