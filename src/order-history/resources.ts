/** The resources of the order history on AWS whose names commands need. */
import type { ResourceName } from '../stack/resource-names.js';

export const HISTORY_TABLE: ResourceName = { output: 'HistoryTableName', variable: 'ALAKAZAM_HISTORY_TABLE' };
export const HISTORY_INDEX_TABLE: ResourceName = {
  output: 'HistoryIndexTableName',
  variable: 'ALAKAZAM_HISTORY_INDEX_TABLE',
};
export const REJECTED_QUEUE: ResourceName = { output: 'RejectedQueueUrl', variable: 'ALAKAZAM_REJECTED_QUEUE_URL' };
