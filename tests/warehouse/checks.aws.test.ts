/** What `doctor` says of the warehouse, by what the stack has. */
import { expect, test } from 'vitest';
import type { AwsSession } from '../../src/engines/aws/session.js';
import type { ResourceName, Resources } from '../../src/stack/resource-names.js';
import type { Check } from '../../src/terminal/check.js';
import { type ProbeState, warehouseChecks } from '../../src/warehouse/checks.aws.js';

const session = {
  client() {
    throw new Error('nobody answers');
  },
} as unknown as AwsSession;

const resources = (outputs: Readonly<Record<string, string>> | undefined) =>
  ({
    outputs: async () => new Map(Object.entries(outputs ?? {})),
    nameOf: async ({ output }: ResourceName) => outputs?.[output] as string,
  }) as unknown as Resources;

async function checks(outputs: Readonly<Record<string, string>> | undefined, probe: ProbeState): Promise<Check[]> {
  const found: Check[] = [];
  for await (const each of warehouseChecks(session, resources(outputs), probe)) found.push(each);
  return found;
}

const isWell: ProbeState = async (type) => ({ isHealthy: true, status: 'WELL', finding: type });
const ATHENA = { AthenaWorkGroupName: 'alakazam' };

test('a stack is checked for the parts that it has', async () => {
  expect(await checks(undefined, isWell)).toEqual([]);
  expect(await checks(ATHENA, isWell)).toEqual([
    { name: 'Athena', isGood: true, finding: 'alakazam is WELL: AWS::Athena::WorkGroup' },
  ]);
  const all = { ...ATHENA, RedshiftWorkgroupName: 'orders-1', QuicksightDashboardUrl: 'https://…' };
  expect(await checks(all, isWell)).toEqual([
    { name: 'Athena', isGood: true, finding: 'alakazam is WELL: AWS::Athena::WorkGroup' },
    { name: 'Redshift', isGood: true, finding: 'orders-1 is WELL: AWS::RedshiftServerless::Workgroup' },
    { name: 'QuickSight', isGood: null, finding: 'could not be checked: nobody answers' },
  ]);
});

test('what is not well is a failure', async () => {
  expect(await checks(ATHENA, async () => ({ isHealthy: false, status: 'DISABLED' }))).toEqual([
    { name: 'Athena', isGood: false, finding: 'alakazam is DISABLED', hint: expect.stringMatching(/status/) },
  ]);
});
