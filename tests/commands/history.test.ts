import { beforeAll, describe, expect, test } from 'vitest';
import { runCli, temporaryDirectory } from '../run-cli.js';
import { HEADER, SAMPLE, writeFile } from './sample.js';

const directory = temporaryDirectory();
const home = temporaryDirectory();
const run = (args: string) => runCli(args.split(' '), { home });

const MORE = `541000,A-1,HYPHEN,2,1/13/2011 9:00,0.001,17850,United Kingdom
541001,B,LATER,10,6/1/2011 10:30,1.10,17850,United Kingdom
`;

beforeAll(async () => {
  const path = writeFile(directory, 'orders.csv', SAMPLE + MORE);
  expect((await run(`generate --source ${path}`)).code).toBe(0);
});

describe('history', () => {
  test('-o json has the shape others rely on, oldest first', async () => {
    const { code, stdout, stderr } = await run('history --customer 17850 -o json');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `{"customerId":17850,"orders":[${[
        '{"orderId":"536365-85123A","invoiceNo":"536365","stockCode":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"orderDate":"2010-12-01T08:26:00","unitPrice":"2.55","customerId":17850,"country":"United Kingdom"}',
        '{"orderId":"536365-22752","invoiceNo":"536365","stockCode":"22752","description":"SET 7 BABUSHKA NESTING BOXES, \\"LARGE\\"","quantity":2,"orderDate":"2010-12-01T08:26:00","unitPrice":"7.65","customerId":17850,"country":"United Kingdom"}',
        '{"orderId":"536365-85123A-2","invoiceNo":"536365","stockCode":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":1,"orderDate":"2010-12-01T08:26:00","unitPrice":"2.55","customerId":17850,"country":"United Kingdom"}',
        '{"orderId":"C536379-D","invoiceNo":"C536379","stockCode":"D","description":"Discount","quantity":-1,"orderDate":"2010-12-01T09:41:00","unitPrice":"27.50","customerId":17850,"country":"United Kingdom"}',
        '{"orderId":"536390-22941","invoiceNo":"536390","stockCode":"22941","description":"CHRISTMAS LIGHTS 10 REINDEER, £8","quantity":2,"orderDate":"2010-12-01T10:19:00","unitPrice":"8.50","customerId":17850,"country":"United Kingdom"}',
        '{"orderId":"541000-A-1","invoiceNo":"541000","stockCode":"A-1","description":"HYPHEN","quantity":2,"orderDate":"2011-01-13T09:00:00","unitPrice":"0.001","customerId":17850,"country":"United Kingdom"}',
        '{"orderId":"541001-B","invoiceNo":"541001","stockCode":"B","description":"LATER","quantity":10,"orderDate":"2011-06-01T10:30:00","unitPrice":"1.10","customerId":17850,"country":"United Kingdom"}',
      ].join(',')}],"totals":{"orders":7,"invoices":5,"spent":"61.152","returned":"27.5"}}\n`,
    );
  });

  test.each([
    ['--since 2011-01-13', ['541000', '541001']],
    ['--until 2010-12-02', ['536365', '536365', '536365', 'C536379', '536390']],
    ['--since 2010-12-01T09:00 --until 2011-01-13T09:00', ['C536379', '536390']],
    ['--limit 2', ['541000', '541001']],
    ['--limit 4', ['C536379', '536390', '541000', '541001']],
    ['--limit 1 --until 2010-12-01T09:00', ['536365', '536365', '536365']],
  ])('%s', async (args, invoices) => {
    const { stdout } = await run(`history --customer 17850 ${args} -o json`);
    const { orders, totals } = JSON.parse(stdout);
    expect(orders.map(({ invoiceNo }: { invoiceNo: string }) => invoiceNo)).toEqual(invoices);
    expect(totals).toMatchObject({ orders: invoices.length, invoices: new Set(invoices).size });
  });

  test('an unknown customer is an answer, with the nearest there are', async () => {
    const { code, stdout, stderr } = await run('history --customer 12345');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe(
      'no orders for customer 12345; its id is not in the data. The nearest that are: 12583, 15311, 17850\n',
    );
    const json = await run('history --customer 12345 -o json');
    expect(json.stdout).toBe(
      '{"customerId":12345,"orders":[],"totals":{"orders":0,"invoices":0,"spent":"0","returned":"0"}}\n',
    );
  });

  test('no order in a time is an answer', async () => {
    const { code, stderr } = await run('history --customer 17850 --since 2020-01-01');
    expect([code, stderr]).toEqual([0, 'customer 17850 has 7 orders, none in that time\n']);
  });

  test('an empty history says how to fill it', async () => {
    const { code, stderr } = await runCli(['history', '--customer', '1'], { home: temporaryDirectory() });
    expect(code).toBe(0);
    expect(stderr).toMatch(/the order history is empty; alakazam generate --count 5000 fills it/);
  });

  test('one order by its id', async () => {
    const { stdout } = await run('history --order 541000-A-1 -o json');
    expect(JSON.parse(stdout)).toMatchObject({ orderId: '541000-A-1', invoiceNo: '541000', stockCode: 'A-1' });
    const twice = JSON.parse((await run('history --order 536365-85123A-2 -o json')).stdout);
    expect(twice).toMatchObject({ orderId: '536365-85123A-2', quantity: 1 });
  });

  test.each(['536366-22633', '541000-A', '999-X', 'x'])('no order %s is an answer', async (id) => {
    const { code, stdout, stderr } = await run(`history --order ${id} -o json`);
    expect([code, stdout]).toEqual([0, 'null\n']);
    expect(stderr).toContain(`no order "${id}" of a customer`);
  });

  test('an id that two customers share shows the orders of both, and --customer one', async () => {
    const of = temporaryDirectory();
    const input = `${HEADER}1,A,MUG,1,12/1/2010 8:26,2,7,EIRE\n1,A,MUG,2,12/1/2010 8:26,2,5,EIRE\n1,B,CUP,1,12/1/2010 8:26,2,5,EIRE\n`;
    const here = (args: string) => runCli(args.split(' '), { home: of, input });
    await here('generate --source - --count 3');
    const both = JSON.parse((await here('history --order 1-A -o json')).stdout);
    // In one invoice the second line of a product has another id.
    expect(both).toMatchObject({ customerId: 7, orderId: '1-A' });
    const another = temporaryDirectory();
    const there = (args: string, text = '') => runCli(args.split(' '), { home: another, input: text });
    for (const customer of [7, 5]) {
      const { code } = await there(
        'generate --source - --count 1',
        `${HEADER}1,A,MUG,${customer},12/1/2010 8:26,2,${customer},EIRE\n`,
      );
      expect(code).toBe(0);
    }
    const { stdout, stderr } = await there('history --order 1-A -o json');
    expect(JSON.parse(stdout)).toMatchObject([
      { customerId: 5, quantity: 5 },
      { customerId: 7, quantity: 7 },
    ]);
    expect(stderr).toBe('2 customers have an order of this id; --customer chooses one\n');
    expect(JSON.parse((await there('history --order 1-A --customer 7 -o json')).stdout)).toMatchObject({ quantity: 7 });
    expect((await there('history --order 1-A --customer 6 -o json')).stdout).toBe('null\n');
    expect((await there('history --order 1-A')).stdout.split('\n')).toHaveLength(3);
    expect((await there('verify')).code).toBe(0);
  });

  test.each([
    ['--customer 17850', 0],
    ['--customer 17850 --since 2012-01-01', 1],
    ['--customer 12345', 1],
    ['--order 536365-85123A', 0],
    ['--order 536366-22633', 1],
  ])('--fail-if-empty tells a script: %s', async (args, code) => {
    const without = await run(`history ${args} -o json`);
    expect(without.code).toBe(0);
    expect(await run(`history ${args} -o json --fail-if-empty`)).toEqual({ ...without, code });
  });

  test('a pipe gets plain rows, newest invoice first', async () => {
    const rows = (await run('history --customer 17850')).stdout
      .trim()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(rows.every(({ length }) => length === 9)).toBe(true);
    const invoices = [...new Set(rows.map(([, invoice]) => invoice))];
    expect(invoices).toEqual(['541001', '541000', '536390', 'C536379', '536365']);
  });

  test.each([
    ['', /whose history\?/],
    ['--customer abc', /--customer is "abc"; valid: a whole number/],
    ['--customer 5 --since 1/2/2011', /--since is "1\/2\/2011"; valid: a day such as 2011-11-09/],
    ['--customer 5 --until 2011-13-45', /--until is "2011-13-45"/],
    ['--customer 5 --limit 0', /--limit is "0"; valid: a whole number from 1/],
  ])('history %s is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await run(`history ${args}`.trim());
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('brings itself up to date before it answers', async () => {
    const of = temporaryDirectory();
    await runCli(['generate', '--source', '-'], { home: of, input: `${HEADER}1,A,MUG,1,12/1/2010 8:26,2,5,EIRE\n` });
    expect(
      JSON.parse((await runCli(['history', '--customer', '5', '-o', 'json'], { home: of })).stdout).totals.orders,
    ).toBe(1);
  });
});
