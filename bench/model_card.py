#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures of docs/MODEL_CARD.md: the shipped model and policy on feeds they were never fitted to nor chosen by.

    bench/model_card.py [SEED…]        after ./dev build; the seeds of the card by default

Feeds are those of `saqshy gen` with its defaults and the seed. Prints the card's tables as Markdown. Shares have 95 % bands by
Wilson; average precisions have those of `saqshy backtest`, a bootstrap of accounts. Needs Python alone.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SAQSHY = os.environ.get("SAQSHY", "build/saqshy")
SEEDS = (3001, 3002, 3003, 3004, 3005)
TYPOLOGIES = ("forwarder", "operator", "slow_forwarder", "card_farm")
ROLES = ("employee", "pensioner", "student", "market_seller", "taxi_driver", "landlord", "newcomer", "charity", "second_account")
PASTS = ("feast", "collection", "family_purchase", "own_loan", "car_sale", "repaid_debt", "victim")
Z = 1.959963984540054


def run(*words):
    subprocess.run([SAQSHY, *words, "--quiet"], check=True)


def judge(seed):
    with tempfile.TemporaryDirectory() as room:
        feed, labels, groups, out = (f"{room}/{name}" for name in ("feed.avro", "labels.csv", "groups.csv", "out"))
        run("gen", "--seed", str(seed), "--out", feed, "--labels", labels, "--groups", groups)
        run("backtest", "--input", feed, "--labels", labels, "--groups", groups, "--out", out, "--no-sqlite")
        with open(f"{out}/report.json", encoding="utf-8") as file:
            return json.load(file)


def band(hit, count):
    """Wilson's interval of a share."""
    share, z2 = hit / count, Z * Z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = math.sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count * count))) / (1 + z2 / count)
    return (0 if hit == 0 else middle - half), (1 if hit == count else middle + half)


def share(hit, count, digits=0):
    if count == 0:
        return "–"
    low, high = band(hit, count)
    return f"{100 * hit / count:.{digits}f} ({100 * low:.{digits}f}–{100 * high:.{digits}f})"


def table(*head):
    print("\n| " + " | ".join(head) + " |\n|" + " --- |" + " ---: |" * (len(head) - 1))


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def whole(value):
    return "–" if value is None else f"{value:.0f}"


def by_seed(seeds, reports):
    table("seed", "droppers", "average precision of accounts (95 %)", "of sides", "found", "honest accounts recommended",
          "minutes, half within", "nine in ten within", "of the money caught", "recommendations a day")
    for seed, report in zip(seeds, reports):
        hit = report["recommended"]
        low, high = report["account_average_precision_band"]
        received = hit["caught_kzt_minor"] + hit["missed_kzt_minor"]
        row(seed, report["counts"]["bad_accounts"], f"{report['account_average_precision']:.3f} ({low:.3f}–{high:.3f})",
            f"{report['side_average_precision']:.3f}", hit["found"], hit["wrong_freezes"], whole(hit["minutes_median"]),
            whole(hit["minutes_p90"]), f"{100 * hit['caught_kzt_minor'] / received:.0f} %",
            f"{report['load']['recommendations_a_day']:.1f}")


def by_action(reports):
    bad = sum(report["counts"]["bad_accounts"] for report in reports)
    table("from", "probability", "accounts at or above", "of them droppers, % (95 %)", "of all droppers, % (95 %)")
    for rules in zip(*(report["thresholds"] for report in reports)):
        taken, hit = (round(sum(rule["accounts"][key] for rule in rules)) for key in ("taken", "bad"))
        row(f"`{rules[0]['action']}`", f"{rules[0]['probability']:.2f}", taken, share(hit, taken), share(hit, bad))


def groups(reports):
    sums = {}
    for report in reports:
        for group in report["by_group"]["groups"]:
            held = sum(n for action, n in group["wrong_freezes_by_action"].items() if action not in ("REVIEW_ONLY", "ASK_PAYER", "SUSPEND_INSTRUCTION"))
            counts = [group[key] for key in ("bad", "found", "honest", "wrong_freezes")] + [held]
            sums[group["group"]] = [a + b for a, b in zip(sums.get(group["group"], [0] * 5), counts)]
    return sums


def by_typology(sums):
    table("typology", "droppers", "found", "% (95 %)")
    for name in TYPOLOGIES:
        bad, found, *_ = sums[name]
        row(f"`{name}`", bad, found, share(found, bad))


def whom_it_hits(sums):
    table("who", "accounts", "wrongly recommended", "% (95 %)", "of them hold or more")
    rest = [name for name in sums if name not in ROLES + PASTS + TYPOLOGIES]
    sums["organisations"] = [sum(values) for values in zip(*(sums[name] for name in rest))]
    sums["droppers whom nobody paid"] = [sum(values) for values in zip(*(sums[name] for name in TYPOLOGIES))]
    for name in (*ROLES, "organisations", *PASTS, "droppers whom nobody paid"):
        _, _, honest, wrong, held = sums[name]
        row(name.replace("_", " "), honest, wrong, share(wrong, honest, 2), held)


def by_age(reports):
    table("age of the account", "honest accounts", "wrongly recommended", "% (95 %)")
    for name in reports[0]["recommended"]["honest_accounts_by_account_age"]:
        honest, wrong = (sum(report["recommended"][f"{what}_by_account_age"][name] for report in reports)
                         for what in ("honest_accounts", "wrong_freezes"))
        if honest > 0:
            row(name, honest, wrong, share(wrong, honest, 2))


def calibration(reports):
    table("probability from", "sides", "mean probability, %", "droppers', % (95 %)")
    for bins in zip(*(report["calibration"] for report in reports)):
        sides = sum(part["sides"] for part in bins)
        if sides == 0:
            continue
        mean = sum(part["sides"] * (part["mean_probability"] or 0) for part in bins) / sides
        bad = round(sum(part["sides"] * (part["rate"] or 0) for part in bins))
        row(f"{bins[0]['from']:.1f}", sides, f"{100 * mean:.1f}", share(bad, sides, 1))


def main():
    seeds = [int(word) for word in sys.argv[1:]] or SEEDS
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(judge, seeds))
    by_seed(seeds, reports)
    by_action(reports)
    sums = groups(reports)
    by_typology(sums)
    whom_it_hits(sums)
    by_age(reports)
    calibration(reports)


if __name__ == "__main__":
    main()
