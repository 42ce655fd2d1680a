import type { ChildProcess, StdioOptions } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetOf } from '../assets.js';
import { type Context, defineCommand } from '../command.js';
import { AlakazamError, reasonOf } from '../errors.js';
import { path as pathOf } from '../options.js';
import { shellWord } from '../terminal/invocation.js';
import { duration } from '../terminal/numbers.js';
import { styled } from '../terminal/text.js';

/** First line of the `.alakazamrc` of a directory that a demo made. */
const MARK = '# made by alakazam demo; it may be deleted';

export const demo = defineCommand({
  name: 'demo',
  summary: 'see what it does, in twenty seconds',
  examples: [['alakazam demo', 'in ./alakazam-demo, which is left to play with']],
  options: {
    directory: { flags: '--directory <path>', about: 'where to do it', parse: pathOf, fallback: 'alakazam-demo' },
  },
  async run(context, { directory }) {
    const { signal } = context;
    const path = resolve(context.directory, directory);
    prepare(path);
    const startMs = performance.now();
    const show = async (title: string, line: string, options?: ShowOptions) => {
      if (!signal.aborted) await showCommand(context, path, title, line, options);
    };

    await show('Stream 20,000 orders of the built-in shop, durably', 'alakazam generate --count 20000');
    await show(
      'See the last that arrived (without --no-follow it waits for more)',
      'alakazam tail orders -n 5 --no-follow',
    );
    const customer = await findCustomer(context, path);
    await show('One customer, newest invoice first', `alakazam history --customer ${customer}`);
    await show('What sells best, of all orders there ever were', 'alakazam query top-products -p limit=5');
    await show('Learn from all orders what each customer is likely to buy', 'alakazam train');
    await show('What to suggest to one customer, and why', `alakazam recommend --customer ${customer} -n 3`);
    await show('A file with faults in it costs nothing but its faulty lines', 'alakazam generate --source orders.csv');
    await show('What was not an order is kept, with the reason', 'alakazam rejected');
    await show('Pull the plug in the middle of a run …', 'alakazam generate --count 2000000', { killAfterMs: 1200 });
    await show('… and go on: it continues where it was', 'alakazam generate --count 20000');
    await show('Prove that nothing was lost and nothing came twice', 'alakazam verify');
    if (!signal.aborted) sayHowToGoOn(context, path, customer, (performance.now() - startMs) / 1000);
    return undefined;
  },
});

/** Makes the directory. A directory that exists must be of an earlier demo, whose files are then deleted. */
function prepare(path: string): void {
  const hint = 'alakazam demo --directory /tmp/alakazam-demo';
  try {
    const reason = existsSync(path) ? whyNotOurs(path) : undefined;
    if (reason) throw new AlakazamError('usage', `${reason}; --directory takes another`, { hint });
    mkdirSync(path, { recursive: true });
    for (const name of ['.alakazamrc', 'orders.csv', '.alakazam']) {
      rmSync(join(path, name), { recursive: true, force: true });
    }
    // Whatever the umask is: a configuration that others may write does not count.
    const settings = `${MARK}\ntarget: local\nhome: .alakazam\nseed: 1\n`;
    writeFileSync(join(path, '.alakazamrc'), settings, { flag: 'wx', mode: 0o644 });
    writeFileSync(join(path, 'orders.csv'), ORDERS_WITH_FAULTS, { flag: 'wx' });
  } catch (error) {
    if (error instanceof AlakazamError) throw error;
    const code = /^(EACCES|EPERM|EROFS)$/.test((error as NodeJS.ErrnoException).code ?? '') ? 'access' : 'failed';
    throw new AlakazamError(code, `can't make a demo in ${path}: ${reasonOf(error)}`, { hint, cause: error });
  }
}

/** Why a directory can't be used; undefined if it is empty, or if an earlier demo made it. */
function whyNotOurs(path: string): string | undefined {
  if (!statSync(path).isDirectory()) return `${path} is a file`;
  if (readdirSync(path).length === 0) return undefined;
  if (contentOf(path, '.alakazamrc')?.split('\n', 1)[0] !== MARK) return `${path} is there already and is not a demo's`;
  const orders = contentOf(path, 'orders.csv');
  return orders === undefined || orders === ORDERS_WITH_FAULTS ? undefined : `${path}/orders.csv is not the demo's`;
}

/** Contents of a file in the directory; undefined if there is no such file. */
function contentOf(path: string, name: string): string | undefined {
  const file = join(path, name);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  // A demo makes no links, and a file that is written through a link would lie elsewhere.
  return stat && (stat.isFile() ? readFileSync(file, 'utf8') : '');
}

