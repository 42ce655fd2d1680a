/** The files of the lake in its bucket, by month. */
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { AwsSession } from '../engines/aws/session.js';
import { LAKE_PREFIX } from './resources.js';

export interface MonthFiles {
  readonly files: number;
  readonly bytes: number;
}

/** The signal ends the list early. */
export async function filesByMonth(
  session: AwsSession,
  bucket: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, MonthFiles>> {
  const months = new Map<string, MonthFiles>();
  let token: string | undefined;
  do {
    const page = await session
      .client(S3Client)
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${LAKE_PREFIX}month=`, ContinuationToken: token }));
    for (const { Key = '', Size = 0 } of page.Contents ?? []) {
      const month = Key.slice(LAKE_PREFIX.length + 'month='.length).split('/', 1)[0] as string;
      const { files, bytes } = months.get(month) ?? { files: 0, bytes: 0 };
      months.set(month, { files: files + 1, bytes: bytes + Size });
    }
    token = page.NextContinuationToken;
  } while (token !== undefined && !signal?.aborted);
  return months;
}
