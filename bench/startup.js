/**
 * Short commands, process start included, against a Node process that does nothing. Node is the one that runs this file: for
 * another, `/path/to/node bench/index.js startup`.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ALAKAZAM, alakazam, ratio, run, scratch } from './run.js';

export async function startup() {
  const home = join(scratch(), 'home');
  await alakazam(['generate', '--quiet', '--count', '20000'], home);
  const nothing = () => run(process.execPath, ['-e', '0']);
  // One of those who ordered.
  const history = ['history', '--customer', '12756'];
  const help = await ratio(21, () => alakazam(['--help'], home), nothing);
  const local = await ratio(21, () => alakazam(history, home), nothing);
  const alarm = await ratio(21, await quietAlarm(home), nothing);
  const account = await emptyAccount();
  const environment = { ...account.environment, ALAKAZAM_HOME: home };
  const aws = await ratio(21, () => run(process.execPath, [ALAKAZAM, ...history], environment), nothing);
  account.close();
  const peer = `\`node -e 0\`, Node ${process.version.slice(1)}`;
  return [
    { what: '`alakazam --help`', peer, goal: '≤ 1.5×', reached: `${help.toFixed(2)}×` },
    { what: '`alakazam history --customer`', peer, goal: '≤ 2.2×', reached: `${local.toFixed(2)}×` },
    { what: '`alakazam alarm`', peer, goal: '≤ 2.2×', reached: `${alarm.toFixed(2)}×` },
    {
      what: '`alakazam history --customer` on AWS, which answers at once',
      peer,
      goal: '≤ 2.2×',
      reached: `${aws.toFixed(2)}×`,
    },
  ];
}

/** Asks for the alarm's state, once the surge of what was streamed is over: until then the exit code is 3. */
async function quietAlarm(home) {
  const ask = () => run(process.execPath, [ALAKAZAM, 'alarm'], { ALAKAZAM_HOME: home, ALAKAZAM_ALARM_QUIET: '1s' });
  for (let asked; !asked; ) {
    asked = await ask().catch((error) => {
      if (!/exited with 3/.test(error.message)) throw error;
    });
  }
  return ask;
}

/** Answers as AWS does where there are no shards and no orders. */
async function emptyAccount() {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.setHeader('x-amzn-requestid', 'bench');
    response.end('{"Shards":[],"Items":[],"Count":0}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    environment: {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${server.address().port}`,
      ALAKAZAM_TARGET: 'aws',
      ALAKAZAM_ORDERS_STREAM: 'orders',
      ALAKAZAM_HISTORY_TABLE: 'history',
      ALAKAZAM_HISTORY_INDEX_TABLE: 'index',
    },
    close: () => server.close(),
  };
}
