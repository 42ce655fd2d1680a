/** Buckets that the stack itself doesn't make or take away: that of its code, and those that still hold something. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  type Tag,
} from '@aws-sdk/client-s3';
import { nameOf } from '../engines/aws/errors.js';
import { AlakazamError } from '../errors.js';

/** The name of a bucket that was deleted isn't free at once. */
const ATTEMPTS_MAX = 12;
const AGAIN_MS = 5000;

export interface BucketOwner {
  /** The account it must be in: a bucket of that name in another is somebody else's. */
  readonly account: string;
  readonly region: string;
  /** `aws`, `aws-cn`, `aws-us-gov` */
  readonly partition: string;
}

/** Makes the bucket if it isn't there, and sees to it that it is private, encrypted, versioned and read by TLS alone. */
export async function ensureBucket(s3: S3Client, bucket: string, owner: BucketOwner, tags: Tag[]): Promise<void> {
  const at = { Bucket: bucket, ExpectedBucketOwner: owner.account };
  if (!(await isBucket(s3, at))) await createBucket(s3, bucket, owner.region);
  await s3.send(
    new PutPublicAccessBlockCommand({
      ...at,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    }),
  );
  const arn = `arn:${owner.partition}:s3:::${bucket}`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'RefusePlainHttp',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
  const encryption = { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }] };
  const rules = [
    { ID: 'replaced-versions', NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
    { ID: 'uploads-cut-short', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  ].map((rule) => ({ ...rule, Status: 'Enabled' as const, Filter: { Prefix: '' } }));
  // One after the other: S3 may abort two that come at once to one bucket (409 OperationAborted).
  await s3.send(new PutBucketPolicyCommand({ ...at, Policy: JSON.stringify(policy) }));
  await s3.send(new PutBucketEncryptionCommand({ ...at, ServerSideEncryptionConfiguration: encryption }));
  await s3.send(new PutBucketVersioningCommand({ ...at, VersioningConfiguration: { Status: 'Enabled' } }));
  await s3.send(new PutBucketLifecycleConfigurationCommand({ ...at, LifecycleConfiguration: { Rules: rules } }));
  await s3.send(new PutBucketTaggingCommand({ ...at, Tagging: { TagSet: tags } }));
}

type At = { readonly Bucket: string; readonly ExpectedBucketOwner: string };

async function isBucket(s3: S3Client, at: At): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand(at));
    return true;
  } catch (error) {
    if (isNone(error)) return false;
    throw error;
  }
}

async function createBucket(s3: S3Client, bucket: string, region: string): Promise<void> {
  // The oldest region takes no name of its own.
  const where =
    region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } };
  for (let attempt = 1; ; attempt++) {
    try {
      await s3.send(new CreateBucketCommand({ Bucket: bucket, ...where }));
      return;
    } catch (error) {
      if (nameOf(error) === 'BucketAlreadyOwnedByYou') return;
      if (nameOf(error) === 'OperationAborted' && attempt < ATTEMPTS_MAX) await delay(AGAIN_MS);
      else throw whyNoBucket(error, bucket);
    }
  }
}

function whyNoBucket(error: unknown, bucket: string): unknown {
  if (nameOf(error) === 'OperationAborted') {
    return new AlakazamError('failed', `S3 has not let go of ${bucket} yet, which was deleted not long ago`, {
      hint: 'alakazam deploy once more: it can take an hour',
      cause: error,
    });
  }
  if (nameOf(error) !== 'BucketAlreadyExists') return error;
  return new AlakazamError('failed', `bucket ${bucket} belongs to another account`, {
    hint: 'choose another name for the stack with --stack',
    cause: error,
  });
}

/** True if there is no such bucket or object. A HEAD request has no body to say more in than its status. */
export function isNone(error: unknown): boolean {
  const origin = error instanceof AlakazamError ? error.cause : error;
  const status = (origin as { $metadata?: { httpStatusCode?: number } })?.$metadata?.httpStatusCode;
  return status === 404 || /^(NotFound|NoSuchBucket|NoSuchKey)$/.test(nameOf(error));
}

/** Uploads what isn't there yet; the key is its content's name. */
export async function ensureObject(s3: S3Client, at: At & { Key: string }, body: Uint8Array): Promise<void> {
  try {
    await s3.send(new HeadObjectCommand(at));
  } catch (error) {
    if (!isNone(error)) throw error;
    await s3.send(new PutObjectCommand({ ...at, Body: body, ContentType: 'application/zip' }));
  }
}

/** Deletes every version of every object, and says after each batch how many it has deleted so far. */
export async function* emptyBucket(s3: S3Client, at: At): AsyncGenerator<number> {
  let deleted = 0;
  for (;;) {
    // What is deleted is no longer listed: the first page is always the next.
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand(at));
    const objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key: Key as string, VersionId }));
    if (objects.length === 0) return;
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ ...at, Delete: { Objects: objects, Quiet: true } }),
    );
    if (Errors[0]) {
      const { Key, Message } = Errors[0];
      throw new AlakazamError('failed', `${Key} in ${at.Bucket} could not be deleted: ${Message}`, {
        hint: 'alakazam destroy --with-data goes on from there',
      });
    }
    deleted += objects.length;
    yield deleted;
  }
}

/** False if there was none. */
export async function deleteBucket(s3: S3Client, at: At): Promise<boolean> {
  try {
    await s3.send(new DeleteBucketCommand(at));
    return true;
  } catch (error) {
    if (isNone(error)) return false;
    throw error;
  }
}
