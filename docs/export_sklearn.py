#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A logistic regression of scikit-learn's as a model document, from `saqshy features --out vectors.csv` and account labels:
export_sklearn.py vectors.csv labels.csv model.json && saqshy model check model.json"""
import csv, json, os, subprocess, sys  # noqa: E401

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

vectors, labels, out = sys.argv[1:4]
names, *rows = list(csv.reader(open(vectors)))
labelled = csv.DictReader(open(labels))
time = next(name for name in labelled.fieldnames if name.startswith("first_"))
since = {row["account_id"]: float(row[time]) for row in labelled}
bad = [float(row[names.index("event_time")]) >= since.get(row[names.index("account")], numpy.inf) for row in rows]
names = names[10:]
features = numpy.array([[float(value or "nan") for value in row[10:]] for row in rows])

# The basis: log1p of each feature, 0 where it is null or below 0, on the grid of values; and 1 where it is null.
logs = numpy.minimum(numpy.log1p(numpy.maximum(numpy.nan_to_num(features), 0)), 32)
basis = numpy.hstack([numpy.round(logs * 2**16) / 2**16, numpy.isnan(features)])

scaler = StandardScaler().fit(basis)
fit = LogisticRegression(C=0.1, max_iter=2000).fit(scaler.transform(basis), bad)
weights = fit.coef_[0] / scaler.scale_
intercept, *weights = (round(w * 2**20) / 2**20 for w in (fit.intercept_[0] - weights @ scaler.mean_, *weights))
terms = [{"name": f"{name} {kind}", "type": kind, "feature": name, "weight": weight, "text": dict.fromkeys(["en", "ru", "kk"], name)}
         for (kind, name), weight in zip([(k, n) for k in ("linear", "null") for n in names], weights) if weight != 0]
shown = subprocess.run([os.environ.get("SAQSHY", "saqshy"), "model", "show", "--json"], check=True, capture_output=True).stdout
document = {"format": "saqshy-model/1", "id": "scikit-learn", "features_sha256": json.loads(shown)["features_sha256"],
            "intercept": intercept, "transforms": dict.fromkeys(names, "log1p"), "terms": terms,
            "calibration": {"type": "logistic"}, "provenance": {"made_by": "docs/export_sklearn.py"}}
json.dump(document, open(out, "w"), indent=1)
