"""
MiniStack, with what it lacks: jq itself in place of a part of it, where a record of Firehose comes from, alarms on an expression over metrics, the refusal of a
second policy of a bucket, and records that arrived when a test says.
"""

import collections
import importlib.machinery
import json
import re
import sys

import ministack.app


def with_jq(firehose):
    def extracted_keys(config, data):
        """The partition keys that the query of a delivery makes of a record, or None if it has no query."""
        processing = config.get("ProcessingConfiguration") or {}
        parameters = {
            parameter["ParameterName"]: parameter["ParameterValue"]
            for processor in processing.get("Processors") or []
            if processing.get("Enabled") and processor["Type"] == "MetadataExtraction"
            for parameter in processor.get("Parameters") or []
        }
        query = parameters.get("MetadataExtractionQuery")
        if query is None:
            return None
        import jq

        try:
            keys = jq.compile(query).input_text(data.decode()).first()
            if any(value is None or isinstance(value, (dict, list)) for value in keys.values()):
                raise ValueError("a partition key has no scalar value")
            return {key: value if isinstance(value, str) else json.dumps(value) for key, value in keys.items()}
        except (ValueError, StopIteration) as error:
            raise firehose._DeliveryError("processing-failed", f"Metadata extraction failed: {error}") from error

    firehose._metadata_extraction_keys = extracted_keys


# Where records that Firehose hands to a function come from, by the id that it gave them.
ORIGINS = {}


def with_origins(firehose):
    ingest, new_id = firehose.ingest_from_kinesis_source, firehose._record_id
    coming = []

    def ingest_with_origins(stream_arn, records):
        from ministack.services import kinesis

        stream = next(each for each in kinesis._streams.values() if each["StreamARN"] == stream_arn)
        stored = [record for shard in stream["shards"].values() for record in shard["records"]]
        # Those that were stored last, in their order. One Firehose stream reads them, and gives each an id.
        coming[:] = sorted(stored, key=lambda record: int(record["SequenceNumber"]))[-len(records) :]
        try:
            ingest(stream_arn, records)
        finally:
            coming.clear()

    def id_with_origin():
        record_id = new_id()
        if coming:
            ORIGINS[record_id] = coming.pop(0)
        return record_id

    firehose.ingest_from_kinesis_source = ingest_with_origins
    firehose._record_id = id_with_origin


def like_lambda(lambda_svc):
    call = lambda_svc._execute_function

    def call_with_origins(function, event, *rest, **more):
        """https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"""
        for record in event.get("records", []) if "deliveryStreamArn" in event else []:
            origin = ORIGINS.pop(record["recordId"], None)
            if origin is not None:
                record["kinesisRecordMetadata"] = {
                    "sequenceNumber": origin["SequenceNumber"],
                    "subsequenceNumber": 0,
                    "partitionKey": origin["PartitionKey"],
                    "approximateArrivalTimestamp": round(origin["ApproximateArrivalTimestamp"] * 1000),
                }
        return call(function, event, *rest, **more)

    lambda_svc._execute_function = call_with_origins


def like_firehose(firehose):
    with_jq(firehose)
    with_origins(firehose)


def like_cloudformation(provisioners):
    original = provisioners._cw_metric_alarm_record

    def alarm_record(name, properties):
        """An alarm on an expression is one on a metric that has no data: it is there, and stays quiet."""
        if properties.get("Metrics"):
            named = {"Namespace": "MetricMath", "MetricName": properties["Metrics"][0]["Expression"]}
            properties = {**properties, **named, "Metrics": None}
        return original(name, properties)

    provisioners._cw_metric_alarm_record = alarm_record

    handlers = next(
        table["AWS::S3::BucketPolicy"]
        for table in vars(provisioners).values()
        if isinstance(table, dict) and "AWS::S3::BucketPolicy" in table
    )
    create = handlers["create"]

    def create_policy(logical_id, properties, stack_name):
        # https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1068
        if properties.get("Bucket") in provisioners._s3._bucket_policies:
            raise ValueError(f"The bucket policy already exists on bucket {properties['Bucket']}.")
        return create(logical_id, properties, stack_name)

    handlers["create"] = create_policy


ARRIVED_AT = re.compile(r"arrived-at:(\d+)")


def like_kinesis(kinesis):
    put_records = kinesis._put_records

    def put_with_arrivals(data):
        """A record arrives now, or when its partition key says: `arrived-at:1700000000123 any text`."""
        status, headers, body = put_records(data)
        if status == 200:
            _, stream = kinesis._resolve_stream(data)
            counts = collections.Counter(result.get("ShardId") for result in json.loads(body)["Records"])
            for shard, count in counts.items():
                for record in stream["shards"][shard]["records"][-count:] if shard else []:
                    arrived = ARRIVED_AT.match(record["PartitionKey"])
                    if arrived:
                        record["ApproximateArrivalTimestamp"] = int(arrived[1]) / 1000
        return status, headers, body

    kinesis._put_records = put_with_arrivals


PATCHES = {
    "ministack.services.kinesis": like_kinesis,
    "ministack.services.firehose": like_firehose,
    "ministack.services.lambda_svc": like_lambda,
    "ministack.services.cloudformation.provisioners": like_cloudformation,
}


class PatchingFinder:
    """Patches a module when MiniStack loads it, which takes seconds, and is not before it is asked for."""

    @staticmethod
    def find_spec(name, path, target=None):
        if name not in PATCHES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def execute_and_patch(module):
            execute(module)
            PATCHES[name](module)

        spec.loader.exec_module = execute_and_patch
        return spec


sys.meta_path.insert(0, PatchingFinder)
sys.exit(ministack.app.main())
