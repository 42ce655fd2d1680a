import { join, resolve } from 'node:path';
import { type Context, defineCommand, type Values } from '../command.js';
import { AlakazamError } from '../errors.js';
import { assignment, oneOf, outputOption, path, text, wholeNumber } from '../options.js';
import { answer, type Column, FORMATS, type Format, openAnswer } from '../terminal/answer.js';
import { counted, duration } from '../terminal/numbers.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Text } from '../terminal/text.js';
import { chartOf } from '../warehouse/answer-chart.js';
import { type AnswerRow, columnsOf, rowOf } from '../warehouse/answer-columns.js';
import type { NamedQuery } from '../warehouse/named-queries.js';
import {
  checkQueryName,
  checkSql,
  findQueries,
  isBuiltIn,
  ownQueriesIn,
  type QueryFile,
  queryNamed,
  readIfSound,
  readQuery,
  readSql,
  SQL_BYTES_MAX,
  valuesFor,
} from '../warehouse/query-files.js';
import { queryWords } from '../warehouse/query-words.js';
import type { Question, Warehouse, WriteTo } from '../warehouse/warehouse.js';

const STDIN = '-';

const options = {
  param: {
    flags: '-p, --param <name=value>',
    about: 'a parameter of the query; may be given more than once',
    parse: assignment('since=2011-06-01'),
    isOffered: true,
    isRepeatable: true,
  },
  sql: { flags: '--sql <statement>', about: 'one SELECT over orders and order_arrivals', parse: text },
  file: { flags: '-f, --file <path>', about: 'a file with one SELECT', parse: path },
  limit: { flags: '--limit <n>', about: 'no more rows than this', parse: wholeNumber(0) },
  chart: { flags: '--chart', about: 'draw the answer' },
  explain: { flags: '--explain', about: 'show how the engine would go about it' },
  list: { flags: '--list', about: 'list the named queries' },
  show: { flags: '--show', about: "print the named query's SQL" },
  edit: { flags: '--edit', about: 'edit a query of your own; a new one begins as one with a parameter' },
  engine: { flags: '--engine <name>', about: 'the engine that answers', parse: text },
  setup: { flags: '--setup', about: 'make the tables on an engine that has none yet, such as redshift' },
  yes: { flags: '-y, --yes', about: 'do not ask before --setup' },
  unsafe: { flags: '--unsafe', about: 'also statements that write, and other files' },
  output: {
    ...outputOption,
    about: outputOption.about.replace('csv', 'csv, parquet'),
    parse: oneOf(...FORMATS, 'parquet'),
    choices: [...FORMATS, 'parquet'],
  },
} as const;

const listColumns: readonly Column<NamedQuery>[] = [
  { name: 'name', value: ({ name }) => name },
  { name: 'summary', title: 'what it answers', value: ({ summary }) => summary },
  { name: 'parameters', value: ({ parameters }) => parameters.map(({ name }) => name).join(' ') },
];

export const query = defineCommand({
  name: 'query',
  summary: 'ask a question over all orders, in SQL or by name',
  examples: [
    ['alakazam query top-products', 'the products that bring in most'],
    ['alakazam query top-products -p by=units -p since=2011-06-01', 'with parameters'],
    ['alakazam query revenue-by-month --chart', 'drawn'],
    ["alakazam query --sql 'SELECT count(*) FROM orders'", 'your own question'],
    ['alakazam query --list', 'the named queries'],
  ],
  argument: {
    name: 'name',
    about: 'a named query, or - for SQL from standard input',
    isOptional: true,
    isOpen: true,
    // Read when a shell completes it or a help shows it.
    get choices() {
      return [...findQueries(undefined).keys()];
    },
  },
  options,
  offers: ({ config }, typed) => queryWords(findQueries(config.project), typed),
  async run(context, values, name) {
    const { pipeline, terminal, config } = context;
    const action = actionOf(values, name);
    if (action === 'setup') {
      await setUp(context, await pipeline.warehouse(values.engine), values.yes);
      return undefined;
    }
    const queries = findQueries(config.project, terminal.warn);
    if (action === 'list') {
      const listed = [...queries.values()].flatMap((file) => readIfSound(file, terminal.warn));
      const json = listed.map(({ name, summary, parameters }) => ({ name, summary, parameters }));
      await answer(terminal, rowsFormat(values.output), listColumns, listed, { json, table: listColumns.slice(0, 2) });
      return undefined;
    }
    if (action === 'edit') {
      await edit(context, queries, name);
      return undefined;
    }
    const named = name !== '' && name !== STDIN ? queryNamed(queries, name) : undefined;
    if (action === 'show') {
      if (!named) throw new AlakazamError('usage', 'whose SQL?', { hint: 'alakazam query top-products --show' });
      await terminal.write(readSql((queries.get(name) as { path: string }).path));
      return undefined;
    }
    const isOurs = named !== undefined && isBuiltIn(queries.get(name) as QueryFile);
    const question = named
      ? { sql: named.sql, values: valuesFor(named, values.param), isStable: isOurs }
      : await ownQuestion(context, values);
    const warehouse = await pipeline.warehouse(values.engine);
    if (action === 'explain') await explain(context, warehouse, question, values.unsafe);
    else await ask(context, warehouse, question, { ...values, isBuiltIn: isOurs });
    return undefined;
  },
});

