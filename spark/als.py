"""Recommends products to every customer: the model of `alakazam train`, by Apache Spark, for when the orders outgrow one machine.

    spark-submit als.py --lake s3://BUCKET/orders/ --purchases-sql s3://…/purchases.sql --out s3://BUCKET/recommendations/ --run RUN

Writes below --out:

    latest.json                                names the run to read; written last, so nobody sees half a run:
                                               {"format": 1, "run", "trainedAt", "buckets": 64, "customers", "products",
                                               "purchases", "lastDate", "future", "options"}; "future" tells of orders that were
                                               left out, {"orders", "lastDate"}, or is null
    runs/RUN/recommendations/BUCKET.jsonl      BUCKET is the customer's id modulo 64: 0.jsonl to 63.jsonl, all of them there.
                                               A line is what `alakazam recommend -o json` prints, with up to 50 products a list
    runs/RUN/bestsellers.json                  the same with customerId null and coldStart true, for whoever has no line
    runs/RUN/similar/BUCKET.jsonl              BUCKET is the CRC-32 of the stock code (UTF-8) modulo 64. A line is what
                                               `alakazam similar -o json` prints, with up to 50 products a list
    runs/RUN/metrics.json                      what was learned; and as "evaluation", in the words of `alakazam evaluate -o json`, how
                                               well it foretells the last weeks
"""

import argparse
import collections
import datetime
import heapq
import itertools
import json
import math
import operator
import os
import re
import sys
import time
import zlib

# Without pyspark.ml: that needs numpy, which a cluster may not have. The same classes are called in the JVM.
from pyspark.sql import DataFrame, SparkSession

BUCKETS = 64
LIST = 50
EPOCH = datetime.date(1970, 1, 1)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Recommends products to every customer, and writes that below --out.")
    parser.add_argument("--lake", nargs="+", required=True, help="Parquet of the orders: directories or files")
    parser.add_argument("--purchases-sql", required=True, help="purchases.sql, which says what a purchase is")
    parser.add_argument("--out", required=True, help="where to write")
    parser.add_argument("--run", required=True, help="name of this run: letters, digits, - and _")
    parser.add_argument("--since", type=iso_date, help="only orders dated on this day or later")
    parser.add_argument("--until", type=iso_date, help="only orders dated before this day")
    parser.add_argument("--today", type=iso_date, default=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
                        help="orders dated later are left out; by default the day of the cluster's clock")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--reg-param", type=float, default=REG_PARAM)
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--half-life", type=float, default=42, help="days in which a purchase loses half its weight")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not re.fullmatch(r"[A-Za-z0-9_-]+", options.run):
        parser.error(f"--run is {options.run!r}; valid: letters, digits, - and _")
    return options


STEPS = (
    "orders", "short memory, a month ago", "long memory, a month ago", "ranking", "short memory, now", "long memory, now",
    "similar products", "recommendations",
)


def step(name):
    """Says on standard output how far it is. Whoever started it may read that."""
    print(f"step {STEPS.index(name)} of {len(STEPS)}: {name}", flush=True)


def fail(reason):
    sys.exit(f"error: {reason}")


def iso_date(text):
    return datetime.date.fromisoformat(text).isoformat()


# ---------------------------------------------------------------------------------------------------------------------
# What was bought


def read_orders(spark, options):
    """Makes the view `orders`: each order once, in its latest version, as the warehouse has it.

    The lake on AWS has dates as text, and an order as often as it was delivered; a local export has neither. Gives how many orders
    are left out since they are dated in the future, and the last of these dates: they would make all other orders too old to count.
    """
    # The month in the name of a directory is not asked for, so that files may lie anywhere.
    arrivals = spark.read.schema(schema_of(spark, options.lake)).option("recursiveFileLookup", True)
    arrivals.parquet(*options.lake).createOrReplaceTempView("order_arrivals")
    kept(spark, options, "latest_orders", """
        SELECT stock_code, description, quantity, invoice_no, customer_id, CAST(order_date AS TIMESTAMP) AS order_date
        FROM (
          SELECT *, row_number() OVER (
            PARTITION BY order_id, invoice_no, stock_code ORDER BY sequence DESC NULLS LAST, arrived_at DESC NULLS LAST
          ) AS version FROM order_arrivals
        ) WHERE version = 1""")
    # Where the shop is, tomorrow may have begun: src/product-recommendations/days.ts has the same rule.
    later = datetime.date.fromisoformat(options.today) + datetime.timedelta(2)
    period = [f"order_date < DATE '{later}'"]
    if options.since:
        period.append(f"order_date >= DATE '{options.since}'")
    if options.until:
        period.append(f"order_date < DATE '{options.until}'")
    spark.sql(f"SELECT * FROM latest_orders WHERE {' AND '.join(period)}").createOrReplaceTempView("orders")
    orders, last = spark.sql(f"""
        SELECT COUNT(*), CAST(CAST(MAX(order_date) AS DATE) AS STRING) FROM latest_orders WHERE NOT {period[0]}""").first()
    return {"orders": orders, "lastDate": last} if orders else None


