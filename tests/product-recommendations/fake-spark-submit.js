#!/usr/bin/env node
/** Stands in for spark-submit: says what it was asked, and does what FAKE_SPARK says. What it publishes is one customer's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const args = process.argv.slice(2);
const value = (flag) => args[args.indexOf(flag) + 1];
writeFileSync(process.env.FAKE_SPARK_ASKED, JSON.stringify({ args, directory: process.cwd(), pid: process.pid }));
const [out, run] = [value('--out'), value('--run')];
const directory = join(out, 'runs', run);
const write = (path, text) => writeFileSync(join(directory, path), text);
console.log('step 2 of 8: short memory');

const acts = {
  publish(future = null) {
    for (const folder of ['recommendations', 'similar']) {
      mkdirSync(join(directory, folder), { recursive: true });
      for (let bucket = 0; bucket < 64; bucket++) write(`${folder}/${bucket}.jsonl`, '');
    }
    const product = (stockCode) => ({
      stockCode,
      description: `PRODUCT ${stockCode}`,
      score: 0.5,
      because: ['rising now'],
    });
    const lists = { new: [product('10002'), product('10003')], again: [product('10001')], all: [product('10001')] };
    const found = { customerId: 1, model: run, coldStart: false, ...lists };
    write('recommendations/1.jsonl', `${JSON.stringify(found)}\n`);
    const near = (stockCode, score) => ({ stockCode, description: `PRODUCT ${stockCode}`, score });
    const similar = { similar: [near('10002', 0.5)], boughtTogether: [near('10003', 0.4), near('10002', 0.1)] };
    const line = { stockCode: '10001', description: 'PRODUCT 10001', ...similar };
    write(`similar/${crc32('10001') % 64}.jsonl`, `${JSON.stringify(line)}\n`);
    write('bestsellers.json', JSON.stringify({ ...found, customerId: null, coldStart: true, again: [] }));
    write('metrics.json', '{}');
    const options = {
      factors: 64,
      regParam: 0.15,
      iterations: 10,
      halfLifeDays: 42,
      seed: 1,
      since: null,
      until: null,
    };
    const about = { customers: 1, products: 3, purchases: 1, lastDate: '2011-12-09', future, options };
    const latest = { format: 1, run, trainedAt: '2026-11-27T10:00:00Z', buckets: 64, ...about };
    writeFileSync(join(out, 'latest.json'), JSON.stringify(latest));
  },
  leaveOut() {
    acts.publish({ orders: 2, lastDate: '9999-12-31' });
  },
  refuse() {
    console.log('error: no order of a known customer is in the lake');
    process.exitCode = 1;
  },
  crash() {
    console.error('java.lang.OutOfMemoryError');
    process.exitCode = 1;
  },
  hang() {
    mkdirSync(directory, { recursive: true });
    write('metrics.json', '{}');
    setInterval(() => {}, 1000);
  },
};
acts[process.env.FAKE_SPARK]();