/** Flags for something else than an answer, and what each takes. */
const ACTIONS = {
  list: ['output'],
  show: ['name'],
  edit: ['name'],
  setup: ['engine', 'yes'],
  explain: ['name', 'sql', 'file', 'param', 'engine', 'unsafe'],
} as const satisfies Partial<Record<keyof typeof options, readonly string[]>>;

/** What is asked for. Throws an `AlakazamError` for flags that do not go together: none is passed over in silence. */
function actionOf(values: Values<typeof options>, name: string): keyof typeof ACTIONS | 'ask' {
  const refuse = (message: string, hint?: string) => new AlakazamError('usage', message, { hint });
  const isTyped = (value: unknown) =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  const typed = (Object.keys(options) as (keyof typeof options)[]).filter((flag) => isTyped(values[flag]));
  const shown = (flag: string) => (flag === 'name' ? 'name' : `--${flag}`);
  const words = [...(name === '' ? [] : ['name']), ...typed];
  const [action, another] = (Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]).filter((each) => typed.includes(each));
  if (another) throw refuse(`--${action} and --${another} exclude each other`);
  if (action) {
    const stray = words.find((each) => each !== action && !(ACTIONS[action] as readonly string[]).includes(each));
    if (stray) throw refuse(`--${action} takes no ${shown(stray)}`);
    if (action !== 'explain') return action;
  }
  const questions = words.filter((each) => ['name', 'sql', 'file'].includes(each));
  if (questions.length > 1) throw refuse('a name, --sql and --file exclude each other');
  if (questions.length === 0) {
    const stray = words.find((each) => each !== 'output');
    if (stray) throw refuse(`there is no question for ${shown(stray)}; valid: a name, --sql or --file`, LIST);
    return 'list';
  }
  if (values.yes) throw refuse('--yes is for --setup');
  checkChart(values);
  return action ?? 'ask';
}

const LIST = 'alakazam query --list shows the named ones';

interface Asked {
  readonly sql: string | undefined;
  readonly file: string | undefined;
  readonly param: readonly (readonly [string, string])[];
}

/** A question of the user's own: from the flag, a file or standard input. */
async function ownQuestion({ directory, stdin }: Context, { sql, file, param }: Asked): Promise<Question> {
  const own = sql ?? (file !== undefined && file !== STDIN ? readSql(resolve(directory, file)) : await readAll(stdin));
  return { sql: own, values: param.map(([name, value]) => ({ name, type: 'text', value })) };
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stdin) {
    parts.push(part);
    size += part.length;
    if (size > SQL_BYTES_MAX) break;
  }
  return checkSql(Buffer.concat(parts), 'standard input');
}

/** Opens the file of one's own query on a terminal, and looks at what became of it; elsewhere says where it is. */
async function edit(context: Context, queries: ReturnType<typeof findQueries>, name: string) {
  const { terminal, config, environment, pipeline, signal } = context;
  const again = `alakazam query ${name || 'my-query'} --edit`;
  if (name === '') throw new AlakazamError('usage', 'which query?', { hint: again });
  checkQueryName(name);
  if (config.project === undefined) {
    const message =
      'queries of your own lie in sql/ beside your .alakazamrc, and there is none in this directory or above';
    throw new AlakazamError('usage', message, { hint: `touch .alakazamrc; ${again}` });
  }
  const { makeQueryFile, openInEditor, TEMPLATE } = await import('../warehouse/own-query.js');
  const found = queries.get(name);
  const isOwn = found !== undefined && !isBuiltIn(found);
  const path = isOwn ? found.path : join(ownQueriesIn(config.project), `${name}.sql`);
  if (!isOwn) makeQueryFile(path, found ? readSql(found.path) : TEMPLATE);
  const editor = environment['VISUAL'] || environment['EDITOR'];
  if (!terminal.isInteractive || !editor) {
    await terminal.write(`${path}\n`);
    terminal.say(`alakazam query ${name} asks it${found && !isOwn ? ' from now on: it began as a copy' : ''}`);
    return;
  }
  await openInEditor(editor, path);
  const query = readQuery({ name, path });
  const warehouse = await pipeline.warehouse(undefined);
  await warehouse.explain({ sql: query.sql, values: valuesFor(query, []) }, { signal });
  const parameters = query.parameters.map((each) => ` -p ${each.name}=${each.fallback ?? '…'}`);
  terminal.say(`${path} is in order: alakazam query ${name}${parameters.join('')}`);
}