def schema_of(spark, lake):
    """Of any file with something in it: Spark would look at the first one, which may be the empty object of a folder of S3."""
    at = spark._jvm.org.apache.hadoop.fs.Path
    for path in lake:
        files = file_system(spark, path)
        if not files.exists(at(path)):
            fail(f"there is no lake in {path}")
        root = files.makeQualified(at(path)).toString()
        found = files.listFiles(at(path), True)
        while found.hasNext():
            file = found.next()
            name = file.getPath().toString()
            if file.getLen() > 0 and not any(part.startswith(("_", ".")) for part in name[len(root):].split("/")):
                return spark.read.parquet(name).schema
    fail(f"no order is in {' '.join(lake)}; there is nothing to learn from")


def read_purchases(spark, options):
    """Makes the views `products` and `invoices`; an invoice has its products as sorted indexes."""
    kept(spark, options, "purchases", read_text(spark, options.purchases_sql))
    kept(spark, options, "products", """
        SELECT stock_code, CAST(row_number() OVER (ORDER BY stock_code) - 1 AS INT) AS product
        FROM (SELECT DISTINCT stock_code FROM purchases)""")
    kept(spark, options, "customers", """
        SELECT customer_id, CAST(row_number() OVER (ORDER BY customer_id) - 1 AS INT) AS customer
        FROM (SELECT DISTINCT customer_id FROM purchases)""")
    kept(spark, options, "invoices", """
        SELECT customer, invoice_no, MIN(order_date) AS at, datediff(MIN(order_date), DATE '1970-01-01') AS day,
          sort_array(collect_set(product)) AS items
        FROM purchases JOIN products USING (stock_code) JOIN customers USING (customer_id)
        GROUP BY customer, invoice_no""")


def described_products(spark):
    """Code and description of each product: the description that most orders have, of equally frequent ones the first."""
    return spark.sql("""
        WITH counted AS (
          SELECT stock_code, description, COUNT(*) AS orders FROM orders WHERE description <> ''
          GROUP BY stock_code, description
        ), ranked AS (
          SELECT *, row_number() OVER (PARTITION BY stock_code ORDER BY orders DESC, description) AS place FROM counted
        )
        SELECT stock_code, coalesce(description, '')
        FROM products LEFT JOIN (SELECT * FROM ranked WHERE place = 1) USING (stock_code) ORDER BY product""").collect()


def kept(spark, options, name, sql):
    """A view that is reckoned once and written. Spark would go through the plans of all that came before, time and again."""
    path = f"{options.work}/{name}-{len(options.written)}"
    options.written.append(name)
    spark.sql(sql).write.parquet(path)
    spark.read.parquet(path).createOrReplaceTempView(name)


def past_of(spark, options, today):
    """Makes the views `baskets`, of a customer's invoices before `today` in their order, and `pairs` of customer and product."""
    kept(spark, options, "baskets", f"""
        SELECT customer, transform(sort_array(collect_list(struct(at, invoice_no, day, items))), i -> struct(i.day, i.items))
          AS invoices
        FROM invoices WHERE day < {today} GROUP BY customer""")
    kept(spark, options, "pairs", f"""
        SELECT customer, product, COUNT(*) AS bought, MIN(day) AS first_day, MAX(day) AS last_day,
          COUNT_IF({today} - day <= {RECENT_DAYS}) AS recent, MAX(last_place) - MIN(place) AS chances,
          collect_list(day) AS days
        FROM (
          SELECT customer, place, size(invoices) - 1 AS last_place, invoice.day, explode(invoice.items) AS product
          FROM (SELECT customer, invoices, posexplode(invoices) AS (place, invoice) FROM baskets)
        ) GROUP BY customer, product""")


# ---------------------------------------------------------------------------------------------------------------------
# ALS

# Spark multiplies the regularization of a row with the number of its ratings (ALS-WR: Zhou, Wilkinson, Schreiber, Pan 2008),
# `alakazam train` does not. A customer here has 60 products, and a product 70 customers, so that its 10 is about 0.15 here.
# On the cut of October, 0.05 was no better: ALS alone, with the short memory, had a recall@10 of .233 (new .097) against .227
# (.101), with a standard error of .008.
REG_PARAM = 0.15

SHORT_WEIGHT = 4
LONG_WEIGHT = 4
LONG_TIMES = 4


def rate(spark, today, weight, half_life):
    """The ratings of `pairs`: a purchase of today counts `weight`, and half of that after `half_life` days."""
    return spark.sql(f"""
        SELECT customer, product, CAST({rating_of('confidence')} AS FLOAT) AS rating FROM (
          SELECT customer, product,
            aggregate(days, 0D, (sum, day) -> sum + {weight} * power(2D, -({today} - 1 - day) / {half_life}D)) AS confidence
          FROM pairs
        )""")


def rating_of(confidence):
    """Spark's confidence is 1 + rating, that of `alakazam train` is the value itself, so that an old purchase may have less than 1.

    Here that can't be: Spark adds the absolute value of a rating to 1, and takes what has a rating of 0 or less for not bought at
    all. So an old purchase has a confidence of 1; a newer one has that of `confidences.ts`.
    With twice the weight for the short memory, lists are as good: on the cuts of August, September and October recall@10 was
    .366, .310, .282 (new .144, .122, .130) against .365, .311, .284 (.146, .121, .131), with standard errors of .008 and .006.
    In October, the long memory weighed twice as much.
    """
    return f"greatest({confidence} - 1, 1e-6)"


