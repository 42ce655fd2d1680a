"""Recommends products to every customer: the model of `alakazam train`, by Apache Spark, for when the orders outgrow one machine.

    spark-submit als.py --lake s3://BUCKET/orders/ --purchases-sql s3://…/purchases.sql --out s3://BUCKET/recommendations/ --run RUN

Writes below --out:

    latest.json                                names the run to read; written last, so nobody sees half a run:
                                               {"format": 1, "run", "trainedAt", "buckets": 64, "customers", "products",
                                               "purchases", "lastDate", "options"}
    runs/RUN/recommendations/BUCKET.jsonl      BUCKET is the customer's id modulo 64: 0.jsonl to 63.jsonl, all of them there.
                                               A line is what `alakazam recommend -o json` prints, with up to 50 products a list
    runs/RUN/bestsellers.json                  the same with customerId null and coldStart true, for whoever has no line
    runs/RUN/similar/BUCKET.jsonl              BUCKET is the CRC-32 of the stock code (UTF-8) modulo 64. A line is what
                                               `alakazam similar -o json` prints, with up to 50 products a list
    runs/RUN/metrics.json                      what was learned, and how well it foretells the last weeks
"""
