/** The recommendations' part of the stack. */
import type { StackParts } from '../stack/parts.js';
import { TRAINING_APPLICATION } from './resources.js';

export const recommendationParts: StackParts = {
  stage: 'product-recommendations',
  names: [TRAINING_APPLICATION],
  rows: [{ name: 'training', resource: 'TrainingApplication', does: 'trains when asked' }],
  needs: {
    'read recommendations': {
      // Without it S3 says of an object that is not there that it is forbidden.
      LakeBucket: ['s3:ListBucket'],
      'LakeBucket/recommendations/latest.json': ['s3:GetObject'],
      HistoryTable: ['dynamodb:Query'],
    },
    train: {
      account: ['elasticmapreduce:ListClusters', 'elasticmapreduce:RunJobFlow'],
      cluster: ['elasticmapreduce:DescribeCluster', 'elasticmapreduce:DescribeStep', 'elasticmapreduce:ListSteps'],
      TrainingApplication: ['emr-serverless:ListJobRuns', 'emr-serverless:StartJobRun'],
      'TrainingApplication/jobruns/any': ['emr-serverless:GetJobRun'],
      'LakeBucket/recommendations/program/file': ['s3:PutObject'],
    },
    'train on a standing cluster': {
      cluster: ['elasticmapreduce:AddJobFlowSteps'],
      // Only a stack with it trains.
      TrainingApplication: [],
    },
  },
  needsByService: {
    train: {
      cluster: ['elasticmapreduce:AddTags'],
      'TrainingApplication/jobruns/any': ['emr-serverless:TagResource'],
      TrainingRole: ['iam:PassRole'],
      TrainingServiceRole: ['iam:PassRole'],
    },
  },
  usage: {
    TrainingApplication: [
      { what: 'training on EMR Serverless: processors', unit: 'vCPU-hour on arm64' },
      { what: 'training on EMR Serverless: memory', unit: 'GB-hour on arm64' },
    ],
    TrainingProfile: [
      { what: 'training on a cluster: each node, m6g.xlarge on demand', unit: 'node-hour', type: 'AWS::EMR::Cluster' },
    ],
  },
};
