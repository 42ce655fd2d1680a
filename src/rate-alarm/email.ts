/** A message of the alarm as an e-mail: everything that is known, a line for each fact. */
import { whole } from '../terminal/numbers.js';
import { printable } from '../terminal/text.js';
import type { AlarmMessage, EpisodeReport } from './alarm.js';
import { limitOf, peakOf, percentOf, suggestedBy, utc } from './message.js';

/** More than these would make a message too large to send; `alarm history` shows all. SNS takes 262,144 bytes. */
const EPISODES_MAX = 200;

export interface Email {
  /**
   * At most 99 characters of ASCII, without names from orders. SNS takes fewer than 100:
   * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
   */
  readonly subject: string;
  readonly body: string;
}

export function emailOf(message: AlarmMessage): Email {
  const { episode, episodes, text } = message;
  const facts = [
    ...(episode ? factsOf(episode, message) : []),
    ['threshold', `more than ${limitOf(message)}`],
    ['where', printable(message.place)],
    ['message', message.id],
  ];
  const rows = facts.map(([name = '', value]) => `${name.padEnd(11)}${value}`);
  const surges = episodes.slice(0, EPISODES_MAX).map((each) => `${utc(each.began)}  ${peakOf(each.peak, message)}`);
  const more = episodes.length - surges.length;
  const listed = surges.length > 0 ? ['', ...surges, ...(more > 0 ? [`and ${whole(more)} more`] : [])] : [];
  return { subject: subjectOf(message), body: `${[text, '', ...rows, ...listed].join('\n')}\n` };
}

function subjectOf(message: AlarmMessage): string {
  const { event, episode, episodes } = message;
  if (event === 'test') return 'alakazam: test of the rate alarm';
  if (event === 'caught-up' || !episode) return `alakazam: ${whole(episodes.length)} past surges of orders`;
  const peak = `${peakOf(episode.peak, message)}, since ${utc(episode.began)}`;
  const state = { began: 'ALARM', reminder: 'still in ALARM', ended: 'ALARM is over' };
  return `alakazam: ${state[event]}: ${peak}`;
}

function factsOf(episode: EpisodeReport, message: AlarmMessage): readonly (readonly string[])[] {
  const { began, ended, peak, peakAt, orders, top, notified } = episode;
  return [
    ['began', utc(began)],
    ['ended', ended ? utc(ended) : 'not yet'],
    ['peak', `${peakOf(peak, message)}, at ${utc(peakAt)}`],
    ['orders', whole(orders)],
    ...(top ? sharesIn(top) : []),
    ...notified.map(({ event, via, at }) => ['told', `${event} by ${via}, at ${utc(at)}`]),
  ];
}

function sharesIn(top: NonNullable<EpisodeReport['top']>): readonly (readonly string[])[] {
  const { customer, product, country } = top;
  const { bot, price } = suggestedBy(top);
  const line = (name: string, share: number, suggestion?: string) =>
    `${printable(name)}, ${percentOf(share)}${suggestion ? `: suggests ${suggestion}` : ''}`;
  return [
    ['customer', customer ? line(String(customer.id), customer.share, bot) : 'guests alone'],
    ['product', line(`${product.stockCode} ${product.description}`, product.share, price)],
    ['country', line(country.name, country.share)],
  ];
}
