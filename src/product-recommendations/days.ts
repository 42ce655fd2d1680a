/** Days, counted since 1970: as of which day something is known. */

export const DAY_MS = 86_400_000;

/** The first day of which no order can be known at this moment. Where the shop is, it may be tomorrow already. */
export function firstDayUnknown(nowMs: number): number {
  return Math.floor(nowMs / DAY_MS) + 2;
}

/** The day of a date or a moment in ISO 8601, which is read as UTC. */
export function dayOf(iso: string): number {
  return Math.floor(Date.parse(iso.includes('T') ? `${iso}Z` : iso) / DAY_MS);
}

/** A day as ISO 8601: `2011-11-09`. */
export function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
