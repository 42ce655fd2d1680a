/** What Lambda gives a function that reads a stream: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
export interface KinesisEvent {
  readonly Records: readonly KinesisEventRecord[];
}

export interface KinesisEventRecord {
  /** Shard and sequence number, with a colon between them. */
  readonly eventID: string;
  /** ARN of the stream. */
  readonly eventSourceARN: string;
  readonly kinesis: {
    /** In base64. */
    readonly data: string;
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    /** In seconds. */
    readonly approximateArrivalTimestamp: number;
  };
}

/** The records from which on a batch has to come again: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}
