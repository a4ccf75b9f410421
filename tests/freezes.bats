# freezes: what is open by priority, and the whole story of one; from recordings, with outcomes from signals.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 10 --accounts 1000 --droppers 20 --out feed.avro
    "$SAQSHY" replay --quiet --engine --partitions 2 --input feed.avro --out out.avro
    cat > make.py <<'PY'
"""make.py ACTION OUT [ID]: files that the tests read, made of out.avro by another library."""
import io, json, os, struct, sys
import fastavro

def schema(name):
    return fastavro.parse_schema(json.load(open(f"{os.environ['SOURCE_DIR']}/schemas/{name}.avsc")))

ADVICE, SIGNAL = schema("FreezeRecommendation"), schema("FraudSignal")
DAY = 86400 * 10**6

def decode(value):
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), ADVICE, None)

def frame(schema, number, record):
    out = io.BytesIO(struct.pack(">bI", 0, number))
    out.seek(5)
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()

def outcome(number, advice, result, reported, **more):
    return dict({"signal_id": f"o{number}", "revision": 1, "kind": "OUTCOME", "source": "BANK", "category": "",
                 "confidence": "CONFIRMED", "reported_at": reported, "valid_from": reported,
                 "outcome": {"recommendation_id": advice, "result": result, "held_amount_kzt_minor": 12345}}, **more)

def signals(advice):
    start = 1768000000 * 10**6
    return [outcome(1, advice, "HELD", start), outcome(2, advice, "CONFIRMED_FRAUD", start + DAY),
            outcome(3, advice, "RELEASED", start + 2 * DAY, source="CITIZEN_BOT", valid_until=start + 9 * DAY),
            outcome(4, advice, "RELEASED", start + 3 * DAY, confidence="REJECTED")]

action, path = sys.argv[1:3]
with open("out.avro", "rb") as file:
    reader = fastavro.reader(file)
    recorded, rows = reader.writer_schema, list(reader)
advice = [decode(row["value"]) for row in rows]
longest = max(advice, key=lambda r: r["revision"])
if action == "longest":
    print(longest["recommendation_id"], longest["revision"], longest["target_account_token"])
elif action == "open":  # at a time, the ids that are open then, by an independent reading
    at, last = int(path), {}
    for r in sorted(advice, key=lambda r: r["revision"]):
        if r["issued_at"].timestamp() <= at:
            last[r["recommendation_id"]] = r
    order = ["UNKNOWN", "LOW", "NORMAL", "HIGH", "URGENT"]
    rows = [r for r in last.values() if r["state"] in ("ISSUED", "AMENDED") and r["valid_until"].timestamp() > at]
    rows.sort(key=lambda r: (-order.index(r["priority"]), r["decide_by"], -r["at_risk_kzt_minor"], r["recommendation_id"]))
    print("\n".join(f"{r['recommendation_id']}.{r['revision']}" for r in rows))
elif action == "signals":
    with open(path, "wb") as file:
        fastavro.writer(file, SIGNAL, signals(sys.argv[3]))
elif action == "dump":  # both topics in one recording
    with open(path, "wb") as file:
        fastavro.writer(file, recorded, rows + [
            dict(rows[0], topic="antifrod.signals", partition=0, offset=n, headers=[], value=frame(SIGNAL, 4, s),
                 timestamp_ms=s["reported_at"] // 1000)
            for n, s in enumerate(signals(sys.argv[3]))])
elif action == "early":  # signals that were written before what they report
    with open(path, "wb") as file:
        fastavro.writer(file, recorded, [
            dict(rows[0], topic="antifrod.signals", offset=n, value=frame(SIGNAL, 4, s), timestamp_ms=1700000000000)
            for n, s in enumerate(signals(sys.argv[3]))])
elif action == "hostile":  # nothing of it may steer a terminal, or end the command
    one = dict(longest, revision=99, state="AMENDED", addressee_bic='X"\n\x1b[31m,', target_account_token="a\x1b]0;t\x07b",
               score=float("nan"), probability=float("inf"), decide_by=2**62, valid_until=2**62, at_risk_kzt_minor=-2**63,
               target_tx_ids=["\x1b[2J"] * 500, policy_id="\n\r\x1b", money_trail=longest["money_trail"] * 50)
    one["reasons"] = [dict(one["reasons"][0], code="\x1b", text_en="\x07" + "e" * 5000, contribution=float("-inf"))]
    values = [frame(ADVICE, 2, one), b"", None, b"{}", b"\x00\x00\x00\x00\x02", rows[0]["value"][:-9],
              rows[0]["value"] + b"x", b"\x00\x00\x00\x00\x07" + rows[0]["value"][5:],
              frame(ADVICE, 2, dict(longest, recommendation_id="short")),
              frame(ADVICE, 2, dict(longest, recommendation_id="\0" * 32))]
    with open(path, "wb") as file:
        fastavro.writer(file, recorded, rows + [dict(rows[0], partition=0, offset=10000 + n, value=v)
                                               for n, v in enumerate(values)])
PY
    read -r ID REVISION TOKEN < <(make longest -)
    export ID REVISION TOKEN
    make signals signals.avro "$ID"
    make dump dump.avro "$ID"
    make hostile hostile.avro
}

