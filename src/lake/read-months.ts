/** The months that questions on AWS read: those of the table's partition projection. */

/** Tells of a month, such as `2010-12`, whether they read it: from the first on, up to the month after this one. */
export function readMonths(firstMonth: string, nowMs: number): (month: string) => boolean {
  const now = new Date(nowMs);
  const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString().slice(0, 7);
  return (month) => firstMonth <= month && month <= last;
}
