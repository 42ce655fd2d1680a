/** All 541,909 real orders, with the exact figures of the file. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { describeReal, REAL_GZ } from '../fixtures/real-file.js';
import { pythonEnvironment } from '../python/environment.js';
import { runCli, temporaryDirectory } from '../run-cli.js';
import { COUNT, type Digest, digest } from './real-data.js';

const MINUTES = 60_000;
/** Ordinary ones, the largest, the first and the last; 12748 has the most invoices. */
const CUSTOMERS = [17850, 17841, 14911, 12748, 12346, 18287, 14646, 13047];

describeReal('the whole real file', () => {
  const home = temporaryDirectory();
  const dump = ['tail', 'orders', '--since', 'start', '--no-follow', '-o', 'ndjson'];
  let undisturbed: Digest;
  let histories: string[];
  let months: { month: string; orders: number }[];
  const BOTH_TABLES = `SELECT count(*) AS orders, (SELECT count(*) FROM order_arrivals) AS arrivals,
    sum(quantity * unit_price) AS revenue FROM orders`;

  async function answerTo(...asked: string[]) {
    const { code, stdout, stderr } = await runCli(['query', ...asked, '-o', 'json'], { home });
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  }

  const historyOf = async (customer: number) =>
    (await runCli(['history', '--customer', `${customer}`, '-o', 'json'], { home })).stdout;

  beforeAll(async () => {
    const { stdout, stderr, code } = await runCli(
      ['generate', '--source', REAL_GZ, '--count', `${COUNT}`, '-o', 'json'],
      { home },
    );
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^541,909 orders streamed .*, 0 rejected\n$/m)]);
    expect(JSON.parse(stdout)).toEqual({
      streamed: COUNT,
      rejected: 0,
      seconds: expect.any(Number),
      position: expect.anything(),
      exhausted: false,
    });
    undisturbed = await digest(dump, { home });
    histories = await Promise.all(CUSTOMERS.map(historyOf));
  }, 5 * MINUTES);

  test('verifies, to the last figure', async () => {
    const { stdout, code } = await runCli(['verify', '-o', 'json'], { home });
    expect(stdout).toBe(
      '{"pass":true,"streamed":541909,"rejected":0,"guests":135080,"revenue":"9747747.934","views":{"history":{"held":406829,"repeated":0,"notExpected":135080,"revenue":"8300065.814"},"lake":{"held":541909,"repeated":0,"notExpected":0,"revenue":"9747747.934"}},"proofs":{"alarm":{"surges":1}},"differences":[]}\n',
    );
    expect(code).toBe(0);
  });

  test('is in the lake, by month and country', async () => {
    expect(await answerTo('--sql', BOTH_TABLES)).toEqual([{ orders: COUNT, arrivals: COUNT, revenue: '9747747.934' }]);
    months = await answerTo('revenue-by-month');
    expect(months).toHaveLength(13);
    expect([months[0], months[11], months[12]]).toMatchObject([
      { month: '2010-12', orders: 42_481 },
      { month: '2011-11', orders: 84_711 },
      { month: '2011-12', orders: 25_525 },
    ]);
    expect(await answerTo('revenue-by-country', '-p', 'limit=5')).toMatchObject([
      { country: 'United Kingdom', revenue: '8187806.364' },
      { country: 'Netherlands', revenue: '284661.54' },
      { country: 'EIRE', revenue: '263276.82' },
      { country: 'Germany', revenue: '221698.21' },
      { country: 'France', revenue: '197403.9' },
    ]);
  });

  test('lies in the lake as other programs read it: plain Parquet, with the same rows and types', async () => {
    const python = join(await pythonEnvironment('emulators'), 'python');
    const script = fileURLToPath(new URL('read_lake.py', import.meta.url));
    const read = JSON.parse(execFileSync(python, [script, join(home, 'lake', 'orders')], { encoding: 'utf8' }));
    const expected = {
      rows: COUNT,
      ids: COUNT,
      guests: 135_080,
      revenue: '9747747.934000',
      months: 13,
      sequences: COUNT,
    };
    expect(read).toEqual({
      pyarrow: expected,
      duckdb: expected,
      types: {
        order_id: 'string',
        invoice_no: 'string',
        stock_code: 'string',
        description: 'string',
        quantity: 'int64',
        order_date: 'timestamp[us]',
        unit_price: 'decimal128(18, 6)',
        customer_id: 'int64',
        country: 'string',
        arrived_at: 'timestamp[us]',
        sequence: 'int64',
      },
    });
  });

  test('shows the first order as the issue has it', async () => {
    const { stdout } = await runCli(['history', '--order', '536365-85123A', '-o', 'json'], { home });
    expect(stdout).toBe(
      '{"orderId":"536365-85123A","invoiceNo":"536365","stockCode":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"orderDate":"2010-12-01T08:26:00","unitPrice":"2.55","customerId":17850,"country":"United Kingdom"}\n',
    );
  });

  test('has every order id once, and those that another program gives', async () => {
    const script = fileURLToPath(new URL('order_ids.py', import.meta.url));
    const [count, sha256] = execFileSync('python3', [script, REAL_GZ], { encoding: 'utf8' }).trim().split(' ');
    const hash = createHash('sha256');
    const ids = new Set<string>();
    await digest([...dump, '--guests'], { home }, (line) => {
      const id = line.slice('{"orderId":"'.length, line.indexOf('","invoiceNo"'));
      ids.add(id);
      hash.update(`${id}\n`);
    });
    expect(count).toBe(`${COUNT}`);
    expect(ids.size).toBe(COUNT);
    expect(hash.digest('hex')).toBe(sha256);
  });

  test('the course’s way overwrites 10,148 of these orders and stalls on 135,080; none is lost here', async () => {
    const table = new Set<string>();
    let poisonous = 0;
    let keyed = 0;
    const held = new Set<string>();
    await digest([...dump, '--guests'], { home }, (line) => {
      const { customerId, invoiceNo, stockCode } = JSON.parse(line) as Record<string, string | null>;
      if (customerId === null) poisonous++;
      else {
        keyed++;
        table.add(`${customerId} ${invoiceNo}-${stockCode}`);
      }
    });
    await digest(dump, { home }, (line) => {
      const { customerId, orderId } = JSON.parse(line) as Record<string, string>;
      held.add(`${customerId} ${orderId}`);
    });
    expect({ poisonous, overwritten: keyed - table.size }).toEqual({ poisonous: 135_080, overwritten: 10_148 });
    expect(held.size).toBe(406_829);
  });

  test(
    'the history holds 406,829, and a second run from the start leaves it as it was',
    async () => {
      expect(undisturbed.lines).toBe(406_829);
      const { code } = await runCli(['generate', '--source', REAL_GZ, '--count', `${COUNT}`, '--from', 'start'], {
        home,
      });
      expect(code).toBe(0);
      expect(await digest(dump, { home })).toEqual(undisturbed);
      expect(await Promise.all(CUSTOMERS.map(historyOf))).toEqual(histories);
      const { stdout } = await runCli(['verify', '-o', 'json'], { home });
      expect(JSON.parse(stdout)).toEqual({
        pass: true,
        streamed: 2 * COUNT,
        rejected: 0,
        guests: 2 * 135_080,
        revenue: '19495495.868',
        views: {
          history: { held: 406_829, repeated: 406_829, notExpected: 2 * 135_080, revenue: '8300065.814' },
          lake: { held: COUNT, repeated: COUNT, notExpected: 0, revenue: '9747747.934' },
        },
        // One, or two if a minute passed between the two runs.
        proofs: { alarm: { surges: expect.any(Number) } },
        differences: [],
      });
      expect(await answerTo('--sql', BOTH_TABLES)).toEqual([
        { orders: COUNT, arrivals: 2 * COUNT, revenue: '9747747.934' },
      ]);
      expect(await answerTo('revenue-by-month')).toEqual(months);
    },
    5 * MINUTES,
  );
});
