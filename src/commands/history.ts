import { type Context, defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import { orderDate, outputOption, text, wholeNumber } from '../options.js';
import { type CustomerOrders, selectOrders, totalsOf } from '../order-history/customer-orders.js';
import type { OrderHistory } from '../order-history/history.js';
import { drawInvoices, drawOrder } from '../order-history/invoices.js';
import type { Order } from '../orders/order.js';
import { orderColumns } from '../orders/rows.js';
import { answer, type Format } from '../terminal/answer.js';
import { counted } from '../terminal/numbers.js';

export const history = defineCommand({
  name: 'history',
  summary: "show a customer's orders, or one order",
  examples: [
    ['alakazam history --customer 17850', 'newest invoice first, with totals'],
    ['alakazam history --customer 17850 --since 2011-06-01', 'since a day'],
    ['alakazam history --order 536365-85123A', 'one order'],
    ['alakazam history --customer 17850 -o json', 'for a program'],
  ],
  options: {
    customer: { flags: '--customer <id>', about: 'whose orders', parse: wholeNumber(0) },
    order: { flags: '--order <id>', about: 'one order, by its id; with --customer, of this customer', parse: text },
    since: { flags: '--since <date>', about: 'ordered on or after this date', parse: orderDate },
    until: { flags: '--until <date>', about: 'ordered before this date', parse: orderDate },
    limit: { flags: '--limit <n>', about: 'at most this many invoices, the newest', parse: wholeNumber(1) },
    failIfEmpty: { flags: '--fail-if-empty', about: 'exit with 1 if there is nothing to show' },
    output: outputOption,
  },
  async run(context, { customer, order, since, until, limit, failIfEmpty, output }) {
    if (customer === undefined && order === undefined) {
      const hint = 'alakazam history --customer 17850, or --order 536365-85123A';
      throw new AlakazamError('usage', 'whose history?', { hint });
    }
    const { pipeline, terminal, signal } = context;
    const table = await pipeline.history();
    await table.update(signal);
    // After an interrupted update, an incomplete history would look complete.
    if (signal.aborted) return undefined;
    // An answer without orders is one, but a script may need to tell.
    const codeFor = (count: number) => (failIfEmpty && count === 0 ? ('failed' as const) : undefined);
    if (order !== undefined) {
      const orders = await table.ordersWithId(order, customer);
      await showOrders(context, orders, order, output);
      return codeFor(orders.length);
    }
    const customerId = customer as number;
    const all = await table.ordersOf(customerId);
    const orders = selectOrders(all, { since, until, limit });
    const found: CustomerOrders = { customerId, orders, totals: totalsOf(orders) };
    if (all.length === 0) await sayUnknown(context, table, customerId);
    else if (orders.length === 0)
      terminal.say(`customer ${customerId} has ${counted(all.length, 'order')}, none in that time`);
    await answer(terminal, output, orderColumns, [...orders].reverse(), {
      json: found,
      table: () => drawInvoices(found, terminal.columns),
    });
    return codeFor(orders.length);
  },
});

async function showOrders({ terminal }: Context, orders: readonly Order[], id: string, output: Format | undefined) {
  const [first, ...others] = orders;
  if (!first) {
    terminal.say(
      `no order ${JSON.stringify(id)} of a customer; an order id is InvoiceNo-StockCode, as in 536365-85123A. Guests have no history: alakazam tail orders --guests`,
    );
  }
  await answer(terminal, output, orderColumns, orders, {
    json: others.length > 0 ? orders : (first ?? null),
    table: (rows) => rows.map((row, i) => [i > 0 ? '\n' : '', drawOrder(row)]),
  });
  if (others.length > 0) terminal.say(`${orders.length} customers have an order of this id; --customer chooses one`);
}

async function sayUnknown({ terminal }: Context, table: OrderHistory, customerId: number): Promise<void> {
  const near = await table.customersNear(customerId, 3);
  terminal.say(
    near.length > 0
      ? `no orders for customer ${customerId}; its id is not in the data. The nearest that are: ${near.join(', ')}`
      : 'the order history is empty; alakazam generate --count 5000 fills it',
  );
}
