/** How far a view in this process has read the stream, and which stream that was. The view keeps it with its data. */
import { crc32 } from 'node:zlib';
import type { LocalStore } from '../engines/lmdb/store.js';
import { lineOf } from '../orders/order-block.js';
import { exchanged } from './exchanged.js';
import type { NumberedBlock, NumberedStream } from './numbered-stream.js';

export interface SavedCheckpoint {
  /** Sequence number of the next order. */
  readonly next: number;
  /** Identity of the stream that the view has read; '' for a stream that never held an order. */
  readonly identity: string;
  /** Of the order before `next`: when it arrived, and a hash of its line. A stream restored from a backup has another there. */
  readonly arrivalMs: number;
  readonly lineHash: number;
}

const START = { next: 1, arrivalMs: 0, lineHash: 0 };

export interface ViewCheckpoint {
  read(): SavedCheckpoint;
  /**
   * False if the stream is another than the one it has read, or has lost orders since: the view begins again. Throws an
   * `AlakazamError` if the stream of this process is no longer the one at its path: the view then belongs to the new one.
   */
  isOfStream(): boolean;
  /** Stores that every order up to the end of this block was read. Call it in the transaction that writes them to the view. */
  moveTo(block: NumberedBlock): void;
  /** Stores that no order of this stream was read yet. Call it in the transaction that empties the view. */
  restart(): void;
}

/** Where a view keeps its checkpoint. */
export interface CheckpointPlace {
  read(): SavedCheckpoint | undefined;
  keep(checkpoint: SavedCheckpoint): void;
}

/** The checkpoint of a view that has a store: in its table `meta`. */
export function openViewCheckpoint(store: LocalStore, stream: NumberedStream): ViewCheckpoint {
  const meta = () => store.table('meta');
  const place = {
    read() {
      const kept = meta().get('checkpoint');
      return kept && JSON.parse(kept.toString());
    },
    keep(checkpoint: SavedCheckpoint) {
      meta().putSync('checkpoint', Buffer.from(JSON.stringify(checkpoint)));
    },
  };
  return followStream(place, stream);
}

/** The checkpoint of a view that keeps it in a place of its own. */
export function followStream(place: CheckpointPlace, stream: NumberedStream): ViewCheckpoint {
  /** The stream to which this checkpoint was found to belong. */
  let known: string | undefined;

  function read(): SavedCheckpoint {
    return { ...START, identity: '', ...place.read() };
  }

  function matches(): boolean {
    const { next, identity, arrivalMs, lineHash } = read();
    if (identity !== stream.identity() || next > stream.last() + 1) return false;
    // Once is enough: a file that is exchanged under a running process is none that this process reads.
    if (next === 1 || known === identity) return true;
    const block = stream.blockOf(next - 1);
    if (block?.arrivalMs !== arrivalMs || lineHashOf(block, next - 1) !== lineHash) return false;
    known = identity;
    return true;
  }

  return {
    read,
    isOfStream() {
      const isOfStream = matches();
      if (!isOfStream && stream.isExchanged()) {
        throw exchanged(stream.path);
      }
      return isOfStream;
    },
    moveTo(block) {
      const { first, arrivalMs, orders } = block;
      const next = first + orders.count;
      place.keep({ next, identity: stream.identity(), arrivalMs, lineHash: lineHashOf(block, next - 1) });
    },
    restart() {
      known = stream.identity();
      place.keep({ ...START, identity: stream.identity() });
    },
  };
}

function lineHashOf({ first, orders }: NumberedBlock, sequence: number): number {
  return crc32(lineOf(orders, sequence - first));
}
