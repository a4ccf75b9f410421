# features: the vectors of recorded events. tests/test_features.py reads the values.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 3 --accounts 1000 --droppers 10 --out feed.avro
    "$SAQSHY" features --quiet --input feed.avro --out feed.csv
    "$SAQSHY" features --quiet --input feed.avro --out feed.npy
}

setup() { cd "$BATS_FILE_TMPDIR"; }

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<< "$output"; }

@test "one row a scored side, one column a feature" {
    run --separate-stderr "$SAQSHY" features --input feed.avro --out rows.csv --json
    [ "$status" -eq 0 ]
    [ "$(field interrupted)" = False ]
    [ "$(field rows)" -gt "$(field records)" ]
    [ "$(field rows)" -eq "$(($(wc -l < rows.csv) - 1))" ]
    [[ "$stderr" == *"$(field rows) vectors of $(field records) records"* ]]
    diff <(head -1 rows.csv | tr , '\n' | tail -n +11) \
        <("$SAQSHY" docs features | sed -n '/^| feature/,/^$/s/^| `\([a-z0-9_]*\)` .*/\1/p')
    [ "$(awk -F, '{ print NF }' rows.csv | sort -u | wc -l)" -eq 1 ]
}

@test "the same input gives the same bytes, however batches are cut" {
    for ending in csv npy; do
        "$SAQSHY" features --quiet --input feed.avro --out "again.$ending"
        cmp "feed.$ending" "again.$ending"
        "$SAQSHY" features --quiet --input feed.avro --out "cut.$ending" -X merge.slice.ms=1 -X kernel.tier=scalar
        cmp "feed.$ending" "cut.$ending"
    done
}

@test "- is a CSV to the standard output" {
    "$SAQSHY" features --quiet --input feed.avro --out - | cmp - feed.csv
    "$SAQSHY" features --quiet --input feed.avro --out - --json 2> summary | cmp - feed.csv
    output=$(cat summary)
    [ "$(field rows)" -gt 0 ]
}

@test "bad records are counted by their verdict" {
    python3 - <<'PY'
data = bytearray(open("feed.avro", "rb").read())
data[data.index(b"\x06KZT\x02", 20000) + 5] ^= 2 # amount_kzt_minor is another than amount_minor
open("bad.avro", "wb").write(data)
PY
    run --separate-stderr "$SAQSHY" features --input bad.avro --out bad.csv --json
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"; 1 BAD_CURRENCY"* ]]
    [[ "$output" == *'"BAD_CURRENCY":1'* ]]
    [ "$(field rows)" -eq "$(($(wc -l < bad.csv) - 1))" ]
    [ "$(wc -l < bad.csv)" -lt "$(wc -l < feed.csv)" ]
}

@test "another ending is a usage error that names both" {
    run "$SAQSHY" features --input feed.avro --out vectors.parquet
    [ "$status" -eq 2 ]
    [[ "$output" == *"USAGE: vectors.parquet ends in neither .csv nor .npy"* ]]
    run "$SAQSHY" features --input feed.avro --out .csv
    [ "$status" -eq 2 ]
    run "$SAQSHY" features --input feed.avro
    [ "$status" -eq 2 ]
    [[ "$output" == *"--out FILE is missing"* ]]
}

@test "what cannot be written is an I/O error at once" {
    mkdir -p folder.csv
    run "$SAQSHY" features --input feed.avro --out folder.csv
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: folder.csv: Is a directory"* ]]
    run "$SAQSHY" features --input feed.avro --out nowhere/x.npy
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: nowhere/x.npy: No such file or directory"* ]]
    run bash -c '"$SAQSHY" features --quiet --input feed.avro --out - > /dev/full'
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: standard output: No space left on device"* ]]
}

@test "a failure leaves no half file, and the old one as it was" {
    for ending in csv npy; do
        echo old > "kept.$ending"
        run bash -c "trap '' XFSZ; ulimit -f 1000; exec \"\$SAQSHY\" features --quiet --input feed.avro --out kept.$ending"
        [ "$status" -eq 74 ]
        [[ "$output" == *"IO: kept.$ending: File too large"* ]]
        [ "$(cat "kept.$ending")" = old ]
        [ ! -e "kept.$ending.part" ]
    done
    run "$SAQSHY" features --input nowhere.avro --out kept.csv
    [ "$status" -eq 74 ]
    head -c 20000 feed.avro > cut.avro
    run "$SAQSHY" features --input cut.avro --out kept.csv
    [ "$status" -eq 65 ]
    [ "$(cat kept.csv)" = old ]
    [ ! -e kept.csv.part ]
}

@test "the input is never what is written" {
    cp feed.avro in.csv
    run "$SAQSHY" features --input in.csv --out ./in.csv
    [ "$status" -eq 2 ]
    cp feed.avro out.csv.part
    run "$SAQSHY" features --input out.csv.part --out out.csv
    [ "$status" -eq 2 ]
    cmp feed.avro out.csv.part
}

@test "Ctrl-C keeps a whole file of what was scored and says so" {
    mkfifo pipe.out
    env --default-signal=INT "$SAQSHY" features --input feed.avro --out - > pipe.out 2> err 3>&- &
    local features=$!
    exec 7< pipe.out
    IFS= read -r -u 7 head
    kill -INT "$features"
    local ended=0 rest
    rest=$(wc -l <&7)
    exec 7<&-
    wait "$features" || ended=$?
    [ "$ended" -eq 130 ]
    [ "$rest" -lt "$(wc -l < feed.csv)" ]
    [[ "$head" == topic,partition,offset,* ]]
    grep -q "interrupted; written so far: " err
}
