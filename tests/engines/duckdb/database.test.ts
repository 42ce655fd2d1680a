import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/engines/duckdb/database.js';
import { temporaryDirectory } from '../../run-cli.js';

const ENDLESS = 'SELECT count(*) FROM range(1000000000000) a, range(1000000) b';

async function opened() {
  const database = await openDatabase({ spillTo: join(temporaryDirectory(), 'spill') });
  onTestFinished(() => database.close());
  return database;
}

describe.each([0, 1, 2, 5, 20])('a statement that is interrupted after %i turns', (turns) => {
  test('ends, though it may not have begun', async () => {
    const database = await opened();
    const ended = expect(database.run(`SELECT 1; ${ENDLESS}`)).rejects.toThrow(/interrupted/i);
    for (let n = 0; n < turns; n++) await turn();
    database.interrupt();
    await ended;
    await expect(database.run('SELECT 1')).rejects.toMatchObject({ code: 'interrupted' });
  });

  test('ends where its rows are read', async () => {
    const database = await opened();
    const controller = new AbortController();
    const { rows } = await database.prepare(ENDLESS, {});
    const read = (async () => {
      const all: unknown[] = [];
      for await (const some of rows(controller.signal)) all.push(...some);
      return all;
    })();
    for (let n = 0; n < turns; n++) await turn();
    controller.abort();
    expect(await read).toEqual([]);
  });
});