def fit_als(spark, ratings, factors, reg_param, iterations, seed):
    """Fits implicit ALS (Hu, Koren, Volinsky 2008) to (customer, product, rating); gives Spark's model, of the JVM."""
    als = spark._jvm.org.apache.spark.ml.recommendation.ALS()
    als.setImplicitPrefs(True).setAlpha(1.0).setRank(factors).setRegParam(reg_param).setMaxIter(iterations).setSeed(seed)
    als.setUserCol("customer").setItemCol("product").setRatingCol("rating")
    als.setNumBlocks(max(2, min(64, spark.sparkContext.defaultParallelism)))
    return als.fit(ratings._jdf)


def factors_of(frame, count, rank):
    """Rows of a frame of the JVM with (id, features), by id; zeros for those that nobody bought before the day of the fit."""
    rows = [[0.0] * rank for _ in range(count)]
    for index, features in DataFrame(frame, SparkSession.active()).collect():
        rows[index] = features
    return rows


def covariance_of(rows):
    """Of the columns: with it, how much the scores of a customer vary over all products is known without reckoning them."""
    means = [sum(column) / len(rows) for column in zip(*rows)]
    columns = [[value - mean for value in column] for column, mean in zip(zip(*rows), means)]
    return [[dot(one, other) / len(rows) for other in columns] for one in columns]


def dot(one, other):
    return sum(map(operator.mul, one, other))


# ---------------------------------------------------------------------------------------------------------------------
# What speaks for a product: the same features as in src/product-recommendations/features.ts

RECENT_DAYS = 14
FIRSTS_DAYS = 7
NEIGHBOUR_DAYS = 75
NEIGHBOUR_DECAY_DAYS = 15
# The latest buyers are asked, and of them the nearest: all of them would tell hardly more.
NEIGHBOURS_KNOWN = 20_000
NEIGHBOURS_ASKED = 300
WORDS_DECAY_DAYS = 60
INVOICE_DECAY = 0.6
AGAIN_WIDTH = 8
FRESH_WIDTH = 9


def trends_of(spark, today, count):
    """By product: what all customers bought lately."""
    shop_days = spark.sql(f"SELECT greatest(1, MAX({today} - first_day)) FROM pairs").first()[0]
    rows = spark.sql(f"""
        SELECT product, SUM(bought), SUM(recent), COUNT_IF({today} - first_day <= {FIRSTS_DAYS}), MAX({today} - first_day),
          SUM(chances), SUM(bought - 1)
        FROM pairs GROUP BY product""").collect()
    empty = (0, 0, 0, math.inf, 0, 0)
    by_product = {product: values for product, *values in rows}
    columns = zip(*(by_product.get(product, empty) for product in range(count)))
    bought, recent, firsts, ages, chances, again = map(list, columns)
    mean = sum(again) / sum(chances) if sum(chances) and sum(again) else 1
    return {
        "bought": bought,
        "sold": recent if any(recent) else bought,
        "recent": [math.log1p(n) for n in recent],
        "rise": [math.log1p(n) - math.log1p(RECENT_DAYS * b / shop_days) for n, b in zip(recent, bought)],
        "firsts": [math.log1p(n) for n in firsts],
        "youth": [math.exp(-age / 30) for age in ages],
        "repurchase": [math.log((a + 10 * mean) / (c + 10)) for a, c in zip(again, chances)],
    }


def words_of(products):
    """Vectors of length 1 by product: ln(products / products with the word) for each word that several descriptions have."""
    found = [sorted(set(re.findall(r"[^\W\d_]{3,}", description.upper()))) for _, description in products]
    frequencies = collections.Counter(word for words in found for word in words)
    vectors = []
    for words in found:
        values = [(word, math.log(len(products) / frequencies[word])) for word in words if frequencies[word] > 1]
        length = math.sqrt(sum(value * value for _, value in values)) or 1
        vectors.append([(word, value / length) for word, value in values])
    products_with = collections.defaultdict(list)
    for product, vector in enumerate(vectors):
        for word, value in vector:
            products_with[word].append((product, value))
    return vectors, dict(products_with)


def neighbours_of(spark, today):
    """Customers who bought something lately: what they ever bought, and what of it lately, with its weight."""
    rows = spark.sql(f"""
        SELECT customer, invoices FROM baskets WHERE {today} - element_at(invoices, -1).day <= {NEIGHBOUR_DAYS}
        ORDER BY element_at(invoices, -1).day DESC, customer LIMIT {NEIGHBOURS_KNOWN}""").collect()
    buyers = collections.defaultdict(list)
    lengths, recents, customers = [], [], []
    for index, (customer, invoices) in enumerate(rows):
        own = {product for _, items in invoices for product in items}
        for product in own:
            buyers[product].append(index)
        weights = collections.defaultdict(float)
        for day, items in invoices:
            if today - day <= NEIGHBOUR_DAYS:
                for product in items:
                    weights[product] += math.exp((day - today) / NEIGHBOUR_DECAY_DAYS)
        customers.append(customer)
        lengths.append(math.sqrt(len(own)))
        recents.append(list(weights.items()))
    return {"buyers": dict(buyers), "lengths": lengths, "recents": recents, "customers": customers}


