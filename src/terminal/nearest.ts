/** The name somebody may have meant. */

/** The candidate with the fewest letters to change (Levenshtein 1966). */
export function nearestTo(name: string, candidates: readonly string[]): string {
  const distances = candidates.map((candidate) => distance(name.toLowerCase(), candidate.toLowerCase()));
  return candidates[distances.indexOf(Math.min(...distances))] as string;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1);
    }
    row = next;
  }
  return row[b.length] as number;
}
