# verify: what was published is whole, and a replay gives the same bytes; whatever is changed is found.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 5 --accounts 800 --droppers 30 --out feed.avro --signals told.avro
    "$SAQSHY" replay --quiet --engine --partitions 2 --input feed.avro --out out.avro
    cat > tamper.py <<'PY'
"""tamper.py OUT ACTION IN: IN with one thing changed. Every partition's records are numbered from 0."""
import hashlib, io, json, os, struct, sys
import fastavro

SCHEMA = fastavro.parse_schema(json.load(open(os.environ["SOURCE_DIR"] + "/schemas/FreezeRecommendation.avsc")))

def decode(value):
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), SCHEMA, None)

def encode(record):
    out = io.BytesIO(struct.pack(">bI", 0, 2))
    out.seek(5)
    fastavro.schemaless_writer(out, SCHEMA, record)
    return out.getvalue()

def rechain(records):
    previous = bytes(32)
    for number, record in enumerate(records):
        record["value"] = encode(dict(decode(record["value"]), sequence=number, previous_hash=previous))
        previous = hashlib.sha256(record["value"][5:]).digest()

def append_of(source, count):
    """A whole chain of another shard behind what is there."""
    chain = [dict(one[3], headers=[dict(h, value=source) if h["name"] == "ce_source" else h for h in one[3]["headers"]])
             for _ in range(count)]
    rechain(chain)
    one.extend(chain)

with open(sys.argv[3], "rb") as file:
    reader = fastavro.reader(file)
    schema, records = reader.writer_schema, list(reader)
partitions = [[r for r in records if r["partition"] == p] for p in range(2)]
one = partitions[1]
value = one[3]["value"]
old = next((r for r in one if decode(r["value"])["build"] == "0.0.9"), None)
actions = {
    "flip": lambda: one[3].update(value=value[:20] + bytes([value[20] ^ 1]) + value[21:]),
    "flip-last": lambda: one[-1].update(value=one[-1]["value"][:20] + bytes([one[-1]["value"][20] ^ 1])
                                        + one[-1]["value"][21:]),
    "cut": lambda: one[3].update(value=value[:-3]),
    "remove": lambda: one.pop(4),
    "remove-first": lambda: one.pop(0),
    "remove-last": lambda: one.pop(),
    "repeat": lambda: one.insert(5, dict(one[4])),
    "repeat-middle": lambda: one.insert(6, dict(one[2])),
    "below-0": lambda: one[3].update(value=encode(dict(decode(value), sequence=-5))),
    "greatest": lambda: one[3].update(value=encode(dict(decode(value), sequence=2**63 - 1))),
    "swap": lambda: one.__setitem__(slice(2, 4), [one[3], one[2]]),
    "key": lambda: one[3].update(key=b"another"),
    "header": lambda: one[3]["headers"][1].update(value=b"another.1"),
    "forge": lambda: (one[3].update(value=encode(dict(decode(one[3]["value"]), hold_amount_kzt_minor=7))),
                      rechain(one)),
    "forge-last": lambda: one[-1].update(value=encode(dict(decode(one[-1]["value"]), at_risk_kzt_minor=7))),
    "forge-old": lambda: (old.update(value=encode(dict(decode(old["value"]), at_risk_kzt_minor=7)))),
    "rename-last": lambda: one[-1].update(value=encode(dict(decode(one[-1]["value"]), build="0.0.9"))),
    "steer": lambda: ([h.update(value=b"saqshy/\x1b[31m\x9b") for h in one[3]["headers"] if h["name"] == "ce_source"],
                      one[4].update(value=encode(dict(decode(one[4]["value"]), build="\x1b[2J\u009b2J\x7f")))),
    "other-shards": lambda: [append_of(source, 2) for source in (b"saqshy/shard-x", b"saqshy/\x1b[31m")],
    "forge-more": lambda: (one.append(dict(one[-1])), rechain(one)),
    "forge-less": lambda: (one.pop(3), rechain(one)),
}
actions[sys.argv[2]]()
out = []
for partition in partitions:
    for offset, record in enumerate(partition):
        record = dict(record, offset=offset)
        out.append(record)
