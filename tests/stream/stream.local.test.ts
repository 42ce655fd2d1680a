import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { localFixture } from '../fixtures/local-pipeline.js';
import { collect, manyLines, putter } from '../fixtures/orders.js';
import { testStream } from './stream.contract.js';

testStream('local', localFixture, { isTotalOrder: true });

test('a stream whose file was deleted takes no order, and nobody waits for one', async () => {
  const { home, open } = await localFixture();
  const stream = await open();
  const put = putter(stream);
  await put(manyLines(3));
  const reader = stream.read({ from: 'next', signal: new AbortController().signal });
  const waiting = collect(reader);
  rmSync(home, { recursive: true });
  await expect(waiting).rejects.toThrow('stream.mdb was exchanged while it was in use');
  await expect(put(manyLines(3, 3))).rejects.toThrow('stream.mdb was exchanged while it was in use');
});
