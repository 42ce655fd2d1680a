"""reckoning.py OnlineRetail.csv.gz prints what the named queries must answer, as JSON: [{query, values, columns, rows}].

It reads the file by itself and shares nothing with the queries but the rules that their comments state. Money is whole
millionths, quotients are fractions, so nothing is rounded before the last place of an answer. `values` are the parameters that
differ from their defaults.
"""

import collections
import csv
import datetime
import decimal
import fractions
import gzip
import itertools
import json
import sys

Fraction = fractions.Fraction
MILLION = 1_000_000
# The test lets this invoice arrive twice.
ARRIVES_AGAIN = "536365"

Order = collections.namedtuple("Order", "id invoice code text quantity when price customer country")


def read(path):
    seen = collections.Counter()
    with gzip.open(path, "rt", encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            name = row["InvoiceNo"] + "-" + row["StockCode"]
            seen[name] += 1
            day, time = row["InvoiceDate"].split(" ")
            month, day, year = map(int, day.split("/"))
            hour, minute = map(int, time.split(":"))
            yield Order(
                name if seen[name] == 1 else f"{name}-{seen[name]}",
                row["InvoiceNo"],
                row["StockCode"],
                row["Description"],
                int(row["Quantity"]),
                datetime.datetime(year, month, day, hour, minute),
                int(decimal.Decimal(row["UnitPrice"]).scaleb(6)),
                int(row["CustomerID"]) if row["CustomerID"] else None,
                row["Country"],
            )


# Cells ------------------------------------------------------------------------------------------------------------------


def exact(value):
    """Plain decimal text without zeros at its end."""
    text = f"{decimal.Decimal(value):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def money(millionths):
    return exact(decimal.Decimal(millionths).scaleb(-6))


def quotient(a, b):
    """To four places, half away from zero; nothing by zero."""
    if b == 0:
        return None
    value = Fraction(a) / Fraction(b) * 10_000
    whole = int(abs(value) + Fraction(1, 2))
    return exact(decimal.Decimal(-whole if value < 0 else whole).scaleb(-4))


def worth(order):
    return order.quantity * order.price


def month_of(when):
    return f"{when.year}-{when.month:02}"


def is_product(code):
    return len(code) >= 5 and all(c in "0123456789" for c in code[:5])


def by_bytes(text):
    return text.encode("utf-8")


def groups(orders, key):
    found = collections.defaultdict(list)
    for each in orders:
        found[key(each)].append(each)
    return found


def distinct(values):
    return len({each for each in values if each is not None})


def most_frequent(values):
    """The value that occurs most often; of several, the first by bytes. None of nothing."""
    counts = collections.Counter(each for each in values if each)
    if not counts:
        return None
    most = max(counts.values())
    return min((each for each, count in counts.items() if count == most), key=by_bytes)


class Selection:
    def __init__(self, orders, since=None, until=None, country=None, all="false"):
        day = datetime.datetime.fromisoformat
        self.orders = [
            each
            for each in orders
            if (since is None or each.when >= day(since))
            and (until is None or each.when < day(until))
            and (country is None or each.country == country)
        ]
        self.products = [each for each in self.orders if all == "true" or is_product(each.code)]


# Answers: each function gets all orders, the selection, and the parameters that are no selection ----------------------


def top_products(orders, chosen, by="revenue", limit="10"):
    columns = ["stock_code", "description", "orders", "units", "revenue", "share"]
    total = sum(map(worth, chosen.products))
    found = []
    for code, lines in groups(chosen.products, lambda each: each.code).items():
        found.append((code, lines, sum(each.quantity for each in lines), sum(map(worth, lines))))
    found.sort(key=lambda each: (-each[2] if by == "units" else -each[3], by_bytes(each[0])))
    rows = [
        [code, most_frequent(each.text for each in lines), len(lines), units, money(revenue), quotient(revenue, total)]
        for code, lines, units, revenue in found[: int(limit)]
    ]
    return columns, rows


def revenue_by_month(orders, chosen):
    columns = ["month", "orders", "invoices", "customers", "units", "revenue", "growth"]
    rows, before = [], None
    for month, lines in sorted(groups(chosen.orders, lambda each: month_of(each.when)).items()):
        revenue = sum(map(worth, lines))
        growth = None if before is None else quotient(revenue - before, before)
        rows.append([month, *counts(lines), money(revenue), growth])
        before = revenue
    return columns, rows


def counts(lines):
    return [
        len(lines),
        distinct(each.invoice for each in lines),
        distinct(each.customer for each in lines),
        sum(each.quantity for each in lines),
    ]


def revenue_by_country(orders, chosen, limit="1000000"):
    columns = ["country", "orders", "invoices", "customers", "units", "revenue", "share"]
    total = sum(map(worth, chosen.orders))
    found = [(each, lines, sum(map(worth, lines))) for each, lines in groups(chosen.orders, lambda o: o.country).items()]
    found.sort(key=lambda each: (-each[2], by_bytes(each[0])))
    return columns, [
        [country, *counts(lines), money(revenue), quotient(revenue, total)]
        for country, lines, revenue in found[: int(limit)]
    ]


def top_customers(orders, chosen, by="revenue", limit="10"):
    columns = ["customer_id", "country", "orders", "invoices", "units", "revenue", "share", "first_order", "last_order"]
    known = [each for each in chosen.orders if each.customer is not None]
    total = sum(map(worth, known))
    found = []
    for customer, lines in groups(known, lambda each: each.customer).items():
        figures = {
            "invoices": distinct(each.invoice for each in lines if each.quantity > 0),
            "units": sum(each.quantity for each in lines),
            "revenue": sum(map(worth, lines)),
        }
        found.append((-figures[by], customer, lines, figures))
    found.sort(key=lambda each: each[:2])
    rows = []
    for _, customer, lines, figures in found[: int(limit)]:
        dates = sorted(each.when.date().isoformat() for each in lines)
        revenue = figures["revenue"]
        country = most_frequent(each.country for each in lines)
        rows.append(
            [customer, country, len(lines), figures["invoices"], figures["units"], money(revenue)]
            + [quotient(revenue, total), dates[0], dates[-1]]
        )
    return columns, rows


def order_value(orders, chosen, by="total"):
    columns = ["part", "invoices", "revenue", "mean", "median", "p90", "largest"]
    parts = collections.defaultdict(list)
    for lines in groups([each for each in chosen.orders if each.quantity > 0], lambda each: each.invoice).values():
        value = sum(map(worth, lines))
        if value <= 0:
            continue
        first = min(each.when for each in lines)
        country = min((each.country for each in lines), key=by_bytes)
        parts[{"total": "all", "month": month_of(first), "country": country}[by]].append(value)
    rows = []
    for part in sorted(parts, key=by_bytes):
        values = sorted(parts[part])
        size = len(values)
        middle = Fraction(values[(size - 1) // 2] + values[size // 2], 2)
        p90 = values[-(-9 * size // 10) - 1]
        cells = [Fraction(sum(values), size), middle, p90, values[-1]]
        rows.append([part, size, money(sum(values)), *(quotient(each, MILLION) for each in cells)])
    return columns, rows


def returns(orders, chosen, by="value", at_least="100", limit="10"):
    columns = ["stock_code", "description", "units_sold", "units_returned", "share", "orders_returned", "value_returned"]
    found = []
    for code, lines in groups([each for each in chosen.products if each.price > 0], lambda each: each.code).items():
        back = [each for each in lines if each.quantity < 0]
        sold = sum(each.quantity for each in lines if each.quantity > 0)
        returned = -sum(each.quantity for each in back)
        value = -sum(map(worth, back))
        if not back or sold < int(at_least):
            continue
        share = quotient(returned, sold)
        order = {"value": value, "units": returned, "share": decimal.Decimal(share)}[by]
        text = most_frequent(each.text for each in lines)
        found.append(((-order, by_bytes(code)), [code, text, sold, returned, share, len(back), money(value)]))
    return columns, [row for _, row in sorted(found, key=lambda each: each[0])[: int(limit)]]


def basket_size(orders, chosen):
    columns = ["products", "invoices", "share", "units", "revenue", "mean_value"]
    sizes = [(1, 1, "1"), (2, 5, "2 to 5"), (6, 10, "6 to 10"), (11, 20, "11 to 20"), (21, 50, "21 to 50")]
    sizes += [(51, 100, "51 to 100"), (101, 10**9, "over 100")]
    baskets = list(groups([each for each in chosen.products if each.quantity > 0], lambda each: each.invoice).values())
    rows = []
    for low, high, label in sizes:
        found = [lines for lines in baskets if low <= distinct(each.code for each in lines) <= high]
        if not found:
            continue
        lines = list(itertools.chain(*found))
        revenue = sum(map(worth, lines))
        units = sum(each.quantity for each in lines)
        share = quotient(len(found), len(baskets))
        rows.append([label, len(found), share, units, money(revenue), quotient(Fraction(revenue, MILLION), len(found))])
    return columns, rows


def busiest_hours(orders, chosen):
    columns = ["weekday", "hour", "orders", "invoices", "revenue"]
    rows = []
    for (day, hour), lines in sorted(groups(chosen.orders, lambda each: (each.when.weekday(), each.when.hour)).items()):
        bought = [each for each in lines if each.quantity > 0]
        name = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][day]
        revenue = sum(map(worth, lines))
        rows.append([name, hour, len(bought), distinct(each.invoice for each in bought), money(revenue)])
    return columns, rows


def first_months(orders):
    """Month of the first purchase of each customer."""
    firsts = {}
    for each in orders:
        if each.customer is not None and each.quantity > 0:
            firsts[each.customer] = min(each.when, firsts.get(each.customer, each.when))
    return firsts


def new_and_returning(orders, chosen):
    columns = ["month", "customers", "new_customers", "returning_customers", "new_share"]
    columns += ["revenue", "new_revenue", "returning_revenue"]
    firsts = {customer: month_of(when) for customer, when in first_months(orders).items()}
    known = [each for each in chosen.orders if each.customer is not None]
    rows = []
    for month, lines in sorted(groups(known, lambda each: month_of(each.when)).items()):
        buyers = {each.customer for each in lines if each.quantity > 0}
        new = {each for each in buyers if firsts[each] == month}
        revenue = sum(map(worth, lines))
        fresh = sum(worth(each) for each in lines if firsts.get(each.customer) == month)
        share = quotient(len(new), len(buyers))
        money_cells = [money(revenue), money(fresh), money(revenue - fresh)]
        rows.append([month, len(buyers), len(new), len(buyers - new), share, *money_cells])
    return columns, rows


def cohorts(orders, chosen, since=None, until=None):
    columns = ["cohort", "months_later", "cohort_customers", "customers", "retention", "revenue"]
    firsts = {
        customer: when
        for customer, when in first_months(orders).items()
        if (since is None or when.date().isoformat() >= since) and (until is None or when.date().isoformat() < until)
    }
    sizes = collections.Counter(month_of(when) for when in firsts.values())
    cells = collections.defaultdict(lambda: (set(), [0]))
    for each in orders:
        if each.customer in firsts and each.quantity > 0:
            first = firsts[each.customer]
            later = (each.when.year - first.year) * 12 + each.when.month - first.month
            customers, revenue = cells[month_of(first), later]
            customers.add(each.customer)
            revenue[0] += worth(each)
    rows = []
    for (cohort, later), (customers, revenue) in sorted(cells.items(), key=lambda each: each[0]):
        size, active = sizes[cohort], len(customers)
        rows.append([cohort, later, size, active, quotient(active, size), money(revenue[0])])
    return columns, rows


def rfm(orders, chosen):
    columns = ["segment", "customers", "customer_share", "revenue", "revenue_share"]
    columns += ["mean_revenue", "mean_invoices", "mean_days"]
    customers = []
    for lines in groups([each for each in chosen.orders if each.customer is not None], lambda o: o.customer).values():
        bought = [each for each in lines if each.quantity > 0]
        if bought:
            last = max(each.when for each in bought)
            customers.append((last, distinct(each.invoice for each in bought), sum(map(worth, lines))))

    def scores(values):
        """For each value, the fifth that it begins in when all lie in a row: 1 to 5."""
        first = {}
        for place, value in enumerate(sorted(values)):
            first.setdefault(value, place)
        return [5 * first[value] // len(values) + 1 for value in values]

    names = ["champions", "loyal", "new", "promising", "at risk", "lost"]
    segments = collections.defaultdict(list)
    for customer, recency, frequency, revenue in zip(customers, *(scores(each) for each in zip(*customers))):
        if min(recency, frequency, revenue) >= 4:
            name = "champions"
        elif frequency >= 3:
            name = "loyal" if recency >= 3 else "at risk"
        else:
            name = {5: "new", 4: "new", 3: "promising"}.get(recency, "lost")
        segments[name].append(customer)
    end = max((each[0] for each in customers), default=None)
    total = sum(each[2] for each in customers)
    rows = []
    for name in names:
        members = segments[name]
        if not members:
            continue
        revenue = sum(each[2] for each in members)
        sums = [Fraction(revenue, MILLION), sum(each[1] for each in members), sum((end - each[0]).days for each in members)]
        shares = [quotient(len(members), len(customers)), money(revenue), quotient(revenue, total)]
        rows.append([name, len(members), *shares, *(quotient(each, len(members)) for each in sums)])
    return columns, rows


def bought_together(orders, chosen, by="lift", at_least="100", product=None, limit="10"):
    columns = ["stock_code", "description", "other_code", "other_description"]
    columns += ["invoices", "support", "confidence", "confidence_back", "lift"]
    lines = [each for each in chosen.products if each.quantity > 0]
    baskets = [{each.code for each in basket} for basket in groups(lines, lambda each: each.invoice).values()]
    single = collections.Counter(itertools.chain(*baskets))
    frequent = {code for code, count in single.items() if count >= int(at_least)}
    pairs = collections.Counter()
    for basket in baskets:
        codes = sorted(basket & frequent)
        if product is None:
            pairs.update(itertools.combinations(codes, 2))
        elif product in codes:
            pairs.update(tuple(sorted((product, code))) for code in codes if code != product)
    found = []
    for (one, other), count in pairs.items():
        if count >= int(at_least):
            lift = quotient(count * len(baskets), single[one] * single[other])
            found.append((-count if by == "invoices" else -decimal.Decimal(lift), one, other, count, lift))
    texts = groups(lines, lambda each: each.code)
    rows = []
    for _, one, other, count, lift in sorted(found)[: int(limit)]:
        cells = [quotient(count, each) for each in (len(baskets), single[one], single[other])]
        names = [[code, most_frequent(each.text for each in texts[code])] for code in (one, other)]
        rows.append([*names[0], *names[1], count, *cells, lift])
    return columns, rows


def guests_share(orders, chosen, by="month"):
    columns = ["part", "orders", "guest_orders", "order_share", "invoices", "guest_invoices", "invoice_share"]
    columns += ["revenue", "guest_revenue", "revenue_share"]
    label = {"month": lambda o: month_of(o.when), "country": lambda o: o.country, "total": lambda o: "all"}[by]
    rows = []
    for part, lines in sorted(groups([o for o in chosen.orders if o.price != 0], label).items()):
        row = [part]
        guests = [each for each in lines if each.customer is None]
        for count, text in ((len, str), (lambda of: distinct(o.invoice for o in of), str), (lambda of: sum(map(worth, of)), money)):
            row += [text(count(lines)), text(count(guests)), quotient(count(guests), count(lines))]
        rows.append(row)
    return columns, rows


def price_changes(orders, chosen, by="prices", limit="10"):
    columns = ["stock_code", "description", "orders", "prices", "lowest_price", "highest_price", "spread"]
    columns += ["first_price", "last_price"]
    sold = [each for each in chosen.products if each.quantity > 0 and each.price > 0]
    found = []
    for code, lines in groups(sold, lambda each: each.code).items():
        prices = {each.price for each in lines}
        if len(prices) < 2:
            continue
        first, last = (moment(each.when for each in lines) for moment in (min, max))
        ends = [min(each.price for each in lines if each.when == when) for when in (first, last)]
        spread = quotient(max(prices), min(prices))
        order = (-decimal.Decimal(spread) if by == "spread" else -len(prices), by_bytes(code))
        cells = [money(min(prices)), money(max(prices)), spread, *map(money, ends)]
        found.append((order, [code, most_frequent(each.text for each in lines), len(lines), len(prices), *cells]))
    return columns, [row for _, row in sorted(found, key=lambda each: each[0])[: int(limit)]]


def data_quality(orders, chosen):
    alike = groups(chosen.orders, lambda each: each[1:]).values()
    repeated = [each for lines in alike for each in sorted(lines, key=lambda each: by_bytes(each.id))[1:]]
    findings = {
        "no description": [each for each in chosen.orders if each.text == ""],
        "price 0": [each for each in chosen.orders if each.price == 0],
        "price below 0": [each for each in chosen.orders if each.price < 0],
        "quantity 0": [each for each in chosen.orders if each.quantity == 0],
        "quantity below 0: a return": [each for each in chosen.orders if each.quantity < 0],
        "repeated line of an invoice": repeated,
        "code that is no product": [each for each in chosen.orders if not is_product(each.code)],
        "no customer: a guest": [each for each in chosen.orders if each.customer is None],
        "arrived again": [each for each in chosen.orders if each.invoice == ARRIVES_AGAIN],
    }
    rows = []
    for finding, found in findings.items():
        example = min((each.id for each in found), key=by_bytes, default=None)
        if finding.startswith("repeated"):
            example = min((max(each.id for each in lines) for lines in alike if len(lines) > 1), key=by_bytes, default=None)
        rows.append([finding, len(found), quotient(len(found), len(chosen.orders)), example])
    return ["finding", "orders", "share", "example"], rows


SELECTION = ("since", "until", "country", "all")
CASES = [
    (top_products, {}),
    (top_products, {"by": "units", "limit": "25", "since": "2011-03-01", "until": "2011-04-01"}),
    (top_products, {"all": "true", "country": "EIRE", "limit": "20"}),
    (revenue_by_month, {}),
    (revenue_by_month, {"country": "Germany", "since": "2011-02-15"}),
    (revenue_by_country, {}),
    (revenue_by_country, {"limit": "3", "until": "2011-01-01"}),
    # Orders were made in both minutes: the first counts, the last does not.
    (revenue_by_country, {"since": "2010-12-01 08:28:00", "until": "2010-12-01 08:34:00"}),
    (top_customers, {}),
    (top_customers, {"by": "invoices", "limit": "50"}),
    (top_customers, {"by": "units", "country": "France", "since": "2011-06-01"}),
    (order_value, {}),
    (order_value, {"by": "month"}),
    (order_value, {"by": "country", "since": "2011-01-01", "until": "2011-07-01"}),
    (returns, {}),
    (returns, {"by": "share", "at_least": "1", "limit": "100"}),
    (returns, {"by": "units", "country": "Germany", "all": "true"}),
    (basket_size, {}),
    (basket_size, {"all": "true", "country": "France"}),
    (busiest_hours, {}),
    (busiest_hours, {"since": "2011-11-01", "until": "2011-12-01"}),
    (new_and_returning, {}),
    (new_and_returning, {"since": "2011-05-10", "until": "2011-08-20"}),
    (cohorts, {}),
    (cohorts, {"since": "2011-02-10", "until": "2011-05-01"}),
    (rfm, {}),
    (rfm, {"country": "Germany", "until": "2011-10-01"}),
    (bought_together, {}),
    # A pair shares just as many, and is the last one.
    (bought_together, {"by": "invoices", "at_least": "391", "limit": "1000"}),
    (bought_together, {"product": "22423", "at_least": "20", "limit": "30", "all": "true"}),
    (guests_share, {}),
    (guests_share, {"by": "country"}),
    (guests_share, {"by": "total", "since": "2011-01-01"}),
    (price_changes, {}),
    (price_changes, {"by": "spread", "limit": "40", "all": "true"}),
    (data_quality, {}),
    (data_quality, {"since": "2010-12-01", "until": "2010-12-02"}),
]


def main():
    orders = list(read(sys.argv[1]))
    selections = {}
    answers = []
    for function, values in CASES:
        selection = {name: value for name, value in values.items() if name in SELECTION}
        key = tuple(sorted(selection.items()))
        if key not in selections:
            selections[key] = Selection(orders, **selection)
        # Cohorts are selected by themselves, not by their orders.
        others = values if function is cohorts else {name: value for name, value in values.items() if name not in SELECTION}
        columns, rows = function(orders, selections[key], **others)
        cells = [[None if cell is None else str(cell) for cell in row] for row in rows]
        answers.append({"query": function.__name__.replace("_", "-"), "values": values, "columns": columns, "rows": cells})
    json.dump(answers, sys.stdout)


main()
