/**
 * Finds the occurrence of a line: 1 for the first line of its stock code in the invoice, 2 for the next. The lines of an
 * invoice need not be adjacent, so every invoice is remembered: recent ones in memory, others with the source's bookmark.
 */
import { repeatOf } from '../../orders/order.js';
import type { InvoiceCodes } from '../order-source.js';

/** Twice this many invoices stay in memory; older ones are read from the bookmark again. */
const RECENT_INVOICES_MAX = 4096;
/** About this many stock codes are known at a time. */
const KNOWN_CODES_MAX = 65_536;
const CACHE_SLOTS = 16_384;

/** The last occurrence of a stock code, and the visit to an invoice in which the code was last seen. */
interface Code {
  readonly text: string;
  visit: number;
  number: number;
}

/** Codes that are counted again when an invoice is opened again. One with more has a table of its own. */
const COUNTED_AGAIN_MAX = 256;

/** What is kept of an invoice that is not open. */
interface Kept {
  readonly codes: string[];
  /** Of a large invoice, the last number of each of its codes. */
  numbers?: Map<string, number>;
}

export interface InvoiceNumbering {
  /** The open invoice. */
  readonly invoiceNo: string;
  /** The next line belongs to this invoice. */
  open(invoiceNo: string): void;
  /** Number, from 1, of the next line of this product in the open invoice. */
  number(stockCode: string): number;
  /** The same, for a code in ASCII in `bytes` from `start` up to `end`. */
  numberAt(bytes: Buffer, start: number, end: number): number;
  /** The invoices that changed since this was last called. */
  changed(): InvoiceCodes;
}

/** `codesOf` gives the codes an invoice had before, if it had any. */
export function numberInvoices(codesOf: (invoiceNo: string) => string[] | undefined): InvoiceNumbering {
  let recent = new Map<string, Kept>();
  let older = new Map<string, Kept>();
  let changed: InvoiceCodes = new Map();
  const known = new Map<string, Code>();
  /** Codes by a hash of their bytes, so that a code met before needs no string. */
  const cache: (Code | undefined)[] = new Array(CACHE_SLOTS).fill(undefined);
  let invoiceNo = '';
  let open: Kept = { codes: [] };
  let visit = 0;
  let isMarked = false;

  function codeOf(text: string): Code {
    let code = known.get(text);
    if (!code) {
      code = { text, visit: 0, number: 0 };
      known.set(text, code);
    }
    return code;
  }

  /** Numbers a line so that `code-2` never meets the id of a product that is itself called `code-2`. */
  function count(code: Code): number {
    if (code.visit !== visit) {
      code.visit = visit;
      code.number = 1;
      return 1;
    }
    let number = code.number + 1;
    while (known.get(repeatOf(code.text, number))?.visit === visit) number++;
    code.number = number;
    const taken = codeOf(repeatOf(code.text, number));
    taken.visit = visit;
    taken.number = 1;
    return number;
  }

  /** The same for an invoice with a table of its own. */
  function countIn(numbers: Map<string, number>, text: string): number {
    const last = numbers.get(text);
    let number = last === undefined ? 1 : last + 1;
    while (number > 1 && numbers.has(repeatOf(text, number))) number++;
    numbers.set(text, number);
    if (number > 1) numbers.set(repeatOf(text, number), 1);
    return number;
  }

  function next(code: Code): number {
    if (!isMarked) {
      isMarked = true;
      changed.set(invoiceNo, open.codes);
    }
    const number = open.numbers ? countIn(open.numbers, code.text) : count(code);
    open.codes.push(code.text);
    return number;
  }

  /** Of a large invoice, nothing is counted again. */
  function countAgain(): void {
    if (open.numbers) return;
    if (open.codes.length > COUNTED_AGAIN_MAX) {
      open.numbers = new Map();
      for (const text of open.codes) countIn(open.numbers, text);
      return;
    }
    visit++;
    for (const text of open.codes) count(codeOf(text));
  }

  return {
    get invoiceNo() {
      return invoiceNo;
    },
    open(name) {
      if (name === invoiceNo) return;
      invoiceNo = name;
      isMarked = false;
      if (known.size > KNOWN_CODES_MAX) {
        known.clear();
        cache.fill(undefined);
      }
      if (recent.size >= RECENT_INVOICES_MAX) {
        older = recent;
        recent = new Map();
      }
      // An invoice of this batch may have left memory before its codes were stored.
      open = recent.get(name) ?? older.get(name) ?? { codes: changed.get(name) ?? codesOf(name) ?? [] };
      recent.set(name, open);
      countAgain();
    },
    number: (stockCode) => next(codeOf(stockCode)),
    numberAt(bytes, start, end) {
      let hash = 0;
      for (let at = start; at < end; at++) hash = (hash * 31 + (bytes[at] as number)) | 0;
      const slot = hash & (CACHE_SLOTS - 1);
      let code = cache[slot];
      if (!code || !isText(code.text, bytes, start, end)) {
        code = codeOf(bytes.toString('latin1', start, end));
        cache[slot] = code;
      }
      return next(code);
    },
    changed() {
      const taken = changed;
      changed = new Map();
      isMarked = false;
      return taken;
    },
  };
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
