/** From the moment a line is handed to `generate` to the moment `tail orders`, another process, has printed it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { putOrders } from './put-orders.js';
import { ALAKAZAM, scratch } from './run.js';

const ORDERS = 1000;
const GAP_MS = 10;

export async function tailLatency() {
  const home = join(scratch(), 'home');
  const put = await putOrders(home);
  await put('L,1,LATENCY,1,12/1/2010 8:26,1.00,1,United Kingdom', 1);
  const environment = { ...process.env, ALAKAZAM_HOME: home };
  const tail = spawn(process.execPath, [ALAKAZAM, 'tail', 'orders', '-n', '1'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: tail.stdout });
  await new Promise((resolve) => lines.once('line', resolve));

  const sentMs = new Map();
  const latencies = [];
  const done = new Promise((resolve) => {
    lines.on('line', (line) => {
      const { invoiceNo } = JSON.parse(line);
      const sent = sentMs.get(invoiceNo);
      if (sent !== undefined) latencies.push(performance.now() - sent);
      if (latencies.length === ORDERS) resolve();
    });
  });
  for (let i = 0; i < ORDERS; i++) {
    const invoiceNo = `L${i}`;
    sentMs.set(invoiceNo, performance.now());
    await put(`${invoiceNo},1,LATENCY,1,12/1/2010 8:26,1.00,1,United Kingdom`, 1);
    await delay(GAP_MS);
  }
  await Promise.race([done, delay(10_000)]);
  tail.kill();
  const sorted = latencies.sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]?.toFixed(1);
  return [
    {
      what: `tail orders, from put to printed line: p50 and p99 of ${sorted.length} orders`,
      peer: `${ORDERS} put`,
      goal: 'p99 ≤ 25 ms, none missed',
      reached: `${at(0.5)} ms, ${at(0.99)} ms`,
    },
  ];
}
