/** Finds what is what in an SQL statement: its parameters, so that each engine gets them written as it reads them, and its words. */

/**
 * One token after which the search goes on: a text (`'it''s'` is two of them, side by side), an E'' text of PostgreSQL and DuckDB
 * with its backslashes, a quoted identifier, a comment, a parameter, or a text between dollar signs (`$$it's$$`, `$tag$…$tag$`),
 * which Trino has not. One that is not closed goes on to the end. A colon is no parameter after a colon (a cast, `x::date`), a letter, digit, quote or bracket (a slice, `list[1:n]`, a field, `{'a':b}`).
 */
const TOKEN =
  /(?<![\p{L}\p{N}_$])[eE]'(?:[^'\\]+|\\[\s\S]|'')*'?|'[^']*'?|"[^"]*"?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\p{L}\p{N}_$:'"\])]):(?<name>[A-Za-z_]\w*)|(?<![\p{L}\p{N}_$])\$(?<tag>(?:[\p{L}_][\p{L}\p{N}_]*)?)\$[\s\S]*?(?:\$\k<tag>\$|$)/gu;

export interface SplitStatement {
  /** The statement with every parameter as `write` writes it; the rest is as it was. */
  readonly text: string;
  /** The parameter at every place that has one, in the order of the text. */
  readonly names: readonly string[];
}

/** Writes each `:name` of `sql` anew. `write` gets the name, and how many parameters came before. */
export function splitParameters(sql: string, write: (name: string, index: number) => string): SplitStatement {
  const names: string[] = [];
  const text = sql.replace(TOKEN, (token: string, name: string | undefined) =>
    name === undefined ? token : write(name, names.push(name) - 1),
  );
  return { text, names };
}

/** The statement without the semicolon at its end, and without what follows the semicolon: comments and blanks. */
export function withoutEnd(sql: string): string {
  const signs = sql.replace(TOKEN, (token: string) => (isComment(token) ? ' ' : 'x').repeat(token.length)).trimEnd();
  return signs.endsWith(';') ? sql.slice(0, signs.length - 1) : sql;
}

function isComment(token: string): boolean {
  return /^(--|\/\*)/.test(token);
}

/** The statement without its comments, and with nothing in its texts and quoted identifiers: what is left are words and signs. */
export function outlineOf(sql: string): string {
  return sql.replace(TOKEN, (token: string) => {
    if (isComment(token)) return ' ';
    return token.startsWith(':') ? token : "''";
  });
}
