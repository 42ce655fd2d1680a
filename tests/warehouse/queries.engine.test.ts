/**
 * Every named query, on every engine that it is written for, over the real file. `reckoning.py` reckons the same answers from the
 * raw file, without SQL. Cells are compared one by one.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NamedQuery, QueryParameter } from '../../src/warehouse/named-queries.js';
import { findQueries, readQuery } from '../../src/warehouse/query-files.js';
import { openDuckdb, writeOrderFiles } from '../engines/duckdb/database.js';
import { postgresBinaries, startPostgres } from '../engines/postgresql/server.js';
import type { OrderFiles, SqlAnswer, SqlEngine, SqlSchema, SqlValues } from '../engines/sql-engine.js';
import { type TrinoEnvironment, trinoEnvironment } from '../engines/trino/environment.js';
import { startTrino } from '../engines/trino/server.js';
import { describeReal, REAL_GZ } from '../fixtures/real-file.js';
import { describeUnless } from '../missing.js';
import { finish, ROOT, temporaryDirectory } from '../run-cli.js';
import { DATA_SET, DATA_SET_SQL, sqlOfVisual, VISUALS } from './quicksight-visuals.js';

const queries = [...findQueries(undefined).values()].map(readQuery);

/** An answer that was reckoned: of this query, with these values of parameters and defaults for the rest. */
interface Case extends SqlAnswer {
  readonly query: string;
  readonly values: SqlValues;
}

const postgres = await postgresBinaries();
const trino = await trinoEnvironment().catch((error: Error) => error.message);

const fallbacks = ({ parameters }: NamedQuery): SqlValues =>
  Object.fromEntries(parameters.map(({ name, fallback }) => [name, fallback ?? null]));

/** Decimals without zeros at their end: engines differ in how many places they show. */
const comparable = ({ columns, rows }: SqlAnswer): SqlAnswer => ({
  columns,
  rows: rows.map((row) =>
    row.map(
      (cell) => cell?.replace(/^(-?\d+)\.(\d*?)0*$/, (_, whole, rest) => (rest ? `${whole}.${rest}` : whole)) ?? null,
    ),
  ),
});

