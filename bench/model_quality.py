#!/usr/bin/env python3
"""How good a ranking of accounts is, beside what else could have been made of the same features.

    saqshy features --input FEED --out vectors.npy
    saqshy train --input FEED --labels LABELS --fit-share 70 --out model.json
    saqshy backtest --input FEED --labels LABELS --model model.json --out results
    tests/python bench/model_quality.py vectors.npy LABELS model.json results/scores.csv

All are fitted on the rows before the model's `fit_until` and judged on those after it, on accounts that were not known
as bad by then. An account's score is its highest. Printed: account average precision, and a 95 % band of it by a
bootstrap of accounts (seed 1, 500 draws); as Markdown.
"""

import json
import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler

FIRST_FEATURE = 9  # columns of `saqshy features` before it say whose row it is
DRAWS = 500


def read_labels(path):
    with open(path, encoding="utf-8") as lines:
        head = next(lines).strip().split(",")
        when = next((i for i, name in enumerate(head) if name.startswith("first_")), 1)
        rows = [line.strip().split(",") for line in lines]
    return {row[0]: float(row[when]) for row in rows}


class Feed:
    def __init__(self, vectors, labels, until):
        self.names = vectors.dtype.names[FIRST_FEATURE:]
        self.x = np.stack([vectors[name] for name in self.names], 1).astype(np.float32)
        accounts, self.account = np.unique(vectors["account"], return_inverse=True)
        time = vectors["event_time"].astype(np.int64)
        first_bad = np.floor([labels.get(token.decode() if isinstance(token, bytes) else str(token), np.inf)
                              for token in accounts])[self.account]
        self.fit = time < until
        self.bad = time >= first_bad
        self.judged = ~self.fit & (first_bad >= until)

    def accounts(self, score):
        """The highest score of each judged account, and whether it is bad."""
        number = self.account[self.judged]
        best = np.full(self.account.max() + 1, -np.inf)
        np.maximum.at(best, number, score)
        bad = np.zeros(best.size, bool)
        bad[number[self.bad[self.judged]]] = True
        return bad[best > -np.inf], best[best > -np.inf]


def band(bad, score):
    draw = np.random.default_rng(1)
    found = []
    for _ in range(DRAWS):
        chosen = draw.integers(0, bad.size, bad.size)
        if bad[chosen].any():
            found.append(average_precision_score(bad[chosen], score[chosen]))
    return np.percentile(found, [2.5, 97.5])


def plain_logistic(feed):
    """Standardised features, a null indicator for each that has nulls, no class weights."""
    null = np.isnan(feed.x)
    some = null[feed.fit].any(0)
    x = np.hstack([np.where(null, 0, feed.x), null[:, some]])
    x = np.sign(x) * np.log1p(np.abs(x))
    scaler = StandardScaler().fit(x[feed.fit])
    model = LogisticRegression(max_iter=2000).fit(scaler.transform(x[feed.fit]), feed.bad[feed.fit])
    return model.decision_function(scaler.transform(x[feed.judged]))


def boosted_trees(feed):
    model = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=400, early_stopping=False, random_state=1)
    model.fit(feed.x[feed.fit], feed.bad[feed.fit])
    return model.decision_function(feed.x[feed.judged])


def best_feature(feed):
    """The one that ranks best where models are fitted, either way round."""
    best = (-1.0, None, 1)
    for i, name in enumerate(feed.names):
        for sign in (1, -1):
            score = np.nan_to_num(sign * feed.x[feed.fit, i], nan=-np.inf)
            value = average_precision_score(feed.bad[feed.fit], np.nan_to_num(score, neginf=-1e30))
            best = max(best, (value, name, sign))
    _, name, sign = best
    score = sign * feed.x[feed.judged, feed.names.index(name)]
    return name, np.nan_to_num(score, nan=-1e30)


def ours(feed, path):
    logits = np.loadtxt(path, delimiter=",", skiprows=1, usecols=column(path, "logit"))
    assert logits.size == feed.judged.size, f"{path}: not the rows of the vectors"
    return logits[feed.judged]


def column(path, name):
    with open(path, encoding="utf-8") as lines:
        return next(lines).strip().split(",").index(name)


def main():
    vectors, labels, model, scores = sys.argv[1:]
    with open(model, encoding="utf-8") as text:
        document = json.load(text)
    feed = Feed(np.load(vectors, mmap_mode="r"), read_labels(labels), document["provenance"]["fit_until"])
    name, single = best_feature(feed)
    rows = [(f"best single feature, `{name}`", single),
            ("logistic regression on standardised features", plain_logistic(feed)),
            (f"**saqshy train**, {len(document['terms'])} terms", ours(feed, scores)),
            ("scikit-learn's boosted trees (400 of 31 leaves)", boosted_trees(feed))]
    print("| on the features of `saqshy features` | account average precision | 95 % |\n| --- | ---: | ---: |")
    for what, score in rows:
        bad, best = feed.accounts(score)
        low, high = band(bad, best)
        print(f"| {what} | {average_precision_score(bad, best):.3f} | {low:.3f}-{high:.3f} |")
    print(f"\n{int(feed.fit.sum())} rows fitted; {bad.size} accounts judged, {int(bad.sum())} of them bad.")


main()