interface ShowOptions {
  /** Kills the process after this time, as a crash would. */
  readonly killAfterMs?: number;
}

async function showCommand(
  context: Context,
  path: string,
  title: string,
  line: string,
  { killAfterMs }: ShowOptions = {},
): Promise<void> {
  const { terminal } = context;
  await terminal.write(['\n', styled('dim', `# ${title}`), '\n', styled('bold', `$ ${line}`), '\n']);
  const { process: child, ended } = await run(context, path, line, ['ignore', 'inherit', 'inherit']);
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  await ended;
  clearTimeout(timer);
  if (child.killed && !context.signal.aborted) await terminal.write([styled('red', 'Killed'), ' (kill -9)\n']);
}

interface Child {
  readonly process: ChildProcess;
  /** Resolves at the end of a command that went well or was killed on purpose. Rejects if it failed. */
  readonly ended: Promise<void>;
}

/** Runs a command line in the demo's directory, without any setting of the user's own pipeline. */
async function run({ environment, signal }: Context, path: string, line: string, stdio: StdioOptions): Promise<Child> {
  const { spawn } = await import('node:child_process');
  const program = fileURLToPath(assetOf('bin/alakazam.js'));
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('ALAKAZAM_'));
  // The demo has just emptied this directory, so no configuration of a user is in it.
  const env = { ...Object.fromEntries(others), XDG_CONFIG_HOME: join(path, '.alakazam') };
  const child = spawn(process.execPath, [program, ...line.split(' ').slice(1)], { cwd: path, stdio, env });
  const stop = () => child.kill('SIGINT');
  signal.addEventListener('abort', stop);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0 || child.killed) resolve();
      else reject(new AlakazamError('failed', `the demo ends here: ${line} ended with ${code ?? killedBy}`));
    });
  }).finally(() => signal.removeEventListener('abort', stop));
  return { process: child, ended };
}

/** Of the customers with a history that fits on a screen, the one whose order arrived last. */
async function findCustomer(context: Context, path: string): Promise<number | undefined> {
  if (context.signal.aborted) return undefined;
  const { createInterface } = await import('node:readline');
  const line = 'alakazam tail orders --since start --no-follow -o ndjson';
  const { process: child, ended } = await run(context, path, line, ['ignore', 'pipe', 'inherit']);
  const orders: string[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (order) => orders.push(order));
  await ended;
  if (context.signal.aborted) return undefined;

  const counts = new Map<number, number>();
  for (const order of orders) {
    const { customerId } = JSON.parse(order) as { customerId: number };
    const count = counts.get(customerId) ?? 0;
    // A map returns its keys in the order in which they were set, so the last key is the customer who ordered last.
    counts.delete(customerId);
    counts.set(customerId, count + 1);
  }
  const customers = [...counts].reverse();
  return (customers.find(([, count]) => count >= 3 && count <= 12) ?? customers[0])?.[0];
}

function sayHowToGoOn(
  { terminal, directory, environment }: Context,
  path: string,
  customer: number | undefined,
  seconds: number,
): void {
  const set = Object.keys(environment).filter((name) => name.startsWith('ALAKAZAM_'));
  const lines = [
    `cd ${shellWord(relative(directory, path) || '.')}`,
    // These variables would lead to the user's own pipeline.
    ...(set.length > 0 ? [`unset ${set.join(' ')}`] : []),
    `alakazam tail orders --customer ${customer}`,
    'alakazam generate --rate 20 --count 1000',
  ];
  terminal.say('');
  terminal.say(`That took ${duration(seconds)}. It is all still there to play with:`);
  terminal.say('');
  for (const line of lines) terminal.say(`  ${terminal.typed(line, path)}`);
}

const ORDERS_WITH_FAULTS = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,22752,"SET 7 BABUSHKA NESTING BOXES, ""LARGE""",2,12/1/2010 8:26,7.65,17850,United Kingdom
536366,22633,HAND WARMER UNION JACK,six,12/1/2010 8:28,1.85,17850,United Kingdom
536367,84879,ASSORTED COLOUR BIRD ORNAMENT,32,2/30/2010 8:34,1.69,13047,United Kingdom
536367,22745,"POPPY'S PLAYHOUSE BEDROOM,6,12/1/2010 8:34,2.1,13047,United Kingdom
536367,22748,POPPY'S PLAYHOUSE KITCHEN,6,12/1/2010 8:34,2.1,,United Kingdom
`;
