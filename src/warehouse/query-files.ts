/** The named queries: those that come with alakazam, and those of the user. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetOf } from '../assets.js';
import { AlakazamError, reasonOf } from '../errors.js';
import { nearestTo } from '../terminal/nearest.js';
import { isValueOf, type NamedQuery, parseQuery } from './named-queries.js';
import type { QuestionValue } from './warehouse.js';

export interface QueryFile {
  readonly name: string;
  readonly path: string;
}

const BUILT_IN = fileURLToPath(assetOf('sql'));
/** What Flink runs lies there too, and is no question. */
const RATE_ALARM = join(BUILT_IN, 'rate-alarm.sql');

/** Whether it comes with alakazam. */
export function isBuiltIn({ path }: QueryFile): boolean {
  return dirname(path) === BUILT_IN;
}

/** Where the queries of one's own lie. */
export function ownQueriesIn(project: string): string {
  return join(project, 'sql');
}

/**
 * Every query by name. Of two with one name, the user's own counts. `warn` hears of a directory that can't be read: it costs
 * nobody the queries of the others.
 */
export function findQueries(
  project: string | undefined,
  warn: (message: string) => void = () => {},
): ReadonlyMap<string, QueryFile> {
  const directories = [BUILT_IN, ...(project === undefined ? [] : [ownQueriesIn(project)])];
  const found = directories.flatMap((directory) =>
    namesIn(directory, warn).flatMap((file) => {
      const name = /^([^.].*)\.sql$/i.exec(file)?.[1];
      return name ? [{ name, path: join(directory, file) }] : [];
    }),
  );
  const queries = found.filter(({ path }) => path !== RATE_ALARM);
  return new Map(queries.map((each) => [each.name, each] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function namesIn(directory: string, warn: (message: string) => void): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      warn(`can't read ${directory}: ${reasonOf(error)}`);
    }
    return [];
  }
}

/** One word without a sign that a shell would act upon, since completion offers it there, and no flag. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;

/** Throws an `AlakazamError` for a name that no query may have. */
export function checkQueryName(name: string): void {
  if (NAME.test(name)) return;
  throw new AlakazamError('usage', `no query is called ${JSON.stringify(name)}; valid: letters, digits, _, - and .`, {
    hint: 'alakazam query --file asks a file of any name',
  });
}

/** Throws an `AlakazamError` if the file can't be read, or if its name or its text is not that of a query. */
export function readQuery({ name, path }: QueryFile): NamedQuery {
  checkQueryName(name);
  return parseQuery(name, readSql(path));
}

/** The query, or none if its file has a fault, which costs nobody the other queries; `warn` hears of the fault. */
export function readIfSound(file: QueryFile, warn: (message: string) => void = () => {}): NamedQuery[] {
  try {
    return [readQuery(file)];
  } catch (error) {
    if (!(error instanceof AlakazamError)) throw error;
    warn(error.message);
    return [];
  }
}

/** A statement may be long, and a file of orders given by mistake is longer. */
export const SQL_BYTES_MAX = 1 << 20;

/** The text of a file with SQL. Throws an `AlakazamError` if it can't be read or can't be SQL. */
export function readSql(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new AlakazamError('usage', `can't read ${path}: ${reasonOf(error)}`, { cause: error });
  }
  return checkSql(bytes, path);
}

/** The text of these bytes, without the mark with which some editors begin a file. */
export function checkSql(bytes: Buffer, from: string): string {
  if (bytes.length > SQL_BYTES_MAX)
    throw new AlakazamError('usage', `${from} is longer than a statement may be (1 MB)`);
  try {
    if (!bytes.includes(0)) return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Such as a text in latin-1: its letters would be others, and nothing would be found.
  }
  throw new AlakazamError('usage', `${from} is no text in UTF-8`);
}

/** The query of a name, or an `AlakazamError` with the nearest there is. */
export function queryNamed(queries: ReadonlyMap<string, QueryFile>, name: string): NamedQuery {
  const file = queries.get(name);
  if (file) return readQuery(file);
  throw new AlakazamError(
    'usage',
    `there is no query ${JSON.stringify(name)}; the nearest is ${nearestTo(name, [...queries.keys()])}`,
    {
      hint: 'alakazam query --list shows all',
    },
  );
}

/** A value for each parameter of a query, from what was typed or else its default. */
export function valuesFor(
  query: NamedQuery,
  typed: readonly (readonly [name: string, value: string])[],
): QuestionValue[] {
  const names = query.parameters.map(({ name }) => name);
  for (const [name] of typed) {
    if (names.includes(name)) continue;
    throw new AlakazamError(
      'usage',
      `${query.name} has no parameter ${JSON.stringify(name)}; valid: ${names.join(', ') || 'none'}`,
      {
        hint: `alakazam query ${query.name} --show`,
      },
    );
  }
  return query.parameters.map((parameter) => {
    const { name, type, choices, fallback } = parameter;
    const value = typed.findLast(([each]) => each === name)?.[1] ?? fallback ?? null;
    if (value !== null && !isValueOf(parameter, value)) {
      throw new AlakazamError(
        'usage',
        `parameter ${name} is ${JSON.stringify(value)}; valid: ${choices?.join(', ') ?? EXAMPLES[type]}`,
      );
    }
    return { name, type, value };
  });
}

const EXAMPLES = {
  text: 'any text',
  integer: 'a whole number, such as 10',
  count: 'a whole number from 0 to 999999999, such as 10',
  decimal: 'a decimal number, such as 2.55',
  boolean: 'true, false',
  date: 'a day, such as 2011-06-01',
} as const;
