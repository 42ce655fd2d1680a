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
  console.error('It costs about a dollar, and takes over an hour. If you mean it: npm run test:aws -- --yes');
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

/** Trains in both places, and asks what was learned. A cluster takes about a quarter of an hour. */
async function train(customer) {
  const answer = async (...args) => {
    const { code, stdout } = await alakazam(...args, '-o', 'json');
    return code === 0 ? JSON.parse(stdout) : undefined;
  };
  const trained = await answer('train', '--serverless');
  expect('EMR Serverless trains', trained?.isInUse === true && trained.purchases > 0);
  const job = await answer('train', '--status');
  expect('the job is done, and its cost is known', job?.state === 'done' && Number(job.cost) > 0);

  const started = await answer('train', '--no-wait');
  expect('a cluster is started', /^j-/.test(started?.id) && started.state === 'running');
  const found = await answer('train');
  expect('a second call finds that training, and waits for it', found?.run === started?.run && found.isInUse);
  const [model] = (await answer('train', '--list')) ?? [];
  expect('the last model is in use', model?.run === started?.run);

  const lists = await answer('recommend', '--customer', String(customer));
  expect(
    'a customer gets recommendations',
    lists?.model === model?.run && lists.new.length > 0 && lists.again.length > 0,
  );
  const stranger = await answer('recommend', '--customer', '1');
  expect('somebody unknown gets the bestsellers', stranger?.coldStart === true && stranger.new.length > 0);
  const product = lists?.again[0]?.stockCode ?? '';
  const basket = await answer('recommend', '--basket', product);
  expect('a basket gets recommendations', basket?.new.length > 0);
  const near = await answer('similar', '--product', product);
  expect('a product has similar ones', near?.similar.length > 0 && near.boughtTogether.length > 0);
  const measured = await answer('evaluate');
  const recall = (name) => measured?.models.find((each) => each.name === name)?.all.recall10;
  expect('recommendations are measured, and beat the bestsellers', recall('recommend') > recall('popularity'));
  const everyone = await alakazam('recommend', '--all', '-n', '1', '-o', 'ndjson');
  expect('everybody gets a list', everyone.stdout.trim().split('\n').length === model?.customers);
  await trainOnStanding();
}

/** On a cluster that stands already, if somebody has one: it is too dear to be made for this. */
async function trainOnStanding() {
  const cluster = process.env.ALAKAZAM_TEST_CLUSTER;
  if (!cluster)
    return console.log('no standing cluster: ALAKAZAM_TEST_CLUSTER=j-… names one that may read and write the new lake');
  const { code, stdout } = await alakazam('train', '--cluster', cluster, '-o', 'json');
  expect('a standing cluster trains', code === 0 && JSON.parse(stdout).isInUse === true);
}

/** A cluster that is under way needs its roles until it has ended itself. */
async function endTraining() {
  const { stdout } = await alakazam('train', '--status', '-o', 'json');
  if (/"state":"running"/.test(stdout)) await alakazam('train');
  console.log('EMR leaves two security groups in the VPC: ElasticMapReduce-master and ElasticMapReduce-slave');
}

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
  const deployed = await alakazam('deploy', '--yes', '--with', 'training', ...(hasBudgets ? budget : []), '-o', 'json');
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
  await train(orders[0].customerId);
  expect('a parameter can be changed', (await alakazam('deploy', '--yes', '-p', 'LogRetentionDays=1')).code === 0);

  expect('destroy keeps the data', (await alakazam('destroy', '--yes')).code === 0);
  const again = JSON.parse((await alakazam('deploy', '--yes', '-o', 'json')).stdout);
  expect('a new stack adopts it', again.changes.filter(({ action }) => action === 'adopt').length === 3);
  const kept = await alakazam('history', '--customer', String(orders[0].customerId), '-o', 'json');
  expect('the history is the same', kept.stdout === history.stdout);
} catch (error) {
  expect(`no error: ${error.message}`, false);
} finally {
  await endTraining();
  const destroyed = await alakazam('destroy', '--with-data', '--yes');
  expect('destroy leaves nothing', destroyed.code === 0);
  rmSync(home, { recursive: true, force: true });
}
console.log(failures === 0 ? '\nall of it works' : `\n${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
