# SPDX-License-Identifier: Apache-2.0
"""The fit of models/train/ (tests/tool_fit) against scikit-learn's LogisticRegression, for a fixed basis: unrounded,
unconstrained coefficients agree to 1e-6.

Ours minimises  sum(w·loss) / sum(w) + l2/2·|b|²,  scikit-learn  C·sum(w·loss) + |b|²/2;  both leave the intercept out of
the penalty, so C = 1 / (l2·sum(w)). With signs, where scikit-learn has none, the conditions of the optimum are checked
with numpy alone."""
import os
import subprocess

import numpy
from sklearn.linear_model import LogisticRegression

TOOL = os.environ["BUILD_DIR"] + "/tests/tool_fit"
ROWS, FEATURES, TERMS, BINS = 4000, 6, 24, 12
BELOW, ABOVE, NULL = 0, 1, 2
AGREEMENT = 1e-6


def terms_of(random):
    """(sign, parts), each part (feature, kind, edge); no two terms alike."""
    terms = []
    while len(terms) < TERMS:
        features = sorted(random.choice(FEATURES, size=random.integers(1, 3), replace=False))
        kinds = random.choice([BELOW, ABOVE, NULL], size=len(features), p=[0.4, 0.5, 0.1])
        parts = [(int(f), int(k), 0 if k == NULL else int(random.integers(0, BINS - 2))) for f, k in zip(features, kinds)]
        if parts not in [known for _, known in terms]:
            terms.append((0, parts))
    return terms


def values_of(terms, bins):
    """The design matrix: bin 0 is null, edge e lies between bins e + 1 and e + 2."""
    columns = numpy.ones((len(terms), len(bins)))
    for column, (_, parts) in zip(columns, terms):
        for feature, kind, edge in parts:
            bin = bins[:, feature]
            column *= {BELOW: (bin > 0) & (bin < edge + 2), ABOVE: bin >= edge + 2, NULL: bin == 0}[kind]
    return columns.T


def ours(terms, bins, bad, weight, l2):
    lines = [f"{l2!r} 1e-12 {len(terms)} {len(bins)} {FEATURES}"]
    for sign, parts in terms:
        lines.append(" ".join(map(str, [len(parts), sign] + [number for part in parts for number in part])))
    lines += [f"{int(b)} {float(w)!r} {' '.join(map(str, row))}" for b, w, row in zip(bad, weight, bins)]
    printed = subprocess.run([TOOL], input="\n".join(lines), capture_output=True, text=True, check=True).stdout
    return numpy.array(list(map(float, printed.split())))


def theirs(values, bad, weight, l2):
    model = LogisticRegression(C=1 / (l2 * weight.sum()), solver="newton-cholesky", tol=1e-10, max_iter=10000)
    model.fit(values, bad, sample_weight=weight)
    return numpy.concatenate([model.intercept_, model.coef_[0]])


def gradient_of(weights, values, bad, weight, l2):
    p = 1 / (1 + numpy.exp(-(weights[0] + values @ weights[1:])))
    return values.T @ (weight * (p - bad)) / weight.sum() + l2 * weights[1:]


def problem(seed, weighted):
    random = numpy.random.default_rng(seed)
    bins = random.integers(0, BINS, size=(ROWS, FEATURES))
    terms = terms_of(random)
    values = values_of(terms, bins)
    logit = -2 + values @ random.normal(0, 1, TERMS)
    bad = random.random(ROWS) < 1 / (1 + numpy.exp(-logit))
    weight = random.choice([1.0, 2.5, 37.125], size=ROWS) if weighted else numpy.ones(ROWS)
    return terms, bins, values, bad, weight


def check_agreement():
    for seed, weighted, l2 in [(1, False, 1e-3), (2, False, 1e-5), (3, True, 1e-4), (4, True, 1e-2), (5, True, 1e-6)]:
        terms, bins, values, bad, weight = problem(seed, weighted)
        difference = numpy.abs(ours(terms, bins, bad, weight, l2) - theirs(values, bad, weight, l2)).max()
        print(f"seed {seed}, weighted {weighted}, l2 {l2}: largest difference {difference:.1e}")
        assert difference < AGREEMENT, (seed, difference)


def check_signs():
    """With half of the signs turned against what the rows say: held weights are 0 and pushed against their bound."""
    terms, bins, values, bad, weight = problem(6, True)
    free = ours(terms, bins, bad, weight, 1e-4)[1:]
    signs = [int(numpy.sign(b)) * (1 if i % 2 else -1) for i, b in enumerate(free)]
    weights = ours([(s, parts) for s, (_, parts) in zip(signs, terms)], bins, bad, weight, 1e-4)
    gradient = gradient_of(weights, values, bad, weight, 1e-4)
    for sign, b, g in zip(signs, weights[1:], gradient):
        assert b * sign >= 0, (sign, b)
        assert abs(g) < 1e-9 if b != 0 else g * sign > -1e-9, (sign, b, g)
    assert sum(weights[1:] == 0) >= TERMS // 4


check_agreement()
check_signs()
