# SPDX-License-Identifier: Apache-2.0
"""`saqshy trace` from the outside: random histories followed anew by interval arithmetic (all money that came to an account
is one line, and what leaves is the next stretch of it), hashes recomputed from the records, other containers of the same
records, and the page in a headless Chromium."""
import csv
import hashlib
import io
import json
import os
import random
import subprocess
import tempfile
from collections import Counter, defaultdict

import fastavro
from browser import Browser

SAQSHY, SOURCE_DIR = os.environ["SAQSHY"], os.environ["SOURCE_DIR"]
START_S = 1767225600
HOPS, HOURS, FLOOR = 3, 1, 300_00
FATES = {"C": "CASH", "K": "CRYPTO", "B": "PURCHASE", "U": "BILL"}
MAPPING = """[columns]
event_id = id
tx_id = tx
time = ts
payer = from
payee = to
payer.balance_after = payer_after
payee.balance_after = payee_after
amount = sum
type = kind
[type T]
event_type = P2P_TRANSFER
[type O]
event_type = OWN_TRANSFER
[type C]
event_type = CASH_WITHDRAWAL
[type K]
event_type = CRYPTO_PURCHASE
[type B]
event_type = C2B_PAYMENT
[type U]
event_type = TAX_OR_UTILITY
"""
LOOKS = ((1280, False, "en"), (1280, True, "ru"), (390, False, "kk"), (390, True, "en"))


def run(*words):
    return subprocess.run([SAQSHY, *words], check=True, capture_output=True, text=True).stdout


def history(seed):
    """Moves (tx, time, payer, payee, tiyn, kind) that go on from one another, and balances before."""
    chance = random.Random(seed)
    accounts = [f"account{i}" for i in range(8)]
    before = {a: chance.choice((0, chance.randrange(100_000))) for a in accounts}
    moves, payer = [], accounts[0]
    for i in range(150):
        kind = chance.choice("TTTTTOCKBU")
        payee = None if kind == "C" else chance.choice(accounts)
        moves.append((f"tx{i}", START_S + 61 * i, payer, payee, chance.randrange(1, 200_000), kind))
        payer = payee if payee and chance.random() < 0.7 else chance.choice(accounts)
    return moves, before


def write(path, moves, before):
    balance = dict(before)
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("id tx ts from to payer_after payee_after sum kind".split())
        for i, (tx, second, payer, payee, amount, kind) in enumerate(moves):
            balance[payer] -= amount
            payer_after = balance[payer]
            if payee:
                balance[payee] += amount
            # What the engine subtracts again is the amount of that side, also of a transfer to oneself.
            payee_after = balance[payee] if payee and payee != payer else ""
            out.writerow([i, tx, second, payer, payee or "", tiyn(payer_after), tiyn(payee_after), tiyn(amount), kind])


def tiyn(amount):
    return "" if amount == "" else f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


class Line:
    """All that came to an account, stretch behind stretch; what left is what lies before `spent`."""

    def __init__(self, before):
        self.stretches, self.end, self.spent = [], 0, 0
        self.add(max(before, 0), None)

    def add(self, amount, mark):
        if amount:
            self.stretches.append((self.end, self.end + amount, mark))
            self.end += amount

    def within(self, low, high):
        for start, end, mark in self.stretches:
            if max(start, low) < min(end, high):
                yield min(end, high) - max(start, low), mark

    def spend(self, amount):
        low, self.spent = self.spent, min(self.spent + amount, self.end)
        seen = self.spent - low
        return [*self.within(low, self.spent), *([(amount - seen, None)] if seen < amount else [])]


def follow(moves, before, source):
    """Rows (tx, hop, outcome) → tiyn, and what is left of it on each account. A mark is a hop, as there is one source."""
    lines, rows, began = {}, Counter(), None
    line_of = lambda account: lines.setdefault(account, Line(before[account]))
    for tx, second, payer, payee, amount, kind in moves:
        pieces = line_of(payer).spend(amount)
        traced = sum(part for part, mark in pieces if mark is not None)
        if tx == source:
            began = second
        for part, mark in pieces:
            outcome = hop = None
            if tx == source:
                outcome, hop = "FOLLOWED", 0 if mark is None else mark + 1
            elif mark is not None:
                hop = mark + 1
                outcome = (FATES.get(kind) or ("HOP_LIMIT" if hop > HOPS else "TIME_LIMIT" if second > began + 3600 * HOURS else
                           "FLOOR" if traced < FLOOR else "FOLLOWED"))
            if hop is not None:
                rows[tx, hop, outcome] += part
            if payee:
                line_of(payee).add(part, hop if outcome == "FOLLOWED" else None)
    left = {a: sum(part for part, mark in line.within(line.spent, line.end) if mark is not None) for a, line in lines.items()}
    return rows, {a: amount for a, amount in left.items() if amount}


