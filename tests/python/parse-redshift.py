"""Reads JSON of SQL texts from standard input and writes, of each, its kind as Redshift's dialect of sqlglot parses it."""

import json
import logging
import sys

import sqlglot

# What sqlglot cannot parse it takes for a command, and warns.
logging.disable(logging.WARNING)


def kind_of(sql: str) -> dict:
    statements = sqlglot.parse(sql, read="redshift", error_level=sqlglot.ErrorLevel.RAISE)
    return {
        "kinds": [type(each).__name__ for each in statements],
        "isUnbound": any(bool(each.args.get("no_schema_binding")) for each in statements),
    }


print(json.dumps([kind_of(sql) for sql in json.load(sys.stdin)]))
