import { type Context, defineCommand, type Option } from '../command.js';
import { AlakazamError } from '../errors.js';
import { oneOf, outputOption, wholeNumber } from '../options.js';
import { drawRecommendations } from '../product-recommendations/drawing.js';
import type {
  ListRow,
  Recommendations,
  RecommendedProduct,
  Recommender,
} from '../product-recommendations/recommender.js';
import { TRAIN_DEFAULTS } from '../product-recommendations/training-options.js';
import { answer, type Column, FORMATS, type Format, openAnswer } from '../terminal/answer.js';
import { counted } from '../terminal/numbers.js';

const columns: readonly Column<ListRow>[] = [
  { name: 'customer_id', title: 'customer', value: ({ customerId }) => customerId },
  { name: 'list', value: ({ list }) => list },
  { name: 'rank', isNumber: true, value: ({ rank }) => rank },
  { name: 'stock_code', title: 'code', value: ({ stockCode }) => stockCode },
  { name: 'description', value: ({ description }) => description },
  { name: 'because', value: ({ because }) => because.join('; ') },
];

const MOST = 1000;

function codes(typed: string, flag: string): readonly string[] {
  const found = typed.split(',').map((code) => code.trim());
  if (found.every((code) => code !== '')) return found;
  throw new AlakazamError('usage', `${flag} is ${JSON.stringify(typed)}; valid: stock codes, such as 85123A,71053`);
}

/** As for every command, and Parquet. */
const listsOutput = {
  ...outputOption,
  about: `${outputOption.about}; with --all also parquet`,
  parse: oneOf(...FORMATS, 'parquet'),
  choices: [...FORMATS, 'parquet'],
} as const satisfies Option;

export const recommend = defineCommand({
  name: 'recommend',
  summary: 'suggest products to a customer, and say why',
  examples: [
    ['alakazam recommend --customer 17850', 'what is new for them, and what to buy again'],
    ['alakazam recommend --customer 17850 --new -n 5', 'five products that they never bought'],
    ['alakazam recommend --basket 85123A,71053', 'for whoever has these in the basket'],
    ['alakazam recommend --all -o csv > lists.csv', 'for every customer'],
  ],
  // The rows of a Parquet file wait in a temporary one, which is removed.
  graceMs: 5_000,
  options: {
    customer: { flags: '--customer <id>', about: 'for whom', parse: wholeNumber(0) },
    basket: { flags: '--basket <codes>', about: 'for these products, stock codes with commas between', parse: codes },
    all: { flags: '--all', about: 'for every customer' },
    count: { flags: '-n, --number <n>', about: 'products a list', parse: wholeNumber(1), fallback: 10 },
    new: { flags: '--new', about: 'only products that the customer never bought' },
    again: { flags: '--again', about: 'only products that the customer bought before' },
    explain: { flags: '--explain', about: 'give every reason whole' },
    output: listsOutput,
  },
  async run(context, { customer, basket, all, count, explain, output, ...lists }) {
    checkOne([customer !== undefined, basket !== undefined, all]);
    if (lists.new && lists.again)
      throw new AlakazamError('usage', '--new and --again exclude each other; leave both out');
    if (count > MOST) throw new AlakazamError('usage', `-n is ${count}; valid: up to ${MOST}`);
    const { terminal } = context;
    if (output === 'parquet' && !(all && terminal.path)) {
      throw noParquet(all ? 'Parquet goes to a file' : 'Parquet is for the lists of all customers');
    }
    const recommender = await trainedRecommender(context);
    if (!recommender) return undefined;
    if (all || output === 'parquet') return recommendToAll(context, recommender, count, lists, output);
    const found = only(
      lists,
      customer === undefined
        ? await recommender.recommendFor(basket as readonly string[], count)
        : await recommender.recommend(customer, count),
    );
    await answer(terminal, output, columns, rowsOf(found), {
      json: found,
      table: () => drawRecommendations(found, { columns: terminal.columns, isWhole: explain }),
    });
    sayWhatIsMissing(context, found, count, lists);
    return undefined;
  },
});

