# SPDX-License-Identifier: Apache-2.0
"""A model that was fitted elsewhere: docs/export_sklearn.py fits scikit-learn's logistic regression on what
`saqshy features` writes; the program takes the document, and its logits are scikit-learn's decision function, but for
the rounding of the weights to their grid."""
import csv
import json
import os
import runpy
import subprocess
import sys
import tempfile

import numpy

SAQSHY = os.environ["SAQSHY"]
SCRIPT = os.environ["SOURCE_DIR"] + "/docs/export_sklearn.py"
HALF_A_WEIGHT = 2**-21
VALUE_UNIT = 2**-16


def run(*words):
    return subprocess.run([SAQSHY, *words], check=True, capture_output=True, text=True).stdout


def key_of(row):
    return (f"{row['partition']}/{row['offset']}", row["side"]) if "partition" in row else (row["position"], row["side"])


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def export():
    """The names that the script leaves behind."""
    sys.argv = [SCRIPT, "vectors.csv", "labels.csv", "model.json"]
    return runpy.run_path(SCRIPT, run_name="__main__")


def main():
    run("gen", "--quiet", "--days", "4", "--accounts", "1500", "--droppers", "40", "--out", "feed.avro", "--labels",
        "labels.csv")
    run("features", "--quiet", "--input", "feed.avro", "--out", "vectors.csv")
    left = export()
    checked = json.loads(run("model", "check", "model.json", "--json"))
    assert checked["ok"] and checked["terms"] == len(left["terms"]) > 50, checked
    run("backtest", "--quiet", "--input", "feed.avro", "--labels", "labels.csv", "--model", "model.json", "--out", "results")

    decisions = left["fit"].decision_function(left["scaler"].transform(left["basis"]))
    rounding = HALF_A_WEIGHT * (1 + left["basis"].sum(axis=1)) + 1e-9
    ours = {key_of(row): float(row["logit"]) for row in read("results/scores.csv")}
    rows = [key_of(row) for row in read("vectors.csv")]
    assert len(rows) == len(ours) == len(decisions) > 5000
    off = numpy.abs(numpy.array([ours[key] for key in rows]) - decisions)
    # A logarithm that lies between two steps of the grid may be rounded the other way.
    weight = sum(abs(term["weight"]) for term in left["terms"])
    assert numpy.all(off <= rounding + VALUE_UNIT * weight), off.max()
    assert numpy.mean(off <= rounding) > 0.99, numpy.mean(off <= rounding)
    print(f"{len(rows)} logits, {len(left['terms'])} terms, largest difference {off.max():.2g}, beyond rounding "
          f"{numpy.mean(off > rounding):.2g}; logits {decisions.min():.3g} to {decisions.max():.3g}")


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    main()
    os.chdir("/")
