/** Questions and the lake, process start included, against the command line of DuckDB (PyPI `duckdb-cli`) on one Parquet file. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alakazam, median, ratio, realOrders, run, scratch, withPackage } from './run.js';

const CLI = '1.5.6';
const ORDERS = 541_909;
/** The defaults of sql/top-products.sql. */
const DEFAULTS = { by: "'revenue'", limit: '10', since: 'NULL', until: 'NULL', country: 'NULL', all: 'false' };

export async function warehouse() {
  const directory = scratch();
  const duckdb = duckDbCommandLine();
  const home = join(directory, 'home');
  const orders = await realOrders(directory);
  await alakazam(['generate', '--quiet', '--source', orders, '--count', `${ORDERS}`], home);
  const parquet = join(directory, 'orders.parquet');
  await alakazam(['lake', 'export', '--quiet', '--to', parquet], home);

  const over = (sql) => ['-c', `CREATE VIEW orders AS FROM '${parquet}'; ${sql}`];
  const theirs = () => run(duckdb, over(topProducts()));
  const ours = () => alakazam(['query', 'top-products'], home);
  const first = await ratio(
    15,
    () => {
      rmSync(join(home, 'lake', 'answers'), { recursive: true, force: true });
      return ours();
    },
    theirs,
  );
  const again = await ratio(15, ours, theirs);

  const tenfold = join(directory, 'tenfold');
  for (let i = 0; i < 10; i++) {
    const again = [
      'generate',
      '--quiet',
      '--source',
      orders,
      '--count',
      `${ORDERS}`,
      ...(i > 0 ? ['--from', 'start'] : []),
    ];
    await alakazam(again, tenfold);
  }
  await alakazam(['lake', 'status', '--quiet'], tenfold);
  const files = Array.from({ length: 10 }, () => `'${parquet}'`).join(', ');
  const memory = [];
  const csv = await ratio(
    3,
    async () => {
      const one = await shell(
        `"$0" "$1" query --sql "FROM order_arrivals" -o csv > "${join(directory, 'ours.csv')}"`,
        tenfold,
      );
      memory.push(one.peakMiB);
      return one;
    },
    () => run('sh', ['-c', `"${duckdb}" -csv -c "FROM read_parquet([${files}])" > "${join(directory, 'theirs.csv')}"`]),
  );

  const rates = [];
  for (let i = 0; i < 5; i++) {
    rmSync(join(home, 'lake'), { recursive: true, force: true });
    rates.push(ORDERS / ((await alakazam(['lake', 'status', '--quiet'], home)).ms / 1000));
  }
  const peer = `the \`duckdb\` command line ${CLI} on one Parquet file`;
  return [
    {
      what: '`query top-products`, an answer that is not known',
      peer,
      goal: '≤ 1.5×',
      reached: `${first.toFixed(2)}×`,
    },
    { what: '`query top-products`, asked again', peer, goal: '≤ 1.0×', reached: `${again.toFixed(2)}×` },
    { what: '5.4 million rows to CSV', peer, goal: '≤ 1.0×', reached: `${csv.toFixed(2)}×` },
    { what: 'peak memory of that', peer: '', goal: '≤ 300 MB', reached: `${Math.round(median(memory))} MiB` },
    {
      what: '541,909 real orders into the lake, process start included',
      peer: '',
      goal: '≥ 500,000 a second',
      reached: `${Math.round(median(rates)).toLocaleString('en')} a second`,
    },
  ];
}

function shell(line, home) {
  const program = fileURLToPath(new URL('../bin/alakazam.js', import.meta.url));
  return run('sh', ['-c', line, process.execPath, program], { ALAKAZAM_HOME: home });
}

function topProducts() {
  const sql = readFileSync(new URL('../sql/top-products.sql', import.meta.url), 'utf8').replaceAll(/^--.*\n/gm, '');
  return sql.replaceAll(/(?<!:):([a-z]+)\b/g, (_, name) => DEFAULTS[name]);
}

function duckDbCommandLine() {
  // The program itself, and not the script in Python that starts it.
  const find =
    'import duckdb_cli, pathlib; print(next(p for p in pathlib.Path(duckdb_cli.__file__).parent.rglob("duckdb*") if p.is_file() and p.stat().st_size > 1e7))';
  return execFileSync(join(withPackage('duckdb-cli', CLI), 'python'), ['-c', find], { encoding: 'utf8' }).trim();
}