def score_neighbours(shop, customer, own):
    buyers, lengths, recents, customers = (shop["neighbours"][name] for name in ("buyers", "lengths", "recents", "customers"))
    common = collections.Counter()
    for product in own:
        common.update(buyers.get(product, ()))
    similarities = [(count / lengths[index], index) for index, count in common.items() if customers[index] != customer]
    similarities.sort(reverse=True)
    scores = [0.0] * len(shop["recent"])
    for similarity, index in similarities[:NEIGHBOURS_ASKED]:
        for product, weight in recents[index]:
            scores[product] += similarity * weight
    return scores


def score_words(shop, invoices):
    vectors, products_with = shop["words"]
    profile = collections.defaultdict(float)
    for day, items in invoices:
        weight = math.exp(-max(0, shop["today"] - 1 - day) / WORDS_DECAY_DAYS)
        for product in items:
            for word, value in vectors[product]:
                profile[word] += weight * value
    scores = [0.0] * len(shop["recent"])
    for word, weight in profile.items():
        for product, value in products_with[word]:
            scores[product] += weight * value
    return scores


def divided_by_deviation(scores):
    mean = sum(scores) / len(scores)
    deviation = math.sqrt(max(0, dot(scores, scores) / len(scores) - mean * mean))
    return [score / deviation for score in scores] if deviation else scores


def als_scores(fit, taste, best):
    """A function that scores any product, and the products that score best."""
    deviation = math.sqrt(max(0, dot(taste, [dot(taste, row) for row in fit["covariance"]]))) or 1
    scores = {product: score / deviation for product, score in best}

    def score(product):
        if product not in scores:
            scores[product] = dot(taste, fit["factors"][product]) / deviation
        return scores[product]

    return score, [product for product, _ in best]


def features_of(shop, customer):
    """What the customer bought, products that may be new to them, and functions that give the features of either."""
    invoices = customer.invoices
    bought, last, decayed = collections.Counter(), {}, collections.defaultdict(float)
    for ago, (_, items) in zip(range(len(invoices) - 1, -1, -1), invoices):
        for product in items:
            bought[product] += 1
            last[product] = ago
            decayed[product] += INVOICE_DECAY**ago
    size = math.log(sum(bought.values()) / len(invoices))
    short, best_short = als_scores(shop["short"], customer.short_taste, customer.short_best)
    long, best_long = als_scores(shop["long"], customer.long_taste, customer.long_best)
    near = divided_by_deviation(score_neighbours(shop, customer.customer, bought))
    words = divided_by_deviation(score_words(shop, invoices))

    def again(product):
        return [
            math.log((bought[product] + 0.5) / (len(invoices) + 1)),
            math.log1p(last[product]),
            math.log(0.05 + decayed[product]),
            math.log(len(invoices)),
            size,
            short(product),
            shop["recent"][product],
            shop["rise"][product],
        ]

    def fresh(product):
        return [
            math.log1p(max(0, short(product))),
            math.log1p(max(0, long(product))),
            shop["firsts"][product],
            shop["recent"][product],
            shop["rise"][product],
            math.log1p(words[product]),
            math.log1p(near[product]),
            shop["repurchase"][product],
            size,
        ]

    def best(products, count, score):
        return sorted((product for product in products if product not in bought), key=score, reverse=True)[:count]

    def scored(scores):
        return [product for product, value in enumerate(scores) if value]

    rising = set(best_short).union(shop["rising"])
    candidates = {product for product in (*best_short[:150], *best_long[:150]) if product not in bought}
    candidates.update(
        best(rising, 150, lambda product: short(product) + 1.5 * shop["rise"][product] / shop["rise_deviation"]),
        best(scored(near), 150, near.__getitem__),
        best(scored(near), 60, lambda product: near[product] * shop["youth"][product]),
        best(scored(words), 60, words.__getitem__),
        best(shop["first_bought"], 100, lambda product: shop["firsts"][product]),
    )
    return bought, last, candidates, again, fresh


def shop_of(spark, today, products, short, long, rank):
    """All that is asked about products, as of a day. Each worker holds it: it grows with the products, not with the customers."""
    count = len(products)
    shop = trends_of(spark, today, count)
    mean = sum(shop["rise"]) / count
    for name, model in (("short", short), ("long", long)):
        factors = factors_of(model.itemFactors(), count, rank)
        shop[name] = {"factors": factors, "covariance": covariance_of(factors)}
    return {
        **shop,
        "today": today,
        "words": words_of(products),
        "neighbours": neighbours_of(spark, today),
        "rise_deviation": math.sqrt(sum((rise - mean) ** 2 for rise in shop["rise"]) / count) or 1,
        "rising": highest(shop["rise"], 300),
        "first_bought": highest(shop["firsts"], 400),
    }


def highest(values, count):
    return heapq.nlargest(count, range(len(values)), key=lambda index: (values[index], -index))


def customers_of(spark, whom, short, long):
    """A row for each customer of `baskets` that the view `whom` names, with what both fits say of them."""
    chosen = spark.table(whom)
    frame = spark.table("baskets").join(chosen, "customer")
    for name, model in (("short", short), ("long", long)):
        tastes = DataFrame(model.userFactors(), spark).toDF("customer", f"{name}_taste")
        best = DataFrame(model.recommendForUserSubset(chosen._jdf, BEST), spark).toDF("customer", f"{name}_best")
        frame = frame.join(tastes, "customer").join(best, "customer")
    return frame


