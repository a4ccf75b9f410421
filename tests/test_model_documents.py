# SPDX-License-Identifier: Apache-2.0
"""Model and policy documents against their JSON Schemas, as jsonschema reads them: what the program ships and trains
is valid; whatever a schema refuses the program refuses, too; and of a key that is missing, strange or of another type
both say the same. And what `saqshy model diff` makes of models that were changed on purpose."""
import copy
import json
import os
import random
import subprocess
import tempfile

import jsonschema

SAQSHY = os.environ["SAQSHY"]
SOURCE = os.environ["SOURCE_DIR"]
STRANGERS = [None, True, "strange", 7, [], {}]
BAD_CONFIGURATION = 78


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def validator(name):
    schema = load(f"{SOURCE}/schemas/{name}.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def write(document):
    with open("document.json", "w", encoding="utf-8") as file:
        json.dump(document, file)


def takes_model(document):
    write(document)
    status = subprocess.run([SAQSHY, "model", "check", "document.json"], capture_output=True).returncode
    assert status in (0, BAD_CONFIGURATION), (status, document)
    return status == 0


def takes_policy(document):
    write(document)
    words = [SAQSHY, "check", "--json", "-X", "policy.path=document.json"]
    rows = subprocess.run(words, capture_output=True, text=True).stdout.splitlines()
    return {row["check"]: row["ok"] for row in map(json.loads, rows)}["policy"]


def kind(value):
    return "number" if type(value) in (int, float) else type(value).__name__


def places(value, path=()):
    """Every place in a document, of a list its first two items."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changed(document, path, value):
    if not path:
        return value
    document = copy.deepcopy(document)
    at(document, path[:-1])[path[-1]] = value
    return document


def without(document, path):
    document = copy.deepcopy(document)
    del at(document, path[:-1])[path[-1]]
    return document


def broken(document, under, but):
    """(what, a document, whether schema and program must say the same of it), changed at `under` and below."""
    for path in places(document):
        if path[: len(under)] != under or path[: len(but)] == but:
            continue
        value = at(document, path)
        if path and isinstance(path[-1], str):
            yield f"without {path}", without(document, path), True
        if isinstance(value, dict):
            yield f"a stranger in {path}", changed(document, (*path, "strange"), 1), True
        if isinstance(value, list):
            yield f"{path} empty", changed(document, path, []), False
            yield f"{path} a thousand times", changed(document, path, value * 1000), False
        for stranger in STRANGERS:
            yield f"{stranger} at {path}", changed(document, path, stranger), kind(value) != kind(stranger)
        if kind(value) == "number":
            for far in (-1, 0, 1e9):
                yield f"{far} at {path}", changed(document, path, far), False


def compare(document, schema, takes, under=(), but=("nothing",)):
    refused = {True: 0, False: 0}
    for what, changed_document, same in broken(document, under, but):
        valid, taken = schema.is_valid(changed_document), takes(changed_document)
        assert valid or not taken, f"the schema refuses and the program takes: {what}"
        assert valid == taken or not same, f"the schema takes and the program refuses: {what}"
        refused[taken] += 1
    assert refused[False] > 20 and refused[True] > 0, refused


def every_shape(shipped):
    """A small model with each kind of term and transform."""
    words = {"en": "e", "ru": "r", "kk": "k"}
    step = {"type": "step", "feature": "cash_gap", "knot": 900, "side": "below"}
    null = {"type": "null", "feature": "balance_ratio"}
    hinge = {"type": "hinge", "feature": "in_amount_24h", "knot": 1.5, "side": "above"}
    linear = {"type": "linear", "feature": "account_age"}
    bases = [linear, {"type": "and", "terms": [step, null]}, hinge, step, null, {"type": "and", "terms": [hinge, linear]}]
    terms = [{"name": f"t{i}", **basis, "weight": 0.5, "text": words} for i, basis in enumerate(bases)]
    table = {"type": "table", "points": [[-3, 0.001], [2.5, 0.9]]}
    transforms = {"account_age": {"clip": [0, 30]}, "in_amount_24h": "log1p", "cash_gap": "identity"}
    scores = {"edges": [-2.5, 0.5], "rows": [70, 20, 10], "accounts": 40}
    return {**shipped, "terms": terms, "calibration": table, "transforms": transforms,
            "provenance": {**shipped["provenance"], "fit_until": 1767225600, "training_scores": scores}}


def test_ids_have_the_same_limit(document, name, takes):
    schema = validator(name)
    for size, due in ((1, True), (128, True), (129, False), (4096, False), (0, False)):
        named = {**document, "id": "x" * size}
        assert schema.is_valid(named) == takes(named) == due, (name, size)
    assert not takes({**document, "id": "ы" * 65}), "bytes are counted"


def test_models_against_their_schema(shipped):
    schema = validator("model")
    model = every_shape(shipped)
    for document in (shipped, model):
        schema.validate(document)
        assert takes_model(document)
    test_ids_have_the_same_limit(shipped, "model", takes_model)
    for until in ("x", 1.5, None):
        document = changed(model, ("provenance", "fit_until"), until)
        assert not schema.is_valid(document) and not takes_model(document), until
    rows = ("provenance", "training_scores", "rows")
    assert not schema.is_valid(changed(model, rows, [0, 0, 0])) and not takes_model(changed(model, rows, [0, 0, 0]))
    assert takes_model(changed(model, rows, [40, 0, 0])) and not takes_model(changed(model, rows, [39, 0, 0]))
    compare(model, schema, takes_model, but=("terms", 0))
    for term in model["terms"]:
        compare({**model, "terms": [term]}, schema, takes_model, under=("terms", 0))


def test_a_trained_model_is_valid():
    subprocess.run([SAQSHY, "gen", "--quiet", "--days", "4", "--accounts", "1600", "--droppers", "80", "--out", "feed.avro",
                    "--labels", "labels.csv"], check=True)
    subprocess.run([SAQSHY, "train", "--quiet", "--input", "feed.avro", "--labels", "labels.csv", "--terms", "16",
                    "--sample", "5000", "--out", "trained.json"], check=True)
    trained = load("trained.json")
    assert len(trained["terms"]) > 2
    validator("model").validate(trained)
    validator("model").validate(load(f"{SOURCE}/models/shipped-model.json"))


def test_policies_against_their_schema():
    policy = load(f"{SOURCE}/models/shipped-policy.json")
    policy["allow"] = [{"account_token": "a", "reason": "r", "expires": "2027-01-31", "author": "x"}]
    policy["holidays"], policy["working_weekends"] = ["2027-01-01"], ["2027-01-02"]
    policy["hold_counts_from"] = "ISSUE_DAY"
    policy["actions"] = dict(list(policy["actions"].items())[:2])
    schema = validator("policy")
    schema.validate(policy)
    schema.validate(load(f"{SOURCE}/models/shipped-policy.json"))
    assert takes_policy(policy)
    test_ids_have_the_same_limit(policy, "policy", takes_policy)
    compare(policy, schema, takes_policy)


def diff(old, new):
    for name, document in (("old.json", old), ("new.json", new)):
        with open(name, "w", encoding="utf-8") as file:
            json.dump(document, file)
    done = subprocess.run([SAQSHY, "model", "diff", "old.json", "new.json", "--json"], capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    result = json.loads(done.stdout)
    assert result["differs"] == (done.returncode == 1)
    return result


def pairs(result, change):
    return {(row["old"] and row["old"]["name"], row["new"] and row["new"]["name"]) for row in result["terms"][change]}


def test_terms_are_told_by_what_they_look_at(shipped):
    """Shuffled, renamed, with the parts of conjunctions swapped: nothing is lost and gained."""
    other = copy.deepcopy(shipped)
    random.Random(3).shuffle(other["terms"])
    assert not diff(shipped, other)["differs"]
    renamed = {}
    for i, term in enumerate(other["terms"]):
        renamed[term["name"]] = term["name"] = f"n{i}"
        if term["type"] == "and":
            term["terms"].reverse()
    result = diff(shipped, other)
    assert [len(result["terms"][change]) for change in ("added", "removed", "moved", "reweighted")] == [0] * 4
    assert len(result["terms"]["reworded"]) == len(shipped["terms"]) and result["terms"]["same"] == 0


def test_each_change_is_named(shipped):
    def term(name, knot, weight=1.0, feature="in_count_24h"):
        return {"name": name, "type": "step", "feature": feature, "knot": knot, "side": "above", "weight": weight,
                "text": {"en": name, "ru": name, "kk": name}}

    old = {**shipped, "terms": [term("five", 5), term("ten", 10), term("gone", 3, feature="payers_7d"), term("kept", 50)]}
    new = {**shipped, "terms": [term("eleven", 11), term("five", 5, 1.25), term("new", 3, feature="payees_7d"),
                                term("kept", 50)], "intercept": -4.5, "provenance": {"metrics": {"loss": 0.25}}}
    result = diff(old, new)
    assert pairs(result, "moved") == {("ten", "eleven")}
    assert pairs(result, "reweighted") == {("five", "five")}
    assert result["terms"]["reweighted"][0]["weight_change"] == 0.25
    assert pairs(result, "added") == {(None, "new")} and pairs(result, "removed") == {("gone", None)}
    assert result["terms"]["removed"][0]["weight_change"] == -1
    assert result["terms"]["same"] == 1 and result["intercept_differs"] and not result["calibration_differs"]
    assert result["provenance"]["metrics.loss"] == [None, 0.25]
    assert result["provenance"]["card"][1] is None


def test_a_term_moves_to_the_nearest_knot(shipped):
    def model(knots):
        return {**shipped, "terms": [{"name": str(knot), "type": "step", "feature": "in_count_24h", "knot": knot,
                                      "side": "above", "weight": 1, "text": {"en": "e", "ru": "r", "kk": "k"}}
                                     for knot in knots]}

    result = diff(model([2, 100, 30]), model([29, 3, 3000]))
    assert pairs(result, "moved") == {("30", "29"), ("2", "3"), ("100", "3000")}
    assert pairs(diff(model([2, 100]), model([99])), "removed") == {("2", None)}


def test_calibrations_are_compared(shipped):
    table = {**shipped, "calibration": {"type": "table", "points": [[-3, 0.001], [2.5, 0.9]]}}
    steeper = {**shipped, "calibration": {"type": "table", "points": [[-3, 0.001], [2.25, 0.9]]}}
    assert not diff(table, table)["differs"]
    for other in (shipped, steeper):
        assert diff(table, other)["calibration_differs"]


def test_show_says_what_the_document_says(shipped):
    done = subprocess.run([SAQSHY, "model", "show", "--json", "--lang", "ru"], capture_output=True, check=True)
    shown = json.loads(done.stdout)
    for key in ("id", "features_sha256", "calibration", "provenance"):
        assert shown[key] == shipped[key]
    assert [(t["name"], t["weight"], t["text"]) for t in shown["terms"]] == [
        (t["name"], t["weight"], t["text"]["ru"]) for t in shipped["terms"]]
    assert all(1 <= len(t["features"]) <= 2 and t["features"][0] in t["rule"] for t in shown["terms"])


def main():
    shipped, by_hand = load(f"{SOURCE}/models/shipped-model.json"), load(f"{SOURCE}/tests/models/by-hand.json")
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        test_models_against_their_schema(by_hand)
        test_a_trained_model_is_valid()
        test_policies_against_their_schema()
        test_terms_are_told_by_what_they_look_at(by_hand)
        test_each_change_is_named(by_hand)
        test_a_term_moves_to_the_nearest_knot(by_hand)
        test_calibrations_are_compared(by_hand)
        test_show_says_what_the_document_says(shipped)
        os.chdir("/")


main()
