"""spark-factors.py DIRECTORY fits ALS as DIRECTORY/als.py does, to what comes in as JSON:
{"pairs": [[customer, product, confidence]], "factors", "regParam", "iterations"}. Prints {"customers", "products"}: rows of factors.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True

import als
from pyspark.sql import DataFrame, SparkSession

asked = json.load(sys.stdin)
options = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "2"}
spark = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
# As als.py does: without it, the history of many iterations overflows the stack.
spark.sparkContext.setCheckpointDir("checkpoints")
pairs = [(customer, product, float(confidence)) for customer, product, confidence in asked["pairs"]]
pairs = spark.createDataFrame(pairs, "customer INT, product INT, confidence DOUBLE")
ratings = pairs.selectExpr("customer", "product", f"CAST({als.rating_of('confidence')} AS FLOAT) AS rating")
model = als.fit_als(spark, ratings, asked["factors"], asked["regParam"], asked["iterations"], 1)


def rows(frame):
    return [features for _, features in sorted(DataFrame(frame, spark).collect())]


print(json.dumps({"customers": rows(model.userFactors()), "products": rows(model.itemFactors())}))
