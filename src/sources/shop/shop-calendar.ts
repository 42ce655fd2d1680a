/** When the built-in shop sells: its invoices spread over days and minutes as the real ones are, for ever. */
import { firstAbove, hash, runningTotals } from '../../random.js';
import type { ShopData } from './shop.js';

export interface ShopTime {
  /** Days since the shop opened. */
  readonly day: number;
  /** From 0, January. */
  readonly month: number;
  /** As the source writes it, `12/1/2010 8:26`. */
  readonly text: string;
}

const FIRST_YEAR = 2010;
/** A year of the shop begins on the first of December. */
const FIRST_MONTH = 11;
const DAY_MS = 86_400_000;

interface Year {
  /** Days since the epoch of its first day. */
  readonly firstDay: number;
  /** Invoices up to the end of each of its days. */
  readonly invoices: Uint32Array;
}

/** When invoice n (from 0) is made out; of two invoices the later one is never dated earlier. */
export function createCalendar(data: ShopData, key: number): (invoice: number) => ShopTime {
  const { invoicesPerYear, months, weekdays, slotMinutes } = data;
  const years = new Map<number, Year>();
  const slots = data.slots.map(runningTotals);
  const opening = Date.UTC(FIRST_YEAR, FIRST_MONTH, 1) / DAY_MS;

  /** How much is sold on a day, against others; days differ by up to an eighth from what they should be. */
  function weight(day: number): number {
    const date = new Date(day * DAY_MS);
    const month = date.getUTCMonth();
    if (isHoliday(month, date.getUTCDate())) return 0;
    const noise = 28 + (hash(key, day) & 7);
    return (months[month] as number) * (weekdays[date.getUTCDay()] as number) * noise;
  }

  function yearOf(number: number): Year {
    let year = years.get(number);
    if (!year) {
      const firstDay = Date.UTC(FIRST_YEAR + number, FIRST_MONTH, 1) / DAY_MS;
      const days = Date.UTC(FIRST_YEAR + number + 1, FIRST_MONTH, 1) / DAY_MS - firstDay;
      const totals = runningTotals(Array.from({ length: days }, (_, i) => weight(firstDay + i)));
      const all = totals.at(-1) as number;
      year = { firstDay, invoices: Uint32Array.from(totals, (total) => Math.floor((total * invoicesPerYear) / all)) };
      years.set(number, year);
    }
    return year;
  }

  /** When the given part of a day's invoices is written, in minutes since midnight. */
  function minuteAt(totals: Float64Array, part: number): number {
    const wanted = part * (totals[totals.length - 1] as number);
    const slot = firstAbove(totals, wanted);
    const before = slot === 0 ? 0 : (totals[slot - 1] as number);
    return slot * slotMinutes + Math.floor((slotMinutes * (wanted - before)) / ((totals[slot] as number) - before));
  }

  return (invoice) => {
    const { firstDay, invoices } = yearOf(Math.floor(invoice / invoicesPerYear));
    const number = invoice % invoicesPerYear;
    const dayOfYear = firstAbove(invoices, number);
    const before = dayOfYear === 0 ? 0 : (invoices[dayOfYear - 1] as number);
    const today = (invoices[dayOfYear] as number) - before;
    const date = new Date((firstDay + dayOfYear) * DAY_MS);
    // The day is cut in as many parts as it has invoices, and each invoice falls somewhere in its own part.
    const part = (number - before + (hash(key, invoice) >>> 16) / 65_536) / today;
    const minute = minuteAt(slots[date.getUTCDay()] as Float64Array, part);
    const month = date.getUTCMonth();
    const clock = `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
    return {
      day: firstDay + dayOfYear - opening,
      month,
      text: `${month + 1}/${date.getUTCDate()}/${date.getUTCFullYear()} ${clock}`,
    };
  };
}

/** The shop is closed from Christmas Eve to the third of January, as the real one was. */
function isHoliday(month: number, dayOfMonth: number): boolean {
  return (month === 11 && dayOfMonth >= 24) || (month === 0 && dayOfMonth <= 3);
}
