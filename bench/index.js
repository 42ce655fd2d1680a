/**
 * Measures what the README claims, each against its peer in the same minute, and writes bench/results.md. Runs are
 * interleaved and medians taken, because machines drift. `npm run bench [name …]`.
 */
import { writeFileSync } from 'node:fs';
import { load } from './load.js';
import { memory } from './memory.js';
import { putRecords } from './put-records.js';
import { rateAlarm } from './rate-alarm.js';
import { recommendations } from './recommendations.js';
import { startup } from './startup.js';
import { tailLatency } from './tail-latency.js';
import { warehouse } from './warehouse.js';

const BENCHES = { load, memory, putRecords, rateAlarm, recommendations, startup, tailLatency, warehouse };

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(BENCHES);
const unknown = names.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; valid: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const rows = [];
for (const name of names) {
  for (const row of await BENCHES[name]()) {
    rows.push(row);
    console.log(`${row.what}: ${row.reached} (goal ${row.goal}) against ${row.peer}`);
  }
}

if (wanted.length === 0) {
  const table = rows.map(({ what, peer, goal, reached }) => `| ${what} | ${peer} | ${goal} | ${reached} |`).join('\n');
  writeFileSync(
    new URL('results.md', import.meta.url),
    `# Measured\n\nMedians of interleaved runs, Node ${process.version}. Made by \`npm run bench\`.\n\n| what | against | goal | reached |\n| --- | --- | --- | --- |\n${table}\n`,
  );
}
