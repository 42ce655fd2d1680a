/** Short commands, process start included, against a Node process that does nothing. */
import { join } from 'node:path';
import { alakazam, ratio, run, scratch } from './run.js';

export async function startup() {
  const home = join(scratch(), 'home');
  await alakazam(['generate', '--quiet', '--count', '20000'], home);
  const nothing = () => run(process.execPath, ['-e', '0']);
  const help = await ratio(21, () => alakazam(['--help'], home), nothing);
  const history = await ratio(21, () => alakazam(['history', '--customer', '12748'], home), nothing);
  const peer = '`node -e 0`';
  return [
    { what: '`alakazam --help`', peer, goal: '≤ 1.3×', reached: `${help.toFixed(2)}×` },
    { what: '`alakazam history --customer`', peer, goal: '≤ 1.6×', reached: `${history.toFixed(2)}×` },
  ];
}
