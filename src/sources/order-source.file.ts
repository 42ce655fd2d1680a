/** Orders from a file or from standard input, in the layout of UCI Online Retail. */
import { createHash } from 'node:crypto';
import { AlakazamError } from '../errors.js';
import { openInput } from './file/input.js';
import { numberInvoices } from './file/invoice-codes.js';
import { numberOrders } from './file/number-orders.js';
import { readHeader } from './file/order-header.js';
import { scanAhead } from './file/scan-ahead.js';
import { type FilePosition, scanFile } from './file/scan-file.js';
import type { OrderSource, SourceBatch, SourceRead } from './order-source.js';

export interface FileSourceOptions {
  /** Reads the file again and again; from the second pass on, `.2`, `.3` … is added to the invoice numbers. */
  readonly loop?: boolean;
  /** For `-`. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Ends the wait for a FIFO or a device. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a file (`.gz` or not) or, for `-`, standard input. Throws an `AlakazamError` if the file can't be read, or if its
 * header lacks a field.
 */
export async function openFileSource(path: string, options: FileSourceOptions = {}): Promise<OrderSource> {
  const input = await openInput(path, options.stdin, options.signal);
  const header = readHeader(input.name, input.head);
  const isLoop = options.loop === true;
  if (isLoop && !input.path) {
    throw new AlakazamError('usage', `--loop needs a file to read again; ${input.name} can be read once`);
  }

  async function* read(options: SourceRead): AsyncGenerator<SourceBatch> {
    const { from, codesOf = () => undefined, limit = Number.POSITIVE_INFINITY } = options;
    const { batchSize = () => Number.POSITIVE_INFINITY, isAhead = false } = options;
    const numbering = numberInvoices(codesOf);
    const scan = { from: from as FilePosition | undefined, isLoop, limit, batchSize };
    const batches = isAhead && input.path ? scanAhead(path, header, scan) : scanFile(input, header, scan);
    for await (const batch of batches) {
      const orders = numberOrders(batch.orders, numbering);
      yield { ...batch, orders, invoices: numbering.changed() };
    }
  }

  const identity = `${input.path}\n${header.identity}`;
  return {
    id: input.path && `file:${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`,
    name: input.name,
    endless: isLoop,
    read,
  };
}
