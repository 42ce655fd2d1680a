/** Who may write a store, while another process does, or seems to. */
import {
  copyFileSync,
  existsSync,
  lstatSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, type StoreOptions } from '../../../src/engines/lmdb/store.js';
import { thisProcess } from '../../../src/engines/processes.js';
import { CannotWrite } from '../../../src/errors.js';
import { endedProcess, otherProcess } from '../../fixtures/processes.js';
import { temporaryDirectory } from '../../run-cli.js';

const OPTIONS = { tables: ['table'], remedy: '' };

function opened(options: Partial<StoreOptions> = {}, signal?: AbortSignal) {
  const directory = temporaryDirectory();
  const said: string[] = [];
  const waiting = { warn: (text: string) => void said.push(text), ...(signal && { signal }) };
  const store = openStore(directory, 'store', { ...OPTIONS, ...options }, waiting);
  onTestFinished(() => store.close());
  const put = (value: string) => store.write(() => void store.table('table').putSync('key', Buffer.from(value)));
  const get = () => {
    store.refresh();
    return store.table('table').get('key')?.toString();
  };
  const link = `${store.path}-turn`;
  /** As if a process had the turn. */
  const hold = ({ pid, started }: { pid: number; started: string }, file = statSync(store.path).ino) =>
    symlinkSync(`${pid} ${started} ${file}`, link);
  return { directory, store, said, put, get, link, hold };
}

describe('the turn', () => {
  test('is taken for each transaction, and ends with it, also if that fails', async () => {
    const { store, put, get, link } = opened();
    let during = '';
    await store.write(() => {
      during = readlinkSync(link);
    });
    expect(during).toMatch(new RegExp(`^${process.pid} `));
    expect(existsSync(link)).toBe(false);
    await expect(store.write(() => Promise.reject(new Error('no')) as never)).rejects.toThrow('no');
    await expect(
      store.write(() => {
        throw new Error('not either');
      }),
    ).rejects.toThrow('not either');
    await put('after');
    expect([get(), existsSync(link)]).toEqual(['after', false]);
  });

  test.each([
    ['of a process that has ended', (of: ReturnType<typeof opened>) => of.hold(endedProcess())],
    ['of this process, which has forgotten it', (of) => of.hold(thisProcess())],
    ['that is a file', ({ link }) => writeFileSync(link, '')],
    ['that names nobody', ({ link }) => symlinkSync('nobody', link)],
  ] as [string, (of: ReturnType<typeof opened>) => void][])('%s is free', async (_, leave) => {
    const of = opened();
    await of.put('before');
    leave(of);
    await of.put('after');
    expect([of.get(), existsSync(of.link)]).toEqual(['after', false]);
  });

  test('of a process that got the number of another is free, and so is that of a copied directory', async () => {
    const of = opened();
    const { name } = await otherProcess();
    of.hold({ ...name, started: String(Number(name.started) - 1) });
    await of.put('after');
    of.hold(name, statSync(of.store.path).ino + 1);
    await of.put('again');
    expect(of.get()).toBe('again');
  });

  test('of another process is waited for, which a signal ends at once', async () => {
    const stop = new AbortController();
    const of = opened({}, stop.signal);
    const { child, name } = await otherProcess();
    await of.put('before');
    of.hold(name);
    const waiting = of.put('while it waits');
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(of.get()).toBe('before');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    // A signal ends waits alone.
    await of.put('after');
    expect(of.get()).toBe('after');
  });

  test('of a stopped process is named after a while, and it goes on when that has ended', {
    timeout: 20_000,
  }, async () => {
    const of = opened();
    const { child, name } = await otherProcess();
    await of.put('before');
    of.hold(name);
    child.kill('SIGSTOP');
    const waiting = of.put('after');
    await expect.poll(() => of.said, { timeout: 15_000 }).toHaveLength(1);
    expect(of.said[0]).toBe(
      `waiting: process ${name.pid} is stopped while it writes ${of.store.path}; kill -CONT ${name.pid} lets it go on, kill -9 ${name.pid} ends it`,
    );
    child.kill('SIGKILL');
    await waiting;
    expect(of.get()).toBe('after');
  });

  test('is given up by a view, which waits no second time for the same process', { timeout: 20_000 }, async () => {
    const of = opened({ mayLag: true });
    const { child, name } = await otherProcess();
    await of.put('before');
    of.hold(name);
    await expect(of.put('lost')).rejects.toBeInstanceOf(CannotWrite);
    const startMs = performance.now();
    for (let i = 0; i < 100; i++) await expect(of.put('lost')).rejects.toThrow(`process ${name.pid} has been writing`);
    expect(performance.now() - startMs).toBeLessThan(3000);
    expect(of.get()).toBe('before');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    await of.put('after');
    expect(of.get()).toBe('after');
  });
});

describe('a store', () => {
  test('is only read until it is written, also by other handles of this process', async () => {
    const one = opened();
    await one.put('before');
    const mtime = () => [lstatSync(one.store.path).mtimeMs, lstatSync(one.directory).mtimeMs];
    const before = mtime();
    const readers = [1, 2].map(() => openStore(one.directory, 'store', OPTIONS));
    for (const reader of readers) onTestFinished(() => reader.close());
    const seen = () =>
      readers.map((reader) => {
        reader.refresh();
        return reader.table('table').get('key')?.toString();
      });
    expect(seen()).toEqual(['before', 'before']);
    expect(mtime()).toEqual(before);
    await one.put('after');
    expect(seen()).toEqual(['after', 'after']);
    await readers[0]?.write(() => void readers[0]?.table('table').putSync('key', Buffer.from('by a reader')));
    expect([...seen(), one.get()]).toEqual(['by a reader', 'by a reader', 'by a reader']);
  });

  test('whose lock file somebody removes is written by one process at a time all the same', async () => {
    const one = opened();
    await one.put('before');
    rmSync(`${one.store.path}-lock`);
    const other = openStore(one.directory, 'store', OPTIONS);
    onTestFinished(() => other.close());
    await other.write(() => void other.table('table').putSync('key', Buffer.from('by another')));
    await one.put(`${one.get()}, and by one`);
    other.refresh();
    expect(other.table('table').get('key')?.toString()).toBe('by another, and by one');
  });

  test("that was copied while it is written is nobody's", async () => {
    const one = opened();
    await one.put('before');
    const { name } = await otherProcess();
    one.hold(name);
    const directory = temporaryDirectory();
    copyFileSync(one.store.path, join(directory, 'store.mdb'));
    symlinkSync(readlinkSync(one.link), join(directory, 'store.mdb-turn'));
    const copy = openStore(directory, 'store', OPTIONS);
    onTestFinished(() => copy.close());
    await copy.write(() => void copy.table('table').putSync('key', Buffer.from('after')));
    expect(copy.table('table').get('key')?.toString()).toBe('after');
  });
});