BEST = 300


def in_parts(customers):
    """Enough parts that no processor waits long for the last one: Spark would join small parts, and the work here is per row."""
    return customers.repartition(4 * SparkSession.active().sparkContext.defaultParallelism, "customer")


# ---------------------------------------------------------------------------------------------------------------------
# The ranking, learned from what customers bought next after a day in the past

# Learned from three cuts of the UCI Online Retail data; for where there is too little history to learn from.
DEFAULT_RANKING = {
    "again": (-3.25, [0.996, 0.313, 0.534, 0.529, 0.149, 0.049, 0.331, 0.057]),
    "fresh": (-8.859, [0.234, 0.504, 0.287, -0.605, 0.462, 0.318, 1.274, -0.225, 0.902]),
}
POSITIVES_MIN = 200
PENALTY = 2


def hold_back(spark, options, cut):
    """Makes the view `held`: the first invoice from day `cut` on of each customer with an earlier one."""
    kept(spark, options, "held", f"""
        SELECT customer, min_by(items, struct(at, invoice_no)) AS next FROM invoices
        WHERE day >= {cut} AND customer IN (SELECT customer FROM invoices WHERE day < {cut})
        GROUP BY customer""")


def collect_examples(spark, asked, shop):
    """Makes the view `examples`: what spoke for a product, and whether the customer bought it next. `asked` has what each bought next."""
    shared = spark.sparkContext.broadcast(shop)

    def examples_of(rows):
        for row in rows:
            bought, _, candidates, again, fresh = features_of(shared.value, row)
            held = set(row.next)
            importance = 1 / min(10, len(held))
            for product in bought:
                yield row.customer, product, True, float(product in held), importance, again(product)
            for product in candidates:
                yield row.customer, product, False, float(product in held), importance, fresh(product)

    rdd = asked.rdd.mapPartitions(examples_of)
    schema = "customer INT, product INT, own BOOLEAN, label DOUBLE, importance DOUBLE, features ARRAY<DOUBLE>"
    spark.createDataFrame(rdd, schema, verifySchema=False).persist().createOrReplaceTempView("examples")


def learn_ranking(spark):
    """Fits both regressions; None if there is too little to learn from."""
    positives = dict(spark.sql("SELECT own, SUM(label) FROM examples GROUP BY own").collect())
    if min(positives.get(True, 0), positives.get(False, 0)) < POSITIVES_MIN:
        return None
    return {"again": fit_logistic(spark, "own"), "fresh": fit_logistic(spark, "NOT own")}


def fit_logistic(spark, condition):
    """Constant and weights. Spark's penalty is for the mean of the losses, that of `alakazam train` for their sum."""
    to_vector = spark._jvm.org.apache.spark.ml.functions.array_to_vector
    examples = spark.sql(f"SELECT label, importance, features FROM examples WHERE {condition}")
    total = examples.selectExpr("SUM(importance)").first()[0]
    regression = spark._jvm.org.apache.spark.ml.classification.LogisticRegression()
    regression.setWeightCol("importance").setRegParam(PENALTY / total).setStandardization(True).setMaxIter(100)
    vectors = examples._jdf.withColumn("features", to_vector(examples._jdf.col("features")))
    model = regression.fit(vectors)
    return model.intercept(), list(model.coefficients().toArray())


# ---------------------------------------------------------------------------------------------------------------------
# How good lists of ten are, as src/product-recommendations/evaluation.ts and metrics.ts reckon it

TEN = 10


def measure(spark, asked, shop, ranking):
    """Figures for each way to recommend. The two regressions have seen what was held back, so `recommend` is flattered a little.

    Item cosine is left out: it compares every pair of products that a customer bought, and would take longer than the training.
    """
    popular = highest(shop["bought"], len(shop["bought"]))
    shared = spark.sparkContext.broadcast((popular, {product: place for place, product in enumerate(popular)}))

    def measured_of(rows):
        for row in rows:
            held = set(row.next)
            own = {product for _, items in row.invoices for product in items}
            for model, found, found_new in lists_of(*shared.value, own, row):
                yield (model, "all", found, *quality_of(found, held))
                if held - own:
                    yield (model, "new", found_new, *quality_of(found_new, held - own))

    rdd = asked.join(served_lists(spark, ranking), "customer").rdd.mapPartitions(measured_of)
    schema = "model STRING, kind STRING, found ARRAY<INT>, recall DOUBLE, gain DOUBLE, precision DOUBLE"
    spark.createDataFrame(rdd, schema, verifySchema=False).persist().createOrReplaceTempView("measured")
    known = sum(1 for bought in shop["bought"] if bought)
    rows = spark.sql(f"""
        WITH shown AS (
          SELECT model, kind, product, COUNT(*) AS times FROM (SELECT model, kind, explode(found) AS product FROM measured)
          GROUP BY model, kind, product
        ), ranked AS (
          SELECT *, row_number() OVER (PARTITION BY model, kind ORDER BY times DESC, product) AS place FROM shown
        ), spread AS (
          SELECT model, kind, COUNT(*) / {known} AS coverage, SUM(IF(place <= {TEN}, times, 0)) / SUM(times) AS topTenShare
          FROM ranked GROUP BY model, kind
        ), means AS (
          SELECT model, kind, COUNT(*) AS customers, AVG(recall) AS recall10, AVG(gain) AS ndcg10, AVG(precision) AS map10,
            coalesce(stddev_samp(recall), 0) / sqrt(COUNT(*)) AS standardError
          FROM measured GROUP BY model, kind
        )
        SELECT * FROM means JOIN spread USING (model, kind)""").collect()
    spark.catalog.uncacheTable("measured")
    figures = {(model, kind): values for model, kind, *values in rows}
    names = ("customers", "recall10", "ndcg10", "map10", "standardError", "coverage", "topTenShare")
    return [
        {"name": model, **{kind: dict(zip(names, figures[model, kind])) for kind in ("all", "new") if (model, kind) in figures}}
        for model in ("popularity", "frequency", "als", "recommend")
    ]


