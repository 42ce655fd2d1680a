/** A thread of `training-threads.ts`: works on jobs of the kernel in one memory after the other, and collects examples. */
import { parentPort } from 'node:worker_threads';
import { collectExamples } from './examples.js';
import { startKernel } from './kernel.js';
import { workOn } from './kernel-jobs.js';
import type { ThreadTask } from './training-threads.js';

parentPort?.on('message', async (task: ThreadTask) => {
  if ('memory' in task) {
    const kernel = startKernel(task.memory, task.module);
    parentPort?.postMessage('ready');
    workOn(task, kernel);
  } else {
    parentPort?.postMessage(await collectExamples(task));
  }
});
