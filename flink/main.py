"""
The rate alarm on Managed Service for Apache Flink 1.20: reads the order stream by arrival time, and runs rate-alarm.sql, which
lies beside this file in the package. The service reads the settings from the property group `alakazam` (DEFAULTS below).

In which order orders arrived is known only when all shards have been read that far. So the watermark, up to which orders are
counted, follows what was *read*: it is the earliest arrival time, rounded down, among all that was read in the last `boundMs`. While a shard is
still behind, whose orders are old, the watermark stays behind with it, and nothing that the others are ahead is lost. An order
is late only if it is read more than `boundMs` after all that arrived as early. It is not counted, and the alarm stream says so.
The metric numLateRecordsDropped of Flink's own operators stays 0: they get none.

Once a second a heartbeat arrives that is no order: it moves the watermark when no order comes, so that the last surge before
silence is told too, and idle shards hold nothing up. After a start, heartbeats hold the watermark back until all shards must have
been asked: what came while the application did not run is read before it is counted.
"""

import json
import pathlib
import string

from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import Schema, StreamTableEnvironment
from pyflink.table.expressions import col

PROPERTIES = "/etc/flink/application_properties.json"
HERE = pathlib.Path(__file__).resolve().parent

DEFAULTS = {
    # Names of the streams; without a default, as is `region`.
    "orderStream": None,
    "alarmStream": None,
    "region": None,
    # An endpoint in place of the one of the region.
    "endpoint": "",
    # Where the first start begins: TRIM_HORIZON or LATEST.
    "from": "TRIM_HORIZON",
    # More than so many in a window are a surge.
    "threshold": "10",
    "windowMs": "1000",
    # orders or invoices
    "counted": "orders",
    "boundMs": "2000",
}

# What is counted in a window.
COUNTS = {"orders": "COUNT(*)", "invoices": "COUNT(DISTINCT invoice)"}

# A record is text here: a record that is no JSON would end the job if it were read as JSON. The connector takes apart what the
# Kinesis Producer Library puts together. A shard answers five calls a second, to all readers together: one of them is ours.
ORDER_RECORDS = """
CREATE TEMPORARY TABLE order_records (
  record STRING,
  arrived TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL
) WITH (
  'connector' = 'kinesis', 'stream' = ${orderStream}, 'format' = 'raw', 'scan.stream.initpos' = ${from},
  'scan.shard.getrecords.intervalmillis' = '1000', 'scan.shard.discovery.intervalmillis' = '1000', ${connection}
)"""

ALARMS = """
CREATE TEMPORARY TABLE alarms (
  kind STRING, `count` BIGINT, atMs BIGINT, `before` BIGINT, through BIGINT, firstMs BIGINT, lastMs BIGINT, arrivals BIGINT
) WITH (
  'connector' = 'kinesis', 'stream' = ${alarmStream}, 'format' = 'json', 'json.encode.ignore-null-fields' = 'true',
  'sink.requests.max-inflight' = '1', 'sink.flush-buffer.timeout' = '100', 'sink.http-client.protocol.version' = 'HTTP1_1',
  ${connection}
)"""

HEARTBEATS = """
CREATE TEMPORARY TABLE heartbeats (any_number TINYINT, beat_at AS PROCTIME())
WITH ('connector' = 'datagen', 'rows-per-second' = '1')"""

# Their time is now, once they have come for some seconds; until then it is 1970, before all that may still be read.
BEATS = """
CREATE TEMPORARY VIEW beats AS
SELECT CASE WHEN COUNT(*) OVER (ORDER BY beat_at RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW) >= 8
  THEN CURRENT_TIMESTAMP ELSE TO_TIMESTAMP_LTZ(0, 3) END AS arrived
FROM heartbeats"""

# The JSON of our own records, and that of the Kinesis Agent. Other records are no orders.
READ = """
CREATE TEMPORARY VIEW read_arrivals AS
SELECT arrived, invoice FROM (
  SELECT arrived, COALESCE(
    JSON_VALUE(record, 'strict $$.invoiceNo'), JSON_VALUE(record, 'strict $$.InvoiceNo')
  ) AS invoice FROM order_records
) WHERE invoice IS NOT NULL
UNION ALL SELECT arrived, CAST(NULL AS STRING) FROM beats
-- One order long ago: a surge that is the very first thing to arrive follows something.
UNION ALL SELECT TO_TIMESTAMP_LTZ(1, 0), CAST('none' AS STRING) FROM (VALUES (1)) AS once(it)"""