def check_histories(directory):
    mapping, table, feed = f"{directory}/m.map", f"{directory}/h.csv", f"{directory}/h.avro"
    with open(mapping, "w", encoding="utf-8") as file:
        file.write(MAPPING)
    outcomes = Counter()
    for seed in range(12):
        moves, before = history(seed)
        write(table, moves, before)
        run("import", "--quiet", "--mapping", mapping, "--input", table, "--out", feed)
        for source in [m[0] for m in moves if m[3] and m[5] in "TO"][3:60:12]:
            report = json.loads(run("trace", source, "--quiet", "--full", "--json", "--input", feed, "--hops", str(HOPS),
                                    "--hours", str(HOURS), "--floor", str(FLOOR // 100)))
            rows, left = follow(moves, before, source)
            told = Counter({(t["tx_id"], t["hop"], t["outcome"]): t["traced_kzt_minor"] for t in report["transfers"]})
            assert told == rows, (seed, source, told - rows, rows - told)
            assert {a["account"]: a["there_kzt_minor"] for a in report["accounts"] if a["there_kzt_minor"]} == left
            outcomes.update(t["outcome"] for t in report["transfers"])
    assert set(outcomes) == {"FOLLOWED", "HOP_LIMIT", "TIME_LIMIT", "FLOOR", *FATES.values()}, outcomes
    print(f"{sum(outcomes.values())} transfers are what intervals say: {dict(outcomes)}")


def framed(record, schema):
    """The value as it stands in the log: the wire format's frame with the shipped schema's number."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


def check_hashes(feed, report):
    """Of the chain and of each record that is named, whatever the schema's number in the frame is."""
    with open(f"{SOURCE_DIR}/schemas/TransactionEvent.avsc", encoding="utf-8") as file:
        schema = fastavro.parse_schema(json.load(file))
    with open(feed, "rb") as file:
        bodies = [framed(record, schema) for record in fastavro.reader(file)]
    first = report["transfers"][0]
    numbers = [n for n in range(10) if hashlib.sha256(frame(n) + bodies[first["position"]["offset"]]).hexdigest() == first["record_sha256"]]
    assert len(numbers) == 1, numbers
    chain = bytes(32)
    for body in bodies:
        chain = hashlib.sha256(chain + hashlib.sha256(frame(numbers[0]) + body).digest()).digest()
    assert report["input"]["chain_sha256"] == chain.hex() and report["input"]["records"] == len(bodies)
    for t in report["transfers"]:
        assert hashlib.sha256(frame(numbers[0]) + bodies[t["position"]["offset"]]).hexdigest() == t["record_sha256"]


def frame(number):
    return b"\0" + number.to_bytes(4, "big")


def check_containers(directory, feed, account, page):
    """The same records in other blocks are the same trail to the byte."""
    with open(feed, "rb") as file:
        reader = fastavro.reader(file)
        schema, records = reader.writer_schema, list(reader)
    for size in (100, 1_000_000):
        other = f"{directory}/{size}.avro"
        with open(other, "wb") as file:
            fastavro.writer(file, schema, records, sync_interval=size)
        assert run("trace", account, "--quiet", "--html", "-", "--input", other) == page


def check_page(browser, path, axe, report):
    for width, dark, language in LOOKS:
        run("trace", report["subject"]["id"], "--quiet", "--html", path, "--lang", language, "--input", report["feed"])
        browser.open(path, width, dark)
        browser.frame()
        found = browser.violations(axe)
        assert found == [], f"{width} {language}: {found}"
        overflow = browser.js("return document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{overflow} pixels stick out at {width}"
        assert browser.complaints() == []
    boxes = browser.js("return [...document.querySelectorAll('.graph .box')].length")
    assert boxes == 1 + len({(t["to"], t["hop"]) for t in report["transfers"] if t["outcome"] == "FOLLOWED"})
    rows = browser.js("return document.querySelectorAll('tr.first').length")
    assert rows == len(report["transfers"])
    outside = browser.js("""const view = document.querySelector('.graph').getBoundingClientRect();
        return [...document.querySelectorAll('.graph *')].filter((e) => { const b = e.getBoundingClientRect();
            return b.right > view.right + 1 || b.bottom > view.bottom + 1 || b.left < view.left - 1; }).length""")
    assert outside == 0, "the drawing is within its frame"


def main():
    with tempfile.TemporaryDirectory() as directory:
        check_histories(directory)
        feed, labels = f"{directory}/feed.avro", f"{directory}/labels.csv"
        run("gen", "--quiet", "--days", "3", "--accounts", "1000", "--droppers", "10", "--out", feed, "--labels", labels)
        with open(labels, encoding="utf-8") as file:
            account = next(csv.DictReader(file))["account_id"]
        report = json.loads(run("trace", account, "--quiet", "--full", "--json", "--input", feed))
        check_hashes(feed, report)
        check_containers(directory, feed, account, run("trace", account, "--quiet", "--html", "-", "--input", feed))
        modules = subprocess.run([f"{SOURCE_DIR}/detector/pages/build", "--fetch"], check=True, capture_output=True,
                                 text=True).stdout.strip()
        with open(f"{modules}/axe-core/axe.min.js", encoding="utf-8") as file:
            axe = file.read()
        with Browser(directory) as browser:
            check_page(browser, f"{directory}/trail.html", axe, {**report, "feed": feed})
    print("the trail is what others find")


main()
