/** Files of the lake that are not as they were written: never answered from, and made again from the stream. */
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { stampOf } from '../../src/engines/lmdb/file.js';
import { freshVersion } from '../../src/lake/freshness.local.js';
import { latestIn, openedLake, pathsIn } from '../fixtures/opened-lake.js';
import { manyLines, putter } from '../fixtures/orders.js';

const DAMAGED = { code: 'failed', hint: 'alakazam lake rebuild makes it again from the stream' };

/** A lake of three months, of which every order arrived twice. */
async function damageable() {
  const opened = await openedLake();
  const lines = manyLines(90).map((line, n) => ({ ...line, date: `${1 + (n % 3)}/5/2011 8:26` }));
  await putter(opened.stream, 'first')(lines);
  await opened.lake.update();
  await putter(opened.stream, 'second')(lines);
  await opened.lake.update();
  return { ...opened, lines, before: await latestIn(opened.lake), paths: pathsIn(opened.lake) };
}

function flip(path: string, at: number): void {
  const byte = (readFileSync(path)[at] as number) ^ 1;
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([byte]), 0, 1, at);
  closeSync(file);
}

const FILE_DAMAGES: [string, (path: string, other: string) => void, RegExp][] = [
  ['cut', (path) => truncateSync(path, statSync(path).size - 1), /has \d+ of \d+ bytes$/],
  ['emptied', (path) => truncateSync(path, 0), /has 0 of \d+ bytes$/],
  ['deleted', (path) => rmSync(path), /is gone$/],
  ['exchanged', (path, other) => copyFileSync(other, path), /has \d+ of \d+ bytes|is not as it was written$/],
  ['a directory', (path) => [rmSync(path), mkdirSync(path)], /is no file$/],
  ['flipped at its beginning', (path) => flip(path, 0), /is not as it was written$/],
  ['flipped at its end', (path) => flip(path, statSync(path).size - 1), /is not as it was written$/],
  [
    'flipped in the middle, and dated back',
    (path) => {
      const { atime, mtime, size } = statSync(path);
      flip(path, size >> 1);
      utimesSync(path, atime, mtime);
    },
    /is not as it was written$/,
  ],
];

describe.each(['orders', 'replaced'])('a file of %s that is', (folder) => {
  test.each(FILE_DAMAGES)('%s is named, and the lake is made again', async (_, damage, message) => {
    const { lake, stream, lines, before, paths } = await damageable();
    const [path = '', other = ''] = [
      paths.find((each) => each.includes(`/${folder}/`)),
      paths.findLast((each) => each.includes('/orders/')),
    ];
    damage(path, other);
    expect(() => lake.tables()).toThrow(
      expect.objectContaining({ ...DAMAGED, message: expect.stringMatching(message) }),
    );
    expect(() => lake.tables()).toThrow(path);
    await expect(latestIn(lake)).rejects.toMatchObject(DAMAGED);
    // The next batch has later arrivals of the same orders, so it reads the file too.
    await putter(stream, 'third')(lines);
    await expect(lake.update()).rejects.toMatchObject(DAMAGED);
    if (folder === 'orders') await expect(lake.compact()).rejects.toMatchObject(DAMAGED);
    rmSync(path, { recursive: true, force: true });
    await lake.rebuild();
    expect(await latestIn(lake)).toEqual(before);
    expect(await lake.status()).toMatchObject({ arrivals: 270, replaced: 180 });
  });
});

test('a byte that the file system lost without a word is found before the file is joined to others', async () => {
  const { lake, directory, paths } = await damageable();
  const [path = ''] = paths;
  flip(path, statSync(path).size >> 1);
  // As if nobody had written: the manifest knows the file as it is now.
  const { ino, ctimeNs } = statSync(path, { bigint: true });
  const [, body = ''] = readFileSync(join(directory, 'manifest.json'), 'utf8').split('\n');
  const manifest = JSON.parse(body) as { files: { path: string; stamp: string }[] };
  for (const file of manifest.files) if (path.endsWith(file.path)) file.stamp = `${ino}-${ctimeNs}`;
  writeManifest(directory, manifest);
  await expect(lake.compact()).rejects.toMatchObject(DAMAGED);
});

test('a lake that was copied is as good as the one that was written', async () => {
  const { lake, before, paths } = await damageable();
  for (const path of paths) {
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
  }
  expect(await latestIn(lake)).toEqual(before);
});

function writeManifest(directory: string, manifest: object): void {
  const text = `${JSON.stringify(manifest)}\n`;
  writeFileSync(join(directory, 'manifest.json'), `${crc32(text).toString(16).padStart(8, '0')}\n${text}`);
}