setup() { cd "$BATS_FILE_TMPDIR"; }

make() { "$SOURCE_DIR/tests/python" make.py "$@"; }
freezes() { run --separate-stderr "$SAQSHY" freezes "$@"; }
# Of every row of --json on standard input.
each() { python3 -c 'import json, sys
for line in sys.stdin: row = json.loads(line); print('"$1"')'; }

@test "freezes takes one of its verbs, and flags of that one" {
    for words in "" "list" "show" "ls extra" "show $ID more"; do
        freezes $words --input out.avro
        [ "$status" -eq 2 ]
    done
    freezes show "$ID" --input out.avro --all
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--all is not for freezes show"* ]]
    freezes ls --input out.avro --lang ru
    [ "$status" -eq 2 ]
    freezes ls --input out.avro --csv --json
    [ "$status" -eq 2 ]
    freezes ls --input out.avro --action HOLD_AMONT
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"did you mean HOLD_AMOUNT?"* ]]
    freezes ls --input out.avro --at yesterday
    [ "$status" -eq 2 ]
}

@test "what is not to be read is said, with the next step" {
    freezes ls
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--input FILE, a recording, or bootstrap.servers"* ]]
    freezes ls --input absent.avro
    [ "$status" -eq 74 ]
    freezes ls --input feed.avro
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"is no recording"* ]]
    freezes ls --input out.avro -X topic.recommendations=other
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"holds no record of other; topic.recommendations names the topic"* ]]
    head -c 5000 out.avro > cut.avro
    freezes ls --input cut.avro
    [ "$status" -eq 65 ]
}

@test "what was open at a time, the most urgent first, is what another reading finds" {
    for at in 1767830400 1767916800 1768176000; do
        freezes ls --input out.avro --at "$at" --json
        [ "$status" -eq 0 ]
        diff <(each 'row["recommendation_id"] + "." + str(row["revision"])' <<< "$output") <(make open "$at")
        [ "$(wc -l <<< "$output")" -gt 3 ]
    done
}

@test "long afterwards nothing is open, and that is no fault" {
    freezes ls --input out.avro
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ "$stderr" == *"0 open of "*"next: --all shows those that are closed, --at TIME"* ]]
    freezes ls --input out.avro --all
    [[ "$output" == *" LAPSED "* ]]
    freezes ls --input out.avro --quiet
    [ -z "$output$stderr" ]
}

@test "rows are filtered and limited" {
    freezes ls --input out.avro --all --json --bank TESTDKZX
    [ "$(each 'row["addressee_bic"]' <<< "$output" | sort -u)" = TESTDKZX ]
    freezes ls --input out.avro --all --json --action REVIEW_ONLY
    [ "$(each 'row["action"]' <<< "$output" | sort -u)" = REVIEW_ONLY ]
    freezes ls --input out.avro --all --json --limit 3
    [ "$(wc -l <<< "$output")" -eq 3 ]
    [[ "$stderr" == *"the first 3 of "* ]]
    freezes ls --input out.avro --all --bank NOBODY
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "an account's token is masked unless it is asked for whole" {
    for form in "" --json --csv; do
        freezes ls --input out.avro --all $form
        [[ "$output" != *"$TOKEN"* ]]
        freezes ls --input out.avro --all --full $form
        [[ "$output" == *"$TOKEN"* ]]
    done
    freezes ls --input out.avro --all --csv
    [[ "${lines[0]}" == *,account_masked,* ]]
    for form in "" --json; do
        freezes show "$ID" --input out.avro $form
        [[ "$output" != *"$TOKEN"* ]]
        freezes show "$ID" --input out.avro --full $form
        [[ "$output" == *"$TOKEN"* ]]
    done
}

@test "CSV has a head and a row each, in money as whole tiyn" {
    freezes ls --input out.avro --all --csv --full
    python3 -c 'import csv, sys
rows = list(csv.DictReader(sys.stdin))
assert len(rows) == int(sys.argv[1]), len(rows)
for row in rows:
    assert len(row["recommendation_id"]) == 32 and int(row["at_risk_kzt_minor"]) >= 0 and 0 < float(row["probability"]) <= 1
    assert row["issued_at"] < row["decide_by"] <= row["valid_until"], row' "$(sed -n 's/.* open of \([0-9]*\) .*/\1/p' <<< "$stderr")" <<< "$output"
}

@test "the story of one: every revision, what changed, why, and where it stands" {
    freezes show "$ID" --input out.avro
    [ "$status" -eq 0 ]
    [ "$(grep -c '^Revision ' <<< "$output")" -eq "$REVISION" ]
    [[ "$output" == *"a person at the bank decides"*"Revision 1: issued"*"Revision 2: amended"*"What changed"*" → "*"Cause of the change"* ]]
    [[ "$output" == *"[BASE_RATE]"*"Money trail"*"SHA-256 of the one before"* ]]
    [ "$("$SAQSHY" freezes show "$ID.2" --input out.avro)" = "$output" ]
    freezes show "$ID" --input out.avro --signals signals.avro --lang ru
    [[ "$output" == *"мошенничество подтверждено"*"Что изменилось"* ]]
    freezes show "$ID" --input out.avro --signals signals.avro --lang kk
    [[ "$output" == *"алаяқтық расталды"*"Не өзгерді"* ]]
    freezes show "$ID" --input out.avro --json
    python3 -c 'import json, sys
story = json.loads(sys.stdin.read())
revisions = story["revisions"]
assert [r["revision"] for r in revisions] == list(range(1, int(sys.argv[1]) + 1))
assert revisions[0]["changed"] == []
for before, after in zip(revisions, revisions[1:]):
    for change in after["changed"]:
        assert before[change["field"]] == change["from"] != change["to"] == after[change["field"]]
    assert {c["field"] for c in after["changed"]} >= {f for f in ("action", "at_risk_kzt_minor", "score") if before[f] != after[f]}
    assert sum(r["contribution"] for r in after["reasons"]) == after["score"]' "$REVISION" <<< "$output"
}

@test "the story as it stood at a time knows nothing of later" {
    at=$(freezes show "$ID" --input out.avro --json; each 'row["revisions"][1]["issued_at"]' <<< "$output")
    freezes show "$ID" --input out.avro --at "$at"
    [ "$(grep -c '^Revision ' <<< "$output")" -lt "$REVISION" ]
    [[ "$output" == *"open (Decide by"* ]]
}

@test "an id that is none, or of nobody, is said" {
    for id in x "${ID}0" "$ID.x" "${ID^^}" "$ID." "$ID.0" "$ID.-1" "$ID.2147483648" "$ID.99999999999999999999"; do
        freezes show "$id" --input out.avro
        [ "$status" -eq 2 ]
    done
    freezes show "$ID.2147483647" --input out.avro
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"recommendation $ID has no revision 2147483647; the last is $REVISION"* ]]
    freezes show "${ID//[0-9]/a}" --input out.avro
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"see saqshy freezes ls --all"* ]]
}

