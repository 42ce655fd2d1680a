import { expect, test } from 'vitest';
import { artifactBucketOf, isArtifactBucketOf } from '../../src/stack/artifact-bucket.js';

const OWNER = { account: '123456789012', region: 'eu-west-1' };

// Hashes by `printf %s NAME | sha256sum`.
test.each([
  ['alakazam', 'alakazam-artifacts-123456789012-eu-west-1'],
  ['Orders', 'orders-b7e8ac-artifacts-123456789012-eu-west-1'],
  ['alakazam-production-eu', 'alakazam-prod-78dc7e-artifacts-123456789012-eu-west-1'],
])('the artifact bucket of stack %s', (stack, bucket) => {
  expect(artifactBucketOf(stack, OWNER)).toBe(bucket);
  expect(isArtifactBucketOf(stack, bucket)).toBe(true);
});

test('is a valid bucket name for the longest names of a stack and a region', () => {
  const bucket = artifactBucketOf('A'.repeat(128), { ...OWNER, region: 'ap-southeast-99' });
  expect(bucket).toMatch(/^[a-z0-9-]{3,63}$/);
});

test('is no other stack’s', () => {
  const bucket = artifactBucketOf('orders', OWNER);
  for (const other of ['Orders', 'orders-eu', 'order']) expect(isArtifactBucketOf(other, bucket)).toBe(false);
});
