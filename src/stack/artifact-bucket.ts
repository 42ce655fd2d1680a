/** The bucket that holds what `deploy` uploads for a stack: templates, and the code of its functions. */
import { createHash } from 'node:crypto';

export interface BucketOwner {
  /** Id of the account that must own the bucket: all accounts share one namespace, so somebody else may have the name. */
  readonly account: string;
  readonly region: string;
  /** `aws`, `aws-cn`, `aws-us-gov` */
  readonly partition: string;
}

const STACK_CHARACTERS_MAX = 20;

/** `alakazam-artifacts-123456789012-eu-west-1`: all accounts share one namespace of lower-case names of at most 63 characters. */
export function artifactBucketOf(stack: string, { account, region }: Omit<BucketOwner, 'partition'>): string {
  return `${prefixOf(stack)}${account}-${region}`;
}

/** True if the bucket is the artifact bucket of this stack, in whatever account and region. */
export function isArtifactBucketOf(stack: string, bucket: string): boolean {
  return bucket.startsWith(prefixOf(stack));
}

/** A stack whose name does not fit into a bucket's gets a hash, so that two stacks never share a bucket. */
function prefixOf(stack: string): string {
  const lower = stack.toLowerCase();
  const fits = lower === stack && lower.length <= STACK_CHARACTERS_MAX;
  const hash = createHash('sha256').update(stack).digest('hex').slice(0, 6);
  return `${fits ? lower : `${lower.slice(0, STACK_CHARACTERS_MAX - 7)}-${hash}`}-artifacts-`;
}
