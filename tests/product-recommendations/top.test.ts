import fc from 'fast-check';
import { expect, test } from 'vitest';
import { topIndexes } from '../../src/product-recommendations/top.js';

test('the best are those of a whole sort, in its order', () => {
  const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }), fc.constant(-Infinity));
  fc.assert(
    fc.property(
      fc.array(score, { maxLength: 60 }),
      fc.integer({ min: 0, max: 70 }),
      fc.nat(7),
      (scores, count, taken) => {
        const isTaken = (i: number) => i % 8 === taken;
        const expected = [...scores.keys()]
          .filter((i) => !isTaken(i) && scores[i] !== -Infinity)
          .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
          .slice(0, count);
        expect(topIndexes(Float64Array.from(scores), count, isTaken)).toEqual(expected);
      },
    ),
    { numRuns: 2000 },
  );
});
