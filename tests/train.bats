# train: a model from recorded events and labels. tests/test_train.c tries it whole, tests/test_train_parts.c its parts.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 14 --accounts 1500 --droppers 100 --seed 5 --out feed.avro --labels labels.csv
    train=("$SAQSHY" train --quiet --input feed.avro --labels labels.csv --fit-share 60 --terms 16 --out model.json --json)
    "${train[@]}" > summary 2> warnings || { cat warnings >&2; false; }
    # Of what only has to be a model there are enough in a tenth of it.
    "$SAQSHY" gen --quiet --days 5 --accounts 300 --droppers 60 --seed 5 --out short.avro --labels short.csv
}

setup() { cd "$BATS_FILE_TMPDIR"; }

of_summary() { python3 -c 'import json, sys; print(json.load(open("summary"))[sys.argv[1]])' "$1"; }

@test "it converges, rounds without loss, and says what it was made of" {
    [ "$(of_summary converged)" = True ]
    [ "$(of_summary terms)" -gt 3 ]
    python3 - <<'END'
import hashlib, json
said, model = json.load(open("summary")), json.load(open("model.json"))
made = model["provenance"]
assert abs(said["log_loss_rounded"] - said["log_loss"]) < 1e-6, said
assert said["log_loss_rounded"] == round(made["log_loss_rounded"], 9) and said["terms_merged"] == made["terms_merged"]
assert made["log_loss_sample_proposed"] <= made["log_loss_sample_merged"] + 1e-6, made
assert len(made["account_average_precision"]) == 2
for fold, band in enumerate(made["account_average_precision"]):
    chosen, = [trial for trial in made["validation"] if trial["chosen"]]
    assert band["value"] == chosen["account_average_precision"][fold]
    assert 0 <= band["low"] <= band["value"] <= band["high"] <= 1, band
assert said["sha256"] == hashlib.sha256(open("model.json", "rb").read()).hexdigest()
assert made["input_sha256"] == hashlib.sha256(open("feed.avro", "rb").read()).hexdigest()
assert made["labels_sha256"] == hashlib.sha256(open("labels.csv", "rb").read()).hexdigest()
assert len(model["terms"]) == said["terms"] and made["rows"] == said["rows"]
assert sum(trial["chosen"] for trial in made["validation"]) == 1
for term in model["terms"]:
    assert all(term["text"][language] for language in ("en", "ru", "kk")), term
    assert (term["weight"] * 2**20).is_integer()
END
}

@test "it brings how its own scores lay over the rows it was fitted on" {
    "$SAQSHY" backtest --quiet --no-sqlite --input feed.avro --labels labels.csv --model model.json --out scored
    python3 - <<'END'
import bisect, csv, json
made = json.load(open("model.json"))["provenance"]
said = made["training_scores"]
rows, accounts = [0] * len(said["rows"]), set()
for row in csv.DictReader(open("scored/scores.csv")):
    if made["fit_from"] <= int(row["time"]) < made["fit_until"]:
        rows[bisect.bisect_right(said["edges"], float(row["logit"]))] += 1
        accounts.add(row["account"])
assert rows == said["rows"] and sum(rows) == made["rows"], (rows, said)
assert len(accounts) == said["accounts"] and 2 <= len(rows) <= 10
END
}

@test "against that tune measures drift: none where it was fitted, some after the world changed" {
    drift() { "$SAQSHY" tune --quiet --json --model model.json --out drift.html "$@" | jq -r '.drift | "\(.against) \(.accounts_then) \(.psi) \(.bound)"'; }
    accounts=$(jq .provenance.training_scores.accounts model.json)
    "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --terms 16 --out whole.json
    from=$(jq -r '.provenance.fit_from | todate' whole.json)
    read -r against _ psi bound <<< "$(drift --input feed.avro --from "$from" --model whole.json)"
    [ "$against" = model ]
    [ "$(jq -n "$psi < 1e-9 and $bound > 0")" = true ]
    "$SAQSHY" gen --quiet --days 6 --accounts 800 --droppers 300 --seed 6 --out rougher.avro
    read -r against then psi bound <<< "$(drift --input rougher.avro --from 2026-01-01T00:00:00Z)"
    [ "$against" = model ]
    [ "$then" -eq "$accounts" ]
    [ "$(jq -n "$psi > $bound")" = true ]
}

