#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures of docs/MODEL_CARD.md: the shipped model and policy on feeds they were never fitted to nor chosen by.

    bench/model_card.py [SEED…]        after ./dev build; the seeds of the card by default
    bench/model_card.py --choices      trains with other numbers of terms, and judges them on the seeds for choices

Feeds are those of `saqshy gen` with its defaults and the seed. Prints the card's tables as Markdown. Shares of accounts have 95 %
bands by Wilson; average precisions have those of `saqshy backtest`, a bootstrap of accounts. Needs Python alone.
"""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SAQSHY = os.environ.get("SAQSHY", "build/saqshy")
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHOICE_SEEDS = (2001, 2002, 2003)
CHOICE_TERMS = (33, 64, 128)
CHOICE_PROBABILITIES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97)
SEEDS = (3001, 3002, 3003, 3004, 3005)
TYPOLOGIES = ("forwarder", "operator", "slow_forwarder", "card_farm")
ROLES = ("employee", "pensioner", "student", "market_seller", "taxi_driver", "landlord", "newcomer", "charity", "second_account")
PASTS = ("feast", "collection", "family_purchase", "own_loan", "car_sale", "repaid_debt", "victim")
Z = 1.959963984540054


def run(*words):
    subprocess.run([SAQSHY, *words, "--quiet"], check=True)


def report_of(out):
    with open(f"{out}/report.json", encoding="utf-8") as file:
        return json.load(file)


def judge(seed):
    with tempfile.TemporaryDirectory() as room:
        feed, labels, groups, out = (f"{room}/{name}" for name in ("feed.avro", "labels.csv", "groups.csv", "out"))
        run("gen", "--seed", str(seed), "--out", feed, "--labels", labels, "--groups", groups)
        run("backtest", "--input", feed, "--labels", labels, "--groups", groups, "--out", out, "--no-sqlite")
        return report_of(out)


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
    table("probability from", "sides", "mean probability, %", "droppers', %")
    for bins in zip(*(report["calibration"] for report in reports)):
        sides = sum(part["sides"] for part in bins)
        if sides == 0:
            continue
        mean = sum(part["sides"] * (part["mean_probability"] or 0) for part in bins) / sides
        bad = round(sum(part["sides"] * (part["rate"] or 0) for part in bins))
        row(f"{bins[0]['from']:.1f}", sides, f"{100 * mean:.1f}", f"{100 * bad / sides:.1f}")


class Choice:
    """A model on the feeds for choices: average precisions, and the highest probability of every account."""

    def __init__(self, room, model):
        self.precisions, self.bad, self.honest, self.minutes = [], [], [], []
        for seed in CHOICE_SEEDS:
            labels, out = f"{room}/{seed}.csv", f"{room}/out"
            run("backtest", "--input", f"{room}/{seed}.avro", "--labels", labels, "--model", model, "--policy",
                f"{room}/half.json", "--out", out, "--no-sqlite", "--force")
            report = report_of(out)
            self.precisions.append(f"{report['account_average_precision']:.3f}")
            self.minutes.append(whole(report["recommended"]["minutes_median"]))
            with open(labels, encoding="utf-8") as file:
                bad = {line["account_id"] for line in csv.DictReader(file)}
            highest = {}
            with open(f"{out}/scores.csv", encoding="utf-8") as file:
                for line in csv.DictReader(file):
                    account, probability = line["account"], float(line["probability"])
                    highest[account] = max(highest.get(account, 0), probability)
            self.bad += [highest.get(account, 0) for account in bad]
            self.honest += [probability for account, probability in highest.items() if account not in bad]

    def reached(self, probability):
        return [sum(one >= probability for one in ones) for ones in (self.bad, self.honest)]


def half(room):
    """The shipped policy, but that a review is asked for at 0.5."""
    with open(f"{SOURCE}/models/shipped-policy.json", encoding="utf-8") as file:
        policy = json.load(file)
    policy["actions"]["REVIEW_ONLY"]["probability"] = 0.5
    with open(f"{room}/half.json", "w", encoding="utf-8") as file:
        json.dump(policy, file)


def fit(room, terms):
    model = f"{room}/{terms}.json"
    run("train", "--input", f"{room}/feed.avro", "--labels", f"{room}/labels.csv", "--terms", str(terms), "--seed", "1", "--out", model)
    with open(model, encoding="utf-8") as file:
        return model, len(json.load(file)["terms"])


def choices():
    with tempfile.TemporaryDirectory() as room:
        subprocess.run([f"{SOURCE}/models/make", "--feed", room], check=True, env=dict(os.environ, SAQSHY=os.path.abspath(SAQSHY)))
        half(room)
        for seed in CHOICE_SEEDS:
            run("gen", "--seed", str(seed), "--out", f"{room}/{seed}.avro", "--labels", f"{room}/{seed}.csv")
        table("`--terms`", "terms kept", "average precision of accounts, by seed", "at 0.5 or more: droppers, honest", "at 0.8 or more")
        judged = {}
        for terms in CHOICE_TERMS:
            model, kept = fit(room, terms)
            judged[terms] = choice = Choice(room, model)
            row(terms, kept, ", ".join(choice.precisions), *(", ".join(f"{n:,}" for n in choice.reached(p)) for p in (0.5, 0.8)))
        shipped = judged[64]
        table("", *(f"{probability:g}" for probability in CHOICE_PROBABILITIES))
        for name, at in (("droppers", 0), ("honest", 1)):
            row(name, *(shipped.reached(probability)[at] for probability in CHOICE_PROBABILITIES))
        print(f"\nof {len(shipped.bad)} droppers; reviewed at 0.5, half within {', '.join(shipped.minutes)} minutes, by seed")


def main():
    if sys.argv[1:] == ["--choices"]:
        choices()
        return
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
