/** The lake of a stack, made by hand on an emulator, and nothing fills it: for tests of others, with many orders. */
import { AthenaClient, CreateWorkGroupCommand } from '@aws-sdk/client-athena';
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { MODEL } from '../fixtures/built-stack.js';

/** Gives the variables by which a command line finds it. The name is a bucket's. */
export async function makeEmptyLake(name: string): Promise<Record<string, string>> {
  const requestHandler = new NodeHttpHandler();
  await new S3Client({ requestHandler }).send(
    new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
  );
  const athena = new AthenaClient({ requestHandler });
  const ResultConfiguration = { OutputLocation: `s3://${name}/athena-results/` };
  await athena.send(new CreateWorkGroupCommand({ Name: name, Configuration: { ResultConfiguration } }));
  const database = name.replaceAll('-', '_');
  const { Properties = {} } = MODEL.template.Resources['LakeTable'] ?? {};
  const { Name, StorageDescriptor, PartitionKeys } = Properties['TableInput'] as TableInput;
  await glue('CreateDatabase', { DatabaseInput: { Name: database } });
  const TableInput = {
    Name,
    PartitionKeys,
    TableType: 'EXTERNAL_TABLE',
    StorageDescriptor: { ...StorageDescriptor, Location: `s3://${name}/orders/` },
  };
  await glue('CreateTable', { DatabaseName: database, TableInput });
  await makeIdleDelivery(name, name);
  return {
    ALAKAZAM_LAKE_BUCKET: name,
    ALAKAZAM_LAKE_DELIVERY: name,
    ALAKAZAM_LAKE_FIRST_MONTH: '2009-12',
    ALAKAZAM_ATHENA_WORK_GROUP: name,
    ALAKAZAM_GLUE_DATABASE: database,
  };
}

interface TableInput {
  readonly Name: string;
  readonly PartitionKeys: unknown;
  readonly StorageDescriptor: object;
}

/** The program needs no client of Glue. */
async function glue(action: string, body: object): Promise<void> {
  const scope = 'Credential=test/20261123/eu-central-1/glue/aws4_request';
  const response = await fetch(process.env['AWS_ENDPOINT_URL'] as string, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSGlue.${action}`,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${action}: ${await response.text()}`);
}

/** A Firehose stream that reads from no other. */
export async function makeIdleDelivery(name: string, bucket: string): Promise<void> {
  await new FirehoseClient({ requestHandler: new NodeHttpHandler() }).send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: name,
      DeliveryStreamType: 'DirectPut',
      ExtendedS3DestinationConfiguration: {
        BucketARN: `arn:aws:s3:::${bucket}`,
        RoleARN: 'arn:aws:iam::000000000000:role/lake-delivery',
        BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 300 },
      },
    }),
  );
}