@test "the same bytes again, and under any kernel of OpenBLAS and of ours" {
    again() { "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --fit-share 60 --terms 16 --out again.json "$@"; }
    again
    cmp model.json again.json
    for core in Prescott Sandybridge Haswell; do
        OPENBLAS_CORETYPE=$core again -X kernel.tier=scalar
        cmp model.json again.json
    done
}

# A model of all rows, as the terminal sees it: what is said on the way stands in all.err.
all_rows() { [ -e all.json ] || "$SAQSHY" train --input feed.avro --labels labels.csv --terms 8 --out all.json 2> all.err; }

# The sides that the rows are made of: account and time, from the features' table.
vectors() { [ -e vectors.csv ] || "$SAQSHY" features --quiet --input feed.avro --out vectors.csv; }

@test "--horizon-days leaves out what an account does so long after it turned bad" {
    vectors
    "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --horizon-days 2 --terms 8 --out horizon.json
    python3 - <<'END'
import csv, json
bad = {row["account_id"]: int(row["first_bad_time"]) for row in csv.DictReader(open("labels.csv"))}
made, horizon_s = json.load(open("horizon.json"))["provenance"], 2 * 86400
sides = [(row["account"], int(row["event_time"])) for row in csv.DictReader(open("vectors.csv"))]
kept = [(account, time) for account, time in sides if time - bad.get(account, 2**62) < horizon_s]
bad_sides = [account for account, time in kept if time >= bad.get(account, 2**62)]
assert made["horizon_s"] == horizon_s and made["rows"] == len(kept) < len(sides) - 1000, made
assert made["bad_rows"] == len(bad_sides) > 1000 and made["bad_accounts"] == len(set(bad_sides)), made
assert sum(made["training_scores"]["rows"]) == len(kept)
END
}

@test "no score falls as a risk rises, but with --free-signs" {
    "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --fit-share 60 --terms 16 --free-signs --out free.json
    python3 - "$SOURCE_DIR/docs/FEATURES.md" <<'END'
import json, sys
cells = [line.split(" | ") for line in open(sys.argv[1], encoding="utf-8") if line.startswith("| `")]
rises = {row[0].strip("| `"): {"rises": 1, "falls": -1, "either": 0}[row[4]] for row in cells if len(row) > 9}
def against(model):
    parts = [(term["weight"], part) for term in model["terms"] for part in term.get("terms", [term]) if "side" in part]
    return sum(weight * rises[part["feature"]] * (1 if part["side"] == "above" else -1) < 0 for weight, part in parts)
bound, free = json.load(open("model.json")), json.load(open("free.json"))
assert bound["provenance"]["monotone"] is True and free["provenance"]["monotone"] is False
assert against(bound) == 0 < against(free), (against(bound), against(free))
END
}

@test "labels of events teach what the same labels of accounts do" {
    python3 "$SOURCE_DIR/tests/labelled_transfers.py" transfers.csv
    "$SAQSHY" import --quiet --mapping "$SOURCE_DIR/schemas/mappings/transfers.map" --input transfers.csv --out transfers.avro \
        --labels-out events.csv
    [ "$(head -1 events.csv)" = event_id,label ]
    "$SAQSHY" train --quiet --input transfers.avro --labels events.csv --terms 8 --id one --out by-event.json
    python3 - <<'END'
import csv, json
sent, first = list(csv.DictReader(open("transfers.csv"))), {}
for row in sent:
    if row["is_fraud"] == "1":
        first.setdefault(row["dst_account"], int(row["ts"]))
bad = [row[side] for row in sent for side in ("src_account", "dst_account") if int(row["ts"]) >= first.get(row[side], 2**62)]
made = json.load(open("by-event.json"))["provenance"]
assert made["rows"] == 2 * len(sent) and made["bad_rows"] == len(bad) > 1000, made
assert made["bad_accounts"] == len(set(bad)) == 60, made
with open("accounts.csv", "w") as file:
    print("account_id,since", *(f"{account},{since}" for account, since in first.items()), sep="\n", file=file)
END
    "$SAQSHY" train --quiet --input transfers.avro --labels accounts.csv --terms 8 --id one --out by-account.json
    diff <(jq 'del(.provenance.labels_sha256)' by-event.json) <(jq 'del(.provenance.labels_sha256)' by-account.json)
    [ "$(jq '.terms | length' by-event.json)" -gt 0 ]
}

@test "progress is a bar with rate and time left on a terminal, a line a stage elsewhere, nothing with --quiet" {
    train=("$SAQSHY" train --input feed.avro --labels labels.csv --terms 8 --out bar.json)
    all_rows
    [ "$(wc -l < all.err)" -le 10 ]
    [ "$(grep -c '^validation 1 (' all.err)" -eq 1 ]
    run ! grep -q $'\r' all.err
    grep -q '^validation: account average precision .* (95 %: .* to .*), .* (95 %: .* to .*)$' all.err
    grep -q '^log loss: .* terms that others stand for cost .*, rounding ' all.err
    "$SAQSHY" train --quiet --input short.avro --labels short.csv --terms 8 --out bar.json 2> nothing
    [ ! -s nothing ]
    python3 - "${train[@]}" > terminal <<'END'
import os, pty, subprocess, sys
master, terminal = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stderr=terminal)
os.close(terminal)
try:
    while block := os.read(master, 4096):
        sys.stdout.write(block.decode())
except OSError:  # the other end is closed
    pass
sys.exit(process.wait())
END
    grep -q 'proposing .* %  .*/s  .* s left' terminal
    grep -q 'validation 2 .* %  .*/s  .* s left' terminal
    run ! grep -q 'validation 1 (' terminal
}

@test "--memory bounds records and rows together" {
    run --separate-stderr "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --memory 40000000 --out no.json
    [ "$status" -eq 1 ]
    [[ "$stderr" == *" MB of records need more than --memory allows; give more, or a shorter feed"* ]]
    [ ! -e no.json ]
}