const MANIFEST_DAMAGES: [string, (path: string) => void, RegExp][] = [
  ['cut', (path) => truncateSync(path, statSync(path).size >> 1), /manifest\.json is not as it was written$/],
  ['emptied', (path) => truncateSync(path, 0), /manifest\.json is not as it was written$/],
  ['flipped', (path) => flip(path, 100), /manifest\.json is not as it was written$/],
  ['noise', (path) => writeFileSync(path, Buffer.alloc(5000, 0xa5)), /manifest\.json is not as it was written$/],
  [
    'of a newer version',
    (path) => writeManifest(join(path, '..'), { format: 2, files: 'other' }),
    /manifest\.json was made by a newer alakazam$/,
  ],
];

describe('a manifest that is', () => {
  test.each(MANIFEST_DAMAGES)('%s is named, and the lake is made again', async (_, damage, message) => {
    const { lake, directory, before, paths } = await damageable();
    const { version, release } = lake.tables();
    damage(join(directory, 'manifest.json'));
    const error = {
      code: 'failed',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/lake rebuild/),
    };
    expect(() => lake.tables()).toThrow(expect.objectContaining(error));
    await expect(lake.update()).rejects.toMatchObject(error);
    await expect(lake.status()).rejects.toMatchObject(error);
    await lake.rebuild();
    expect(await latestIn(lake)).toEqual(before);
    const after = lake.tables();
    after.release();
    expect(after.version).not.toBe(version);
    // Somebody still reads the old files; the next writer may delete them.
    for (const path of paths) expect(statSync(path).isFile(), path).toBe(true);
    release();
    await lake.rebuild();
    for (const path of paths) expect(statSync(path, { throwIfNoEntry: false }), path).toBeUndefined();
  });

  test('gone takes nothing from who reads, and gives no version a second time', async () => {
    const { lake, directory, before, paths } = await damageable();
    const numbered = (version: string) => Number(/-(\d+)-\d+-\d+-\d+$/.exec(version)?.[1]);
    const reading = lake.tables();
    rmSync(join(directory, 'manifest.json'));
    await lake.update();
    const after = lake.tables();
    after.release();
    expect(numbered(after.version)).toBeGreaterThan(numbered(reading.version));
    expect(after.paths.filter((path) => paths.includes(path))).toEqual([]);
    for (const path of paths) expect(statSync(path).isFile(), path).toBe(true);
    expect(await latestIn(lake)).toEqual(before);
    reading.release();
    await lake.rebuild();
    for (const path of paths) expect(statSync(path, { throwIfNoEntry: false }), path).toBeUndefined();
  });
});

describe('something else in the place of', () => {
  const aFile = (path: string) => writeFileSync(path, 'x');
  const aDirectory = (path: string) => mkdirSync(path);
  const aLink = (path: string) => symlinkSync('nowhere', path);

  test.each([
    ['manifest.json', aDirectory, 'is a directory, where alakazam has a file of its own'],
    ['readers', aFile, 'is a file, where alakazam has a directory of its own'],
    ['tmp', aFile, 'is a file, where alakazam has a directory of its own'],
    ['tmp', aLink, 'is a link to nothing, where alakazam has a directory of its own'],
    ['orders', aFile, 'is a file, where alakazam has a directory of its own'],
    ['replaced', aFile, 'is a file, where alakazam has a directory of its own'],
  ])('%s is named, and the lake goes on when it is moved away', async (name, put, message) => {
    const { stream, directory, openLake } = await openedLake();
    await putter(stream)([...manyLines(30), ...manyLines(30)]);
    const path = join(directory, name);
    mkdirSync(directory);
    put(path);
    const lake = openLake();
    const error = { code: 'failed', message: `${path} ${message}`, hint: expect.stringMatching(/^move it away/) };
    await expect(lake.update().then(() => latestIn(lake))).rejects.toMatchObject(error);
    await expect(lake.rebuild().then(() => latestIn(lake))).rejects.toMatchObject(error);
    rmSync(path, { recursive: true });
    await lake.update();
    expect(await latestIn(lake)).toHaveLength(30);
  });

  test('fresh.json costs time alone', async () => {
    const { stream, directory, lake } = await openedLake();
    await putter(stream)(manyLines(30));
    mkdirSync(join(directory, 'fresh.json'), { recursive: true });
    await lake.update();
    expect(freshVersion(directory, stampOf(stream.path))).toBeUndefined();
    expect(await latestIn(lake)).toHaveLength(30);
  });
});