# Flink looks through all different values whenever the smallest one leaves a window. So there are few: tenths of a second of
# what arrived just now, minutes of what is long ago.
ROUNDED = """
CREATE TEMPORARY VIEW rounded_arrivals AS
SELECT arrived, invoice, PROCTIME() AS read_at,
  CASE WHEN arrived > CURRENT_TIMESTAMP - INTERVAL '20' SECOND THEN ms - MOD(ms, 100) ELSE ms - MOD(ms, 60000) END AS rounded
FROM (
  SELECT arrived, invoice, EXTRACT(EPOCH FROM arrived) * 1000 + EXTRACT(MILLISECOND FROM arrived) AS ms FROM read_arrivals
)"""

# Without a heartbeat among them, nothing says how long there has been reading.
READ_WITH_OLDEST = """
SELECT arrived, invoice, CASE WHEN COUNT(*) OVER read_lately > COUNT(invoice) OVER read_lately
  THEN TO_TIMESTAMP_LTZ(MIN(rounded) OVER read_lately - 1, 3) END AS complete
FROM rounded_arrivals
WINDOW read_lately AS (ORDER BY read_at RANGE BETWEEN INTERVAL ${bound} DAY TO SECOND(3) PRECEDING AND CURRENT ROW)"""

LATE = """
CREATE TEMPORARY VIEW late_arrivals AS
SELECT arrived FROM timed_arrivals WHERE invoice IS NOT NULL AND arrived <= CURRENT_WATERMARK(arrived)"""

IN_TIME = """
SELECT arrived, invoice FROM timed_arrivals
WHERE CURRENT_WATERMARK(arrived) IS NULL OR arrived > CURRENT_WATERMARK(arrived)"""


def read_properties(path):
    groups = {group["PropertyGroupId"]: group["PropertyMap"] for group in json.loads(pathlib.Path(path).read_text())}
    given = groups.get("alakazam", {})
    unknown = sorted(set(given) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"unknown properties {', '.join(unknown)}; there are {', '.join(DEFAULTS)}")
    properties = {**DEFAULTS, **given}
    missing = [name for name, value in properties.items() if value is None]
    if missing:
        raise ValueError(f"the property group alakazam has no {', '.join(missing)}")
    for name, (lowest, highest) in {"threshold": (1, 10**9), "windowMs": (1, 3_600_000), "boundMs": (1, 3_600_000)}.items():
        if not properties[name].isdecimal() or not lowest <= int(properties[name]) <= highest:
            raise ValueError(f"{name} is {properties[name]}; valid are whole numbers from {lowest} to {highest}")
    if properties["counted"] not in COUNTS:
        raise ValueError(f"counted is {properties['counted']}; valid are {', '.join(COUNTS)}")
    return properties


def start(tables, properties, sql):
    """Starts the job, and does not wait for it. `tables` is a table environment in which nothing is defined."""
    values = texts_of(properties)
    tables.get_config().set("table.local-time-zone", "UTC")

    def run(text):
        return tables.execute_sql(string.Template(text).substitute(values))

    for text in (ORDER_RECORDS, ALARMS, HEARTBEATS, BEATS, READ, ROUNDED):
        run(text)
    read = tables.sql_query(string.Template(READ_WITH_OLDEST).substitute(values))
    # SQL alone cannot give a watermark to what another query made.
    by_arrival = (
        Schema.new_builder()
        .column("arrived", "TIMESTAMP_LTZ(3)")
        .column("invoice", "STRING")
        .column("complete", "TIMESTAMP_LTZ(3)")
        .watermark("arrived", "complete")
        .build()
    )
    tables.create_temporary_view("timed_arrivals", tables.to_data_stream(read), by_arrival)
    run(LATE)
    # For each time an OVER window looks through all times that it holds. Sorted first, these are few, and not the whole backlog.
    tables.create_temporary_view("arrivals", tables.sql_query(IN_TIME).order_by(col("arrived")))
    *views, insert = statements_of(sql)
    for text in views:
        run(text)
    return run(insert)


def statements_of(sql):
    code = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
    return [text for text in code.split(";") if text.strip()]


def texts_of(properties):
    """What stands in the SQL in place of `${...}`."""

    def interval(name):
        ms = int(properties[name])
        return quoted(f"0 {ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}")

    connection = {"aws.region": properties["region"]}
    if properties["endpoint"]:
        connection["aws.endpoint"] = properties["endpoint"]
    return {
        "orderStream": quoted(properties["orderStream"]),
        "alarmStream": quoted(properties["alarmStream"]),
        "from": quoted(properties["from"]),
        "connection": ", ".join(f"{quoted(name)} = {quoted(value)}" for name, value in connection.items()),
        "threshold": properties["threshold"],
        "window": interval("windowMs"),
        "windowMs": properties["windowMs"],
        "bound": interval("boundMs"),
        "counted": COUNTS[properties["counted"]],
    }


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def main():
    tables = StreamTableEnvironment.create(StreamExecutionEnvironment.get_execution_environment())
    start(tables, read_properties(PROPERTIES), (HERE / "rate-alarm.sql").read_text())


if __name__ == "__main__":
    main()
