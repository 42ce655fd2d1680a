/** Files of published runs, in the bucket of the lake. */
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import type { RunFiles } from './published-runs.js';

/** `prefix` has a slash at its end. */
export function s3RunFiles(session: AwsSession, bucket: string, prefix: string): RunFiles {
  const s3 = session.client(S3Client);
  return {
    place: `s3://${bucket}/${prefix}`,
    retrain: 'alakazam train --target aws',
    async read(path) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path }));
        return await Body?.transformToString();
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined;
        throw error;
      }
    },
  };
}