def lists_of(popular, places, own, row):
    """(model, the ten best products, the ten best new ones): what everybody buys, what the customer buys, ALS alone, both rankings."""
    counts = collections.Counter(product for _, items in row.invoices for product in items)
    frequent = sorted(own, key=lambda product: (-counts[product], places[product]))
    short = [product for product, _ in row.short_best]

    def best(products):
        return products[:TEN], list(itertools.islice((product for product in products if product not in own), TEN))

    yield ("popularity", *best(popular))
    yield ("frequency", frequent[:TEN], [])
    yield ("als", *best(short))
    yield ("recommend", row.served, row.served_new)


def served_lists(spark, ranking):
    return spark.sql(f"""
        WITH logits AS (
          SELECT customer, product, own, IF(own, {sql_of(ranking["again"])}, {sql_of(ranking["fresh"])}) AS logit FROM examples
        ), placed AS (
          SELECT *, row_number() OVER (PARTITION BY customer ORDER BY logit DESC, product) AS place,
            row_number() OVER (PARTITION BY customer, own ORDER BY logit DESC, product) AS place_of_kind
          FROM logits
        )
        SELECT customer,
          sort_array(collect_list(IF(place <= {TEN}, struct(place, product), NULL))).product AS served,
          sort_array(collect_list(IF(place_of_kind <= {TEN} AND NOT own, struct(place_of_kind, product), NULL))).product
            AS served_new
        FROM placed GROUP BY customer""")


def quality_of(found, held):
    """Recall, discounted gain and mean precision; each 1 if the list is as good as it can be."""
    best = min(TEN, len(held))
    places = [place for place, product in enumerate(found, 1) if product in held]
    gain = sum(1 / math.log2(place + 1) for place in places)
    precision = sum(hits / place for hits, place in enumerate(places, 1))
    return len(places) / best, gain / sum(1 / math.log2(place + 1) for place in range(1, best + 1)), precision / best


def sql_of(coefficients):
    constant, weights = coefficients
    array = ", ".join(f"{weight!r}D" for weight in weights)
    return f"aggregate(zip_with(features, array({array}), (x, w) -> x * w), {constant!r}D, (sum, each) -> sum + each)"


def probability(logit):
    return 1 / (1 + math.exp(-logit))


def logit_of(coefficients, features):
    constant, weights = coefficients
    return constant + dot(weights, features)


# ---------------------------------------------------------------------------------------------------------------------
# Recommendations, in the words of `alakazam recommend`


def recommend(spark, customers, shop, ranking, products, similar, run):
    """A frame of (bucket, id, line): a line of JSON for each customer."""
    shared = spark.sparkContext.broadcast({**shop, "ranking": ranking, "products": products, "similar": similar})

    def lines_of(rows):
        is_rising = rising_of(shared.value)
        for row in rows:
            found = recommendations_of(shared.value, is_rising, row)
            text = as_json({"customerId": row.customer_id, "model": run, "coldStart": False, **found})
            yield row.customer_id % BUCKETS, row.customer_id, text

    rdd = in_parts(customers).rdd.mapPartitions(lines_of)
    return spark.createDataFrame(rdd, "bucket INT, id BIGINT, value STRING", verifySchema=False)


def recommendations_of(shop, is_rising, row):
    ranking, products, similar = shop["ranking"], shop["products"], shop["similar"]
    bought, _, candidates, again, fresh = features_of(shop, row)
    last_days = {product: day for day, items in row.invoices for product in items}

    def because(product, features):
        if product in bought:
            last = (EPOCH + datetime.timedelta(last_days[product])).isoformat()
            return [f"in {bought[product]} of {len(row.invoices)} invoices, last on {last}"]
        if is_rising(features):
            return ["rising now"]
        # What is most like it, of what the customer bought.
        near = (other for other, _ in similar[product] if other in bought)
        return [" ".join(products[other]).strip() for other in itertools.islice(near, 3)]

    def listed(of, features, coefficients):
        scored = ((logit_of(coefficients, row), product, row) for product, row in ((p, features(p)) for p in of))
        best = heapq.nsmallest(LIST, scored, key=lambda each: (-each[0], each[1]))
        return [
            {**named(products[product]), "score": probability(logit), "because": because(product, row)}
            for logit, product, row in best
        ]

    new = listed(candidates, fresh, ranking["fresh"])
    own = listed(bought, again, ranking["again"])
    both = sorted([*own, *new], key=lambda each: (-each["score"], each["stockCode"]))
    return {"new": new, "again": own, "all": both[:LIST]}


