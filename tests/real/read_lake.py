"""Reads the Parquet files of a lake as they lie, with pyarrow and with DuckDB, and prints what each finds as JSON."""
import json
import sys

import duckdb
import pyarrow.compute as pc
import pyarrow.dataset as ds

root = sys.argv[1]
dataset = ds.dataset(root, format="parquet", partitioning="hive")
table = dataset.to_table()
found = {
    "rows": table.num_rows,
    "ids": pc.count_distinct(table["order_id"]).as_py(),
    "guests": table["customer_id"].null_count,
    "revenue": str(sum(q * p for q, p in zip(table["quantity"].to_pylist(), table["unit_price"].to_pylist()))),
    "months": len(set(table["month"].to_pylist())),
    "sequences": pc.count_distinct(table["sequence"]).as_py(),
}
rows, ids, guests, revenue, months, sequences = duckdb.sql(
    f"""SELECT count(*), count(DISTINCT order_id), count(*) - count(customer_id), CAST(sum(quantity * unit_price) AS VARCHAR),
    count(DISTINCT month), count(DISTINCT sequence) FROM read_parquet('{root}/*/*.parquet', hive_partitioning = true)"""
).fetchall()[0]
print(
    json.dumps(
        {
            "pyarrow": found,
            "duckdb": {"rows": rows, "ids": ids, "guests": guests, "revenue": revenue, "months": months, "sequences": sequences},
            "types": {field.name: str(field.type) for field in dataset.schema if field.name != "month"},
        }
    )
)
