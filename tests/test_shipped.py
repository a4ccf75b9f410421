# SPDX-License-Identifier: Apache-2.0
"""The shipped model is what models/make makes of the feed it names, as far as a minute can tell (`./dev model --check` trains it
anew), and docs/MODEL_CARD.md has the figures that bench/model_card.py prints."""
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import tempfile

SAQSHY, SOURCE = os.environ["SAQSHY"], os.environ["SOURCE_DIR"]
DEFAULT_START_S = 1767207600  # of `saqshy gen`: 2026-01-01 in UTC+5


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path):
    with open(f"{SOURCE}/{path}", encoding="utf-8") as file:
        return file.read()


def flag(name):
    return re.search(rf" --{name} (\S+)", read("models/make")).group(1)


def test_it_was_trained_on_what_the_command_makes(provenance):
    with tempfile.TemporaryDirectory() as room:
        subprocess.run([f"{SOURCE}/models/make", "--feed", room], check=True)
        assert provenance["input_sha256"] == sha256(f"{room}/feed.avro")
        assert provenance["labels_sha256"] == sha256(f"{room}/labels.csv")
        with open(f"{room}/labels.csv", encoding="utf-8") as file:
            assert provenance["bad_accounts"] == len(file.readlines()) - 1


def test_it_was_trained_as_the_command_says(model, provenance):
    assert model["id"] == "droppers-gen-1" == flag("id")
    assert 16 <= len(model["terms"]) <= 64 == int(flag("terms"))
    assert model["features_sha256"] in read("docs/FEATURES.md")
    assert provenance["monotone"] is True and provenance["horizon_s"] == 0 and provenance["sample"] == 200000
    assert provenance["seed"] == 1 and provenance["rows"] > 2000000
    assert all(0.5 < fold["low"] <= fold["value"] <= fold["high"] <= 1 for fold in provenance["account_average_precision"])
    assert {trial["terms"] for trial in provenance["validation"]} == {16, 32, 64}
    assert provenance["fit_until"] < DEFAULT_START_S, "a backtest of a feed of the default days would judge nothing"


def test_the_card_has_the_figures(card, text):
    said = subprocess.run([f"{SOURCE}/bench/model_card.py"], check=True, capture_output=True, text=True, cwd=SOURCE).stdout
    for line in said.splitlines():
        assert line in text, f"docs/MODEL_CARD.md has no line\n{line}\nbench/model_card.py prints what it must have"
    assert flag("seed") not in map(str, card.SEEDS) and not {2001, 2002, 2003} & set(card.SEEDS)


def main():
    model = json.loads(read("models/shipped-model.json"))
    spec = importlib.util.spec_from_file_location("model_card", f"{SOURCE}/bench/model_card.py")
    card = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(card)
    test_it_was_trained_on_what_the_command_makes(model["provenance"])
    test_it_was_trained_as_the_command_says(model, model["provenance"])
    test_the_card_has_the_figures(card, read("docs/MODEL_CARD.md"))


main()
