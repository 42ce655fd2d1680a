/** What a shell offers for a named query and for its parameters. */
import type { NamedQuery, QueryParameter } from './named-queries.js';
import { type QueryFile, readQuery } from './query-files.js';

/** A word, and what it is. */
export type OfferedWord = readonly [word: string, about: string];

/** What may come after these words: the name of a query, or after `-p` a parameter of the query that was named. */
export function queryWords(queries: ReadonlyMap<string, QueryFile>, typed: readonly string[]): OfferedWord[] {
  const named = typed.map((word) => queries.get(word)).find((file) => file !== undefined);
  if (['-p', '--param'].includes(typed.at(-1) ?? '')) {
    return named ? readable(named).flatMap(({ parameters }) => parameters.flatMap(assignments)) : [];
  }
  return named ? [] : [...queries.values()].flatMap(readable).map(({ name, summary }) => [name, summary]);
}

/** Nothing is offered that has a fault; `query --list` says which. */
function readable(file: QueryFile): NamedQuery[] {
  try {
    return [readQuery(file)];
  } catch {
    return [];
  }
}

/** With each value, where there are few. */
function assignments({ name, type, choices, about }: QueryParameter): OfferedWord[] {
  const values = choices ?? (type === 'boolean' ? ['true', 'false'] : ['']);
  return values.map((value) => [`${name}=${value}`, about]);
}
