import { type Context, defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import { orderDate, outputOption, text, wholeNumber } from '../options.js';
import { type CustomerOrders, selectOrders, totalsOf } from '../order-history/customer-orders.js';
import type { OrderHistory } from '../order-history/history.js';
import { drawInvoices, drawOrder } from '../order-history/invoices.js';
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
    order: { flags: '--order <id>', about: 'one order, by its id', parse: text },
    since: { flags: '--since <date>', about: 'ordered on or after this date', parse: orderDate },
    until: { flags: '--until <date>', about: 'ordered before this date', parse: orderDate },
    limit: { flags: '--limit <n>', about: 'at most this many invoices, the newest', parse: wholeNumber(1) },
    output: outputOption,
  },
  async run(context, { customer, order, since, until, limit, output }) {
    if ((customer === undefined) === (order === undefined)) {
      throw new AlakazamError(
        'usage',
        customer === undefined ? 'whose history?' : '--customer and --order exclude each other',
        {
          hint: 'alakazam history --customer 17850, or --order 536365-85123A',
        },
      );
    }
    const { pipeline, terminal, signal } = context;
    const table = await pipeline.history();
    await table.update(signal);
    // After an interrupted update, an incomplete history would look complete.
    if (signal.aborted) return undefined;
    if (order !== undefined) return showOrder(context, table, order, output);

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
    return undefined;
  },
});

async function showOrder({ terminal }: Context, table: OrderHistory, id: string, output: Format | undefined) {
  const found = await table.order(id);
  if (!found)
    terminal.say(
      `no order ${JSON.stringify(id)} in the history; an order id is InvoiceNo-StockCode, as in 536365-85123A`,
    );
  const orders = found ? [found] : [];
  await answer(terminal, output, orderColumns, orders, { json: found ?? null, table: (rows) => rows.map(drawOrder) });
  return undefined;
}

async function sayUnknown({ terminal }: Context, table: OrderHistory, customerId: number): Promise<void> {
  const near = await table.customersNear(customerId, 3);
  terminal.say(
    near.length > 0
      ? `no orders for customer ${customerId}; its id is not in the data. The nearest that are: ${near.join(', ')}`
      : 'the order history is empty; alakazam generate --count 5000 fills it',
  );
}
