/** The months that questions on AWS read: those of the table's partition projection. */

/** Whether they read this month, such as `2010-12`: from the first on, up to the month after this one. */
export function isReadMonth(month: string, firstMonth: string, nowMs: number): boolean {
  const now = new Date(nowMs);
  const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString().slice(0, 7);
  return firstMonth <= month && month <= last;
}
