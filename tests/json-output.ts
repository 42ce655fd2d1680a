/** Reads the tables of docs/json-output.md, and holds output of the command line to them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from './run-cli.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

interface Field {
  readonly path: string;
  /** `string`, or the name of another table: `order`. */
  readonly types: readonly string[];
  readonly isOptional: boolean;
}

const text = readFileSync(join(ROOT, 'docs/json-output.md'), 'utf8');

/** By name, the fields of each `<!-- fields: name -->`. */
export const FIELDS_OF = new Map(
  [...text.matchAll(/<!-- fields: (.+) -->\n\|.*\n\|.*\n((?:\|.*\n)+)/g)].map(([, name, rows]) => [
    name as string,
    (rows as string).trimEnd().split('\n').map(fieldOf),
  ]),
);

/** By name, the header line of each `<!-- columns: name -->`. */
export const COLUMNS_OF = new Map(
  [...text.matchAll(/<!-- columns: (.+) -->\n```csv\n(.*)\n```/g)].map(([, name, line]) => [
    name as string,
    line as string,
  ]),
);

function fieldOf(row: string): Field {
  const [, name = '', type = ''] = row.split('|').map((cell) => cell.trim());
  const [types = '', ...more] = type.split(', ');
  return {
    path: name.replaceAll('`', ''),
    types: types.split(' or '),
    isOptional: more.includes('may be missing'),
  };
}

/**
 * Fails unless each value has the fields of these tables and no other, and the values together have all of them, except
 * those named as unseen: the test on the other target sees them.
 */
export function expectFields(
  values: readonly unknown[],
  tables: string | readonly string[],
  unseen: readonly string[] = [],
): void {
  const names = [tables].flat().join(' and ');
  const fields = [tables].flat().flatMap((table) => fieldsOf(table));
  expect(values.length, `rows with the fields of ${names}`).toBeGreaterThan(0);
  const seen = new Set(values.flatMap((value) => [...expectValue(value as Json, fields, names)]));
  const all = fields.map(({ path }) => path);
  expect([...seen].sort(), `fields of ${names} that were seen`).toEqual(
    all.filter((path) => !unseen.includes(path)).sort(),
  );
}

function fieldsOf(table: string): readonly Field[] {
  const fields = FIELDS_OF.get(table);
  if (!fields) throw new Error(`docs/json-output.md has no <!-- fields: ${table} -->`);
  return fields;
}

/** Returns the paths that the value has. */
function expectValue(value: Json, fields: readonly Field[], table: string): ReadonlySet<string> {
  const found = new Set<string>();
  walk(value, '');
  const missing = fields.filter(({ path, isOptional }) => !isOptional && !found.has(path) && isDue(path, value));
  expect(
    missing.map(({ path }) => path),
    `fields of ${table} that are missing in ${JSON.stringify(value)}`,
  ).toEqual([]);
  return found;

  function walk(part: Json, path: string): void {
    const field = fields.find((each) => each.path === path);
    if (field) {
      found.add(path);
      expectType(part, field, table);
    } else if (
      path !== '' &&
      !fields.some((each) => each.path.startsWith(`${path}.`) || each.path.startsWith(`${path}[`))
    ) {
      throw new Error(`docs/json-output.md does not have ${path} of ${table}: ${JSON.stringify(part)}`);
    } else if (Array.isArray(part)) {
      for (const each of part) walk(each, `${path}[]`);
    } else {
      const isAny = fields.some((each) => each.path.startsWith(`${path}.*`));
      for (const [name, each] of Object.entries(part as object)) {
        walk(each, isAny ? `${path}.*` : path === '' ? name : `${path}.${name}`);
      }
    }
  }
}

function expectType(part: Json, { path, types }: Field, table: string): void {
  const [only = ''] = types;
  if (part === null && types.includes('null')) return;
  if (FIELDS_OF.has(only)) expectValue(part, fieldsOf(only), only);
  else expect(types, `type of ${path} of ${table}`).toContain(part === null ? 'null' : typeof part);
}

/** What is in an array, or under any name, is due only if there is anything. */
function isDue(path: string, value: Json): boolean {
  const [, list = ''] = /^(\w+)(\[\]|\.\*)/.exec(path) ?? [];
  if (list === '') return true;
  const part = (value as Record<string, Json | undefined>)[list];
  return part === undefined || Object.keys(part as object).length > 0;
}

export function rowsOf(ndjson: string): unknown[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Fails unless the text is CSV with the columns of this table, and has rows. */
export function expectColumns(csv: string, name: string): void {
  const [header, ...rows] = csv.trimEnd().split('\n');
  expect(header).toBe(COLUMNS_OF.get(name));
  expect(rows.length).toBeGreaterThan(0);
}