@test "another seed is another model" {
    "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --fit-share 60 --terms 16 --seed 2 --out other.json
    run ! cmp model.json other.json
}

@test "on the time it was not fitted on it finds more than the model set by hand" {
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --model model.json --out trained
    from=$(python3 -c 'import json; print(json.load(open("model.json"))["provenance"]["fit_until"])')
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --from "$from" --out by-hand \
        --model "$SOURCE_DIR/tests/models/by-hand.json"
    python3 - <<'END'
import json
found = [json.load(open(f"{name}/report.json")) for name in ("trained", "by-hand")]
def precision(report):
    flat = json.dumps(report)
    return report["accounts"]["average_precision"] if "accounts" in report else report["account_average_precision"]
trained, by_hand = map(precision, found)
assert trained > by_hand, (trained, by_hand)
END
}

@test "what cannot be learned from is refused with the reason" {
    printf 'account_id,since\nnobody,1\n' > strangers.csv
    run --separate-stderr "$SAQSHY" train --quiet --input feed.avro --labels strangers.csv --out no.json
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"BAD_DATA: 0 accounts with a row after they turned bad; training needs 10"* ]]
    [ ! -e no.json ]
    head -6 labels.csv > five.csv
    run --separate-stderr "$SAQSHY" train --quiet --input feed.avro --labels five.csv --out no.json
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"BAD_DATA: 5 accounts with a row after they turned bad; training needs 10"* ]]
    run --separate-stderr "$SAQSHY" train --input feed.avro --labels labels.csv
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--out FILE is missing"* ]]
    run --separate-stderr "$SAQSHY" train --input feed.avro --labels labels.csv --out feed.avro
    [ "$status" -eq 2 ]
    run --separate-stderr "$SAQSHY" train --input gone.avro --labels labels.csv --out no.json
    [ "$status" -eq 74 ]
    run --separate-stderr "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --memory 1000000 --out no.json
    [ "$status" -eq 1 ]
    run --separate-stderr "$SAQSHY" train --quiet --input short.avro --labels short.csv --terms 8 --out /nowhere/no.json
    [ "$status" -eq 74 ]
}

@test "a signal ends it soon, leaves the older model, and nothing half written" {
    echo older > stopped.json
    env --default-signal=INT "$SAQSHY" train --input feed.avro --labels labels.csv --out stopped.json 2> err 3>&- &
    local train=$! ended=0
    until grep -q '^proposing' err; do read -r -t 0.05 <> <(:) || true; done
    kill -INT "$train"
    wait "$train" || ended=$?
    [ "$ended" -eq 130 ]
    grep -q 'INTERRUPTED: stopped; no model is written' err
    [ "$(cat stopped.json)" = older ]
    [ ! -e stopped.json.part ]
}

# The head of docs/MODEL_WORKFLOW.md, in a feed as `gen` makes it: half of its rows come before anybody is bad.
@test "the guide's first steps lead from events to a page of thresholds" {
    "$SAQSHY" gen --quiet --accounts 2000 --seed 2 --droppers 20 --out guide.avro --labels guide.csv
    "$SAQSHY" train --input guide.avro --labels guide.csv --fit-share 70 --terms 8 --out guide.json 2> err
    next=$(sed -n 's/^next: saqshy \(backtest .*\) --out DIR$/\1/p' err)
    [ "$next" = "backtest --input guide.avro --labels guide.csv --model guide.json" ]
    "$SAQSHY" $next --quiet --out guide
    grep -q '^\* Average precision of accounts: \*\*[01]\.' guide/report.md
    "$SAQSHY" tune --quiet --input guide.avro --labels guide.csv --model guide.json --out guide.html
    [ -s guide.html ]
}

@test "a model of all rows is judged on newer events" {
    all_rows
    grep -qx 'next: saqshy backtest --input NEWER_EVENTS --labels NEWER_LABELS --model all.json --out DIR' all.err
}

@test "what the shipped policy asks for and the model never gives is warned of" {
    highest=$(python3 -c 'import json; print(json.load(open("model.json"))["calibration"].get("points", [[0, 1]])[-1][1])')
    due=$(python3 -c 'import sys; print(sum(float(sys.argv[1]) < p for p in (0.8, 0.9, 0.97)))' "$highest")
    [ "$(grep -c '^warning: the model .* never gives .*choose a lower threshold with `saqshy tune`' warnings)" -eq "$due" ]
}

@test "an id that a document cannot hold is refused before the run, a path is written as JSON" {
    for id in '' $'\xff' "$(printf 'x%.0s' {1..129})"; do
        run --separate-stderr "$SAQSHY" train --input gone.avro --labels labels.csv --out no.json --id "$id"
        [ "$status" -eq 2 ]
        [[ "$stderr" == *"--id takes 1 to 128 bytes of UTF-8"* ]]
    done
    "$SAQSHY" train --quiet --json --input short.avro --labels short.csv --terms 8 --id own --out 'a"b\.json' > said
    python3 -c 'import json; assert json.load(open("said"))["out"] == "a\"b\\.json"; assert json.load(open("a\"b\\.json"))["id"] == "own"'
}
