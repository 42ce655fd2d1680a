/** A message of the alarm as one SMS: the most important first, and names as long as there is room. */
import { counted, whole } from '../terminal/numbers.js';
import type { AlarmMessage, EpisodeReport } from './alarm.js';
import { septetsOf, shortened, toGsm7 } from './gsm7.js';
import { commandFor, limitOf, peakOf, percentOf, suggestedBy, summaryOf } from './message.js';

/** One SMS has 140 bytes, so 160 characters of 7 bits. 3GPP TS 23.040, 9.2.3.16. */
const SEPTETS_MAX = 160;
/** A longer name is cut to this length before anything less important is left out. */
const NAME_SEPTETS_MIN = 14;

interface Detail {
  readonly before: string;
  /** May be shortened. */
  readonly name: string;
  readonly after: string;
}

/** At most 160 septets, all of the GSM 7-bit alphabet; never empty. */
export function smsOf(message: AlarmMessage): string {
  const end = ` Type: ${commandFor(message)}`;
  const begin = shortened(toGsm7(beginOf(message)), SEPTETS_MAX - septetsOf(end));
  const details = detailsOf(message).map(({ before, name, after }) => ({
    ...{ before: toGsm7(before), name: toGsm7(name).trim(), after: toGsm7(after) },
  }));
  const room = SEPTETS_MAX - septetsOf(begin + end);
  return [begin, ...fitted(details, room)].join(' ') + end;
}

function beginOf(message: AlarmMessage): string {
  const { event, episode, episodes } = message;
  if (event === 'test') return `Test of the rate alarm. You are told here when more than ${limitOf(message)} arrive.`;
  const summary = summaryOf(episodes);
  if (event === 'caught-up' && summary) {
    const { greatest, from, to } = summary;
    const surges = `${counted(episodes.length, 'surge')} of orders, all over: ${onDay(from)} to ${onDay(to)} UTC.`;
    return `${surges} Peak ${peakOf(greatest.peak, message)}, ${onDay(greatest.peakAt)} UTC.`;
  }
  if (!episode) return `Rate alarm: more than ${limitOf(message)}.`;
  const orders = message.counted === 'orders' ? whole(episode.orders) : counted(episode.orders, 'order');
  const peak = `peak ${peakOf(episode.peak, message)}, ${orders}`;
  const since = `${onDay(episode.began)} UTC`;
  if (event === 'ended') return `Surge since ${since} is over: ${peak} in all.`;
  return `Surge ${event === 'reminder' ? 'goes on ' : ''}since ${since}: ${peak} so far.`;
}

/** The most important first. */
function detailsOf({ episode }: AlarmMessage): readonly Detail[] {
  return episode?.top ? sharesOf(episode.top) : [];
}

function sharesOf(top: NonNullable<EpisodeReport['top']>): readonly Detail[] {
  const { customer, product, country } = top;
  const { bot, price } = suggestedBy(top);
  const after = (share: number, question: string | undefined) =>
    ` ${percentOf(share)}${question ? `: ${question}?` : '.'}`;
  return [
    customer
      ? { before: `Customer ${customer.id}`, name: '', after: after(customer.share, bot && 'bot') }
      : { before: 'Guests 100%.', name: '', after: '' },
    {
      before: '',
      name: product.description.trim() || product.stockCode,
      after: after(product.share, price && 'wrong price'),
    },
    { before: '', name: country.name, after: after(country.share, undefined) },
  ];
}

/** As many details as fit, with a blank before each; what room is left goes to their names, the first first. */
function fitted(details: readonly Detail[], room: number): readonly string[] {
  let left = room;
  const leastOf = (name: string) => Math.min(septetsOf(name), NAME_SEPTETS_MIN);
  const taken = details.filter(({ before, name, after }) => {
    const needed = 1 + septetsOf(before + after) + leastOf(name);
    if (needed > left) return false;
    left -= needed;
    return true;
  });
  return taken.map(({ before, name, after }) => {
    const short = shortened(name, leastOf(name) + left);
    left -= Math.max(0, septetsOf(short) - leastOf(name));
    return before + short + after;
  });
}

/** `2011-11-29T10:15:00.123Z` as `29 Nov 10:15:00`. */
function onDay(iso: string): string {
  // Tue, 29 Nov 2011 10:15:00 GMT
  const [, day, month, , time] = new Date(iso).toUTCString().split(' ');
  return `${day} ${month} ${time}`;
}
