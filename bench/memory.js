/** Peak memory while the real file goes through once, and ten times. */
import { join } from 'node:path';
import { alakazam, realOrders, scratch } from './run.js';

export async function memory() {
  const directory = scratch();
  const file = await realOrders(directory);
  const load = (times) =>
    alakazam(
      ['generate', '--quiet', '--source', file, '--loop', '--count', String(541_909 * times)],
      join(directory, `${times}`),
    );
  const once = await load(1);
  const tenTimes = await load(10);
  return [
    {
      what: 'peak memory, 5.4 million orders',
      peer: `541,909 orders: ${once.peakMiB.toFixed(0)} MiB`,
      goal: '≤ 1.2×, ≤ 300 MB',
      reached: `${(tenTimes.peakMiB / once.peakMiB).toFixed(2)}×, ${tenTimes.peakMiB.toFixed(0)} MiB`,
    },
  ];
}
