/** Draws an answer: bars for categories, an area over time, and a line of bars beside other text. */
import { fit, widthOf, widthOfAll } from './cells.js';
import { styled, type Text } from './text.js';

export interface ChartPoint {
  readonly label: string;
  readonly value: number;
  /** The value as a person reads it. */
  readonly shown: string;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LEVELS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** The part of the width that labels of bars may take; a longer one is cut. */
const LABEL_PART = 0.4;
const ROWS = 10;

/** Columns that the label of a bar may take. */
export function labelRoom(columns: number): number {
  return Math.floor(columns * LABEL_PART);
}

/** A bar a point, the longest as long as there is room. A bar of a negative value is red. */
export function drawBars(points: readonly ChartPoint[], columns: number): Text {
  const labelWidth = Math.min(labelRoom(columns), widthOfAll(points.map(({ label }) => label)));
  const shownWidth = widthOfAll(points.map(({ shown }) => shown));
  const room = Math.max(1, columns - labelWidth - shownWidth - 3);
  const largest = points.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0);
  return points.map(({ label, value, shown }): Text => {
    const eighths = largest === 0 ? 0 : Math.round((Math.abs(value) / largest) * room * 8);
    const bar = '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] as string);
    const drawn = styled(value < 0 ? 'red' : 'cyan', bar);
    return [
      fit(label, labelWidth),
      ' ',
      drawn,
      ' '.repeat(room - widthOf(bar) + 1),
      fit(shown, shownWidth, true),
      '\n',
    ];
  });
}

/** Points from left to right in their order; several share a column where there are more of them than columns. */
export function drawArea(points: readonly ChartPoint[], columns: number): Text {
  const values = points.map(({ value }) => value);
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), 0), values.reduce((a, b) => Math.max(a, b), 0)];
  const shownOf = (value: number) => points.find((point) => point.value === value)?.shown ?? '0';
  const [lowShown, highShown] = [shownOf(low), shownOf(high)];
  const axisWidth = Math.max(widthOf(lowShown), widthOf(highShown));
  const room = Math.max(1, columns - axisWidth - 2);
  const wide = Math.max(1, Math.floor(room / Math.max(1, points.length)));
  const width = Math.min(room, wide * points.length);
  const heights = Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * points.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * points.length) / width));
    const mean = values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
    return high === low ? 0 : Math.round(((mean - low) / (high - low)) * ROWS * 8);
  });
  const lines = Array.from({ length: ROWS }, (_, row): Text => {
    const under = (ROWS - 1 - row) * 8;
    const label = row === 0 ? highShown : row === ROWS - 1 ? lowShown : '';
    const area = heights.map((height) => LEVELS[Math.max(0, Math.min(8, height - under))]).join('');
    return [fit(label, axisWidth, true), ' ', styled('cyan', area), '\n'];
  });
  const [first, last] = [points[0]?.label ?? '', points.length > 1 ? (points.at(-1)?.label ?? '') : ''];
  const between = Math.max(1, width - widthOf(first) - widthOf(last));
  return [...lines, `${' '.repeat(axisWidth + 1)}${first}${' '.repeat(between)}${last}\n`];
}

/** The most of each stretch of time, as a bar from 0 to the most of all; a stretch is as long as `width` columns need it to be. */
export function drawSparkline(values: readonly number[], width: number): string {
  const stretch = Math.max(1, Math.ceil(values.length / Math.max(1, width)));
  const most = Math.max(1, ...values);
  const bars: string[] = [];
  for (let end = values.length; end > 0; end -= stretch) {
    const value = Math.max(...values.slice(Math.max(0, end - stretch), end));
    bars.unshift(LEVELS[Math.ceil((value / most) * 8)] as string);
  }
  return bars.join('');
}
