/** How many invoices had an order in the window that ends with an arrival. An invoice counts once, with its last arrival. */
import { createWindow } from './window.js';

/** An invoice of which an order arrived in the window, and when the last one did. */
export type InvoiceArrival = readonly [timeMs: number, invoiceNo: string];

export interface InvoiceWindow {
  /** Counts an order of each of these invoices, as `SlidingWindow` does orders. */
  add(timeMs: number, invoiceNos: Iterable<string>): number;
  countAt(timeMs: number): number;
  saved(): readonly InvoiceArrival[];
}

export function createInvoiceWindow(windowMs: number, saved: readonly InvoiceArrival[] = []): InvoiceWindow {
  const window = createWindow(windowMs);
  // In the order of their last arrivals: a map keeps the order in which its keys were set.
  const arrivals = new Map<string, number>();
  let last = Number.NEGATIVE_INFINITY;

  function add(timeMs: number, invoiceNos: Iterable<string>): number {
    last = Math.max(last, timeMs);
    for (const [invoiceNo, arrivedMs] of arrivals) {
      if (arrivedMs >= last - windowMs) break;
      arrivals.delete(invoiceNo);
    }
    let count = window.add(last, 0);
    for (const invoiceNo of invoiceNos) {
      const before = arrivals.get(invoiceNo);
      if (before === last) continue;
      if (before !== undefined) window.takeBack(before);
      arrivals.delete(invoiceNo);
      arrivals.set(invoiceNo, last);
      count = window.add(last, 1);
    }
    return count;
  }

  for (const [timeMs, invoiceNo] of saved) add(timeMs, [invoiceNo]);
  return {
    add,
    countAt: window.countAt,
    saved: () => Array.from(arrivals, ([invoiceNo, timeMs]) => [timeMs, invoiceNo] as const),
  };
}
