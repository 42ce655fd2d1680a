/** A model as a file: what was written comes back, and anything else is noticed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkedText, withChecksum } from '../../src/durable-file.js';
import { whileLocked } from '../../src/engines/lmdb/writer-lock.js';
import { AlakazamError } from '../../src/errors.js';
import { decodeModel, encodeModel } from '../../src/product-recommendations/model-file.js';
import type { StoredRun } from '../../src/product-recommendations/model-list.local.js';
import { openModelStore } from '../../src/product-recommendations/model-store.local.js';
import { type Model, trainModel } from '../../src/product-recommendations/training.js';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';
import { startThreads } from '../../src/product-recommendations/training-threads.js';
import { seeded } from '../fixtures/random.js';
import { temporaryDirectory } from '../run-cli.js';
import { lockOf } from './local-recommender.js';
import { type SmallInvoice, smallPurchases } from './small-purchases.js';

function someCustomers(count: number): SmallInvoice[][] {
  const random = seeded(2);
  return Array.from({ length: count }, () =>
    [10, 40, 70, 99]
      .filter(() => random() < 0.8)
      .map((day): SmallInvoice => [day, ...Array.from({ length: 90 }, (_, i) => i).filter(() => random() < 0.1)]),
  );
}

async function trained(
  options: { readonly threads?: number; readonly seed?: number; readonly customers?: number } = {},
) {
  const { threads: count = 1, seed = 1, customers = 400 } = options;
  const threads = startThreads(count);
  const names = Array.from({ length: 90 }, (_, i) => `MUG ${i} £ 日本 "${i}"\n`);
  try {
    const purchases = smallPurchases(names, someCustomers(customers));
    return await trainModel(purchases, { ...TRAIN_DEFAULTS, rank: 10, seed }, threads);
  } finally {
    await threads.end();
  }
}

let model: Model;
let bytes: Buffer;
beforeAll(async () => {
  model = await trained();
  bytes = Buffer.from(encodeModel(model));
});

describe('the file of a model', () => {
  test('holds the model, wherever in memory it was read to', () => {
    expect(model.isLearned).toBe(true);
    for (const shift of [0, 1, 4, 7]) {
      const moved = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
      expect(decodeModel(moved, 'moved')).toEqual(model);
    }
  });

  test('is the same on 1, 2 and 4 threads, and another with another seed', async () => {
    for (const threads of [2, 4]) expect(Buffer.from(encodeModel(await trained({ threads }))).equals(bytes)).toBe(true);
    expect(Buffer.from(encodeModel(await trained({ seed: 2 }))).equals(bytes)).toBe(false);
  });

  const refused = (changed: Buffer) => {
    expect(() => decodeModel(changed, 'abc')).toThrow(AlakazamError);
    expect(() => decodeModel(changed, 'abc')).toThrow(/^the model abc is (damaged: |of another version of alakazam)/);
  };

  test('is refused with any bits flipped', () => {
    const places = fc.uniqueArray(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(places, (bits) => {
        const changed = Buffer.from(bytes);
        for (const bit of bits) changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        refused(changed);
      }),
      { numRuns: 300 },
    );
    // Each bit of what comes before the numbers that the model is made of.
    for (let bit = 0; bit < 64 * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      refused(changed);
    }
  });

  test('is refused when it was cut, or goes on', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => refused(bytes.subarray(0, length))),
      { numRuns: 300 },
    );
    for (let length = 0; length < 64; length++) refused(bytes.subarray(0, length));
    refused(Buffer.concat([bytes, Buffer.alloc(8)]));
  });

  test('of another version says so', () => {
    const older = Buffer.from(bytes);
    older.write('alakazam model 0\n', 'latin1');
    const message = 'the model abc is of another version of alakazam, or no model';
    expect(() => decodeModel(older, 'abc')).toThrow(message);
    expect(() => decodeModel(Buffer.from('PK\u0003\u0004 something else altogether'), 'abc')).toThrow(message);
  });
});

describe('the store of models', () => {
  const about = { lakeVersion: null } as Omit<StoredRun, 'run' | 'engine'>;

  async function stored() {
    const directory = temporaryDirectory();
    const openLock = lockOf(directory);
    const store = openModelStore(directory, openLock);
    const { run } = await store.add(model, about);
    return { directory, openLock, store, run };
  }

  test('does not put a model in use that can not be read', async () => {
    const { directory, store, run } = await stored();
    const other = await store.add(await trained({ seed: 2 }), about);
    await store.use(run);
    for (const damage of [(path: string) => truncateSync(path, 100), rmSync]) {
      damage(join(directory, `${other.run}.model`));
      await expect(store.use(other.run)).rejects.toThrow(/^the model \w+ is (damaged|gone)/);
      expect(store.read()).toMatchObject({ model, run: { run } });
    }
  });

  test('says that its list is damaged, and a new model repairs it', async () => {
    const { directory, store, run } = await stored();
    const list = join(directory, 'models.json');
    const text = readFileSync(list, 'utf8');
    for (const damaged of ['', 'nonsense', text.slice(0, -1), text.replace(run, run.replace(/./, '_'))]) {
      writeFileSync(list, damaged);
      for (const act of [store.list, store.read]) expect(act).toThrow(/^the list of models is damaged: /);
      await expect(store.use(run)).rejects.toThrow(/^the list of models is damaged: /);
      expect((await store.add(model, about)).run).toBe(run);
      expect(store.read()).toMatchObject({ model });
    }
  });

  test('waits for whoever changes it, and keeps what they add', async () => {
    const { directory, openLock, store, run } = await stored();
    const other = await trained({ seed: 2 });
    const otherRun = createHash('sha256').update(encodeModel(other)).digest('hex').slice(0, 12);
    const isThere = () => existsSync(join(directory, `${otherRun}.model`));
    let adding: Promise<StoredRun> | undefined;
    let using: Promise<StoredRun> | undefined;
    await whileLocked(await openLock(), undefined, async () => {
      adding = store.add(other, about);
      using = store.use(run);
      // Whatever does not wait is done after some turns.
      for (let i = 0; i < 10; i++) await setImmediate();
      expect(isThere()).toBe(false);
      // Another process has added a model meanwhile.
      const list = join(directory, 'models.json');
      const { runs } = JSON.parse(checkedText(readFileSync(list, 'utf8')) as string);
      writeFileSync(list, withChecksum(JSON.stringify({ inUse: 'another', runs: [{ run: 'another' }, ...runs] })));
    });
    await Promise.all([adding, using]);
    expect(isThere()).toBe(true);
    expect(store.list().map((each) => each.run)).toEqual([otherRun, 'another', run]);
  });

  test('is emptied by one process at a time', async () => {
    const { directory, openLock, store, run } = await stored();
    writeFileSync(join(directory, 'spark.log'), 'said');
    writeFileSync(join(directory, 'mine.txt'), 'of somebody else');
    let clearing: Promise<void> | undefined;
    await whileLocked(await openLock(), undefined, async () => {
      clearing = store.clear();
      for (let i = 0; i < 10; i++) await setImmediate();
      expect(store.read()).toMatchObject({ run: { run } });
    });
    await clearing;
    expect(readdirSync(directory).filter((name) => !name.startsWith('writer.'))).toEqual(['mine.txt']);
    expect(store.list()).toEqual([]);
  });

  test('that is not there is not made to be emptied', async () => {
    const directory = join(temporaryDirectory(), 'models');
    await openModelStore(directory, lockOf(directory)).clear();
    expect(existsSync(directory)).toBe(false);
  });

  test('takes away what a training that was killed left behind', async () => {
    const { directory, store, run } = await stored();
    writeFileSync(join(directory, `${run}.model.0123456789ab`), 'half');
    writeFileSync(join(directory, 'models.json.0123456789ab'), 'half');
    expect(store.read()).toMatchObject({ model });
    await store.add(model, about);
    expect(
      readdirSync(directory)
        .filter((name) => !name.startsWith('writer.'))
        .sort(),
    ).toEqual([`${run}.model`, 'models.json']);
  });
});
