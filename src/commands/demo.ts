import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetOf } from '../assets.js';
import { type Context, defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import { text } from '../options.js';
import { duration } from '../terminal/numbers.js';

const MARK = '# made by alakazam demo; it may be deleted';

export const demo = defineCommand({
  name: 'demo',
  summary: 'see what it does, in twenty seconds',
  examples: [['alakazam demo', 'in ./alakazam-demo, which is left to play with']],
  options: {
    directory: { flags: '--directory <path>', about: 'where to do it', parse: text, fallback: 'alakazam-demo' },
  },
  async run(context, { directory }) {
    const { terminal, signal } = context;
    const path = resolve(context.directory, directory);
    prepare(path);
    const startMs = performance.now();
    const show = (title: string, line: string, options?: ShowOptions) =>
      signal.aborted ? Promise.resolve() : showCommand(context, path, title, line, options);

    await show('Stream 20,000 orders of the built-in shop, durably', 'alakazam generate --count 20000');
    await show(
      'See the last that arrived (without --no-follow it waits for more)',
      'alakazam tail orders -n 5 --no-follow',
    );
    const customer = await aCustomer(path);
    await show('One customer, newest invoice first', `alakazam history --customer ${customer} --limit 1`);
    writeFileSync(join(path, 'orders.csv'), ORDERS_WITH_FAULTS);
    await show('A file with faults in it costs nothing but its faulty lines', 'alakazam generate --source orders.csv');
    await show('What was not an order is kept, with the reason', 'alakazam rejected');
    await show('Pull the plug in the middle of a run …', 'alakazam generate --count 2000000', { killAfterMs: 1200 });
    await show('… and go on: it continues where it was', 'alakazam generate --count 20000');
    await show('Prove that nothing was lost and nothing came twice', 'alakazam verify');

    const home = relative(context.directory, path) || '.';
    const seconds = (performance.now() - startMs) / 1000;
    terminal.say(
      `\nThat took ${duration(seconds)}. It is all still there to play with:\n\n  cd ${home}\n  alakazam tail orders --customer ${customer}\n  alakazam generate --rate 20 --count 1000`,
    );
    return undefined;
  },
});

function prepare(path: string): void {
  const isOurs = existsSync(join(path, '.alakazamrc'));
  if (existsSync(path) && !isOurs && readdirSync(path).length > 0) {
    throw new AlakazamError('usage', `${path} is there already and is not a demo's; --directory takes another`, {
      hint: 'alakazam demo --directory /tmp/alakazam-demo',
    });
  }
  if (isOurs) rmSync(join(path, '.alakazam'), { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '.alakazamrc'), `${MARK}\ntarget: local\n`);
}

interface ShowOptions {
  /** Kills it, as a crash would. */
  readonly killAfterMs?: number;
}

async function showCommand(
  { terminal }: Context,
  path: string,
  title: string,
  line: string,
  { killAfterMs }: ShowOptions = {},
) {
  await terminal.write(`\n${terminal.style('dim', `# ${title}`)}\n${terminal.style('bold', `$ ${line}`)}\n`);
  const child = await run(path, line, ['ignore', 'inherit', 'inherit']);
  if (killAfterMs === undefined) {
    await child.ended;
    return;
  }
  const timer = setTimeout(() => child.process.kill('SIGKILL'), killAfterMs);
  await child.ended;
  clearTimeout(timer);
  await terminal.write(`${terminal.style('red', 'Killed')} (kill -9)\n`);
}

async function run(path: string, line: string, stdio: ('ignore' | 'inherit' | 'pipe')[]) {
  const { spawn } = await import('node:child_process');
  const program = fileURLToPath(assetOf('bin/alakazam.js'));
  const child = spawn(process.execPath, [program, ...line.split(' ').slice(1)], { cwd: path, stdio });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { process: child, ended };
}

/** The customer of the last order there is. */
async function aCustomer(path: string): Promise<number> {
  const { process: child, ended } = await run(path, 'alakazam tail orders -n 1 --no-follow -o ndjson', [
    'ignore',
    'pipe',
    'ignore',
  ]);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await ended;
  return (JSON.parse(output) as { customerId: number }).customerId;
}

const ORDERS_WITH_FAULTS = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,22752,"SET 7 BABUSHKA NESTING BOXES, ""LARGE""",2,12/1/2010 8:26,7.65,17850,United Kingdom
536366,22633,HAND WARMER UNION JACK,six,12/1/2010 8:28,1.85,17850,United Kingdom
536367,84879,ASSORTED COLOUR BIRD ORNAMENT,32,2/30/2010 8:34,1.69,13047,United Kingdom
536367,22745,"POPPY'S PLAYHOUSE BEDROOM,6,12/1/2010 8:34,2.1,13047,United Kingdom
536367,22748,POPPY'S PLAYHOUSE KITCHEN,6,12/1/2010 8:34,2.1,,United Kingdom
`;
