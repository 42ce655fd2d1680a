/** The whole real file through stream and history, durably, against a script that merely writes it out again. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alakazam, ratio, realOrders, run, scratch } from './run.js';

export async function load() {
  const directory = scratch();
  const file = await realOrders(directory);
  const home = join(directory, 'home');
  const reached = await ratio(
    9,
    () => {
      rmSync(home, { recursive: true, force: true });
      return alakazam(['generate', '--quiet', '--source', file, '--count', '541909'], home);
    },
    () =>
      run('python3', [fileURLToPath(new URL('log_generator.py', import.meta.url)), file, join(directory, 'out.log')]),
  );
  return [
    {
      what: '541,909 real orders into stream and history, durably',
      peer: "the course's LogGenerator.py, which rewrites the CSV",
      goal: '≤ 0.8×',
      reached: `${reached.toFixed(2)}×`,
    },
  ];
}
