/** Why Redshift did not answer, in its words, and what to do about it. */
import { AlakazamError } from '../errors.js';
import { pointAt } from './pointer.js';
import type { RedshiftStatement } from './question.redshift.js';

/** What is wrong with the SQL, as PostgreSQL and Redshift word it. */
const WRONG_SQL =
  /syntax error|does not exist|is ambiguous|invalid input syntax|invalid digit|must appear in the GROUP BY|cannot cast|can't be cast|operator is not unique|not supported|division by zero|divide by zero/i;

const SETUP = 'alakazam query --engine redshift --setup makes orders and order_arrivals there';

/** `reason` is Redshift's: `ERROR: column "x" does not exist in orders`, perhaps with `Position: 8` on a line of its own. */
export function whyNoRedshiftAnswer(reason: string, statement: RedshiftStatement, cause?: unknown): AlakazamError {
  const [, words = reason] = /^(?:ERROR: *)?([^\n]*)/.exec(reason) as unknown as string[];
  const [shown = words, inline] = words.split(/;? *\bPosition: (\d+);?/);
  const position = inline ?? /^\s*Position: (\d+)/m.exec(reason)?.[1];
  const place = position === undefined ? undefined : statement.placeOf(Number(position));
  const [code, advice] = adviceOn(reason);
  const hint = [...(place ? [pointAt(place)] : []), ...(advice ? [advice] : [])].join('\n');
  return new AlakazamError(code, shown.trim() || reason, { hint: hint || undefined, cause });
}

function adviceOn(reason: string): [code: 'usage' | 'failed' | 'access', advice: string | undefined] {
  if (/permission denied|not authorized|access ?denied/i.test(reason)) {
    const isLake = /spectrum|s3|glue/i.test(reason);
    return ['access', isLake ? 'the role of Redshift may not read the lake: alakazam deploy repairs it' : SETUP];
  }
  if (/(relation|schema) "[\w.]+" does not exist/i.test(reason)) return ['usage', SETUP];
  return [WRONG_SQL.test(reason) ? 'usage' : 'failed', undefined];
}
