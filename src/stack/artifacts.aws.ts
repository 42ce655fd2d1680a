/** What a deployment uploads before CloudFormation can begin: templates, and the code of the functions. */
import { createHash } from 'node:crypto';
import { type ObjectIdentifier, S3Client } from '@aws-sdk/client-s3';
import type { AwsSession } from '../engines/aws/session.js';
import { artifactBucketOf, type BucketOwner } from './artifact-bucket.js';
import { deleteBucket, deleteObjects, emptyBucket, ensureObject, makeBucket, secureBucket } from './bucket.aws.js';
import { STACK_TAG } from './remains.aws.js';

export interface Artifacts {
  /** Values of the template's parameters that say where the code is. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Uploads the code and a template in JSON, and makes the bucket where it is missing. Returns the URL of the template. */
  upload(template: string): Promise<string>;
  /** Deletes what `upload` added: the whole bucket where it made it, or else the objects that were not there before. */
  remove(): Promise<void>;
}

/** A zip, and the parameter that takes its key. */
export interface UploadedCode {
  readonly parameter: string;
  readonly key: string;
  readonly zip: Uint8Array;
}

export function openArtifacts(
  session: AwsSession,
  owner: BucketOwner,
  functions: ReadonlyMap<string, Uint8Array>,
  others: readonly UploadedCode[],
): Artifacts {
  const s3 = session.client(S3Client);
  const bucket = artifactBucketOf(session.stack, owner);
  const at = { Bucket: bucket, ExpectedBucketOwner: owner.account };
  // A key names the content: new code has a new key, which CloudFormation notices.
  const own = [...functions].map(([name, zip]) => ({
    parameter: codeParameterOf(name),
    key: `${name}/${hashOf(zip)}.zip`,
    zip,
  }));
  const codes: readonly UploadedCode[] = [...own, ...others];
  let isMade = false;
  let isSecure = false;
  let added: ObjectIdentifier[] = [];

  async function put(key: string, body: Uint8Array, type: string): Promise<void> {
    const version = await ensureObject(s3, { ...at, Key: key }, { body, type });
    if (version !== null) added.push({ Key: key, VersionId: version });
  }

  return {
    parameters: [['ArtifactBucket', bucket], ...codes.map(({ parameter, key }) => [parameter, key] as const)],
    async upload(template) {
      const isNew = await makeBucket(s3, bucket, owner);
      isMade ||= isNew;
      if (isNew || !isSecure) {
        await secureBucket(s3, bucket, owner, [
          { Key: 'application', Value: 'alakazam' },
          { Key: 'stage', Value: 'deployment' },
          { Key: STACK_TAG, Value: session.stack },
        ]);
        isSecure = true;
      }
      for (const { key, zip } of codes) await put(key, zip, 'application/zip');
      const key = `templates/${hashOf(template)}.json`;
      await put(key, Buffer.from(template), 'application/json');
      return `https://s3.${owner.region}.${domainOf(owner.partition)}/${bucket}/${key}`;
    },
    async remove() {
      if (isMade) {
        for await (const _ of emptyBucket(s3, at));
        await deleteBucket(s3, at);
      } else if (added.length > 0) await deleteObjects(s3, at, added);
      isMade = false;
      added = [];
    },
  };
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** `process-orders`: `ProcessOrdersCodeKey` */
function codeParameterOf(name: string): string {
  return `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}CodeKey`;
}

/** https://docs.aws.amazon.com/general/latest/gr/s3.html */
function domainOf(partition: string): string {
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}
