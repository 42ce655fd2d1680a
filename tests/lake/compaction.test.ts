import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesToJoin } from '../../src/lake/compaction.js';

interface File {
  readonly rows: number;
  /** How often the order of this file that was rewritten most often was. */
  readonly rewritten: number;
  readonly first: number;
  readonly last: number;
}

/** Sizes of batches: like each other, of any size, and many small ones with a large one now and then. */
const anySizes = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 300 }),
  fc.array(
    fc.double({ min: 0, max: 9, noNaN: true }).map((tier) => Math.floor(4 ** tier)),
    { maxLength: 200 },
  ),
  fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 131_072 })), {
    maxLength: 300,
  }),
  // Small files between larger ones between larger ones still: what a scheme by tiers alone leaves lying.
  fc.array(
    fc.integer({ min: 0, max: 9 }).map((tier) => 4 ** tier),
    { minLength: 200, maxLength: 300 },
  ),
  fc
    .tuple(fc.integer({ min: 2, max: 9 }), fc.boolean())
    .map(([n, isFalling]) => Array.from({ length: 120 }, (_, i) => 4 ** (isFalling ? n - 1 - (i % n) : i % n))),
);

test('whatever the batches are, files stay few and an order is seldom rewritten', () => {
  let mostRewritten = 0;
  fc.assert(
    fc.property(anySizes, (sizes) => {
      let files: File[] = [];
      let rows = 0;
      for (const [n, size] of sizes.entries()) {
        files.push({ rows: size, rewritten: 0, first: n, last: n });
        rows += size;
        for (;;) {
          const some = filesToJoin(files);
          if (some.length === 0) break;
          // Those at the end, so that the rows of the joined file follow each other.
          expect(files.slice(-some.length)).toEqual(some);
          expect(some.length).toBeGreaterThan(1);
          const joined = {
            rows: some.reduce((sum, file) => sum + file.rows, 0),
            rewritten: 1 + Math.max(...some.map(({ rewritten }) => rewritten)),
            first: (some[0] as File).first,
            last: n,
          };
          files = [...files.slice(0, -some.length), joined];
        }
        const tiers = 1 + Math.log2(rows) / 2;
        expect(Math.max(...files.map(({ rewritten }) => rewritten))).toBeLessThanOrEqual(tiers);
        expect(files.length).toBeLessThanOrEqual(3 * tiers);
        mostRewritten = Math.max(mostRewritten, ...files.map(({ rewritten }) => rewritten));
      }
    }),
    { numRuns: 300 },
  );
  expect(mostRewritten).toBeGreaterThan(2);
});
