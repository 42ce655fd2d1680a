/** The resources of the lake on AWS whose names commands need. */
import type { ResourceName } from '../stack/resource-names.js';

export const LAKE_BUCKET: ResourceName = { output: 'LakeBucketName', variable: 'ALAKAZAM_LAKE_BUCKET' };
export const LAKE_DELIVERY: ResourceName = { output: 'LakeDeliveryName', variable: 'ALAKAZAM_LAKE_DELIVERY' };
/** The first month that questions read. */
export const FIRST_MONTH: ResourceName = { output: 'LakeMonthsFrom', variable: 'ALAKAZAM_LAKE_FIRST_MONTH' };
/** Prefix of the Parquet files in the bucket, as the template has it. */
export const LAKE_PREFIX = 'orders/';
