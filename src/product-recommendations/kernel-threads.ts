/** Threads that work for the kernel. They are started before their memory is known, since a start takes long. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { assetOf } from '../assets.js';
import { kernelModule } from './kernel.js';
import type { Share } from './kernel-jobs.js';

const THREAD = assetOf('dist/als.thread.js');

export interface KernelThreads {
  /** How many work, the thread that started them included. */
  readonly count: number;
  /** Lets all of them work in this memory, from now on. */
  join(memory: WebAssembly.Memory): Promise<void>;
  end(): Promise<void>;
}

export function startThreads(count: number): KernelThreads {
  // There is no built thread when the sources are run as they are.
  const others = existsSync(THREAD) ? count - 1 : 0;
  const workers = Array.from({ length: others }, () => new Worker(THREAD));
  return {
    count: others + 1,
    async join(memory) {
      const module = kernelModule();
      await Promise.all(
        workers.map((worker, i) => {
          const ready = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
          worker.postMessage({ memory, module, thread: i + 1 } satisfies Share);
          return ready;
        }),
      );
    },
    end: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}