const SETUP = 'alakazam query --target aws --engine redshift --setup';

async function setUp({ terminal, signal }: Context, { engine, setup }: Warehouse, isAgreed: boolean): Promise<void> {
  if (!setup) throw new AlakazamError('usage', `${engine} needs no set-up`, { hint: SETUP });
  for (const statement of setup.statements) terminal.say(`${statement};`);
  if (!isAgreed && !(await terminal.confirm(`Run these ${setup.statements.length} statements on ${engine}?`))) {
    terminal.say('nothing was changed');
    return;
  }
  await setup.run(signal);
  if (!signal.aborted) terminal.say(`orders and order_arrivals are on ${engine}`);
}

async function explain({ terminal, signal }: Context, warehouse: Warehouse, question: Question, isUnsafe: boolean) {
  await terminal.write(await warehouse.explain(question, { signal, isUnsafe }));
}

interface Shown {
  readonly limit: number | undefined;
  readonly chart: boolean;
  readonly unsafe: boolean;
  readonly output: Format | 'parquet' | undefined;
  readonly isBuiltIn: boolean;
}

async function ask(
  context: Context,
  warehouse: Warehouse,
  question: Question,
  { limit, chart, unsafe, output, isBuiltIn }: Shown,
) {
  const { terminal, signal } = context;
  const progress = terminal.progress();
  const startMs = performance.now();
  const writeTo = chart ? undefined : destinationOf(terminal, output, limit);
  const {
    columns: asked,
    rows,
    write,
    cost,
  } = await warehouse
    .ask(question, { signal, writeTo, isUnsafe: unsafe, onProgress: (done, total) => progress.update(done, total) })
    .finally(() => progress.stop());
  if (write) return write();
  const kept: AnswerRow[] = [];
  const columns = columnsOf(asked, { isBuiltIn });
  const open = openAnswer<AnswerRow>(terminal, rowsFormat(output), columns);
  let count = 0;
  for await (const some of rows) {
    const within = limit === undefined ? some : some.slice(0, limit - count);
    const shown = within.map((values) => rowOf(asked, values));
    count += shown.length;
    if (chart) kept.push(...shown);
    else await open.write(shown);
    // An answer is kept as a whole, and that of a named query is small.
    if (signal.aborted || (count === limit && !question.isStable)) break;
  }
  if (signal.aborted) return;
  if (chart) await draw(terminal, chartOf(columns, kept, terminal.columns), count);
  else await open.end();
  if (terminal.isInteractive) {
    const seconds = duration((performance.now() - startMs) / 1000);
    terminal.say(`${counted(count, 'row')} in ${seconds}; ${warehouse.engine}, ${cost()}`);
  }
}

/** A place to which the engine may write. Parquet has to go there. */
function destinationOf(
  { path, isInteractive, isDefused }: Terminal,
  output: Shown['output'],
  limit: number | undefined,
): WriteTo | undefined {
  if (output === 'parquet' && !path) {
    const where = isInteractive ? 'a terminal' : 'the end of a file';
    throw new AlakazamError('usage', `Parquet is not for ${where}`, {
      hint: 'alakazam query … -o parquet > answer.parquet',
    });
  }
  return path && (output === 'csv' || output === 'parquet') ? { path, format: output, isDefused, limit } : undefined;
}

function rowsFormat(output: Shown['output']): Format | undefined {
  if (output !== 'parquet') return output;
  throw new AlakazamError('usage', `Parquet is for answers; valid here: ${FORMATS.join(', ')}`);
}

function checkChart({ chart, output }: Pick<Shown, 'chart' | 'output'>): void {
  if (!chart || output === undefined || output === 'table') return;
  throw new AlakazamError(
    'usage',
    `--chart draws for people, and -o ${output} writes for programs; valid: one of them`,
    {
      hint: 'alakazam query revenue-by-month --chart',
    },
  );
}

async function draw(terminal: Terminal, chart: Text | undefined, rows: number): Promise<void> {
  if (chart) await terminal.write(chart);
  else terminal.say(`the answer has no ${rows === 0 ? 'rows' : 'number that is not null'}: there is nothing to draw`);
}
