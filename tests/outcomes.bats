# Outcomes that banks reported, as labels of train, backtest and tune.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 12 --accounts 600 --droppers 60 --seed 5 --out feed.avro --labels truth.csv
    "$SAQSHY" replay --quiet --engine --input feed.avro --out out.avro
    cat > make.py <<'PY'
"""Files of signals, and a CSV of labels that says the same, of what was recommended in out.avro."""
import csv, io, json, os
import fastavro

def schema(name):
    return fastavro.parse_schema(json.load(open(f"{os.environ['SOURCE_DIR']}/schemas/{name}.avsc")))

ADVICE, SIGNAL = schema("FreezeRecommendation"), schema("FraudSignal")
bad = {row["account_id"] for row in csv.DictReader(open("truth.csv"))}
issued, last = {}, 0
for row in fastavro.reader(open("out.avro", "rb")):
    advice = fastavro.schemaless_reader(io.BytesIO(row["value"][5:]), ADVICE, None)
    if advice["state"] == "ISSUED":
        issued[advice["recommendation_id"]] = (advice["target_account_token"], advice["issued_at"])
    last = max(last, int(advice["issued_at"].timestamp()))

def outcome(number, advice, result, more={}):
    return dict({"signal_id": f"o{number}{result}", "revision": 1, "kind": "OUTCOME", "source": "BANK", "category": "",
                 "confidence": "CONFIRMED", "reported_at": (last + number) * 10**6, "valid_from": (last + number) * 10**6,
                 "outcome": {"recommendation_id": advice, "result": result}}, **more)

def write(path, signals):
    with open(path, "wb") as file:
        fastavro.writer(file, SIGNAL, signals)

plain, full, early, frauds = [], [], {}, 0
for number, (advice, (account, at)) in enumerate(issued.items()):
    fraud = account in bad and number % 5 > 0  # the bank lets every fifth go
    result = "CONFIRMED_FRAUD" if fraud else ("RELEASED", "FALSE_POSITIVE")[number % 2]
    plain += [outcome(number, advice, "HELD"), outcome(number, advice, "FALSE_POSITIVE" if fraud else "CONFIRMED_FRAUD"),
              outcome(number + 1000, advice, result), outcome(number + 2000, advice, "REFUNDED")]
    full.append(outcome(number, advice, result, {"occurred_at": at,
                        "subjects": [{"type": "PHONE", "token": "p", "role": "UNKNOWN"},
                                     {"type": "ACCOUNT", "token": "victim", "role": "VICTIM"},
                                     {"type": "ACCOUNT", "token": account, "role": "DROPPER"}]}))
    frauds += fraud
    if fraud:
        early[account] = min(early.get(account, at), at)
write("plain.avro", plain)
write("full.avro", full)
write("held.avro", [outcome(1, "0" * 32, "HELD")])
write("strange.avro", [outcome(n, f"{n:032x}", "CONFIRMED_FRAUD") for n in range(3)] + plain)
with open("same.csv", "w") as file:
    file.write("account_id,first_bad\n" + "".join(f"{a},{int(at.timestamp())}\n" for a, at in early.items()))
with open("counts", "w") as file:
    print(frauds, len(issued) - frauds, file=file)
PY
    "$SOURCE_DIR/tests/python" make.py
    train --labels same.csv --out same.json
    train --labels outcomes --outcomes plain.avro --out plain.json > plain.out
}

setup() { cd "$BATS_FILE_TMPDIR"; }

train() { "$SAQSHY" train --quiet --json --input feed.avro --terms 8 "$@"; }
hash() { sha256sum "$1" | cut -d' ' -f1; }
# What of a model does not name the file that its labels came from.
learnt() { jq -c 'del(.id, .provenance.labels_sha256)' "$1"; }

@test "outcomes train the model that the same labels in a CSV do" {
    [ "$(learnt plain.json)" = "$(learnt same.json)" ]
    [ "$(jq -r '"\(.outcomes.fraud) \(.outcomes.good) \(.outcomes.unplaced)"' plain.out)" = "$(cat counts) 0" ]
    [ "$(jq -r .provenance.labels_sha256 plain.json)" = "$(sha256sum plain.avro | cut -d' ' -f1)" ]
}