def rising_of(shop):
    """Whether a new product is there because the shop sells more and more of it, rather than for the customer's taste."""
    _, weights = shop["ranking"]["fresh"]
    rows = zip(shop["firsts"], shop["recent"], shop["rise"])
    usual = sum(dot(weights[2:5], row) for row in rows) / len(shop["firsts"])

    def is_rising(features):
        of_shop = dot(weights[2:5], features[2:5])
        of_customer = dot(weights[0:2], features[0:2]) + dot(weights[5:7], features[5:7])
        return of_shop - usual > of_customer

    return is_rising


def bestsellers_of(shop, products, run):
    total = sum(shop["sold"])
    best = [
        {**named(products[product]), "score": shop["sold"][product] / total, "because": ["bestseller now"]}
        for product in highest(shop["sold"], LIST)
        if shop["sold"][product] > 0
    ]
    return {"customerId": None, "model": run, "coldStart": True, "new": best, "again": [], "all": best}


def similar_of(spark, model, rank, count):
    """By product, the products with the most similar factors: (product, cosine), best first."""
    rows = spark.createDataFrame(
        [(index, [value / (math.sqrt(dot(row, row)) or 1) for value in row]) for index, row in enumerate(
            factors_of(model.itemFactors(), count, rank))],
        "id INT, features ARRAY<FLOAT>",
    )
    # Spark multiplies the factors of all customers with those of all products; here the customers are products.
    among = spark._jvm.org.apache.spark.ml.recommendation.ALSModel("similar", rank, rows._jdf, rows._jdf)
    among.setUserCol("product").setItemCol("other")
    found = [[] for _ in range(count)]
    for product, best in DataFrame(among.recommendForAllUsers(SIMILAR), spark).collect():
        found[product] = [(other, score) for other, score in best if other != product and score > 0]
    return found


# Of so many similar products, some are mostly the customer's own.
SIMILAR = 100


def bought_together(spark):
    """By product, the products in the same invoices: (product, share of the invoices), best first."""
    rows = spark.sql(f"""
        WITH events AS (SELECT posexplode(items) AS (place, product), items FROM invoices),
        totals AS (SELECT product, COUNT(*) AS total FROM events GROUP BY product),
        halves AS (
          -- The products of an invoice ascend, so that each pair is counted once.
          SELECT product, other, COUNT(*) AS held
          FROM (SELECT product, explode(slice(items, place + 2, size(items))) AS other FROM events)
          GROUP BY product, other
        ), counts AS (
          SELECT product, other, held FROM halves UNION ALL SELECT other, product, held FROM halves
        ), ranked AS (
          SELECT *, row_number() OVER (PARTITION BY product ORDER BY held DESC, other) AS place FROM counts
        )
        SELECT product, other, held / total AS share FROM ranked JOIN totals USING (product)
        WHERE place <= {LIST} ORDER BY product, place""").collect()
    found = collections.defaultdict(list)
    for product, other, share in rows:
        found[product].append((other, share))
    return found


def similar_lines(spark, products, similar, together):
    def listed(pairs):
        return [{**named(products[other]), "score": score} for other, score in pairs[:LIST]]

    lines = []
    for index, product in enumerate(products):
        line = {**named(product), "similar": listed(similar[index]), "boughtTogether": listed(together[index])}
        lines.append((zlib.crc32(product[0].encode()) % BUCKETS, index, as_json(line)))
    return spark.createDataFrame(lines, "bucket INT, id BIGINT, value STRING")


def named(product):
    code, description = product
    return {"stockCode": code, "description": description}


def as_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---------------------------------------------------------------------------------------------------------------------
# Files, on disk and on S3


def file_system(spark, path):
    files = spark._jvm.org.apache.hadoop.fs.Path(path).getFileSystem(spark._jsc.hadoopConfiguration())
    # On disk it would put a hidden file beside each one.
    files.setWriteChecksum(False)
    return files


def read_text(spark, path):
    return "\n".join(row.value for row in spark.read.text(path).collect())


def write_text(spark, path, text):
    """Whole or not at all: an object of S3 appears when it is closed, a file of a disk when it gets its name."""
    files = file_system(spark, path)
    at = spark._jvm.org.apache.hadoop.fs.Path
    is_disk = files.getScheme() == "file"
    written = at(f"{path}.new" if is_disk else path)
    stream = files.create(written, True)
    stream.write(bytearray(text.encode()))
    stream.close()
    if is_disk:
        os.replace(written.toUri().getPath(), at(path).toUri().getPath())


def write_buckets(spark, lines, directory):
    """Writes (bucket, id, value) to BUCKET.jsonl each, by id; a bucket without a line is an empty file."""
    files = file_system(spark, directory)
    at = spark._jvm.org.apache.hadoop.fs.Path
    parts = f"{directory}.parts"
    sorted_lines = lines.repartition(BUCKETS, "bucket").sortWithinPartitions("bucket", "id").drop("id")
    sorted_lines.write.partitionBy("bucket").text(parts)
    files.mkdirs(at(directory))
    for bucket in range(BUCKETS):
        found = files.globStatus(at(f"{parts}/bucket={bucket}/part-*"))
        if len(found):
            files.rename(found[0].getPath(), at(f"{directory}/{bucket}.jsonl"))
        else:
            write_text(spark, f"{directory}/{bucket}.jsonl", "")
    files.delete(at(parts), True)


