/** What a shell offers for a named query and for its parameters. */
import type { QueryParameter } from './named-queries.js';
import { type QueryFile, readIfSound } from './query-files.js';

/** A word, and what it is. */
export type OfferedWord = readonly [word: string, about: string];

/** What may come after these words: the name of a query, or after `-p` a parameter of the query that was named. */
export function queryWords(queries: ReadonlyMap<string, QueryFile>, typed: readonly string[]): OfferedWord[] {
  const named = typed.map((word) => queries.get(word)).find((file) => file !== undefined);
  if (['-p', '--param'].includes(typed.at(-1) ?? '')) {
    return named ? readIfSound(named).flatMap(({ parameters }) => parameters.flatMap(assignments)) : [];
  }
  // Nothing is offered that has a fault; `query --list` says which.
  return named
    ? []
    : [...queries.values()].flatMap((file) => readIfSound(file)).map(({ name, summary }) => [name, summary]);
}

/** With each value, where there are few. */
function assignments({ name, type, choices, about }: QueryParameter): OfferedWord[] {
  const values = choices ?? (type === 'boolean' ? ['true', 'false'] : ['']);
  return values.map((value) => [`${name}=${value}`, about]);
}
