/** Rows that show the stack: changes, events and costs. */
import type { Column, OpenAnswer } from '../terminal/answer.js';
import { dollars } from '../terminal/numbers.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Cost, CostItem } from './costs.js';
import type { Change, StackEvent } from './stack.js';

const STACK = 'AWS::CloudFormation::Stack';
const withoutVendor = (type: string) => type.replace(/^AWS::/, '');

const CHANGE_STYLES = {
  add: 'green',
  adopt: 'cyan',
  change: 'yellow',
  replace: 'red',
  'may replace': 'yellow',
  remove: 'red',
} as const;

export const changeColumns: readonly Column<Change>[] = [
  { name: 'action', title: '', value: ({ action }) => action, style: ({ action }) => CHANGE_STYLES[action] },
  { name: 'name', title: 'part', value: ({ name }) => name },
  { name: 'type', value: ({ type }) => type, show: ({ type }) => withoutVendor(type) },
  { name: 'details', title: 'what of it', value: ({ details }) => details },
  {
    name: 'data',
    value: ({ data }) => data ?? null,
    show: ({ data }) => (data ? `${data}!` : ''),
    style: ({ data }) => (data ? ['red', 'bold'] : undefined),
  },
];

/** Leaves out columns that are empty for all these changes. */
export function shownChangeColumns(changes: readonly Change[]): readonly Column<Change>[] {
  return changeColumns.filter(({ name, value }) => /^(details|data)$/.test(name) === false || changes.some(value));
}

export const eventColumns: readonly Column<StackEvent>[] = [
  { name: 'at', value: ({ at }) => at },
  { name: 'status', value: ({ status }) => status },
  { name: 'name', value: ({ name }) => name },
  { name: 'type', value: ({ type }) => type },
  { name: 'reason', value: ({ reason }) => reason },
];

export const costColumns: readonly Column<CostItem>[] = [
  { name: 'name', title: 'part', value: ({ name }) => name },
  { name: 'what', title: 'costs', value: ({ what }) => what },
  {
    name: 'monthlyAtRest',
    title: '$ a month',
    isNumber: true,
    value: ({ monthlyAtRest }) => monthlyAtRest,
    show: ({ monthlyAtRest }) => (monthlyAtRest === '0' ? '' : dollars(monthlyAtRest)),
  },
  {
    name: 'perMillionOrders',
    title: '$ a million orders',
    isNumber: true,
    value: ({ perMillionOrders }) => perMillionOrders,
    show: ({ perMillionOrders }) => (perMillionOrders === '0' ? '' : dollars(perMillionOrders)),
  },
];

/** The cost, the source of the prices, and what optional parts cost when they are used. */
export function costLines({ monthlyAtRest, perMillionOrders, asOf, region, byUse = [] }: Cost): string[] {
  return [
    `costs ${dollars(monthlyAtRest)} a month at rest, and ${dollars(perMillionOrders)} for each million orders`,
    `  (list prices of ${region} as of ${asOf}, before free tiers and taxes)`,
    ...(byUse.length > 0 ? ['and, estimated at prices of that day, by use:'] : []),
    ...byUse.map(({ what, unit, price }) => `  $${price} per ${unit}: ${what}`),
  ];
}

/** Shows a person the progress of an operation. For a program, writes each event as a row of the answer. */
export async function showEvents(
  terminal: Terminal,
  answer: OpenAnswer<StackEvent>,
  total: number,
  events: AsyncIterable<StackEvent>,
): Promise<void> {
  const isWatched = answer.format === 'table' || answer.format === 'json';
  const progress = terminal.progress('part');
  const done = new Set<string>();
  try {
    for await (const event of events) {
      if (!isWatched) await answer.write([event]);
      else if (/FAILED|ROLLBACK/.test(event.status) && event.reason) progress.print(sentence(event));
      if (/(?<!CLEANUP)_COMPLETE$/.test(event.status) && event.type !== STACK) done.add(event.name);
      progress.update(Math.min(done.size, total || done.size), total || undefined, sentence(event));
    }
  } finally {
    progress.stop();
  }
}

/** `LakeBucket delete failed: it is not empty` */
function sentence({ name, status, reason }: StackEvent): string {
  return `${name} ${status.toLowerCase().replaceAll('_', ' ')}${reason ? `: ${reason}` : ''}`;
}