with open(sys.argv[1], "wb") as file:
    fastavro.writer(file, schema, out)
PY
}

setup() { cd "$BATS_FILE_TMPDIR"; }

tamper() { "$SOURCE_DIR/tests/python" tamper.py "$1.avro" "$1" "${2:-out.avro}"; }

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<< "$output"; }

# Of what can be seen without the input, and with it.
chain() { run "$SAQSHY" verify --output "$1.avro" "${@:2}"; }
replayed() { run "$SAQSHY" verify --quiet --output "$1.avro" --input feed.avro --partitions 2 "${@:2}"; }

@test "what was published is whole and reproduced" {
    run "$SAQSHY" verify --output out.avro
    [ "$status" -eq 0 ]
    [[ "$output" == *"no gap, no repeat"* ]]
    [[ "$output" == *"next: with the input beside it"* ]]
    run "$SAQSHY" verify --output out.avro --input feed.avro --partitions 2 --json --quiet
    [ "$status" -eq 0 ]
    [ "$(field ok)" = True ]
    [ "$(field recommendations)" -gt 20 ]
    [ "$(field reproduced)" -eq "$(field recommendations)" ]
    [ "$(field chains)" -eq 2 ]
}

@test "a flipped byte is found by the chain, and shown by the replay" {
    tamper flip
    chain flip
    [ "$status" -eq 65 ]
    [[ "$output" == *"CHAIN      partition 1, number 4 at offset 4: it names another content of number 3 "* ]]
    [[ "$output" == *"BAD_DATA: 1 finding; the first: partition 1"* ]]
    replayed flip
    [ "$status" -eq 65 ]
    [[ "$output" == *"DIFFERS    partition 1, number 3 at offset 3: replay gives another value"* ]]
    [[ "$output" =~ field\ +found\ +due ]]
    [[ "$output" =~ recommendation_id\ +\"[0-9a-z]+\"\ +\"[0-9a-f]{32}\" ]]
}

@test "what a record says steers no terminal" {
    tamper steer
    for proof in chain replayed; do
        $proof steer
        [ "$status" -eq 65 ]
        [[ "$output" != *[$'\033\177']* ]]
        [[ "$output" != *$'\302\233'* ]]
        run --separate-stderr "$SAQSHY" verify --output steer.avro --json
        python3 -c 'import json, sys; print(*map(json.loads, sys.stdin.read().splitlines()), sep="\n")' <<< "$output"
    done
    chain steer
    [[ "$output" == *"of shard ?[31m? are missing"* ]]
    replayed steer
    [[ "$output" == *'"\x1b[2J\xc2\x9b2J\x7f"'* ]]
}

@test "a flipped byte of the last one is found by the replay" {
    tamper flip-last
    chain flip-last
    [ "$status" -eq 0 ]
    replayed flip-last
    [ "$status" -eq 65 ]
    [[ "$output" == *"DIFFERS    partition 1"* ]]
}

@test "a value that is cut is found" {
    tamper cut
    chain cut
    [ "$status" -eq 65 ]
    [[ "$output" == *"UNREADABLE partition 1 at offset 3: it cannot be read: "* ]]
    replayed cut
    [ "$status" -eq 65 ]
    [[ "$output" == *"DIFFERS    partition 1, number 3 at offset 3: replay gives another value; what is there cannot be read"* ]]
}

@test "a number that no chain has is said to be none" {
    local -A says=([below-0]="its number is below 0" [greatest]="its number is beyond all that are counted to")
    for name in below-0 greatest; do
        tamper "$name"
        chain "$name"
        [ "$status" -eq 65 ]
        [[ "$output" == *"UNREADABLE partition 1 at offset 3: it cannot be read: ${says[$name]}"* ]]
        [[ "$output" == *"BAD_DATA: 1 finding; "* ]]
        replayed "$name"
        [ "$status" -eq 65 ]
        [[ "$output" == *"DIFFERS    partition 1, number 3 at offset 3: replay gives another value; what is there cannot be read: ${says[$name]}"* ]]
    done
}

@test "a removed one is found wherever it was" {
    tamper remove
    chain remove
    [ "$status" -eq 65 ]
    [[ "$output" == *"GAP        partition 1, number 5 at offset 4: number 4 of shard saqshy-0 is missing"* ]]
    replayed remove
    [[ "$output" == *"MISSING    partition 1, number 4: replay gives it and the output does not hold it"* ]]
    tamper remove-first
    chain remove-first
    [ "$status" -eq 65 ]
    [[ "$output" == *"number 0 of shard saqshy-0 is missing"* ]]
    tamper remove-last
    chain remove-last
    [ "$status" -eq 0 ]
    replayed remove-last
    [ "$status" -eq 65 ]
    [[ "$output" == *MISSING* ]]
}

@test "a beginning that may be missing is said to be unproven" {
    tamper remove-first
    chain remove-first --partial
    [ "$status" -eq 0 ]
    [[ "$output" == *"1 of the chains begin late"* ]]
    replayed remove-first --partial
    [ "$status" -eq 0 ]
    tamper remove
    chain remove --partial
    [ "$status" -eq 65 ]
}

@test "a repeated one is found" {
    tamper repeat
    chain repeat
    [ "$status" -eq 65 ]
    [[ "$output" == *"REPEAT     partition 1, number 4 at offset 5: it comes after number 4, at offset 4,"* ]]
}

@test "after a repeat in the middle nothing is missing" {
    tamper repeat-middle
    chain repeat-middle
    [ "$status" -eq 65 ]
    [[ "$output" == *"REPEAT     partition 1, number 2 at offset 6: it comes after number 5, at offset 5,"* ]]
    [[ "$output" == *"BAD_DATA: 1 finding; "* ]]
}

@test "two swapped are found" {
    tamper swap
    chain swap
    [ "$status" -eq 65 ]
    [[ "$output" == *"GAP        partition 1, number 3 at offset 2"* ]]
    [[ "$output" == *"REPEAT     partition 1, number 2 at offset 3"* ]]
    replayed swap
    [ "$status" -eq 65 ]
    [[ "$output" != *MISSING* ]]
}

@test "another key or header is found by the replay" {
    tamper key
    replayed key
    [ "$status" -eq 65 ]
    [[ "$output" == *"DIFFERS    partition 1, number 3 at offset 3: the value is as replay gives it, the key is another"* ]]
    tamper header
    replayed header
    [ "$status" -eq 65 ]
    [[ "$output" == *"the header ce_id is another"* ]]
}

@test "a forged one in a chain made whole again is found by the replay" {
    tamper forge
    chain forge
    [ "$status" -eq 0 ]
    replayed forge
    [ "$status" -eq 65 ]
    [[ "$output" == *"number 3 at offset 3: replay gives another value"* ]]
    [[ "$output" =~ hold_amount_kzt_minor\ +7\  ]]
    [[ "$output" == *"BAD_DATA: 1 finding; the first: partition 1, number 3: "* ]]
    run "$SAQSHY" verify --output forge.avro --input feed.avro --partitions 2
    [[ "$output" == *" more differ in nothing but the hash of the one before them"* ]]
    tamper forge-more
    chain forge-more
    [ "$status" -eq 0 ]
    replayed forge-more
    [ "$status" -eq 65 ]
    [[ "$output" == *"EXTRA      partition 1"* ]]
    tamper forge-less
    chain forge-less
    [ "$status" -eq 0 ]
    replayed forge-less
    [ "$status" -eq 65 ]
    [[ "$output" == *"DIFFERS    partition 1, number 3 at offset 3"* ]]
}

@test "other shards are named, and found where a replay proves nothing of them" {
    tamper other-shards
    chain other-shards
    [ "$status" -eq 0 ]
    [[ "$output" == *"4 of them are of other shards than saqshy-0, and their chains alone are proven: shard-x (2), ?[31m (2)"* ]]
    replayed other-shards
    [ "$status" -eq 65 ]
    [[ "$output" == *"FOREIGN    partition 1, number 0 at offset "*": the first of 2 of shard shard-x, which no replay of shard saqshy-0 gives"* ]]
    [[ "$output" == *"BAD_DATA: 2 findings; "* ]]
    [[ "$output" != *$'\033'* ]]
    replayed other-shards --other-shards --json
    [ "$status" -eq 0 ]
    [ "$(field ok)" = True ]
    [ "$(field other_shards)" = "[{'shard': 'shard-x', 'recommendations': 2}, {'shard': '\\x1b[31m', 'recommendations': 2}]" ]
    [ "$(field recommendations)" -eq $(($(field reproduced) + 4)) ]
    replayed out --other-shards
    [ "$status" -eq 0 ]
}

@test "another model or policy is found and named" {
    python3 - <<'PY'
import json, os
model = json.load(open(os.environ["SOURCE_DIR"] + "/models/shipped-model.json"))
model["intercept"] += 0.125
json.dump(model, open("model.json", "w"))
policy = json.load(open(os.environ["SOURCE_DIR"] + "/models/shipped-policy.json"))
policy["cool_down_hours"] += 1
json.dump(policy, open("policy.json", "w"))
PY
    replayed out -X model.path=model.json
    [ "$status" -eq 65 ]
    [[ "$output" == *"it names model "* ]]
    [[ "$output" =~ model_sha256\ +\"[0-9a-f]{64}\" ]]
    replayed out -X policy.path=policy.json
    [ "$status" -eq 65 ]
    [[ "$output" == *"it names policy "* ]]
}

@test "findings as JSON have the fields in which they differ" {
    tamper forge
    run --separate-stderr "$SAQSHY" verify --json --quiet --output forge.avro --input feed.avro --partitions 2
    [ "$status" -eq 65 ]
    python3 - "$output" <<'PY'
import json, sys
rows = [json.loads(line) for line in sys.argv[1].splitlines()]
assert rows[-1]["ok"] is False and rows[-1]["findings"] >= 1, rows[-1]
first = rows[0]
assert (first["finding"], first["partition"], first["sequence"], first["offset"]) == ("DIFFERS", 1, 3, 3), first
assert [field["found"] for field in first["fields"] if field["field"] == "hold_amount_kzt_minor"] == ["7"], first
PY
}

# Replays INPUT.avro with told.avro, and verifies what came of it by the same flags.
with_signals() { # OUTPUT INPUT FLAGS...
    "$SAQSHY" replay --quiet --engine --input "$2.avro" --signals told.avro --out "$1.avro" "${@:3}"
    run --separate-stderr "$SAQSHY" verify --quiet --json --output "$1.avro" --input "$2.avro" --signals told.avro "${@:3}"
}

@test "what was made with signals of a file is reproduced with them, and not without" {
    with_signals told_out feed --partitions 2
    [ "$status" -eq 0 ]
    [ "$(field reproduced)" -gt 20 ]
    [ "$(field reproduced)" -eq "$(field recommendations)" ]
    run "$SAQSHY" verify --output told_out.avro --input feed.avro --partitions 2
    [ "$status" -eq 65 ]
    [[ "$output" == *"holds no signals: "*--signals* ]]
    run "$SAQSHY" verify --output out.avro --input feed.avro --partitions 2 --signals told.avro
    [ "$status" -eq 65 ]
    [[ "$output" != *"holds no signals"* ]]
    replayed told_out --signals out.avro
    [ "$status" -eq 65 ]
    chain out --signals told.avro
    [ "$status" -eq 2 ]
    [[ "$output" == *"--signals is for --input FILE"* ]]
}

@test "what is no recording of recommendations is refused" {
    run "$SAQSHY" verify --output feed.avro
    [ "$status" -eq 65 ]
    [[ "$output" == *"is no recording"* ]]
    run "$SAQSHY" verify --output out.avro -X topic.recommendations=other
    [ "$status" -eq 65 ]
    [[ "$output" == *"holds no record of other"* ]]
    run "$SAQSHY" verify
    [ "$status" -eq 2 ]
    run "$SAQSHY" verify --output out.avro --replay
    [ "$status" -eq 2 ]
    head -c 9000 out.avro > short.avro
    run "$SAQSHY" verify --output short.avro
    [ "$status" -eq 65 ]
}

# A shard that was rebuilt in the middle of its input (tests/tool_rebuilt.c).
rebuilt_setup() {
    [ -e rebuilt ] || { mkdir rebuilt; "$BUILD_DIR/tests/tool_rebuilt" rebuilt; }
}
rebuilt() { # OUTPUT INPUT
    run "$SAQSHY" verify --output "$1" --input "rebuilt/$2.avro" -X model.path=rebuilt/model.json \
        -X policy.path=rebuilt/policy.json -X episodes.max=1024 -X runs.max=65536 "${@:3}"
}

@test "after a rebuild the last epoch is reproduced, from where it began" {
    rebuilt_setup
    for input in input trimmed; do
        rebuilt rebuilt/output.avro "$input" --json --quiet
        [ "$status" -eq 0 ]
        [ "$(field ok)" = True ]
        [ "$(field replayed)" -eq 6000 ]
        [ "$(field reproduced)" -gt 100 ]
        [ "$(field earlier)" -gt 100 ]
        [ "$(field recommendations)" -eq $(($(field reproduced) + $(field earlier))) ]
    done
    rebuilt rebuilt/output.avro input
    [[ "$output" == *" are of before the last rebuild, and were not replayed"* ]]
}

@test "with signals of a file the order log is not followed, as in the replay that made the output" {
    rebuilt_setup
    with_signals rebuilt_told rebuilt/input -X model.path=rebuilt/model.json -X policy.path=rebuilt/policy.json \
        -X episodes.max=1024 -X runs.max=65536
    [ "$status" -eq 0 ]
    [ "$(field reproduced)" -gt 100 ]
    [ "$(field reproduced)" -eq "$(field recommendations)" ]
    [ "$(field earlier)" -eq 0 ]
}

@test "after a rebuild what was changed, removed or added is found" {
    rebuilt_setup
    tamper forge-last rebuilt/output.avro
    rebuilt forge-last.avro input
    [ "$status" -eq 65 ]
    [[ "$output" == *"DIFFERS    partition 1"* ]]
    [[ "$output" =~ at_risk_kzt_minor\ +7\  ]]
    tamper remove-last rebuilt/output.avro
    rebuilt remove-last.avro trimmed
    [ "$status" -eq 65 ]
    [[ "$output" == *"MISSING    partition 1"* ]]
    tamper forge-more rebuilt/output.avro
    rebuilt forge-more.avro input
    [ "$status" -eq 65 ]
    [[ "$output" == *"EXTRA      partition 1"* ]]
    tamper flip rebuilt/output.avro # of the epoch before: by its chain
    rebuilt flip.avro input
    [ "$status" -eq 65 ]
    [[ "$output" == *"CHAIN      partition 1, number 4 at offset 4"* ]]
}

# As an upgrade in the middle of the epoch leaves it: half of it was written by another build.
upgraded_setup() {
    [ -e upgraded ] && return
    rebuilt_setup
    mkdir upgraded
    cat > upgrade.py <<'PY'
"""Names an older build in the first half of the last epoch: order records, recommendations and their chain."""
import hashlib, io, json, os, struct
import fastavro

OLD = "0.0.9"

def schema_of(name):
    return fastavro.parse_schema(json.load(open(f"{os.environ['SOURCE_DIR']}/schemas/{name}.avsc")))

def decode(schema, value):
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema, None)

def encode(schema, frame, record):
    out = io.BytesIO(frame)
    out.seek(5)
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()

def load(path):
    with open(path, "rb") as file:
        reader = fastavro.reader(file)
        return reader.writer_schema, list(reader)

def save(path, schema, records):
    with open(path, "wb") as file:
        fastavro.writer(file, schema, records)

ORDER, ADVICE = schema_of("OrderRecord"), schema_of("FreezeRecommendation")
recorded, records = load("rebuilt/input.avro")
orders = [(r, decode(ORDER, r["value"])) for r in records if r["topic"] == "antifrod.order"]
last = [order for _, order in orders if order["epoch"] == orders[-1][1]["epoch"]]
older = last[: len(last) // 2]
ends = {o["partition"]: o["next_sequence"] for o in older[-1]["outputs"]}
begins = {o["partition"]: o["next_sequence"] for o in last[0]["outputs"]}
assert any(ends[p] > begins[p] + 5 for p in ends)

out_schema, outputs = load("rebuilt/output.avro")
hashes, count = {}, {}
for record in outputs:
    p, value = record["partition"], decode(ADVICE, record["value"])
    number = value["sequence"]
    if begins[p] <= number < ends[p]:
        value["build"] = OLD
    value["previous_hash"] = hashes.get((p, number), bytes(32))
    record["value"] = encode(ADVICE, record["value"][:5], value)
    hashes[p, number + 1] = hashlib.sha256(record["value"][5:]).digest()
for record, order in orders:
    if any(order is one for one in older):
        order["build"] = OLD
    for output in order["outputs"]:
        output["last_hash"] = hashes.get((output["partition"], output["next_sequence"]), bytes(32))
    record["value"] = encode(ORDER, record["value"][:5], order)
save("upgraded/output.avro", out_schema, outputs)
save("upgraded/input.avro", recorded, records)
PY
    "$SOURCE_DIR/tests/python" upgrade.py
}
upgraded() { # OUTPUT
    run "$SAQSHY" verify --output "$1" --input upgraded/input.avro -X model.path=rebuilt/model.json \
        -X policy.path=rebuilt/policy.json -X episodes.max=1024 -X runs.max=65536 "${@:2}"
}

@test "what an older build wrote is reproduced under its name" {
    upgraded_setup
    upgraded upgraded/output.avro --json --quiet
    [ "$status" -eq 0 ]
    [ "$(field ok)" = True ]
    [ "$(field reproduced)" -gt 100 ]
    [ "$(field followers)" -eq 0 ]
}

@test "what was changed is found, whichever build wrote it" {
    upgraded_setup
    tamper forge-old upgraded/output.avro
    upgraded forge-old.avro
    [ "$status" -eq 65 ]
    [[ "$output" =~ DIFFERS\ +partition\ 1,\ number\ [0-9]+\ at\ offset\ [0-9]+:\ replay\ by\ build\ [0-9.]+\ gives\ another\ value\ than\ build\ \"0.0.9\"\ wrote ]]
    [[ "$output" =~ at_risk_kzt_minor\ +7\  ]]
    tamper rename-last upgraded/output.avro
    upgraded rename-last.avro
    [ "$status" -eq 65 ]
    [[ "$output" == *'it names build "0.0.9", due is "'* ]]
}

@test "without an order log another build is named as what differs" {
    tamper rename-last
    replayed rename-last
    [ "$status" -eq 65 ]
    [[ "$output" == *'it names build "0.0.9", due is "'* ]]
}
