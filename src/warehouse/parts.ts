/** The warehouse's part of the stack. */
import type { StackParts } from '../stack/parts.js';
import { ATHENA_WORK_GROUP, GLUE_DATABASE } from './resources.js';

const ASK = 'ask the warehouse';

export const warehouseParts: StackParts = {
  stage: 'warehouse',
  names: [ATHENA_WORK_GROUP, GLUE_DATABASE],
  rows: [{ name: 'warehouse', resource: 'WorkGroup', does: 'answers in SQL' }],
  needs: {
    [ASK]: {
      WorkGroup: [
        'athena:GetQueryExecution',
        'athena:GetQueryResults',
        'athena:GetWorkGroup',
        'athena:StartQueryExecution',
        'athena:StopQueryExecution',
      ],
      'LakeBucket/athena-results/answer': ['s3:GetObject'],
    },
  },
  // Athena reads the lake and writes the answer with the permissions of whoever asks.
  // https://docs.aws.amazon.com/athena/latest/ug/managed-policies.html#amazonathenafullaccess-managed-policy
  needsByService: {
    [ASK]: {
      LakeDatabase: ['glue:GetDatabase'],
      LakeTable: ['glue:GetTable'],
      OrderArrivalsView: ['glue:GetTable'],
      OrdersView: ['glue:GetTable'],
      LakeBucket: ['s3:GetBucketLocation', 's3:ListBucket'],
      'LakeBucket/orders/month=2011-11/file': ['s3:GetObject'],
      'LakeBucket/athena-results/answer': ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
    },
  },
  usage: {
    WorkGroup: [{ what: 'read by queries, at least 10 MB each', unit: 'TB' }],
  },
};
