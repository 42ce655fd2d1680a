/** Threads that a training works on. They are started before there is something to do, since a start takes long. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { assetOf } from '../assets.js';
import { askThread, onEnd } from './ask-thread.js';
import type { CollectedExamples, ExamplesTask } from './examples.js';
import { kernelModule } from './kernel.js';
import type { Share } from './kernel-jobs.js';

const THREAD = assetOf('dist/training.thread.js');

export type ThreadTask = Share | ExamplesTask;

export interface TrainingThreads {
  /** How many work, the thread that started them included. */
  readonly count: number;
  /** Lets all of them work on the jobs of a kernel in this memory. */
  join(memory: WebAssembly.Memory): Promise<void>;
  /** What `work` gives; rejects if another thread fails or ends meanwhile, for which it would wait in vain. */
  whileAlive<T>(work: Promise<T>): Promise<T>;
  /** Gives each of the others a task, and gives their answers in the same order; `tasks` has one less than `count`. */
  collect(tasks: readonly ExamplesTask[]): Promise<CollectedExamples[]>;
  end(): Promise<void>;
}

export function startThreads(count: number): TrainingThreads {
  // There is no built thread when the sources are run as they are.
  const others = existsSync(THREAD) ? count - 1 : 0;
  const workers = Array.from({ length: others }, () => new Worker(THREAD));
  const ended = new Promise<never>((_, reject) => {
    for (const worker of workers) onEnd(worker, reject);
  });
  // Whoever works hears of it.
  ended.catch(() => undefined);
  return {
    count: others + 1,
    whileAlive: (work) => Promise.race([work, ended]),
    async join(memory) {
      const module = kernelModule();
      await Promise.all(
        workers.map((worker, i) => askThread(worker, { memory, module, thread: i + 1 } satisfies ThreadTask)),
      );
    },
    collect: (tasks) =>
      Promise.all(
        tasks.map((task, i) => askThread<CollectedExamples>(workers[i] as Worker, task satisfies ThreadTask)),
      ),
    end: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}
