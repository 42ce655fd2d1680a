/** The lake of a stack as a view of the stream. Firehose fills it, some minutes after the stream. */
import type { Order } from '../orders/order.js';
import { GUEST, lineOf } from '../orders/order-block.js';
import { isoDate, parseLine } from '../orders/order-line.js';
import type { View } from '../stage.js';
import { duration } from '../terminal/numbers.js';
import type { AwsLake, AwsLakeOptions } from './lake.aws.js';
import { asLakeLines } from './lake-line.js';
import { indexOf } from './lake-view.js';
import { readMonths } from './read-months.js';

type Facts = Pick<AwsLakeOptions, 'firstMonth' | 'delivery' | 'streamCreatedMs' | 'clock'>;

export function awsLakeView(lake: AwsLake, { firstMonth, delivery, streamCreatedMs, clock }: Facts): View {
  let isRead = readMonths(firstMonth, clock());
  /** Arrival times of the orders that must be in the lake: from the first on, up to the last. */
  let due = { firstMs: Number.POSITIVE_INFINITY, lastMs: 0, latestMs: 0 };
  let repeated = async () => indexOf(lake.replacing());

  return {
    key: 'lake',
    name: 'data lake',
    async update(signal) {
      const nowMs = clock();
      isRead = readMonths(firstMonth, nowMs);
      const { startMs, latestMs } = await delivery();
      due = { firstMs: startMs, lastMs: nowMs - latestMs, latestMs };
      return lake.update({ signal });
    },
    async *all(sinceMs = 0, signal) {
      const fromMs = Math.max(sinceMs, await streamCreatedMs());
      let index: ReturnType<typeof indexOf> | undefined;
      repeated = () => {
        index ??= indexOf(lake.replacing(fromMs, signal));
        return index;
      };
      yield* lake.all(fromMs, signal);
    },
    asHeld: asLakeLines,
    expects: (orders, i) => isRead(monthOf(lineOf(orders, i))),
    notExpected: 'of months that no question reads',
    // Orders of different customers may be in different shards, and be read in another order than they came: one customer's order
    // is no version of another's.
    async find(orderId, customerId): Promise<Order | undefined> {
      const found = (await repeated())(orderId, customerId);
      return found && (found.customerId ?? GUEST) === customerId ? found : undefined;
    },
    isDue: (arrivalMs) => due.firstMs <= arrivalMs && arrivalMs <= due.lastMs,
    notes: () => [`${dueTimes(due)}: Firehose takes up to ${duration(due.latestMs / 1000)}`, ...lake.costs()],
  };
}

function monthOf(line: string): string {
  return (isoDate(parseLine(line)[4]) as string).slice(0, 7);
}

function dueTimes({ firstMs, lastMs }: { readonly firstMs: number; readonly lastMs: number }): string {
  const [first, last] = [firstMs, lastMs].map((ms) => new Date(ms).toISOString());
  if (firstMs > lastMs)
    return `the data lake need not hold anything yet of what arrived since Firehose began, ${first}`;
  return `the data lake must hold what arrived from ${first}, when Firehose began, to ${last}`;
}