@test "the outcome that a bank reported last is joined, from a file of signals or the same recording" {
    for from in "out.avro --signals signals.avro" "dump.avro" "out.avro --signals dump.avro"; do
        freezes ls --all --json --input $from
        [ "$status" -eq 0 ]
        found=$(python3 -c 'import json, sys
rows = [json.loads(line) for line in sys.stdin]
print(*[(r["recommendation_id"], r["outcome"]["result"], r["outcome"]["source"]) for r in rows if r["outcome"]])' <<< "$output")
        [ "$found" = "('$ID', 'CONFIRMED_FRAUD', 'BANK')" ]
    done
    freezes ls --all --input dump.avro
    [[ "$output" == *" CONFIRMED_FRAUD "*"$ID.$REVISION"* ]]
    freezes ls --all --input dump.avro --at 2026-01-10T12:00:00Z # held by then, and no more
    [[ "$output" == *" HELD "*"$ID.$REVISION"* ]]
    freezes show "$ID" --input dump.avro
    [[ "$output" == *"CONFIRMED_FRAUD (fraud confirmed), BANK, KZT 123.45"* ]]
}

@test "signals that cannot be read are named" {
    echo '{"kind":"OUTCOME","resul":1}' > bad.json
    freezes ls --input out.avro --signals bad.json
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"bad.json: signal 1: resul is no field"* ]]
    make early early.avro "$ID"
    freezes ls --input out.avro --signals early.avro
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"4 signals cannot be used"* ]]
    freezes ls --input out.avro --signals out.avro
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"warning: out.avro holds no signal; "*antifrod.signals* ]]
    freezes ls --input out.avro
    [[ "$stderr" != *"holds no signal"* ]]
    freezes ls --input out.avro --signals feed.avro
    [ "$status" -eq 65 ]
    freezes ls --input out.avro --signals absent
    [ "$status" -eq 74 ]
}

@test "hostile records steer no terminal and stop nothing" {
    freezes ls --input hostile.avro --all --full
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"9 records cannot be read; saqshy verify says which"* ]]
    [ "$(tr -d '\n' <<< "$output" | grep -cP '[\x00-\x1f\x7f]' || true)" -eq 0 ]
    freezes ls --input hostile.avro --all --json --full
    [ "$(each 'row["score"]' <<< "$output" | sort -u | grep -c None)" -eq 1 ]
    freezes ls --input hostile.avro --all --csv --full
    python3 -c 'import csv, sys; assert len({len(row) for row in csv.reader(sys.stdin)}) == 1' <<< "$output"
    freezes show "$ID" --input hostile.avro --full
    [ "$status" -eq 0 ]
    [ "$(tr -d '\n' <<< "$output" | grep -cP '[\x00-\x1f\x7f]' || true)" -eq 0 ]
    [[ "$output" == *"Revision 99: amended"* ]]
    freezes show "$ID" --input hostile.avro --json
    [ "$(wc -l <<< "$output")" -eq 1 ]
    each 'row["standing"]' <<< "$output"
}
