/** Why Athena did not answer, in its words, and what to do about it. */
import { AlakazamError } from '../errors.js';
import { pointAt } from './pointer.js';
import type { AthenaStatement } from './question.athena.js';

/**
 * `reason` is Athena's: `COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved`.
 * https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
 */
export function whyNoAnswer(reason: string, statement: AthenaStatement, cause?: unknown): AlakazamError {
  const [, name = '', line, column, words = ''] = /^(?:([A-Z][A-Z_]+): )?(?:line (\d+):(\d+): )?(.*)/s.exec(
    reason,
  ) as unknown as string[];
  const message = words.split('\n', 1)[0] || reason;
  const place = line === undefined ? undefined : statement.placeOf(Number(line), Number(column));
  const [code, advice] = adviceOn(name, reason) ?? [line === undefined ? 'failed' : 'usage', undefined];
  const hint = [...(place ? [pointAt(place)] : []), ...(advice ? [advice] : [])].join('\n');
  return new AlakazamError(code, message, { hint: hint || undefined, cause });
}

function adviceOn(name: string, reason: string): [code: 'usage' | 'failed' | 'access', advice: string] | undefined {
  if (/bytes scanned limit/i.test(reason)) {
    return ['failed', 'ask about fewer columns, or raise the limit: alakazam deploy --param QueryScanLimitBytes=…'];
  }
  // `COLUMN_NOT_FOUND` too says that the requester may be "not authorized".
  if (/^(COLUMN|FUNCTION)_NOT_FOUND$/.test(name)) return undefined;
  if (name === 'TABLE_NOT_FOUND' || /\bTable '?[\w."]+'? does not exist/i.test(reason)) {
    return ['usage', 'the tables are orders and order_arrivals; where they are missing, alakazam deploy makes them'];
  }
  if (name === 'SCHEMA_NOT_FOUND' || /WorkGroup .*not found/i.test(reason)) {
    return ['failed', 'alakazam deploy brings the stack up to date'];
  }
  if (/access ?denied|permission denied|insufficient permissions|not authorized/i.test(reason)) {
    return ['access', 'alakazam doctor says which permissions are missing'];
  }
  return undefined;
}