@test "signals that name account and time need no recommendation of the run" {
    jq '.actions |= {REVIEW_ONLY: {probability: 0.5, per_hour: 0, priority: "LOW"}}' \
        "$SOURCE_DIR/models/shipped-policy.json" > silent.json
    train --labels outcomes --outcomes full.avro --out full.json -X policy.path=silent.json > full.out
    [ "$(learnt full.json)" = "$(learnt same.json)" ]
    [ "$(jq .outcomes.unplaced full.out)" -eq 0 ]
    run train --labels outcomes --outcomes plain.avro --out none.json -X policy.path=silent.json
    [ "$status" -eq 65 ]
}

@test "JSON of signal ls says the same" {
    "$SOURCE_DIR/tests/python" - <<'PY'
import json, fastavro
with open("plain.json.signals", "w") as file:
    for s in fastavro.reader(open("plain.avro", "rb")):
        s = {k: int(v.timestamp() * 10**6) if hasattr(v, "timestamp") else v for k, v in s.items() if v is not None}
        s["outcome"] = {k: v for k, v in s["outcome"].items() if v is not None}
        print(json.dumps(dict(s, state="live", partition=0, offset=1)), file=file)
    print(json.dumps({"signal_id": "x", "state": "withdrawn", "kind": "OUTCOME"}), file=file)
PY
    train --labels outcomes --outcomes plain.json.signals --out json.json > json.out
    [ "$(learnt json.json)" = "$(learnt same.json)" ]
    [ "$(jq -c .outcomes json.out)" = "$(jq -c .outcomes plain.out)" ]
}

@test "backtest and tune judge by outcomes as by the same labels in a CSV" {
    backtest() { "$SAQSHY" backtest --quiet --json --no-sqlite --input feed.avro --from 2026-01-01 "$@" | jq -c 'del(.seconds, .inputs)'; }
    [ "$(backtest --labels outcomes --outcomes plain.avro --out b1)" = "$(backtest --labels same.csv --out b2)" ]
    diff <(jq 'del(.inputs, .out, .seconds, .labels)' b1/report.json) <(jq 'del(.inputs, .out, .seconds, .labels)' b2/report.json)
    read_as() { echo "\"$1\":{\"path\":\"$2\",\"sha256\":\"$(hash "$2")\"}"; }
    [ "$(jq -c .inputs b1/report.json)" = "{$(read_as input feed.avro),$(read_as outcomes plain.avro)}" ]
    [ "$(jq -c .inputs b2/report.json)" = "{$(read_as input feed.avro),$(read_as labels same.csv)}" ]
    grep -q "^| outcomes | plain.avro, $(hash plain.avro | head -c 12)… |$" b1/report.md
    "$SAQSHY" tune --quiet --input feed.avro --from 2026-01-01 --labels outcomes --outcomes plain.avro --out tune.html
    "$SAQSHY" tune --quiet --input feed.avro --from 2026-01-01 --labels outcomes --outcomes full.avro --signals full.avro \
        --out both.html
}

@test "outcomes of what is not in the run are said, and do no harm" {
    run "$SAQSHY" train --input feed.avro --terms 8 --labels outcomes --outcomes strange.avro --out strange.json
    [ "$status" -eq 0 ]
    [[ "$output" == *"warning: 3 of the confirmed are of no account here"* ]]
    [[ "$output" == *"next: saqshy backtest --input NEWER_EVENTS --labels outcomes --outcomes strange.avro --model strange.json"* ]]
    [ "$(learnt strange.json)" = "$(learnt same.json)" ]
}

@test "what is missing or of no use is said" {
    run train --labels outcomes --out x.json
    [ "$status" -eq 2 ]
    [[ "$output" == *"--outcomes FILE is missing"* ]]
    run train --labels same.csv --outcomes plain.avro --out x.json
    [ "$status" -eq 2 ]
    [[ "$output" == *"go together"* ]]
    run train --labels outcomes --outcomes held.avro --out x.json
    [ "$status" -eq 65 ]
    [[ "$output" == *"of 1 signals none is an OUTCOME with CONFIRMED_FRAUD"* ]]
    for file in truth.csv out.avro; do
        run train --labels outcomes --outcomes "$file" --out x.json
        [ "$status" -eq 65 ]
    done
    run train --labels outcomes --outcomes absent --out x.json
    [ "$status" -eq 74 ]
    run "$SAQSHY" backtest --input feed.avro --labels outcomes --out b3
    [ "$status" -eq 2 ]
    [ ! -e x.json ]
}
