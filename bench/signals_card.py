#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What signals change: the shipped model and policy on feeds of `saqshy gen`, with and without what was reported beside them.

    tests/python bench/signals_card.py [SEED…]        after ./dev build; the seeds of docs/MODEL_CARD.md by default

Prints Markdown. Reports speak on a side whose score is higher with them than without. A dropper's hop is how its first dirty money came: 1 from somebody who is no dropper, otherwise one more than the
dropper who sent it. A report is an INCIDENT that names a payment to the account; advice is the first recommendation about it. Money
still there is `at_risk_kzt_minor` of the first advice, of all that was credited from the first dirty payment until then.
"""

import collections
import csv
import io
import json
import os
import statistics
import sys
import tempfile

import fastavro
import model_card

HERE = model_card.SOURCE
HOPS = ("1", "2", "3 and more")


def schema():
    with open(f"{HERE}/schemas/FreezeRecommendation.avsc", encoding="utf-8") as file:
        return fastavro.parse_schema(json.load(file))


def records(path):
    with open(path, "rb") as file:
        yield from fastavro.reader(file)


class Feed:
    """What is true of a feed: who is a dropper since when, and what they were credited."""

    def __init__(self, room, seed):
        self.path, self.labels, self.groups, self.told = (f"{room}/{name}" for name in ("f.avro", "l.csv", "g.csv", "s.avro"))
        model_card.run("gen", "--seed", str(seed), "--out", self.path, "--labels", self.labels, "--groups", self.groups,
                       "--signals", self.told)
        with open(self.labels, encoding="utf-8") as file:
            self.since = {row["account_id"]: int(row["first_bad_time"]) for row in csv.DictReader(file)}
        self.credits = collections.defaultdict(list)
        for event in records(self.path):
            self.take(event)
        self.hops = {}
        for account in sorted(self.since, key=self.since.get):
            self.hops[account] = self.hop(account)
        self.reported = self.reports()

    def take(self, event):
        payee = (event["payee"] or {}).get("account_token")
        if payee in self.since and event["tx_status"] == "SETTLED":
            payer = (event["payer"] or {}).get("account_token")
            self.credits[payee].append((event["event_time"].timestamp(), payer, event["tx_id"], event["amount_kzt_minor"]))

    def hop(self, account):
        payers = [payer for at, payer, _, _ in self.credits[account] if int(at) == self.since[account]]
        return 1 + max((self.hops.get(payer, 0) for payer in payers), default=0)

    def reports(self):
        """Account to (first report, when that happened), in seconds."""
        payee = {tx: account for account, credits in self.credits.items() for _, _, tx, _ in credits}
        first = {}
        for signal in records(self.told):
            if signal["kind"] != "INCIDENT" or signal["confidence"] == "REJECTED":
                continue
            at = signal["reported_at"].timestamp()
            for account in {payee[tx] for tx in signal["related_tx_ids"] if tx in payee}:
                if account not in first or at < first[account]:
                    first[account] = at
        return first


def advice(path, parsed):
    """Account to (time, money at risk) of the first recommendation."""
    first = {}
    for record in records(path):
        told = fastavro.schemaless_reader(io.BytesIO(record["value"][5:]), parsed)
        first.setdefault(told["target_account_token"], (told["issued_at"].timestamp(), told["at_risk_kzt_minor"]))
    return first


class Tally:
    """Sums over seeds, of one way of judging."""

    def __init__(self):
        self.hop = {hop: [0, 0] for hop in HOPS}
        self.report = collections.Counter()
        self.minutes, self.after, self.there = [], [], []
        self.groups = collections.defaultdict(lambda: [0, 0])
        self.precision = []

    def add(self, feed, first, report):
        for account, since in feed.since.items():
            told = self.hop[HOPS[min(feed.hops[account], 3) - 1]]
            told[0] += account in first
            told[1] += 1
            if account in first:
                self.minutes.append((first[account][0] - since) / 60)
                self.money(feed, account, first[account])
            if account in feed.reported:
                self.against(feed.reported[account], first.get(account))
        for group in report["by_group"]["groups"]:
            self.groups[group["group"]][0] += group["wrong_freezes"]
            self.groups[group["group"]][1] += group["honest"]
        self.precision.append(report["account_average_precision"])

    def money(self, feed, account, advised):
        came = sum(amount for at, _, _, amount in feed.credits[account] if feed.since[account] <= at <= advised[0])
        if came > 0 and advised[1] is not None:
            self.there.append(min(1.0, advised[1] / came))

    def against(self, reported, advised):
        if advised is None:
            self.report["never"] += 1
        elif advised[0] <= reported:
            self.report["before"] += 1
        else:
            self.report["after"] += 1
            self.after.append((advised[0] - reported) / 60)


def scores(path):
    """Of each side in order: account, time, logit, probability."""
    with open(path, encoding="utf-8") as file:
        return [(row["account"], int(row["time"]), float(row["logit"]), float(row["probability"])) for row in csv.DictReader(file)]


class Reliability:
    """By tenths of the probability: sides, sum of the probability, sides of droppers."""

    def __init__(self):
        self.tenths = [[0, 0.0, 0] for _ in range(10)]

    def add(self, probability, bad):
        tenth = self.tenths[min(9, int(10 * probability))]
        tenth[0] += 1
        tenth[1] += probability
        tenth[2] += bad

    def cells(self, tenth):
        sides, probability, bad = self.tenths[tenth]
        return [sides, *("–" if sides == 0 else f"{100 * share / sides:.1f}" for share in (probability, bad))]


def add_reliability(feed, without, told, reliability):
    for (account, at, logit, probability), (_, _, with_logit, with_probability) in zip(without, told):
        bad = at >= feed.since.get(account, at + 1)
        reliability["without"].add(probability, bad)
        reliability["with"].add(with_probability, bad)
        if with_logit > logit:
            reliability["spoken of"].add(with_probability, bad)


def show_reliability(reliability):
    head = ("sides", "mean probability, %", "droppers', %")
    model_card.table("probability from", *(f"{name}: {what}" for name in reliability for what in head))
    for tenth in range(10):
        model_card.row(f"{tenth / 10:.1f}", *(cell for of in reliability.values() for cell in of.cells(tenth)))


def judge(feed, room, parsed, *words):
    out = f"{room}/out"
    model_card.run("backtest", "--input", feed.path, "--labels", feed.labels, "--groups", feed.groups, "--out", out,
                   "--no-sqlite", "--force", *words)
    return advice(f"{out}/recommendations.avro", parsed), model_card.report_of(out), scores(f"{out}/scores.csv")


def median(values):
    return "–" if not values else f"{statistics.median(values):.0f}"


def show(ways):
    names = list(ways)
    model_card.table("", *names)

    def line(name, of):
        model_card.row(name, *(of(ways[way]) for way in names))

    line("average precision of accounts, lowest to highest of the seeds", lambda t: f"{min(t.precision):.3f}–{max(t.precision):.3f}")
    for hop in HOPS:
        line(f"found at hop {hop}, %", lambda t: f"{model_card.share(*t.hop[hop])} of {t.hop[hop][1]}")
    line("minutes from the first dirty payment, median of the found", lambda t: median(t.minutes))
    line("reported: advised before the report", lambda t: t.report["before"])
    line("reported: advised after it", lambda t: t.report["after"])
    line("reported: never", lambda t: t.report["never"])
    line("minutes from the report, median of those after it", lambda t: median(t.after))
    line("money still there at the first advice, median share", lambda t: "–" if not t.there else f"{100 * statistics.median(t.there):.0f} %")
    for group in model_card.ROLES + model_card.PASTS:
        line(f"wrongly recommended: {group.replace('_', ' ')}", lambda t: f"{t.groups[group][0]} of {t.groups[group][1]}")


def main(seeds):
    parsed = schema()
    ways = {"without signals": Tally(), "with signals": Tally()}
    reliability = {name: Reliability() for name in ("without", "with", "spoken of")}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as room:
            feed = Feed(room, seed)
            *advised, without = judge(feed, room, parsed)
            ways["without signals"].add(feed, *advised)
            *advised, told = judge(feed, room, parsed, "--signals", feed.told)
            ways["with signals"].add(feed, *advised)
            add_reliability(feed, without, told, reliability)
    show(ways)
    show_reliability(reliability)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or model_card.SEEDS)
