/** What a test may need and not find on this machine. Where CI is set, nothing may be missing. */
import { describe, type TestContext, test } from 'vitest';

/** Defines tests, or says by name why they are skipped: `why` is undefined where all they need is there. */
export function describeUnless(why: string | undefined, name: string, define: () => void): void {
  if (why === undefined) {
    describe(name, define);
  } else if (process.env['CI'] === 'true') {
    test(name, () => failInCi(why));
  } else {
    console.warn(`skipped: ${name}: ${why}`);
    describe.skip(`${name} (${why})`, define);
  }
}

/** Ends a test that finds out late what is missing. */
export function skipBecause(why: string, { skip, task }: TestContext): never {
  if (process.env['CI'] === 'true') failInCi(why);
  console.warn(`skipped: ${task.name}: ${why}`);
  return skip(why);
}

function failInCi(why: string): never {
  throw new Error(`${why}, and CI skips nothing`);
}
