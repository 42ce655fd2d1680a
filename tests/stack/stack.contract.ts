/** What every driver of the stack promises: to say what it would do, to go on where it was cut, and to leave nothing. */
import { describe, expect, test } from 'vitest';
import { AlakazamError } from '../../src/errors.js';
import type { Plan, Stack, StackEvent } from '../../src/stack/stack.js';

export interface StackFixture {
  /** The same stack, as another process opens it. */
  open(): Stack;
}

export async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of from) found.push(each);
  return found;
}

/** The resources that a stack leaves behind, with the orders in them. */
const KEPT = ['FailedOrdersBucket', 'HistoryIndexTable', 'HistoryTable', 'LakeBucket', 'SurgeTable'];

const never = new AbortController().signal;

/** Does what `deploy` does when nobody says no. */
export async function deploy(stack: Stack, parameters: Record<string, string> = {}): Promise<Plan> {
  await collect(stack.settle(never));
  const plan = await stack.plan(new Map(Object.entries(parameters)));
  try {
    if (plan.changes.length > 0) await collect(plan.execute(never, true));
    return plan;
  } finally {
    await plan.discard();
  }
}

export async function failureOf(work: Promise<unknown>): Promise<AlakazamError> {
  const error = await work.then(
    () => undefined,
    (of: unknown) => of,
  );
  expect(error).toBeInstanceOf(AlakazamError);
  return error as AlakazamError;
}

