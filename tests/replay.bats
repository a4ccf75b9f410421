# replay: recorded events straight into the engine.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 5 --accounts 800 --droppers 30 --out feed.avro --labels labels.csv
}

setup() { cd "$BATS_FILE_TMPDIR"; }

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<< "$output"; }

@test "replay --engine twice gives equal bytes" {
    "$SAQSHY" replay --quiet --engine --input feed.avro --out one.avro
    "$SAQSHY" replay --quiet --engine --input feed.avro --out two.avro
    [ "$(stat -c %s one.avro)" -gt 10000 ]
    cmp one.avro two.avro
}

@test "with several partitions, too" {
    "$SAQSHY" replay --quiet --engine --partitions 4 --input feed.avro --out four.avro
    "$SAQSHY" replay --quiet --engine --partitions 4 --input feed.avro --out again.avro
    cmp four.avro again.avro
}

@test "every kernel tier gives equal bytes" {
    "$SAQSHY" replay --quiet --engine --input feed.avro --out scalar.avro -X kernel.tier=scalar
    for tier in avx2 avx512 auto; do # a limit only takes away, so all of them run anywhere
        "$SAQSHY" replay --quiet --engine --input feed.avro --out "$tier.avro" -X "kernel.tier=$tier"
        cmp scalar.avro "$tier.avro"
    done
}

@test "labels are counted: found, bothered, minutes" {
    run --separate-stderr "$SAQSHY" replay --engine --input feed.avro --labels labels.csv --json
    [ "$status" -eq 0 ]
    [ "$(field labelled)" -eq "$(($(wc -l < labels.csv) - 1))" ]
    [ "$(field found)" -gt 0 ]
    [ "$(field found)" -le "$(field labelled)" ]
    [ "$(field bothered)" -eq "$(($(field accounts_recommended) - $(field found)))" ]
    [ "$(field median_minutes)" -ge 0 ]
    [ "$(field interrupted)" = False ]
    [[ "$stderr" == *"found $(field found) of $(field labelled) labelled accounts"* ]]
    [[ "$stderr" == *"next: saqshy replay"* ]]
}

@test "labels of events name the accounts that got the money" {
    printf 'event_id,ts,src_account,dst_account,amount,type,is_fraud\n1,1767225600,ann,bob,10,TRANSFER,1\n' > small.csv
    "$SAQSHY" import --quiet --mapping "$SOURCE_DIR/schemas/mappings/transfers.map" --input small.csv --out small.avro \
        --labels-out events.csv
    run --separate-stderr "$SAQSHY" replay --engine --quiet --input small.avro --labels events.csv --json
    [ "$status" -eq 0 ]
    [ "$(field labelled)" -eq 1 ]
}

@test "the recommendations that are saved are a recording that says how many" {
    run "$SAQSHY" replay --engine --input feed.avro --out saved.avro --json --quiet
    local published
    [ "$(field recommendations)" -gt 0 ]
    [ "$(field to_payers)" -gt 0 ]
    published=$(($(field recommendations) + $(field to_payers)))
    run "$SAQSHY" replay --engine --input saved.avro --json --quiet \
        -X topic.transactions=antifrod.freeze-recommendations -X topic.recommendations=x
    [ "$status" -eq 0 ]
    [ "$(field records)" -eq "$published" ]
    [ "$(field accepted)" -eq 0 ]
    [ "$(field dead_letters)" -eq "$published" ]
}

@test "a pace changes nothing but the time" {
    run "$SAQSHY" replay --engine --input feed.avro --json --quiet
    local published records
    published=$(field recommendations)
    records=$(field records)
    run "$SAQSHY" replay --engine --input feed.avro --json --quiet --rate 100k
    [ "$(field recommendations)" -eq "$published" ]
    [ "$(field records)" -eq "$records" ]
    run "$SAQSHY" replay --engine --input feed.avro --json --quiet --speed 1000000
    [ "$(field recommendations)" -eq "$published" ]
}

@test "Ctrl-C keeps what has been scored and says so" {
    env --default-signal=INT "$SAQSHY" replay --engine --input feed.avro --rate 20 --out part.avro --json > out 2> err 3>&- &
    local replay=$!
    sleep 3
    kill -INT "$replay"
    local ended=0
    wait "$replay" || ended=$?
    [ "$ended" -eq 130 ]
    output=$(cat out)
    [ "$(field interrupted)" = True ]
    [ "$(field records)" -gt 0 ]
    grep -q 'interrupted; so far' err
    [ -s part.avro ]
}

@test "a broken file is named with its code and the byte" {
    head -c 20000 feed.avro > cut.avro
    run "$SAQSHY" replay --engine --input cut.avro
    [ "$status" -eq 65 ]
    [[ "$output" =~ BAD_DATA:.*cut.avro:.*at\ byte\ [0-9]+ ]]
    cp feed.avro flipped.avro
    printf '\377\377\377\377\377\377\377\377\377\377\377' | dd of=flipped.avro bs=1 seek=30000 conv=notrunc status=none
    run "$SAQSHY" replay --engine --input flipped.avro
    [ "$status" -eq 65 ]
    [[ "$output" =~ BAD_DATA:.*flipped.avro:.*byte\ [0-9]+ ]]
    echo hello > hello.avro
    run "$SAQSHY" replay --engine --input hello.avro
    [ "$status" -eq 65 ]
    [[ "$output" == *"hello.avro is no Avro container file"* ]]
    run "$SAQSHY" replay --engine --input nowhere.avro
    [ "$status" -eq 74 ]
}

@test "a file whose schema does not bind is refused with the field" {
    python3 - <<'PY'
data = open("feed.avro", "rb").read()
open("renamed.avro", "wb").write(data.replace(b'"name": "event_time"', b'"name": "event_tiem"', 1))
PY
    run "$SAQSHY" replay --engine --input renamed.avro
    [ "$status" -eq 65 ]
    [[ "$output" == *"renamed.avro: its schema"* ]]
    [[ "$output" == *event_time* ]]
}

@test "a feed of a foreign writer's schema gives the same recommendations" {
    python3 - <<'PY'
import hashlib
data = open("feed.avro", "rb").read()
assert data.count(b'"Channel"') == 1 # another name of a type: another text, the same bytes of records
open("foreign.avro", "wb").write(data.replace(b'"Channel"', b'"Kanal__"', 1))
PY
    "$SAQSHY" replay --quiet --engine --input feed.avro --out own.avro
    "$SAQSHY" replay --quiet --engine --input foreign.avro --out foreign-out.avro
    cmp own.avro foreign-out.avro
}

@test "the memory bound is kept and says what to do" {
    run "$SAQSHY" replay --engine --input feed.avro --memory 1M
    [ "$status" -eq 1 ]
    [[ "$output" == *"--memory 1000000"* ]]
}

@test "flags that would be ignored are refused" {
    run "$SAQSHY" replay --input feed.avro
    [ "$status" -eq 78 ]
    [[ "$output" == *"bootstrap.servers"* ]]
    run "$SAQSHY" replay --input feed.avro --labels labels.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *"--labels is for --engine"* ]]
    run "$SAQSHY" replay --engine --input feed.avro --timestamps now
    [ "$status" -eq 2 ]
    run "$SAQSHY" replay --engine --input feed.avro --rate 5 --speed 2
    [ "$status" -eq 2 ]
    run "$SAQSHY" replay --engine
    [ "$status" -eq 2 ]
    [[ "$output" == *"--input FILE is missing"* ]]
}
