/** Orders from a file or from standard input, in the layout of UCI Online Retail. */
import { createHash } from 'node:crypto';
import { AlakazamError } from '../errors.js';
import { createBlockBuilder } from './block-builder.js';
import { readRecord } from './csv-record.js';
import { openInput } from './input.js';
import { type InvoiceNumbering, numberInvoices } from './invoice-codes.js';
import { createLineScanner } from './line-scanner.js';
import { GUEST } from './order-block.js';
import { type OrderHeader, readHeader } from './order-header.js';
import { FIELD_CHARACTERS_MAX, formatLine, type LineFields, whyNotAnOrder } from './order-line.js';
import type { OrderSource, ReadOptions, Rejected, SourceBatch } from './order-source.js';

/** A line longer than its eight longest fields, every quote doubled, is no order. */
const LINE_BYTES_MAX = 8 * 2 * FIELD_CHARACTERS_MAX;
const REJECTED_TEXT_CHARACTERS = 1024;
const LF = 10;

export interface FileSourceOptions {
  /** Reads the file again and again; from the second pass on, `.2`, `.3` … is added to the invoice numbers. */
  readonly loop?: boolean;
  /** For `-`. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

type FilePosition = { readonly offset: number; readonly line: number; readonly pass: number };

/**
 * Opens a file (`.gz` or not) or, for `-`, standard input. Throws an `AlakazamError` that names what is missing if it can't
 * be read or has not the right header.
 */
export async function openFileSource(path: string, options: FileSourceOptions = {}): Promise<OrderSource> {
  const input = await openInput(path, options.stdin);
  const header = readHeader(input.name, input.head);
  const isLoop = options.loop === true;
  if (isLoop && !input.path) {
    throw new AlakazamError('usage', `--loop needs a file to read again; ${input.name} can be read once`);
  }

  async function* read({
    from,
    codesOf,
    limit = Number.POSITIVE_INFINITY,
    batchSize,
  }: ReadOptions): AsyncGenerator<SourceBatch> {
    const start: FilePosition = { offset: header.bytes, line: 1, pass: 1 };
    let position = (from as FilePosition | undefined) ?? start;
    const numbering = numberInvoices(codesOf ?? (() => undefined));
    let left = limit;
    for (;;) {
      let read = 0;
      const lines = readLines(header, numbering, position);
      const room = () => Math.min(left, batchSize?.() ?? Number.POSITIVE_INFINITY);
      lines.room = room();
      for await (const chunk of input.chunks(position.offset)) {
        const isPause = chunk === 'pause';
        if (!isPause) lines.feed(chunk);
        while (left > 0 && (isPause ? lines.hasAny() : lines.fill())) {
          const batch = lines.take();
          read += batch.orders.count;
          left -= batch.orders.count;
          lines.room = room();
          yield batch;
        }
        if (left <= 0) return;
      }
      position = { ...start, pass: position.pass + 1 };
      if (lines.hasAny()) {
        const batch = lines.take();
        read += batch.orders.count;
        left -= batch.orders.count;
        yield batch;
      }
      if (!isLoop || read === 0 || left <= 0) return;
    }
  }

  return {
    id:
      input.path &&
      `file:${createHash('sha256').update(`${input.path}\n${header.identity}`).digest('hex').slice(0, 16)}`,
    name: input.name,
    endless: isLoop,
    read,
  };
}

interface LineReader {
  /** At most this many orders go into the next batch. */
  room: number;
  /** Gives the next bytes of the file, or its end. */
  feed(chunk: Buffer | 'end'): void;
  /** Reads on; true as soon as the batch is full, false when the bytes are used up. */
  fill(): boolean;
  hasAny(): boolean;
  take(): SourceBatch;
}

/** Turns the bytes of one pass over a file into batches. */
function readLines(header: OrderHeader, numbering: InvoiceNumbering, from: FilePosition): LineReader {
  const scanner = createLineScanner();
  const builder = createBlockBuilder();
  const { pass } = from;
  let { offset, line } = from;
  let rejected: Rejected[] = [];
  let window: Buffer = Buffer.alloc(0);
  let at = 0;
  let isEnd = false;
  /** Bytes of a line over the limit that were passed over so far, and how it began. */
  let skipped = 0;
  let skippedText = '';

  /** The ordinary case, and the only one that has to be fast. Stops before the first line that is not plain. */
  function takePlainLines(room: number): void {
    const bytes = window;
    const limit = bytes.length;
    let start = at;
    let count = 0;
    let invoiceStart = 0;
    let invoiceEnd = 0;
    while (count < room && start < limit && scanner.scan(bytes, start, limit) && scanner.lineEnd < limit) {
      if (!isSame(bytes, start, scanner.invoiceEnd, invoiceStart, invoiceEnd)) {
        invoiceStart = start;
        invoiceEnd = scanner.invoiceEnd;
        numbering.open(inPass(bytes.toString('latin1', start, invoiceEnd), pass));
      }
      const occurrence = numbering.numberAt(bytes, scanner.invoiceEnd + 1, scanner.stockCodeEnd);
      const end = scanner.lineEnd + 1;
      if (pass === 1) builder.addBytes(bytes, start, end, scanner.customer, occurrence);
      else
        builder.add(
          numbering.invoiceNo + bytes.toString('latin1', scanner.invoiceEnd, end - 1),
          scanner.customer,
          occurrence,
        );
      start = end;
      count++;
    }
    line += count;
    offset += start - at;
    at = start;
  }

  function takeOddLine(): boolean {
    const isPlain = scanner.scan(window, at, window.length);
    const { lineEnd } = scanner;
    if (lineEnd === window.length && !isEnd) return false;
    const record = readRecord(window, at, lineEnd, scanner.isOpen, !isEnd);
    if (!record) return false;
    line++;
    if (record.text !== '') takeRecord(record.fields, record.text, isPlain);
    line += record.lines - 1;
    offset += record.end - at;
    at = record.end;
    return true;
  }

  function takeRecord(fields: string[] | string, text: string, isPlain: boolean): void {
    const order = typeof fields === 'string' ? [] : (header.columns.map((column) => fields[column]) as LineFields);
    const reason =
      typeof fields === 'string'
        ? fields
        : fields.length !== header.count
          ? `${fields.length} fields instead of ${header.count}`
          : isPlain && header.isStandard
            ? undefined
            : whyNotAnOrder(order);
    if (reason) {
      reject(reason, text);
      return;
    }
    const [invoiceNo, stockCode, , , , , customer] = order as LineFields;
    numbering.open(inPass(invoiceNo, pass));
    order[0] = numbering.invoiceNo;
    builder.add(formatLine(order), customer === '' ? GUEST : Number(customer), numbering.number(stockCode));
  }

  function reject(reason: string, text: string): void {
    rejected.push({ line, reason, text: text.slice(0, REJECTED_TEXT_CHARACTERS) });
  }

  /** Passes over a line too long to hold; true when its end was found. */
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
      if (chunk === 'end') isEnd = true;
      else window = at < window.length ? Buffer.concat([window.subarray(at), chunk]) : chunk;
      if (chunk !== 'end') at = 0;
    },
    fill() {
      if (skipped > 0 && !skipLongLine()) return false;
      while (at < window.length) {
        if (builder.count >= this.room) return true;
        if (header.isStandard) takePlainLines(this.room - builder.count);
        if (builder.count >= this.room) return true;
        if (at < window.length && !takeOddLine()) break;
      }
      if (window.length - at > LINE_BYTES_MAX) {
        skippedText = window.toString('latin1', at, at + REJECTED_TEXT_CHARACTERS);
        skipped = window.length - at;
        offset += skipped;
        at = window.length;
      }
      return false;
    },
    hasAny: () => builder.count + rejected.length > 0,
    take() {
      const taken = { rejected, position: { offset, line, pass }, invoices: numbering.changed() };
      rejected = [];
      return { ...taken, orders: builder.take() };
    },
  };
}

function isSame(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let i = start, j = otherStart; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
  return true;
}

function inPass(invoiceNo: string, pass: number): string {
  return pass === 1 ? invoiceNo : `${invoiceNo}.${pass}`;
}
