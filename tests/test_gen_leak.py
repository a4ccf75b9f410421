#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The synthetic feed tells its labels by behaviour only.

A logistic model on identifiers and places alone (bits of tokens and ids, place in the file modulo n, low bits of times)
must score the base rate, for accounts and for records; so must one on shuffled labels. As a control, the same model
must see a planted bit that agrees with the label three times in four. The accounts of one person stay on one side of
the split: a shared person is a sign, not a leak. docs/GENERATOR.md, "No leak"."""

import math
import os
import random
import subprocess
import sys
import tempfile

import fastavro

MODULI = (2, 3, 5, 7, 10, 16, 64)
SHUFFLES = 100
SIGMAS = 4


def generate(directory, seed):
    feed, labels = os.path.join(directory, "feed.avro"), os.path.join(directory, "labels.csv")
    subprocess.run([os.environ["SAQSHY"], "gen", "--quiet", "--out", feed, "--labels", labels, "--seed", str(seed),
                    "--accounts", "3000", "--days", "4", "--droppers", "100"], check=True)
    with open(labels, encoding="utf-8") as file:
        head, *rows = file.read().splitlines()
    assert head == "account_id,typology,first_bad_time", head
    first_bad = {account: int(second) for account, _, second in (row.split(",") for row in rows)}
    with open(feed, "rb") as file:
        return list(fastavro.reader(file)), first_bad


def bits(text, count):
    value = int(text.replace("-", "").removeprefix("t1")[:16], 16)
    return [value >> i & 1 for i in range(count)]


def places(index):
    return [1 if index % n == k else 0 for n in MODULI for k in range(min(n, 10))]


def account_rows(records, first_bad):
    """One row an account: its token, its person's, the ids of its first record and where that stands."""
    rows, people = {}, []
    for index, record in enumerate(records):
        for party in (record["payer"], record["payee"]):
            account = party["account_token"]
            if account is None or account in rows or party["person_type"] != "NATURAL":
                continue
            rows[account] = (bits(account, 64) + bits(party["person_token"], 64) + bits(str(record["event_id"]), 48) +
                             places(index))
            people.append(party["person_token"])
    return list(rows.values()), [account in first_bad for account in rows], people


def record_rows(records, first_bad):
    """One row a record; the label says whether it is one of a dropper since its first tainted credit."""
    rows, labels = [], []
    for index, record in enumerate(records):
        second = record["event_time"].timestamp()
        delay = int(record["ingest_time"].timestamp()) - int(second)
        rows.append(bits(str(record["event_id"]), 64) + bits(record["tx_id"], 64) + places(index) +
                    [record["event_time"].microsecond >> k & 1 for k in range(6)] +
                    [1 if delay == k else 0 for k in range(3)])
        labels.append(any(second >= first_bad.get(record[side]["account_token"], math.inf)
                          for side in ("payer", "payee")))
    return rows, labels, [record["tx_id"] for record in records]


def average_precision(scores, labels):
    found, total = 0, 0.0
    for place, (_, label) in enumerate(sorted(zip(scores, labels), key=lambda pair: -pair[0]), 1):
        if label:
            found += 1
            total += found / place
    return total / max(1, found)


def fit(rows, labels, rng):
    """Logistic regression by stochastic gradient over the set bits of each row."""
    base = sum(labels) / len(labels)
    weights, bias = [0.0] * len(rows[0]), math.log(base / (1 - base))
    ones = [[i for i, bit in enumerate(row) if bit] for row in rows]
    order = list(range(len(rows)))
    for epoch in range(4):
        rng.shuffle(order)
        step = 0.05 / (1 + epoch)
        for row in order:
            logit = bias + sum(weights[i] for i in ones[row])
            error = labels[row] - 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
            bias += step * error
            for i in ones[row]:
                weights[i] += step * (error - 0.01 * weights[i])
    return weights


def predict(weights, row):
    return sum(weight for weight, bit in zip(weights, row) if bit)


def judge(name, rows, labels, groups, rng):
    """(average precision on the held-out half, what chance gives, its spread)"""
    side = {group: rng.random() < 0.5 for group in sorted(set(groups))}
    order = list(range(len(rows)))
    rng.shuffle(order)  # so that ties in the score are not broken by the order of the file
    train, test = [i for i in order if side[groups[i]]], [i for i in order if not side[groups[i]]]
    weights = fit([rows[i] for i in train], [labels[i] for i in train], rng)
    scores, truth = [predict(weights, rows[i]) for i in test], [labels[i] for i in test]
    got = average_precision(scores, truth)
    chance = []
    for _ in range(SHUFFLES):
        rng.shuffle(truth)
        chance.append(average_precision(scores, truth))
    mean = sum(chance) / SHUFFLES
    spread = math.sqrt(sum((x - mean) ** 2 for x in chance) / (SHUFFLES - 1))
    print(f"{name}: average precision {got:.4f}; chance {mean:.4f} ± {spread:.4f}; base rate "
          f"{sum(truth) / len(truth):.4f} of {len(truth)}")
    return got, mean, spread


def best_single(rows, labels):
    base = sum(labels) / len(labels)
    best = (0.0, -1)
    for feature in range(len(rows[0])):
        ones = [label for row, label in zip(rows, labels) if row[feature]]
        if min(len(ones), len(rows) - len(ones)) < 30:
            continue
        share = sum(ones) / len(ones)
        z = (share - base) / math.sqrt(base * (1 - base) * (1 / len(ones) + 1 / len(rows)))
        best = max(best, (abs(z), feature))
    return best


def check(name, rows, labels, groups, rng):
    good = True

    def expect(condition, what):
        nonlocal good
        good = good and condition
        if not condition:
            print(f"FAILED: {name}: {what}")

    got, mean, spread = judge(f"{name}, ids and places", rows, labels, groups, rng)
    expect(got < mean + SIGMAS * spread, "identifiers or places tell the label")
    shuffled = labels[:]
    rng.shuffle(shuffled)
    got, mean, spread = judge(f"{name}, shuffled labels", rows, shuffled, groups, rng)
    expect(got < mean + SIGMAS * spread, "the model finds something in noise")
    planted = [row + [int(label) if rng.random() < 0.5 else rng.randrange(2)] for row, label in zip(rows, labels)]
    got, mean, spread = judge(f"{name}, control with a planted leak", planted, labels, groups, rng)
    expect(got > mean + SIGMAS * spread, "a planted leak is not seen")
    z, feature = best_single(rows, labels)
    print(f"{name}: best single feature is number {feature} of {len(rows[0])}, {z:.1f} standard errors off the base rate")
    expect(z < 5, "one feature alone tells the label")
    return good


def main():
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as directory:
        records, first_bad = generate(directory, seed=21)
    print(f"{len(records)} records, {len(first_bad)} droppers")
    assert len(records) > 20000 and len(first_bad) > 150
    firsts = {}
    for index, record in enumerate(records):
        for side in ("payer", "payee"):
            firsts.setdefault(record[side]["account_token"], index)
    labels = [account in first_bad for account in firsts]
    print(f"first place in the file, not judged (new and little used accounts come later, and are a sign): average "
          f"precision {average_precision(list(firsts.values()), labels):.4f}, base rate {sum(labels) / len(labels):.4f}")
    good = check("accounts", *account_rows(records, first_bad), rng)
    good = check("records", *record_rows(records, first_bad), rng) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
