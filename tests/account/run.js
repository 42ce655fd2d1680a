/**
 * The pipeline in a real AWS account, from `deploy` to `destroy`: `npm run test:aws -- --yes`. It makes a stack of its own, under
 * a budget of five dollars where the region has budgets, and takes it away again whatever happens. CI never runs it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ALAKAZAM = fileURLToPath(new URL('../../bin/alakazam.js', import.meta.url));
const COUNT = 20_000;
const BUDGET_USD = 5;
/** Metrics and the table's changes take a while to come. */
const SETTLE_MS = 90_000;
/** Firehose holds orders back for five minutes by default. */
const DELIVERY_MS = 900_000;

const home = mkdtempSync(join(tmpdir(), 'alakazam-account-'));
const stack = `alakazam-test-${Date.now().toString(36)}`;
const environment = { ...process.env, ALAKAZAM_HOME: home, ALAKAZAM_TARGET: 'aws', ALAKAZAM_STACK: stack };
let failures = 0;

if (!process.argv.includes('--yes')) {
  console.error('This makes a stack in the AWS account you are signed in to, and takes it away again.');
  console.error('It costs well under a dollar. If you mean it: npm run test:aws -- --yes');
  process.exit(2);
}

/** Runs a command, shows what it says, and gives back its exit code and answer. */
async function alakazam(...args) {
  console.log(`\n$ alakazam ${args.join(' ')}`);
  const child = spawn(process.execPath, [ALAKAZAM, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  console.log(stdout.length > 2000 ? `${stdout.slice(0, 2000)}…` : stdout);
  return { code, stdout };
}

function expect(what, isSo) {
  console.log(`${isSo ? 'ok    ' : 'FAILED'}  ${what}`);
  if (!isSo) failures++;
}

const until = async (what, isSo, longestMs = SETTLE_MS) => {
  const endMs = Date.now() + longestMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) return expect(what, false);
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
  return expect(what, true);
};

let interrupts = 0;
// The stack goes before this process does.
process.on('SIGINT', () => {
  interrupts++;
  console.error('the stack is taken away first; Ctrl-C once more leaves it');
  if (interrupts > 1) process.exit(130);
});

try {
  const doctor = await alakazam('doctor', '-o', 'json');
  const blocked = JSON.parse(doctor.stdout).filter(({ name, isGood }) => !isGood && /credentials|region/.test(name));
  if (blocked.length > 0) throw new Error(blocked.map(({ finding }) => finding).join('; '));

  // 20 regions have no budgets. There `diff` refuses one, and it would fail in the same way for anything else that is wrong.
  const budget = ['-p', `MonthlyBudgetUsd=${BUDGET_USD}`];
  const hasBudgets = (await alakazam('diff', ...budget)).code === 3;
  if (!hasBudgets) console.log('no budget in this region');
  const deployed = await alakazam('deploy', '--yes', ...(hasBudgets ? budget : []), '-o', 'json');
  expect('deploy succeeds', deployed.code === 0);
  expect('a second deploy has nothing to do', (await alakazam('diff')).code === 0);

  const generated = await alakazam('generate', '--count', String(COUNT), '-o', 'json');
  expect(`${COUNT} orders are streamed`, JSON.parse(generated.stdout).streamed === COUNT);
  const verified = JSON.parse((await alakazam('verify', '-o', 'json')).stdout);
  expect('verify passes', verified.pass === true && verified.streamed === COUNT);
  const tail = await alakazam('tail', 'orders', '-n', '10', '--no-follow', '-o', 'json');
  const orders = JSON.parse(tail.stdout);
  expect('tail shows the last ten', orders.length === 10);
  const history = await alakazam('history', '--customer', String(orders[0].customerId), '-o', 'json');
  expect('their customer has a history', JSON.parse(history.stdout).orders.length > 0);
  const order = await alakazam('history', '--order', orders[0].orderId, '-o', 'json');
  expect('an order is found by its id', JSON.parse(order.stdout).orderId === orders[0].orderId);

  await until('metrics arrive', async () => {
    const { parts } = JSON.parse((await alakazam('status', '-o', 'json')).stdout);
    return parts.some(({ throughput }) => /^[1-9][\d,]* put/.test(throughput));
  });
  const status = JSON.parse((await alakazam('status', '-o', 'json')).stdout);
  for (const { name, isHealthy, health } of status.parts) expect(`${name}: ${health}`, isHealthy);
  expect('a replay of nothing is no trouble', (await alakazam('status', '--replay')).code === 0);
  const asked = async (...args) => JSON.parse((await alakazam('query', ...args, '-o', 'json')).stdout || '[]');
  let attempts = 0;
  await until(
    'every order comes into the warehouse',
    // The same question within five minutes would get the same answer again.
    async () => (await asked('--sql', `SELECT count(*) AS n, ${++attempts} AS attempt FROM orders`))[0]?.n === COUNT,
    DELIVERY_MS,
  );
  const held = JSON.parse((await alakazam('verify', '-o', 'json')).stdout);
  expect('verify finds each order in the lake', held.pass === true && held.views.lake.held === COUNT);
  const lake = JSON.parse((await alakazam('lake', 'backfill', '-o', 'json')).stdout);
  expect('a backfill has nothing to do', lake.arrivals >= COUNT && lake.months.every(({ files }) => files > 0));
  expect('a named query is answered', (await asked('top-products', '-p', 'country=United Kingdom')).length === 10);
  expect('a parameter is a value', (await asked('top-products', '-p', "country=O'Brien; DROP")).length === 0);
  const sql = "SELECT '' AS empty, CAST(NULL AS varchar) AS nothing, CAST(2.50 AS decimal(18, 6)) AS price";
  expect(
    'values are as they are',
    JSON.stringify(await asked('--sql', sql)) === '[{"empty":"","nothing":null,"price":"2.5"}]',
  );
  // Large enough for its file to be read.
  const arrivals = await asked('--sql', 'SELECT * FROM order_arrivals');
  expect('a large answer comes whole', new Set(arrivals.map((each) => each.order_id)).size === COUNT);
  expect(
    'guests have no customer in it',
    arrivals.some((each) => each.customer_id === null),
  );
  expect('a plan says what it may cost', /at most/.test((await alakazam('query', 'top-products', '--explain')).stdout));
  expect('a mistake is shown', (await alakazam('query', '--sql', 'SELECT stok_code FROM orders')).code === 2);
  expect('a parameter can be changed', (await alakazam('deploy', '--yes', '-p', 'LogRetentionDays=1')).code === 0);

  expect('destroy keeps the data', (await alakazam('destroy', '--yes')).code === 0);
  const again = JSON.parse((await alakazam('deploy', '--yes', '-o', 'json')).stdout);
  expect('a new stack adopts it', again.changes.filter(({ action }) => action === 'adopt').length === 3);
  const kept = await alakazam('history', '--customer', String(orders[0].customerId), '-o', 'json');
  expect('the history is the same', kept.stdout === history.stdout);
} catch (error) {
  expect(`no error: ${error.message}`, false);
} finally {
  const destroyed = await alakazam('destroy', '--with-data', '--yes');
  expect('destroy leaves nothing', destroyed.code === 0);
  rmSync(home, { recursive: true, force: true });
}
console.log(failures === 0 ? '\nall of it works' : `\n${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
