/** Reads order lines out of the bytes of a file: which are orders, which are not, and why. */
import { createBlockBuilder } from '../../orders/block-builder.js';
import { GUEST, type UnnumberedBlock } from '../../orders/order-block.js';
import { FIELD_CHARACTERS_MAX, formatLine, type LineFields, whyNotAnOrder } from '../../orders/order-line.js';
import type { Rejected, SourceBatch } from '../order-source.js';
import { readRecord } from './csv-record.js';
import type { Input } from './input.js';
import { createLineScanner } from './line-scanner.js';
import type { OrderHeader } from './order-header.js';

/** A line longer than its eight longest fields, every quote doubled, is no order. */
const LINE_BYTES_MAX = 8 * 2 * FIELD_CHARACTERS_MAX;
const REJECTED_TEXT_CHARACTERS = 1024;
/** A batch ends with so many rejected lines or so many bytes, whatever the reader has room for: what waits is in memory. */
const BATCH_REJECTED_MAX = 10_000;
const BATCH_BYTES_MAX = 8 * 2 ** 20;
const CR = 13;
const LF = 10;
/** The occurrence of a line that has none yet. */
const UNNUMBERED = 0;

export type FilePosition = { readonly offset: number; readonly line: number; readonly pass: number };

/** A batch whose orders have no occurrences yet. */
export interface ScannedBatch extends Omit<SourceBatch, 'invoices' | 'orders'> {
  readonly orders: UnnumberedBlock;
}

export interface ScanOptions {
  readonly from?: FilePosition | undefined;
  readonly isLoop: boolean;
  readonly limit: number;
  readonly batchSize: () => number;
}

/** Batches of at most `batchSize` orders until `limit` or the end; from the second pass of a loop on with invoice numbers of its own. */
export async function* scanFile(
  input: Pick<Input, 'chunks'>,
  header: OrderHeader,
  { from, isLoop, limit, batchSize }: ScanOptions,
): AsyncGenerator<ScannedBatch> {
  const start: FilePosition = { offset: header.bytes, line: 1, pass: 1 };
  let position = from ?? start;
  let left = limit;
  for (;;) {
    let read = 0;
    const lines = readLines(header, position);
    const take = () => {
      const batch = { ...lines.take(), isNewPass: position.pass > 1 && read === 0 && position.offset === header.bytes };
      read += batch.orders.count;
      left -= batch.orders.count;
      return batch;
    };
    lines.room = Math.min(left, batchSize());
    let fault: { error: unknown } | undefined;
    try {
      for await (const chunk of input.chunks(position.offset)) {
        const isPause = chunk === 'pause';
        if (!isPause) lines.feed(chunk);
        while (left > 0 && (isPause ? lines.hasAny() : lines.fill())) {
          yield take();
          // Asked when the reader comes back: by then it may want more.
          lines.room = Math.min(left, batchSize());
        }
        if (left <= 0) return;
      }
    } catch (error) {
      fault = { error };
    }
    // The orders before the fault are still delivered.
    if (lines.hasAny()) yield take();
    if (fault) throw fault.error;
    const isEmpty = read === 0 && position.offset === header.bytes;
    if (!isLoop || isEmpty || left <= 0) return;
    position = { ...start, pass: position.pass + 1 };
  }
}

interface LineReader {
  /** At most this many orders go into the next batch. */
  room: number;
  /** Gives the next bytes of the file, or its end. */
  feed(chunk: Buffer | 'end'): void;
  /** Reads further lines. Returns true as soon as the batch is full, and false when the bytes are used up. */
  fill(): boolean;
  hasAny(): boolean;
  take(): ScannedBatch;
}

