/** What a message of the alarm says to people: what happened, what it suggests, and what to type next. */
import { counted, whole } from '../terminal/numbers.js';
import { printable } from '../terminal/text.js';
import type { AlarmMessage, EpisodeReport, TopShares } from './alarm.js';

/** What a message tells, before it has words. */
export type AlarmFacts = Omit<AlarmMessage, 'text'>;

/** From this share on, most of a surge is of one customer or product. */
const CLEAR_SHARE = 0.9;

export function alarmMessage(facts: AlarmFacts): AlarmMessage {
  return { ...facts, text: `${sentencesOf(facts).join(' ')} Type: ${commandFor(facts)}` };
}

/** What happened in one sentence, for somebody who is busy with something else. */
export function briefOf(message: AlarmMessage): string {
  return `${sentencesOf(message)[0]} Type: ${commandFor(message)}`;
}

function sentencesOf(facts: AlarmFacts): readonly string[] {
  const { event, episode, episodes } = facts;
  if (event === 'test') {
    return [`This is a test of the rate alarm. You are told here when more than ${limitOf(facts)} arrive.`];
  }
  if (event === 'caught-up') return caughtUp(episodes, facts);
  if (!episode) return [`The alarm is raised when more than ${limitOf(facts)} arrive.`];
  const peak = `${peakOf(episode.peak, facts)} at the peak`;
  const orders = counted(episode.orders, 'order');
  const first = {
    began: `Orders surge since ${utc(episode.began)}: ${peak}, ${orders} so far.`,
    reminder: `Orders still surge, since ${utc(episode.began)}: ${peak}, ${orders} so far.`,
    ended: `The surge of orders from ${utc(episode.began)} is over since ${utc(episode.ended ?? episode.peakAt)}: ${peak}, ${orders} in all.`,
  }[event];
  return [first, `The alarm is raised by more than ${limitOf(facts)}.`, ...shares(episode.top)];
}

function caughtUp(episodes: readonly EpisodeReport[], facts: AlarmFacts): readonly string[] {
  const summary = summaryOf(episodes);
  if (!summary) return ['No surge of orders was found in what was caught up with.'];
  const { greatest, from, to, orders } = summary;
  return [
    `${counted(episodes.length, 'surge')} of orders, from ${utc(from)} to ${utc(to)}, all over before anybody was told.`,
    `The greatest had ${peakOf(greatest.peak, facts)}, at ${utc(greatest.peakAt)}.`,
    `In all ${counted(orders, 'order')}.`,
    ...shares(greatest.top),
  ];
}

function shares(top: TopShares | null): readonly string[] {
  if (!top) return [];
  const { customer, product, country } = top;
  const { bot, price } = suggestedBy(top);
  const which = (suggestion: string | undefined) => (suggestion ? `, which suggests ${suggestion}` : '');
  return [
    customer
      ? `Customer ${customer.id} has ${percentOf(customer.share)} of them${which(bot)}.`
      : 'All of them are guest orders.',
    `Product ${nameOfProduct(product)} has ${percentOf(product.share)}${which(price)}.`,
    `${printable(country.name)} has ${percentOf(country.share)}.`,
  ];
}

/** `85123A (WHITE METAL LANTERN)`, on one line; a product may have no description. */
function nameOfProduct({ stockCode, description }: TopShares['product']): string {
  const described = description.trim();
  return printable(described === '' ? stockCode : `${stockCode} (${described})`);
}

/** What a surge may come from, where its shares make that clear. */
export function suggestedBy({ customer, product }: TopShares): {
  readonly bot: string | undefined;
  readonly price: string | undefined;
} {
  return {
    bot: customer && customer.share >= CLEAR_SHARE ? 'a bot' : undefined,
    price: product.share >= CLEAR_SHARE ? 'a bestseller or a wrong price' : undefined,
  };
}

/** Many episodes as one; undefined of none. The greatest is the one with the highest peak, the earliest of equals. */
export function summaryOf(episodes: readonly EpisodeReport[]):
  | {
      readonly greatest: EpisodeReport;
      readonly from: string;
      readonly to: string;
      readonly orders: number;
    }
  | undefined {
  const [first] = episodes;
  if (!first) return undefined;
  const last = episodes.at(-1) as EpisodeReport;
  return {
    greatest: episodes.reduce((greatest, each) => (each.peak > greatest.peak ? each : greatest), first),
    from: first.began,
    to: last.ended ?? last.peakAt,
    orders: episodes.reduce((sum, { orders }) => sum + orders, 0),
  };
}

/** The command that shows more. */
export function commandFor({ event }: AlarmFacts): string {
  return event === 'caught-up' ? 'alakazam alarm history' : 'alakazam alarm';
}

/** `57 orders in 1 s`. */
export function peakOf(peak: number, facts: Pick<AlarmFacts, 'counted' | 'windowMs'>): string {
  return `${counted(peak, facts.counted.slice(0, -1))} in ${facts.windowMs / 1000} s`;
}

/** What may arrive without an alarm: `10 orders in 1 s`. */
export function limitOf(facts: Pick<AlarmFacts, 'counted' | 'windowMs' | 'threshold'>): string {
  return peakOf(facts.threshold, facts);
}

/** `2011-11-29T10:15:00.123Z` as `2011-11-29 10:15:00 UTC`. */
export function utc(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** Rounded down, so that 100% is all: `91%`. */
export function percentOf(share: number): string {
  // The product of 0.29 and 100 is a little less than 29.
  const percent = Math.floor(share * 100 + 1e-9);
  return percent === 0 ? 'under 1%' : `${whole(percent)}%`;
}
