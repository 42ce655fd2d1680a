/** Buckets that CloudFormation does not make or delete: the artifact bucket, and buckets that still hold objects. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
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
import type { BucketOwner } from './artifact-bucket.js';

/** S3 frees the name of a deleted bucket after a while. */
const ATTEMPTS_MAX = 12;
const AGAIN_MS = 5000;

/** Makes the bucket if it is missing. True if this call made it. */
export async function makeBucket(s3: S3Client, bucket: string, { account, region }: BucketOwner): Promise<boolean> {
  if (await isBucket(s3, { Bucket: bucket, ExpectedBucketOwner: account })) return false;
  return createBucket(s3, bucket, region);
}

/** Makes the bucket private, encrypted, versioned and readable by TLS alone. */
export async function secureBucket(s3: S3Client, bucket: string, owner: BucketOwner, tags: Tag[]): Promise<void> {
  const at = { Bucket: bucket, ExpectedBucketOwner: owner.account };
  // One call after the other: S3 may abort two calls at once on one bucket (409 OperationAborted). The tags come first:
  // `destroy` finds the bucket by them if this process is killed here.
  await s3.send(new PutBucketTaggingCommand({ ...at, Tagging: { TagSet: tags } }));
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
  await s3.send(new PutBucketPolicyCommand({ ...at, Policy: JSON.stringify(policy) }));
  await s3.send(new PutBucketEncryptionCommand({ ...at, ServerSideEncryptionConfiguration: encryption }));
  await s3.send(new PutBucketVersioningCommand({ ...at, VersioningConfiguration: { Status: 'Enabled' } }));
  await s3.send(new PutBucketLifecycleConfigurationCommand({ ...at, LifecycleConfiguration: { Rules: rules } }));
}

/** A bucket that must belong to this account. */
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

/** False if another process made the bucket meanwhile. */
async function createBucket(s3: S3Client, bucket: string, region: string): Promise<boolean> {
  // S3 refuses the name of its oldest region as a location.
  const where =
    region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } };
  for (let attempt = 1; ; attempt++) {
    try {
      await s3.send(new CreateBucketCommand({ Bucket: bucket, ...where }));
      return true;
    } catch (error) {
      if (nameOf(error) === 'BucketAlreadyOwnedByYou') return false;
      if (nameOf(error) === 'OperationAborted' && attempt < ATTEMPTS_MAX) await delay(AGAIN_MS);
      else throw whyNoBucket(error, bucket);
    }
  }
}

function whyNoBucket(error: unknown, bucket: string): unknown {
  if (nameOf(error) === 'OperationAborted') {
    return new AlakazamError(
      'failed',
      `S3 has not freed the name ${bucket} yet: a bucket of that name was just deleted`,
      {
        hint: 'run alakazam deploy again later: S3 can take an hour to free a name',
        cause: error,
      },
    );
  }
  if (nameOf(error) !== 'BucketAlreadyExists') return error;
  return new AlakazamError('failed', `bucket ${bucket} belongs to another account`, {
    hint: 'choose another name for the stack with --stack',
    cause: error,
  });
}

/** True if there is no such bucket or object. The answer to a HEAD request has no body, so only its status tells. */
export function isNone(error: unknown): boolean {
  const origin = error instanceof AlakazamError ? error.cause : error;
  const status = (origin as { $metadata?: { httpStatusCode?: number } })?.$metadata?.httpStatusCode;
  return status === 404 || /^(NotFound|NoSuchBucket|NoSuchKey)$/.test(nameOf(error));
}

/**
 * Uploads an object whose key names its content, unless the bucket has it already. Returns the id of the version it added.
 * In a bucket without versioning the id is undefined. Returns null if the bucket had the object.
 */
export async function ensureObject(
  s3: S3Client,
  at: At & { Key: string },
  { body, type }: { readonly body: Uint8Array; readonly type: string },
): Promise<string | undefined | null> {
  try {
    await s3.send(new HeadObjectCommand(at));
    return null;
  } catch (error) {
    if (!isNone(error)) throw error;
    return (await s3.send(new PutObjectCommand({ ...at, Body: body, ContentType: type }))).VersionId;
  }
}

/** Deletes every version of every object, and says after each batch how many it has deleted so far. */
export async function* emptyBucket(s3: S3Client, at: At): AsyncGenerator<number> {
  let deleted = 0;
  for (;;) {
    // S3 no longer lists what is deleted: the first page is always the next.
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand(at));
    const objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key: Key as string, VersionId }));
    if (objects.length === 0) return;
    await deleteObjects(s3, at, objects);
    deleted += objects.length;
    yield deleted;
  }
}

/** Deletes these versions, at most 1,000. */
export async function deleteObjects(s3: S3Client, at: At, objects: readonly ObjectIdentifier[]): Promise<void> {
  const { Errors = [] } = await s3.send(
    new DeleteObjectsCommand({ ...at, Delete: { Objects: [...objects], Quiet: true } }),
  );
  if (!Errors[0]) return;
  const { Key, Message } = Errors[0];
  throw new AlakazamError('failed', `S3 did not delete ${Key} in ${at.Bucket}: ${Message}`, {
    hint: 'alakazam destroy --with-data goes on from there',
  });
}

/** False if there is no such bucket. */
export async function deleteBucket(s3: S3Client, at: At): Promise<boolean> {
  try {
    await s3.send(new DeleteBucketCommand(at));
    return true;
  } catch (error) {
    if (isNone(error)) return false;
    throw error;
  }
}
