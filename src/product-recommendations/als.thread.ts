/** A thread of `kernel-threads.ts`: works on pieces of the jobs in one memory after the other. */
import { parentPort } from 'node:worker_threads';
import { startKernel } from './kernel.js';
import { type Share, workOn } from './kernel-jobs.js';

parentPort?.on('message', (share: Share) => {
  const kernel = startKernel(share.memory, share.module);
  parentPort?.postMessage('ready');
  workOn(share, kernel);
});
