/** SQL for Redshift, as a parser of its dialect reads it: PostgreSQL, which runs it in other tests, knows more, and less. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findQueries, readQuery } from '../../src/warehouse/query-files.js';
import { redshiftStatement } from '../../src/warehouse/question.redshift.js';
import { setupStatements } from '../../src/warehouse/setup.redshift.js';
import { MODEL } from '../fixtures/built-stack.js';
import { pythonEnvironment } from '../python/environment.js';
import { finish, ROOT } from '../run-cli.js';

interface Parsed {
  /** `Create`; `Command` for what the parser does not know. */
  readonly kinds: readonly string[];
  readonly isUnbound: boolean;
}

async function parse(statements: readonly string[]): Promise<Parsed[]> {
  const python = join(await pythonEnvironment('linters'), 'python');
  const child = spawn(python, [join(ROOT, 'tests', 'python', 'parse-redshift.py')], { stdio: 'pipe' });
  child.stdin.end(JSON.stringify(statements));
  const { code, stdout, stderr } = await finish(child);
  if (code !== 0) throw new Error(`the parser ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** What the parser does not know, and Redshift's reference does: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html */
const UNKNOWN = [/^CREATE EXTERNAL SCHEMA IF NOT EXISTS lake FROM DATA CATALOG DATABASE 'alakazam' IAM_ROLE default$/];

test('the parser finds what is no SQL of Redshift', async () => {
  expect(await parse(['CREATE SOMETHING x', 'SELECT 1; SELECT 2'])).toMatchObject([
    { kinds: ['Command'] },
    { kinds: ['Select', 'Select'] },
  ]);
  await expect(parse(['SELECT FROM WHERE (1'])).rejects.toThrow('ParseError');
});

test('the set-up is statements that Redshift knows, with views that bind to nothing', async () => {
  const statements = setupStatements('alakazam');
  const parsed = await parse(statements);
  const shown = statements.map((sql, i) => ({ sql, ...(parsed[i] as Parsed) }));
  const unknown = shown.filter(({ kinds }) => kinds.includes('Command')).map(({ sql }) => sql);
  expect(unknown.filter((sql) => !UNKNOWN.some((pattern) => pattern.test(sql)))).toEqual([]);
  expect(unknown).toHaveLength(UNKNOWN.length);
  expect(parsed.map(({ kinds }) => kinds)).toEqual([
    ...[['Command'], ['Create'], ['Create'], ['Grant'], ['Grant'], ['Grant']],
  ]);
  const views = shown.filter(({ sql }) => /^CREATE OR REPLACE VIEW/.test(sql));
  expect(views.map(({ isUnbound }) => isUnbound)).toEqual([true, true]);
  // A view that binds to nothing names the schema of all that it reads.
  for (const { sql } of views) {
    const [, ...read] = sql.split(/\bFROM\s+(?!\()/).map((part) => part.split(/\s/, 1)[0]);
    expect(read).toEqual([expect.stringMatching(/^(lake|public)\.\w+$/)]);
  }
});

test('the views are those of Athena, but for names and the word for a timestamp', () => {
  const ofAthena = ['OrderArrivalsView', 'OrdersView'].map((name) => {
    const input = MODEL.template.Resources[name]?.Properties?.['TableInput'] as {
      readonly ViewOriginalText: {
        readonly 'Fn::Sub': readonly [string, { readonly view: { 'Fn::Base64': { 'Fn::Sub': string } } }];
      };
    };
    return JSON.parse(input.ViewOriginalText['Fn::Sub'][1].view['Fn::Base64']['Fn::Sub']).originalSql as string;
  });
  const plain = (sql: string) => sql.replace(/\s+/g, ' ').trim();
  const ofRedshift = setupStatements('alakazam').filter((sql) => /^CREATE OR REPLACE VIEW/.test(sql));
  const bare = ofRedshift.map((sql) =>
    plain(sql)
      .replace(/^CREATE OR REPLACE VIEW \S+ AS /, '')
      .replace(/ WITH NO SCHEMA BINDING$/, '')
      .replace('lake.orders_by_folder', 'delivered_orders')
      .replace('public.order_arrivals', 'order_arrivals')
      .replaceAll('AS timestamp)', 'AS timestamp(3))'),
  );
  expect(bare).toEqual(ofAthena.map(plain));
});

test('every named query is a question that Redshift knows, with its parameters in it', async () => {
  const statements = [...findQueries(undefined).values()].map((file) => {
    const { sql, parameters } = readQuery(file);
    return redshiftStatement({ sql, values: parameters.map((each) => ({ ...each, value: each.fallback ?? null })) })
      .sql;
  });
  expect(statements.length).toBeGreaterThan(10);
  expect(await parse(statements)).toEqual(statements.map(() => ({ kinds: ['Select'], isUnbound: false })));
});