type Lists = { readonly new: boolean; readonly again: boolean };

function checkOne(given: readonly boolean[]): void {
  const count = given.filter(Boolean).length;
  if (count === 1) return;
  throw new AlakazamError(
    'usage',
    count === 0 ? 'recommend to whom?' : '--customer, --basket and --all exclude each other',
    {
      hint: 'alakazam recommend --customer 17850',
    },
  );
}

/** Whoever asks first need not know that a model comes before. Undefined if the person ended the training. */
async function trainedRecommender({ pipeline, terminal, signal }: Context): Promise<Recommender | undefined> {
  const recommender = await pipeline.recommender();
  if (!recommender.trainsUnasked || (await recommender.runs()).length > 0) return recommender;
  terminal.say('there is no model yet: this trains one, as alakazam train does');
  const progress = terminal.progress('step');
  try {
    await recommender.train(TRAIN_DEFAULTS, {
      signal,
      onNote: terminal.say,
      onProgress: (what, done, total) => progress.update(done, total, what),
    });
  } finally {
    progress.stop();
  }
  return signal.aborted ? undefined : recommender;
}

async function recommendToAll(
  { terminal, signal }: Context,
  recommender: Recommender,
  count: number,
  lists: Lists,
  output: Format | 'parquet' | undefined,
): Promise<undefined> {
  const progress = terminal.progress('customer');
  const onProgress = (_: string, done: number, total: number) => progress.update(done, total);
  const everyone = recommender.everyone(count, { signal, onProgress });
  try {
    if (output === 'parquet') {
      await recommender.writeLists(rowsOfAll(everyone, lists), terminal.path as string, signal);
    } else if (output === 'ndjson' || output === 'json') {
      const open = openAnswer<Recommendations>(terminal, output, []);
      for await (const found of everyone) await open.write([only(lists, found)]);
      await open.end();
    } else {
      const open = openAnswer<ListRow>(terminal, output, columns);
      for await (const found of everyone) await open.write(rowsOf(only(lists, found)));
      await open.end();
    }
  } finally {
    progress.stop();
  }
  return undefined;
}

function noParquet(reason: string): AlakazamError {
  return new AlakazamError('usage', reason, { hint: 'alakazam recommend --all -o parquet > lists.parquet' });
}

async function* rowsOfAll(everyone: AsyncIterable<Recommendations>, lists: Lists): AsyncGenerator<ListRow[]> {
  for await (const found of everyone) yield rowsOf(only(lists, found));
}

/** With the lists alone that were asked for. */
function only(lists: Lists, found: Recommendations): Recommendations {
  if (lists.new) return { ...found, again: [], all: found.new };
  if (lists.again) return { ...found, new: [], all: found.again };
  return found;
}

function rowsOf({ customerId, new: fresh, again }: Recommendations): ListRow[] {
  const rows = (list: 'new' | 'again', products: readonly RecommendedProduct[]) =>
    products.map((product, i) => ({ ...product, customerId, list, rank: i + 1 }));
  return [...rows('new', fresh), ...rows('again', again)];
}

function sayWhatIsMissing({ terminal }: Context, found: Recommendations, count: number, lists: Lists): void {
  const { customerId, coldStart } = found;
  const who = `customer ${customerId}`;
  if (customerId === null) {
    if (found.new.length < count) terminal.say('nothing else goes with this basket, so the list is shorter');
    return;
  }
  if (coldStart) {
    terminal.say(`${who} bought and kept nothing; these are the bestsellers of now`);
    return;
  }
  if (!lists.again && found.new.length < count) terminal.say(`there are no more products that ${who} has not bought`);
  if (!lists.new && found.again.length < count) {
    terminal.say(`${who} bought ${counted(found.again.length, 'product')}, so the second list is shorter`);
  }
}
