/** Reads what a statement of Redshift answered, page by page. */
import { type Field, GetStatementResultCommand, type RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { AlakazamError } from '../errors.js';
import { counted, whole } from '../terminal/numbers.js';
import { redshiftColumns, redshiftRows } from './values.redshift.js';
import type { AnswerColumn, AnswerValue } from './warehouse.js';

export interface RedshiftResults {
  readonly columns: readonly AnswerColumn[];
  readonly rows: AsyncIterable<readonly AnswerValue[][]>;
}

/**
 * The model of the API says nothing of how its pages end, and clients that went by it alone lost rows, or got pages twice:
 * https://github.com/boto/boto3/issues/4125. So a token that was there before ends the answer, and its rows are counted.
 */
export async function readStatementResults(
  client: RedshiftDataClient,
  id: string,
  signal: AbortSignal,
): Promise<RedshiftResults> {
  const readPage = (token: string | undefined) =>
    client.send(new GetStatementResultCommand({ Id: id, ...(token !== undefined && { NextToken: token }) }));
  const first = await readPage(undefined);
  const columns = redshiftColumns(first.ColumnMetadata ?? []);
  const toValues = redshiftRows(columns);
  const rowsIn = (records: readonly Field[][] = []) => records.map(toValues);

  async function* rows(): AsyncGenerator<AnswerValue[][]> {
    let count = 0;
    const seen = new Set<string>();
    for (let page = first; ; ) {
      const some = rowsIn(page.Records);
      count += some.length;
      if (some.length > 0) yield some;
      const token = page.NextToken;
      if (!token || seen.has(token)) break;
      if (signal.aborted) return;
      seen.add(token);
      page = await readPage(token);
    }
    const total = first.TotalNumRows ?? count;
    if (count === total) return;
    throw new AlakazamError('failed', `Redshift gave ${counted(count, 'row')} of an answer of ${whole(total)}`, {
      hint: 'ask again; what was shown is not the whole answer',
    });
  }

  return { columns, rows: rows() };
}