/** `start` gives a stack that isn't there yet, under a name of its own. */
export function testStack(start: () => Promise<StackFixture>): void {
  describe('a plan', () => {
    test('says what would be made and what it costs, and makes nothing', async () => {
      const { open } = await start();
      const plan = await open().plan(new Map());
      expect(plan.isNew).toBe(true);
      expect(new Set(plan.changes.map(({ action }) => action))).toEqual(new Set(['add']));
      expect(plan.changes.map(({ name }) => name)).toEqual(expect.arrayContaining(['OrdersStream', 'HistoryTable']));
      expect(Number(plan.cost.monthlyAtRest)).toBeGreaterThan(0);
      await plan.discard();
      expect(await open().holdings()).toEqual([]);
      expect((await failureOf(open().outputs())).hint).toMatch('alakazam deploy');
    });

    test('has no changes where there are none', async () => {
      const { open } = await start();
      await deploy(open());
      expect((await deploy(open())).changes).toEqual([]);
      expect((await open().plan(new Map())).isNew).toBe(false);
    });

    test('that is never executed is in no other’s way', async () => {
      const { open } = await start();
      await open().plan(new Map());
      expect((await deploy(open())).changes.length).toBeGreaterThan(10);
      expect((await open().outputs()).length).toBeGreaterThan(10);
    });

    test('tells of data that would be gone', async () => {
      const { open } = await start();
      const { changes } = await deploy(open());
      expect(changes.filter(({ data }) => data !== undefined)).toEqual([]);
    });
  });

  describe('a parameter', () => {
    test('keeps its value until it is given another', async () => {
      const { open } = await start();
      await deploy(open(), { LogRetentionDays: '7' });
      expect((await deploy(open())).changes).toEqual([]);
      expect((await deploy(open(), { LogRetentionDays: '14' })).changes.map(({ name }) => name)).toContain(
        'ProcessOrdersLogGroup',
      );
    });

    test.each([
      ['StreamMod', 'ON_DEMAND', /no parameter StreamMod; did you mean StreamMode\?/],
      ['StreamMode', 'on_demand', /StreamMode is "on_demand"; valid: ON_DEMAND, PROVISIONED/],
      ['StreamShards', '0', /StreamShards is "0"; valid: a number from 1 to 200/],
      ['LakeFirstMonth', '2010', /LakeFirstMonth is "2010"; valid: a month such as 2009-12/],
      ['AlarmEmail', 'secret', /AlarmEmail is what was given; valid: an e-mail address, or empty/],
    ])('%s=%s is refused before anything is asked', async (name, value, message) => {
      const { open } = await start();
      const error = await failureOf(open().plan(new Map([[name, value]])));
      expect(error.code).toBe('usage');
      expect(error.message).toMatch(message);
    });
  });

  describe('a deployment', () => {
    test('names the part that failed and why, and the next one makes good', async () => {
      const [other, { open }] = [await start(), await start()];
      await deploy(other.open());
      const taken = (await other.open().outputs()).find(({ name }) => name === 'GlueDatabaseName')?.value as string;
      const failed = await failureOf(deploy(open(), { GlueDatabaseName: taken }));
      expect(failed.message).toMatch(/^LakeDatabase could not be made: .*already exists/i);
      expect(failed.hint).toMatch(/choose another name with --param or --stack; alakazam deploy/);
      await deploy(open());
      expect((await open().outputs()).find(({ name }) => name === 'GlueDatabaseName')?.value).not.toBe(taken);
    });

    test('that fails on a stack leaves what was there', async () => {
      const [other, { open }] = [await start(), await start()];
      await deploy(other.open());
      const taken = (await other.open().outputs()).find(({ name }) => name === 'GlueDatabaseName')?.value as string;
      await deploy(open());
      const before = await open().outputs();
      expect((await failureOf(deploy(open(), { GlueDatabaseName: taken }))).message).toMatch(
        /^LakeDatabase could not be changed: /,
      );
      expect(await open().outputs()).toEqual(before);
      await deploy(open(), { LogRetentionDays: '7' });
    });

    test('is refused whole if there can be no such thing', async () => {
      const { open } = await start();
      // None of these stands in for a budget.
      const failed = await failureOf(deploy(open(), { MonthlyBudgetUsd: '10' }));
      expect(failed.message).toMatch(/^CloudFormation refuses the template: .*Budget/);
      expect(await open().holdings()).toEqual([]);
    });

    test('that nobody waits for goes on, and the next one waits for its end', async () => {
      const { open } = await start();
      const plan = await open().plan(new Map());
      expect(await collect(plan.execute(never, false))).toEqual([]);
      await collect(open().settle(never));
      expect((await open().plan(new Map())).changes).toEqual([]);
    });
  });

  describe('what was deployed', () => {
    test('is taken away but for the orders, and these too when told to', async () => {
      const { open } = await start();
      await deploy(open());
      const names = new Map((await open().outputs()).map(({ name, value }) => [name, value]));
      const held = await open().holdings();
      const kept = held.filter(({ isKept }) => isKept).map(({ name }) => name);
      const data = KEPT.map((name) => `${name}Name`).map((of) => names.get(of) as string);
      expect(kept.sort()).toEqual([...data].sort());
      expect(held.filter(({ isKept }) => !isKept).length).toBeGreaterThan(3);

      const events: StackEvent[] = await collect(open().destroy(false, never));
      expect(events.some(({ name, status }) => name === 'OrdersStream' && status === 'DELETE_COMPLETE')).toBe(true);
      expect((await open().remains()).map(({ name }) => name).sort()).toEqual([...data].sort());

      await collect(open().destroy(true, never));
      expect(await open().remains()).toEqual([]);
      expect(await open().holdings()).toEqual([]);
    });

    test('can be deployed once more, and takes up what was kept', async () => {
      const { open } = await start();
      await deploy(open());
      const before = new Map((await open().outputs()).map(({ name, value }) => [name, value]));
      await collect(open().destroy(false, never));
      const { isNew, changes } = await deploy(open());
      expect(isNew).toBe(true);
      const adopted = changes.filter(({ action }) => action === 'adopt').map(({ name }) => name);
      expect(adopted.sort()).toEqual(KEPT);
      const after = new Map((await open().outputs()).map(({ name, value }) => [name, value]));
      for (const name of KEPT.map((name) => `${name}Name`)) {
        expect([name, after.get(name)]).toEqual([name, before.get(name)]);
      }
      expect((await deploy(open())).changes).toEqual([]);
      expect((await open().holdings()).filter(({ isKept }) => isKept).length).toBeGreaterThanOrEqual(3);
      await collect(open().destroy(true, never));
      expect(await open().holdings()).toEqual([]);
    });

    test('is all healthy at first', async () => {
      const { open } = await start();
      await deploy(open());
      const parts = await open().parts();
      expect(parts.filter(({ isHealthy }) => !isHealthy)).toEqual([]);
      expect(parts.length).toBeGreaterThan(5);
    });
  });
}
