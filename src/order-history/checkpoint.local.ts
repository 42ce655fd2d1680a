/** How far the embedded history has read the stream, and which stream that was. */
import type { LocalStore } from '../engines/lmdb/store.js';
import { lineOf } from '../orders/order-block.js';
import type { NumberedBlock, NumberedStream } from '../stream/numbered-stream.js';
import { hashOf } from './customer-index.local.js';

interface Checkpoint {
  /** Sequence number of the next order. */
  readonly next: number;
  /** The stream it has read; '' for one that never held an order. */
  readonly identity: string;
  /** Of the order before `next`: when it arrived, and a hash of its line. A stream restored from a backup has another there. */
  readonly arrivalMs: number;
  readonly lineHash: number;
}

const START = { next: 1, arrivalMs: 0, lineHash: 0 };

export interface HistoryCheckpoint {
  read(): Checkpoint;
  /** False if the stream is another than the one it has read, or has lost orders since. */
  isOfStream(): boolean;
  /** All up to the end of this block was read; in a transaction of the store. */
  moveTo(block: NumberedBlock): void;
  /** Nothing of this stream was read yet; in a transaction of the store. */
  restart(): void;
}

export function openHistoryCheckpoint(store: LocalStore, stream: NumberedStream): HistoryCheckpoint {
  const meta = () => store.table('meta');
  /** The stream to which this checkpoint was found to belong. */
  let known: string | undefined;

  function read(): Checkpoint {
    const kept = meta().get('checkpoint');
    return { ...START, identity: '', ...(kept ? JSON.parse(kept.toString()) : {}) };
  }

  function keep(checkpoint: Checkpoint): void {
    meta().putSync('checkpoint', Buffer.from(JSON.stringify(checkpoint)));
  }

  return {
    read,
    isOfStream() {
      const { next, identity, arrivalMs, lineHash } = read();
      if (identity !== stream.identity() || next > stream.last() + 1) return false;
      // Once is enough: a file that is exchanged under a running process is none that this process reads.
      if (next === 1 || known === identity) return true;
      const block = stream.blockOf(next - 1);
      if (block?.arrivalMs !== arrivalMs || lineHashOf(block, next - 1) !== lineHash) return false;
      known = identity;
      return true;
    },
    moveTo(block) {
      const { first, arrivalMs, orders } = block;
      const next = first + orders.count;
      keep({ next, identity: stream.identity(), arrivalMs, lineHash: lineHashOf(block, next - 1) });
    },
    restart() {
      known = stream.identity();
      keep({ ...START, identity: stream.identity() });
    },
  };
}

function lineHashOf({ first, orders }: NumberedBlock, sequence: number): number {
  return hashOf(Buffer.from(lineOf(orders, sequence - first)));
}