/** Turns the bytes of one pass over a file into batches. */
function readLines(header: OrderHeader, from: FilePosition): LineReader {
  const scanner = createLineScanner();
  const builder = createBlockBuilder();
  const { pass } = from;
  let { offset, line } = from;
  let rejected: Rejected[] = [];
  /** Of their whole lines, which the beginnings that are kept may keep in memory. */
  let rejectedBytes = 0;
  /** The bytes that are being read. One buffer is used again for every chunk, because a new one for each would fill the memory. */
  let held: Buffer = Buffer.alloc(0);
  let window = held;
  let at = 0;
  let isEnd = false;
  /** Bytes of an overlong line that were skipped so far, and the beginning of that line. */
  let skipped = 0;
  let skippedText = '';

  /** Reads plain lines, which are nearly all lines, so only this has to be fast. Stops before the first line that is not plain. */
  function takePlainLines(room: number): void {
    const bytes = window;
    const limit = bytes.length;
    let start = at;
    let count = 0;
    while (count < room && start < limit && scanner.scan(bytes, start, limit) && scanner.lineEnd < limit) {
      const end = scanner.lineEnd + 1;
      if (pass === 1) builder.addBytes(bytes, start, end, scanner.customer, UNNUMBERED);
      else {
        const invoiceNo = inPass(bytes.toString('latin1', start, scanner.invoiceEnd), pass);
        builder.add(invoiceNo + bytes.toString('latin1', scanner.invoiceEnd, end - 1), scanner.customer, UNNUMBERED);
      }
      start = end;
      count++;
    }
    line += count;
    offset += start - at;
    at = start;
  }

  function isLarge(): boolean {
    return rejected.length >= BATCH_REJECTED_MAX || rejectedBytes + builder.bytes >= BATCH_BYTES_MAX;
  }

  function skipEmptyLines(): void {
    const empty = emptyLinesAt(window, at);
    line += empty.lines;
    offset += empty.end - at;
    at = empty.end;
  }

  function takeOddLine(): boolean {
    scanner.scan(window, at, window.length);
    const { lineEnd } = scanner;
    if (lineEnd === window.length && !isEnd) return false;
    const record = readRecord(window, at, lineEnd, !isEnd, (fields) => whyNot(fields) === undefined);
    if (!record) return false;
    line++;
    if (record.text !== '') takeRecord(record.fields, record.text);
    line += record.lines - 1;
    offset += record.end - at;
    at = record.end;
    return true;
  }

  function inOrder(fields: readonly string[]): LineFields {
    return header.columns.map((column) => fields[column]) as LineFields;
  }

  function whyNot(fields: readonly string[]): string | undefined {
    if (fields.length !== header.count) return `${fields.length} fields instead of ${header.count}`;
    return whyNotAnOrder(inOrder(fields));
  }

  function takeRecord(fields: string[] | string, text: string): void {
    const reason = typeof fields === 'string' ? fields : whyNot(fields);
    if (reason || typeof fields === 'string') {
      reject(reason as string, text);
      return;
    }
    const order = inOrder(fields);
    order[0] = inPass(order[0], pass);
    builder.add(formatLine(order), order[6] === '' ? GUEST : Number(order[6]), UNNUMBERED);
  }

  function reject(reason: string, text: string): void {
    rejectedBytes += text.length;
    rejected.push({ line, reason, text: beginningOf(text) });
  }

  /** Skips a line that is too long to hold in memory; true when the end of the line was found. */
  function skipLongLine(): boolean {
    const found = window.indexOf(LF, at);
    const end = found < 0 ? window.length : found + 1;
    skipped += end - at;
    offset += end - at;
    at = end;
    if (found < 0 && !isEnd) return false;
    line++;
    reject(`a line of ${skipped - (found < 0 ? 0 : 1)} bytes (at most ${LINE_BYTES_MAX})`, skippedText);
    skipped = 0;
    return true;
  }

  return {
    room: Number.POSITIVE_INFINITY,
    feed(chunk) {
      builder.flush();
      if (chunk === 'end') {
        isEnd = true;
        return;
      }
      const left = window.length - at;
      if (left + chunk.length > held.length) {
        const larger = Buffer.allocUnsafeSlow((left + chunk.length) * 2);
        held.copy(larger, 0, at, window.length);
        held = larger;
      } else held.copyWithin(0, at, window.length);
      chunk.copy(held, left);
      window = held.subarray(0, left + chunk.length);
      at = 0;
    },
    fill() {
      if (skipped > 0 && !skipLongLine()) return false;
      while (at < window.length) {
        if (builder.count >= this.room || isLarge()) return true;
        skipEmptyLines();
        if (header.isStandard) takePlainLines(this.room - builder.count);
        if (builder.count >= this.room) return true;
        if (at < window.length && !takeOddLine()) break;
      }
      if (window.length - at > LINE_BYTES_MAX) {
        skippedText = window.toString('latin1', at, at + REJECTED_TEXT_CHARACTERS + 1);
        skipped = window.length - at;
        offset += skipped;
        at = window.length;
      }
      return false;
    },
    hasAny: () => builder.count + rejected.length > 0,
    take() {
      const taken = rejected;
      rejected = [];
      rejectedBytes = 0;
      const { occurrences: unnumbered, ...columns } = builder.take();
      return { orders: { ...columns, unnumbered }, rejected: taken, position: { offset, line, pass } };
    },
  };
}

/** How many lines without anything in them there are, and where the next line begins. */
function emptyLinesAt(bytes: Buffer, start: number): { readonly lines: number; readonly end: number } {
  let lines = 0;
  let end = start;
  for (;;) {
    const lineEnd = bytes[end] === CR && bytes[end + 1] === LF ? end + 1 : end;
    if (bytes[lineEnd] !== LF) return { lines, end };
    lines++;
    end = lineEnd + 1;
  }
}

function inPass(invoiceNo: string, pass: number): string {
  return pass === 1 ? invoiceNo : `${invoiceNo}.${pass}`;
}

/** Text that is kept; … says that it was longer. */
function beginningOf(text: string): string {
  return text.length > REJECTED_TEXT_CHARACTERS ? `${text.slice(0, REJECTED_TEXT_CHARACTERS - 1)}…` : text;
}
