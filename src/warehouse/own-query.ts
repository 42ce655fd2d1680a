/** A query of one's own: its file, begun from a template or from the query that comes with alakazam. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AlakazamError, reasonOf } from '../errors.js';
import { PARAMETER_TYPES } from './named-queries.js';

/** What a new query begins as. It can be asked as it is. */
export const TEMPLATE = `-- Products of a country by revenue
--
-- The first line says what the query answers: query --list shows it. Lines such as these are its help. A line for each parameter
-- says its name, its type, its default if it has one, and after two spaces what it does. The SQL has it as a colon and its name.
-- Types: ${PARAMETER_TYPES.join(', ')}, or a choice such as revenue|units.
-- @param country text = EIRE  only orders from this country
SELECT stock_code, COUNT(*) AS orders, SUM(quantity) AS units, SUM(quantity * unit_price) AS revenue
FROM orders
WHERE country = :country
GROUP BY stock_code
ORDER BY revenue DESC, stock_code
LIMIT 10
`;

/** Makes a file of this text, unless there is one. Throws an `AlakazamError` if it can't. */
export function makeQueryFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new AlakazamError('access', `can't make ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Opens a file in an editor, which may be a program and its flags, and waits until it is closed. */
export async function openInEditor(editor: string, path: string): Promise<void> {
  const [program = '', ...flags] = editor.trim().split(/\s+/);
  const hint = 'the environment variable EDITOR names the editor, such as EDITOR=vi';
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new AlakazamError('failed', `the editor ${editor} ${why}`, { hint }));
    const child = spawn(program, [...flags, path], { stdio: 'inherit' });
    child.once('error', (error) => fail(`can't be started: ${reasonOf(error)}`));
    child.once('close', (code, signal) => (code === 0 ? resolve() : fail(`ended with ${signal ?? code}`)));
  });
}
