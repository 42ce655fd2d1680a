/** Tables of code by type, held against the facts of the types. */
import { expect, test } from 'vitest';
import { DELETIONS } from '../../src/stack/delete-data.aws.js';
import { PROBES } from '../../src/stack/probes.aws.js';
import { holdsData, keptAs, keptTypeOf, knownTypes, typeOf } from '../../src/stack/types.js';
import { MODEL } from '../fixtures/built-stack.js';

const types = knownTypes();

test('each type that is probed or kept has its code, and no other', () => {
  expect({ 'probes.aws.ts': Object.keys(PROBES).sort(), 'delete-data.aws.ts': Object.keys(DELETIONS).sort() }).toEqual({
    'probes.aws.ts': types.filter((type) => typeOf(type).probe).sort(),
    'delete-data.aws.ts': types.filter(keptAs).sort(),
  });
});

test('what holds data can be asked what it holds, and where it is kept, be deleted', () => {
  const holding = types.filter(holdsData);
  expect(holding.length).toBeGreaterThan(3);
  expect(holding.filter((type) => !(type in PROBES))).toEqual([]);
  const retained = Object.values(MODEL.template.Resources)
    .filter(({ DeletionPolicy }) => /^Retain/.test(DeletionPolicy ?? ''))
    .map(({ Type }) => Type);
  expect([...new Set(retained)].filter((type) => holdsData(type) && !keptAs(type))).toEqual([]);
  // Only what holds data is looked for, and asking what it holds is how it is looked for.
  const kept = types.filter(keptAs);
  expect(kept.filter((type) => retained.includes(type)).length).toBeGreaterThan(1);
  expect(kept.filter((type) => !holdsData(type) || !typeOf(type).removeData)).toEqual([]);
});

test('a kind that an ARN names is of one type', () => {
  const kept = types.filter(keptAs);
  expect(kept.map((type) => keptTypeOf(keptAs(type)?.kind ?? ''))).toEqual(kept);
  expect(keptTypeOf('sns')).toBeUndefined();
});