def open_run(spark, out, run):
    """The directory of the run, empty. What a run left that was ended goes; a run that readers may be reading stays."""
    at = spark._jvm.org.apache.hadoop.fs.Path
    files = file_system(spark, out)
    if files.exists(at(f"{out}/latest.json")):
        if json.loads(read_text(spark, f"{out}/latest.json"))["run"] == run:
            fail(f"--run {run} is there already, and is being read; choose another name")
    directory = f"{out}/runs/{run}"
    files.delete(at(directory), True)
    return directory


# ---------------------------------------------------------------------------------------------------------------------


def train(spark, options):
    step("orders")
    future = read_orders(spark, options)
    read_purchases(spark, options)
    first, last = spark.sql("SELECT MIN(day), MAX(day) FROM invoices").first()
    if first is None:
        fail(f"no order of a known customer is in {' '.join(options.lake)}; there is nothing to learn from")
    products = [tuple(row) for row in described_products(spark)]
    today = last + 1

    # As in src/product-recommendations/purchases.ts: 30 days, or a third of a shorter time.
    cut = today - max(1, min(30, (last - first + 1) // 3))
    metrics = {"ranking": DEFAULT_RANKING, "isLearned": False}
    hold_back(spark, options, cut)
    if spark.table("held").head():
        shop, customers, _ = fit(spark, cut, products, options, "held", "a month ago")
        step("ranking")
        asked = in_parts(customers).persist()
        collect_examples(spark, asked, shop)
        learned = learn_ranking(spark)
        if learned:
            metrics = {"ranking": learned, "isLearned": True}
        metrics["evaluation"] = {
            "protocol": "cut",
            "cut": (EPOCH + datetime.timedelta(cut)).isoformat(),
            "customers": asked.count(),
            "models": measure(spark, asked, shop, metrics["ranking"]),
        }
        spark.catalog.uncacheTable("examples")
        asked.unpersist()

    shop, customers, long = fit(spark, today, products, options, "customers", "now")
    step("similar products")
    similar = similar_of(spark, long, options.factors, len(products))
    lines = recommend(spark, customers, shop, metrics["ranking"], products, similar, options.run)
    about = {
        "customers": spark.table("customers").count(),
        "products": len(products),
        "purchases": spark.table("purchases").count(),
        "lastDate": (EPOCH + datetime.timedelta(last)).isoformat(),
        "future": future,
    }
    return {
        "recommendations": lines,
        "similar": similar_lines(spark, products, similar, bought_together(spark)),
        "bestsellers": bestsellers_of(shop, products, options.run),
        "metrics": {**about, "today": options.today, **metrics},
        "about": about,
    }


def fit(spark, today, products, options, whom, when):
    """Both fits of ALS on the invoices before `today`; all that is asked about products, and the customers of the view `whom`."""
    past_of(spark, options, today)
    rest = (options.factors, options.reg_param, options.iterations, options.seed)
    step(f"short memory, {when}")
    short = fit_als(spark, rate(spark, today, SHORT_WEIGHT, options.half_life), *rest)
    step(f"long memory, {when}")
    long = fit_als(spark, rate(spark, today, LONG_WEIGHT, options.half_life * LONG_TIMES), *rest)
    shop = shop_of(spark, today, products, short, long, options.factors)
    return shop, customers_of(spark, whom, short, long), long


def write(spark, options, found):
    out = options.out.rstrip("/")
    directory = f"{out}/runs/{options.run}"
    step("recommendations")
    write_buckets(spark, found["recommendations"], f"{directory}/recommendations")
    write_buckets(spark, found["similar"], f"{directory}/similar")
    write_text(spark, f"{directory}/bestsellers.json", as_json(found["bestsellers"]))
    write_text(spark, f"{directory}/metrics.json", as_json(found["metrics"]))
    chosen = {name: getattr(options, name) for name in ("factors", "reg_param", "iterations", "half_life", "seed")}
    pointer = {
        "format": 1,
        "run": options.run,
        "trainedAt": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "buckets": BUCKETS,
        **found["about"],
        "options": {"factors": chosen["factors"], "regParam": chosen["reg_param"], "iterations": chosen["iterations"],
                    "halfLifeDays": chosen["half_life"], "seed": chosen["seed"], "since": options.since,
                    "until": options.until},
    }
    file_system(spark, out).delete(spark._jvm.org.apache.hadoop.fs.Path(options.work), True)
    write_text(spark, f"{out}/latest.json", as_json(pointer))


def main():
    options = parse_arguments()
    spark = SparkSession.builder.appName("alakazam train").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.shuffle.partitions", str(2 * spark.sparkContext.defaultParallelism))
    directory = open_run(spark, options.out.rstrip("/"), options.run)
    options.work, options.written = f"{directory}/work", []
    # ALS writes there every tenth iteration, or else the history of many iterations overflows the stack.
    spark.sparkContext.setCheckpointDir(f"{options.work}/checkpoints")
    write(spark, options, train(spark, options))
    spark.stop()


if __name__ == "__main__":
    main()
