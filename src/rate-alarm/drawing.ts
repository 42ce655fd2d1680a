/** The alarm as a person reads it. */
import { cellOf, wrapped } from '../terminal/cells.js';
import { drawSparkline } from '../terminal/chart.js';
import { duration, whole } from '../terminal/numbers.js';
import { printable, styled, type Text } from '../terminal/text.js';
import type { AlarmStatus, Destination, EpisodeReport } from './alarm.js';
import { limitOf, peakOf, percentOf, utc } from './message.js';

export interface Drawn {
  readonly status: AlarmStatus;
  readonly destinations: readonly Destination[];
  /** Orders by second, the latest last. */
  readonly rates: readonly number[];
  readonly columns: number;
  readonly nowMs: number;
}

export function drawAlarm({ status, destinations, rates, columns, nowMs }: Drawn): Text {
  const { state, since, rate, episode } = status;
  const isAlarm = state === 'ALARM';
  const forHowLong = since === null ? 'no order yet' : `for ${agoOf(since, nowMs)}, since ${utc(since)}`;
  const lines: Text[] = [
    [styled(isAlarm ? ['red', 'bold'] : ['green', 'bold'], state), `  ${forHowLong}`],
    `alarm      more than ${limitOf(status)}`,
    `rate       ${whole(rate.lastSecond)} orders in the last second, ${whole(rate.lastMinute)} in the last minute`,
  ];
  if (rates.some((count) => count > 0)) lines.push(`           ${drawSparkline(rates, columns - 24)} five minutes`);
  if (episode) lines.push(...drawEpisode(episode, status, columns));
  lines.push(...drawDestinations(destinations, columns));
  return lines.flatMap((line) => [line, '\n']);
}

function drawEpisode(episode: EpisodeReport, status: AlarmStatus, columns: number): Text[] {
  const { began, ended, peak, orders, top } = episode;
  const isOver = ended !== null;
  const lines: Text[] = [
    `${isOver ? 'last surge' : 'surge     '} ${utc(began)}${isOver ? ` to ${utc(ended)}` : ', and it lasts'}`,
    `           ${peakOf(peak, status)} at the peak, ${whole(orders)} orders in all`,
  ];
  if (!top) return lines;
  const { customer, product, country } = top;
  if (customer) lines.push(`           ${percentOf(customer.share)} of customer ${customer.id}`);
  const ofProduct = `           ${percentOf(product.share)} of product ${product.stockCode} ${product.description}`;
  const ofCountry = `           ${percentOf(country.share)} of ${country.name}`;
  return [...lines, ...[ofProduct, ofCountry].map((line) => cellOf(line.trimEnd(), columns).text)];
}

function drawDestinations(destinations: readonly Destination[], columns: number): Text[] {
  if (destinations.length === 0) return ['told       nobody; the settings alarm.webhook and alarm.command change that'];
  return destinations.flatMap(({ name, waiting, failed, problem }, i) => {
    const state = [
      ...(waiting > 0 ? [`${whole(waiting)} waiting`] : []),
      ...(failed > 0 ? [`${whole(failed)} failed`] : []),
      ...(problem === null ? [] : [problem]),
    ].join(', ');
    // A problem is not cut: it says what to do.
    const parts = wrapped(printable(`${name}${state && `: ${state}`}`), columns - 11);
    const lines = parts.map((part, n) => `${i === 0 && n === 0 ? 'told       ' : '           '}${part}`);
    return lines.map((line) => (failed > 0 || problem !== null ? styled('red', line) : line));
  });
}

function agoOf(since: string, nowMs: number): string {
  return duration(Math.max(0, Math.round((nowMs - Date.parse(since)) / 1000)));
}