describeReal('named queries over the real file', () => {
  let files: OrderFiles;
  let cases: readonly Case[];
  let duckdb: SqlEngine;

  beforeAll(async () => {
    const reckoned = finish(spawn('python3', [join(ROOT, 'tests', 'warehouse', 'reckoning.py'), REAL_GZ]));
    files = await writeOrderFiles(REAL_GZ, temporaryDirectory());
    duckdb = await openDuckdb(files);
    const { code, stdout, stderr } = await reckoned;
    if (code !== 0) throw new Error(`the reckoning ended with ${code}: ${stderr}`);
    cases = JSON.parse(stdout) as Case[];
  }, 600_000);
  afterAll(() => duckdb?.close());

  test('the reckoning has an answer with defaults, and one with values, of every query', () => {
    const have = (isDefault: boolean) =>
      new Set(cases.filter(({ values }) => (Object.keys(values).length === 0) === isDefault).map(({ query }) => query));
    const names = queries.map(({ name }) => name).sort();
    expect([...have(true)].sort()).toEqual(names);
    expect([...have(false)].sort()).toEqual(names);
    expect(cases.every(({ rows }) => rows.length > 0)).toBe(true);
  });

  describe('DuckDB', () => dashboardOn(onEngine(async () => duckdb)));

  // Athena is Trino, and QuickSight asks Athena.
  describeUnless(typeof trino === 'string' ? trino : undefined, 'Trino', () =>
    dashboardOn(onEngine(() => startTrino(trino as TrinoEnvironment, temporaryDirectory(), files))),
  );

  const why = postgres ? undefined : 'there is no package with PostgreSQL for this platform';
  describeUnless(why, 'PostgreSQL', () =>
    onEngine(() => startPostgres(postgres as NonNullable<typeof postgres>, temporaryDirectory(), files)),
  );

  function onEngine(start: () => Promise<SqlEngine>): () => SqlEngine {
    let engine: SqlEngine;
    beforeAll(async () => {
      engine = await start();
    }, 300_000);
    afterAll(async () => {
      if (engine !== duckdb) await engine?.close();
    });

    const ask = async (query: NamedQuery, values: SqlValues, schema: SqlSchema) =>
      comparable(await engine.query(query.sql, { ...fallbacks(query), ...values }, schema));

    // The pairs of products take long where an engine has little of the machine.
    test.each(queries)('$name answers as reckoned', { timeout: 600_000 }, async (query) => {
      const own = cases.filter((each) => each.query === query.name);
      for (const { values, ...expected } of own) {
        expect({ values, ...(await ask(query, values, 'real')) }).toEqual({ values, ...comparable(expected) });
      }
    });

    test.each(queries)(
      '$name takes every choice, and a value for every parameter',
      { timeout: 600_000 },
      async (query) => {
        for (const values of variants(query)) {
          const answer = await ask(query, values, 'real');
          const onDuckdb = await duckdb.query(query.sql, { ...fallbacks(query), ...values }, 'real');
          expect({ values, ...answer }).toEqual({ values, ...comparable(onDuckdb) });
        }
      },
    );

    test.each(queries)('$name has an answer about no orders', async (query) => {
      const { rows } = await ask(query, {}, 'empty');
      // Findings keep their rows.
      expect(rows.map(([, count]) => count)).toEqual(query.name === 'data-quality' ? Array(9).fill('0') : []);
    });
    return () => engine;
  }

  /** What the dashboard of QuickSight shows, as the named queries' rules have it. */
  function dashboardOn(engine: () => SqlEngine): void {
    const shown: Record<string, readonly [query: string, cellsOf: (row: Record<string, string | null>) => unknown[]]> =
      {
        'revenue-by-month': ['revenue-by-month', ({ month, revenue }) => [month, revenue]],
        'top-products': ['top-products', (row) => [`${row['stock_code']} ${row['description']}`, row['revenue']]],
        countries: ['revenue-by-country', ({ country, revenue }) => [country, revenue]],
        'busiest-hours': ['busiest-hours', ({ weekday, hour, orders }) => [weekday, hour, orders]],
      };

    test('the dashboard has these visuals, and the data set its columns', async () => {
      expect(VISUALS.map(({ VisualId }) => VisualId)).toEqual(Object.keys(shown));
      const { columns } = await engine().query(DATA_SET_SQL, {}, 'empty');
      expect(columns).toEqual(DATA_SET.Columns.map(({ Name }) => Name));
    });

    test.each(Object.keys(shown))('the visual %s shows what was reckoned', async (visual) => {
      const [query, cellsOf] = shown[visual] as NonNullable<(typeof shown)[string]>;
      const { columns, rows } = comparable(
        cases.find((each) => each.query === query && Object.keys(each.values).length === 0) as Case,
      );
      const expected = rows.map((row) => cellsOf(Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]))));
      const answer = comparable(await engine().query(sqlOfVisual(visual), {}, 'real'));
      // A month is shown by its first day.
      expect(answer.rows.map(([first, ...rest]) => [first?.replace(/^(\d{4}-\d\d)-01\b.*$/, '$1'), ...rest])).toEqual(
        expected,
      );
    });
  }
});

/** Each choice in turn, with a value for every other parameter. */
function variants({ parameters }: NamedQuery): SqlValues[] {
  const given = parameters.filter(({ choices }) => !choices);
  const values = Object.fromEntries(given.map((each) => [each.name, SOME[each.name] ?? unknown(each)]));
  const choices = parameters.flatMap(({ name, choices }) => (choices ?? []).map((choice) => ({ [name]: choice })));
  return choices.length === 0 ? [values] : choices.map((choice) => ({ ...values, ...choice }));
}

const SOME: Record<string, string> = {
  since: '2011-01-15',
  until: '2011-10-20',
  country: 'United Kingdom',
  all: 'true',
  limit: '200',
  at_least: '50',
  product: '85123A',
};

function unknown({ name }: QueryParameter): never {
  throw new Error(`add a value of ${name} to SOME of this test`);
}
