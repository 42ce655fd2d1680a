/** The progress of work: what is done, how fast, and how much time is left. */
import type { Writable } from 'node:stream';
import { fit } from './cells.js';
import { counted, duration, whole } from './numbers.js';
import { printable } from './text.js';

export interface Progress {
  /** `done` things so far, of `total` if that is known; where nothing is counted, the note alone. */
  update(done: number | undefined, total: number | undefined, note?: string): void;
  /** Writes a line that stays, above the spinner. */
  print(text: string): void;
  stop(): void;
}

const REDRAW_MS = 100;
const SHOW_AFTER_MS = 300;
/** The spinner and a blank before the text, and one column that stays free. */
const SPINNER_WIDTH = 3;

/** Draws on `stream` with a spinner once the work takes longer than a glance; draws nothing without one. */
export function drawProgress(stream: Writable | undefined, thing: string): Progress {
  if (!stream) return { update() {}, print() {}, stop() {} };
  const startMs = performance.now();
  let drawnMs = startMs;
  let spinner: { text: string; clear(): unknown; render(): unknown; stop(): unknown } | undefined;
  let isStopped = false;
  let line = counted(0, thing);
  // A timer shows the spinner, so that it appears even if nobody calls `update` for a while.
  const timer = setTimeout(() => void show(), SHOW_AFTER_MS).unref();
  let isBegun = false;

  async function show(): Promise<void> {
    if (isBegun) return;
    isBegun = true;
    const { default: ora } = await import('ora');
    if (!isStopped) spinner = ora({ stream: stream as NodeJS.WritableStream, text: line, discardStdin: false }).start();
  }

  function amountOf(done: number, total: number | undefined, nowMs: number, note: string | undefined): string {
    const perSecond = (done / (nowMs - startMs)) * 1000;
    const left = total === undefined ? '' : `  ${duration((total - done) / perSecond)} left`;
    const amount = total === undefined ? counted(done, thing) : `${whole(done)} of ${counted(total, thing)}`;
    // Work that takes seconds for each thing has no useful rate.
    const rate = perSecond >= 1 ? `  ${whole(perSecond)}/s` : '';
    return `${amount}${rate}${left}${note ? `  ${note}` : ''}`;
  }

  return {
    update(done, total, note) {
      const nowMs = performance.now();
      if (spinner && nowMs - drawnMs < REDRAW_MS) return;
      drawnMs = nowMs;
      const room = ((stream as { columns?: number }).columns || 80) - SPINNER_WIDTH;
      line = fit(done === undefined ? (note ?? '') : amountOf(done, total, nowMs, note), room).trimEnd();
      if (spinner) spinner.text = line;
      else if (nowMs - startMs > SHOW_AFTER_MS) void show();
    },
    print(text) {
      spinner?.clear();
      stream.write(`${printable(text)}\n`);
      spinner?.render();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      spinner?.stop();
    },
  };
}
