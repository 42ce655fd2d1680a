/** The warehouse's part of the stack. */
import type { StackParts } from '../stack/parts.js';
import { ATHENA_WORK_GROUP, GLUE_DATABASE, REDSHIFT_NAMESPACE, REDSHIFT_WORKGROUP } from './resources.js';

const ASK = 'ask the warehouse';
const ASK_REDSHIFT = 'ask Redshift';
const SET_UP_REDSHIFT = 'set Redshift up';

/** Of the Data API, which knows no resource but the work group; a statement may be followed by whoever started it. */
const FOLLOW = ['redshift-data:CancelStatement', 'redshift-data:DescribeStatement', 'redshift-data:GetStatementResult'];

export const warehouseParts: StackParts = {
  stage: 'warehouse',
  names: [ATHENA_WORK_GROUP, GLUE_DATABASE, REDSHIFT_NAMESPACE, REDSHIFT_WORKGROUP],
  rows: [
    { name: 'warehouse', resource: 'WorkGroup', does: 'answers in SQL' },
    { name: 'Redshift', resource: 'RedshiftWorkgroup', does: 'answers in SQL' },
    { name: 'QuickSight', resource: 'QuicksightDashboard', does: 'shows the orders' },
  ],
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
    [ASK_REDSHIFT]: { account: FOLLOW, RedshiftWorkgroup: ['redshift-data:ExecuteStatement'] },
    [SET_UP_REDSHIFT]: {
      account: FOLLOW,
      RedshiftWorkgroup: ['redshift-data:ExecuteStatement'],
      RedshiftNamespace: ['redshift-serverless:GetNamespace'],
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
    // The caller is a user of the database; its administrator has a secret, whose ARN nobody chooses.
    [ASK_REDSHIFT]: { RedshiftWorkgroup: ['redshift-serverless:GetCredentials'] },
    [SET_UP_REDSHIFT]: { redshiftSecret: ['secretsmanager:GetSecretValue'] },
  },
  usage: {
    WorkGroup: [{ what: 'read by queries, at least 10 MB each', unit: 'TB' }],
    RedshiftNamespace: [{ what: 'data in Redshift, where the views have none', unit: 'GB-month' }],
    RedshiftWorkgroup: [{ what: 'Redshift answers, 8 RPUs and a minute at least', unit: 'RPU-hour' }],
    // QuickSight bills the users of the account, whatever they look at.
    QuicksightDashboard: [
      { what: 'each QuickSight user who looks at dashboards', unit: 'reader-month' },
      { what: 'each QuickSight user who makes dashboards', unit: 'author-month' },
    ],
  },
};
