/** Durations as people type them: `500ms`, `1s`, `15m`, `2h`, `1d`, `1.5h`. */

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Whole milliseconds; undefined if it is no duration. */
export function durationMs(typed: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|[smhd])$/.exec(typed) ?? [];
  return unit === undefined ? undefined : Math.round(Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}
