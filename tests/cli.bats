# The command line: help, errors with a code and a next step, exit statuses.
bats_require_minimum_version 1.5.0

@test "--help lists the commands" {
    run "$SAQSHY" --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"the service"* ]]
}

@test "--version names the linked libraries and their versions" {
    run "$SAQSHY" --version
    [ "$status" -eq 0 ]
    [[ "$output" =~ "librdkafka "[0-9]+\.[0-9] ]]
    [[ "$output" =~ "OpenBLAS "[0-9]+\.[0-9] ]]
    [[ "$output" =~ "avro-c "[0-9]+\.[0-9] ]]
}

@test "an unknown command is a usage error with the nearest one" {
    run "$SAQSHY" chekc
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean check"* ]]
    run "$SAQSHY" $'x\e[31m'
    [ "$status" -eq 2 ]
    [[ "$output" == "saqshy: USAGE: there is no command x?[31m; see saqshy --help" ]]
}

@test "an unknown flag is a usage error with the nearest one" {
    run "$SAQSHY" gen --sead 1
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean --seed"* ]]
}

@test "an unknown option is a configuration error with the nearest one" {
    run "$SAQSHY" run -X merge.slise.ms=1
    [ "$status" -eq 78 ]
    [[ "$output" == *"did you mean merge.slice.ms"* ]]
}

@test "a broken configuration file is named with its line" {
    printf 'http.port=9464\nmerge.slice.ms=soon\n' > "$BATS_TEST_TMPDIR/bad.conf"
    run "$SAQSHY" run --config "$BATS_TEST_TMPDIR/bad.conf"
    [ "$status" -eq 78 ]
    [[ "$output" == *"bad.conf:2:"* ]]
}

@test "the environment stands between file and command line" {
    printf 'start.from=earliest\n' > "$BATS_TEST_TMPDIR/a.conf"
    SAQSHY_START_FROM=nowhere run "$SAQSHY" check --config "$BATS_TEST_TMPDIR/a.conf"
    [ "$status" -eq 78 ]
    [[ "$output" == *SAQSHY_START_FROM* ]]
}

@test "a model for other features is refused" {
    sed 's/"features_sha256": "[0-9a-f]*"/"features_sha256": "0000000000000000000000000000000000000000000000000000000000000000"/' \
        "$SOURCE_DIR/models/shipped-model.json" > "$BATS_TEST_TMPDIR/model.json"
    run "$SAQSHY" check -X "model.path=$BATS_TEST_TMPDIR/model.json"
    [ "$status" -eq 78 ]
    [[ "$output" == *features_sha256* ]]
}

@test "run without brokers says what to do" {
    run "$SAQSHY" run
    [ "$status" -eq 78 ]
    [[ "$output" == *bootstrap.servers* ]]
}

@test "an address that is not loopback is refused" {
    run "$SAQSHY" run -X bootstrap.servers=127.0.0.1:1 -X http.address=0.0.0.0
    [ "$status" -eq 78 ]
    [[ "$output" == *loopback* ]]
}

@test "the shipped contract binds, and a float as money does not" {
    "$SAQSHY" schema print 1 > "$BATS_TEST_TMPDIR/t.avsc"
    run "$SAQSHY" schema check "$BATS_TEST_TMPDIR/t.avsc"
    [ "$status" -eq 0 ]
    sed -z 's/"amount_minor",\n   "type": "long"/"amount_minor",\n   "type": "double"/' "$BATS_TEST_TMPDIR/t.avsc" > "$BATS_TEST_TMPDIR/d.avsc"
    run "$SAQSHY" schema check "$BATS_TEST_TMPDIR/d.avsc"
    [ "$status" -eq 65 ]
    [[ "$output" == *"never money"* ]]
}

@test "names of a schema or a file steer no terminal" {
    cd "$BATS_TEST_TMPDIR"
    mkdir schemas
    "$SAQSHY" schema print 1 > 1.avsc
    jq '.fields += [{name: "\u001b[2J\u009b\n", type: ["null", "string"], default: null}] | .fields[0].type = {type: "string", logicalType: "\u001b[31m"}' 1.avsc > 'schemas/101.avsc'
    jq '.fields[0].name = "\u001b[2J" | .fields[1].name = "\u001b[2J"' 1.avsc > $'schemas/102.avsc'
    : > $'schemas/\033[2J.txt'
    "$SAQSHY" schema check schemas/101.avsc > shown
    grep -q "$(printf 'skipped\t?\[2J??\t')" shown
    "$SAQSHY" schema check schemas/102.avsc >> shown || [ $? -eq 65 ]
    grep -q '^REFUSED' shown
    "$SAQSHY" check -X schema.dir=schemas >> shown || [ $? -eq 78 ]
    jq '.id = "m\u001b[2J"' "$SOURCE_DIR/tests/models/by-hand.json" > steering.json
    "$SAQSHY" check -X model.path=steering.json >> shown || [ $? -eq 78 ]
    grep -q 'model  *m?\[2J' shown
    cat -v shown
    run grep -P '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' shown
    [ "$status" -eq 1 ]
}

@test "a schema of signals is held to the contract of signals, by its name or as one" {
    cd "$BATS_TEST_TMPDIR"
    "$SAQSHY" schema print 4 > 201.avsc
    run "$SAQSHY" schema check 201.avsc
    [ "$status" -eq 0 ]
    [[ "$output" == *"signal_id"* ]]
    run "$SAQSHY" schema check 201.avsc --as transactions
    [ "$status" -eq 65 ]
    [[ "$output" == *"does not bind as transactions"* ]]
    sed 's/"FraudSignal"/"Report"/' 201.avsc > report.avsc
    run "$SAQSHY" schema check report.avsc
    [ "$status" -eq 65 ]
    run "$SAQSHY" schema check report.avsc --as signals
    [ "$status" -eq 0 ]
    for words in "check 201.avsc --as order" "print 4 --as signals"; do
        run "$SAQSHY" schema $words
        [ "$status" -eq 2 ]
    done
    mkdir schemas
    mv 201.avsc schemas
    run "$SAQSHY" check -X schema.dir=schemas
    [[ "$output" == *"ok       201.avsc "*"binds"* ]]
}

@test "gen is bit-identical on re-run and differs by seed" {
    cd "$BATS_TEST_TMPDIR"
    "$SAQSHY" gen --quiet --days 2 --accounts 500 --out a.avro --labels a.csv
    "$SAQSHY" gen --quiet --days 2 --accounts 500 --out b.avro --labels b.csv
    "$SAQSHY" gen --quiet --days 2 --accounts 500 --seed 2 --out c.avro
    cmp a.avro b.avro
    cmp a.csv b.csv
    ! cmp -s a.avro c.avro
}

@test "gen says in a side file who is who, and the feed stays what it was" {
    cd "$BATS_TEST_TMPDIR"
    "$SAQSHY" gen --quiet --days 3 --accounts 500 --droppers 40 --out a.avro --labels labels.csv
    "$SAQSHY" gen --quiet --days 3 --accounts 500 --droppers 40 --out b.avro --groups groups.csv
    cmp a.avro b.avro
    [ "$(head -1 groups.csv)" = account_id,group ]
    [ "$(sed 1d groups.csv | cut -d, -f1 | sort -u | wc -l)" -eq 524 ] # 500 people, 24 organisations
    [ "$(grep -c ',victim$' groups.csv)" -gt 0 ]
    [ -z "$(comm -23 <(sed 1d labels.csv | cut -d, -f1,2 | sort) <(sort groups.csv))" ]
    run "$SAQSHY" gen --quiet --days 1 --accounts 200 --out c.avro --groups no/where.csv
    [ "$status" -eq 74 ]
    [ ! -e c.avro ]
    run "$SAQSHY" gen --days 1 --accounts 200 --out f --groups ./f
    [ "$status" -eq 2 ]
}

@test "gen says what others say of it, and the feed stays what it was" {
    cd "$BATS_TEST_TMPDIR"
    gen() { "$SAQSHY" gen --days 5 --accounts 500 --droppers 40 "$@"; }
    gen --quiet --out a.avro
    gen --quiet --json --out b.avro --signals b.signals > b.json
    run gen --out c.avro --signals c.signals
    cmp a.avro b.avro
    cmp b.signals c.signals
    count=$(jq .signals b.json)
    [ "$count" -gt 50 ]
    [[ "$output" == *" droppers; $count signals"* ]]
    gen --quiet --seed 2 --out d.avro --signals d.signals
    run -1 cmp -s b.signals d.signals
    cp -r . ../before-signals
    run gen --quiet --seed 3 --out a.avro --signals no/where
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: no/where: No such file or directory"* ]]
    run gen --quiet --seed 3 --out no/where --signals b.signals
    [ "$status" -eq 74 ]
    run gen --quiet --seed 3 --out a.avro --signals -
    [ "$status" -eq 2 ]
    run gen --quiet --seed 3 --out a.avro --signals ./a.avro
    [ "$status" -eq 2 ]
    diff -r . ../before-signals
    run gen --quiet --out a.avro --signals /dev/full
    [ "$status" -eq 74 ]
}

@test "gen: a path that cannot be leaves what was there, and an older side file leaves nothing in a new one" {
    cd "$BATS_TEST_TMPDIR"
    gen() { run "$SAQSHY" gen --quiet --days 1 --accounts 200 --droppers 50 "$@"; }
    gen --out feed.avro --labels labels.csv --groups groups.csv
    [ "$status" -eq 0 ]
    cp -r . ../before
    gen --seed 2 --out feed.avro --labels no/where.csv --groups groups.csv
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: no/where.csv: No such file or directory"* ]]
    gen --seed 2 --out feed.avro --labels labels.csv --groups no/where.csv
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: no/where.csv: No such file or directory"* ]]
    gen --seed 2 --out no/where.avro --labels labels.csv --groups groups.csv
    [ "$status" -eq 74 ]
    for flag in --labels --groups; do
        gen --seed 2 --out feed.avro "$flag" -
        [ "$status" -eq 2 ]
        [[ "$output" == *"USAGE: $flag takes a file: only --out may be - for stdout"* ]]
    done
    diff -r . ../before
    printf 'x%.0s' {1..100000} | tee labels.csv > groups.csv
    gen --out feed.avro --labels labels.csv --groups groups.csv
    diff -r . ../before
    "$SAQSHY" gen --quiet --days 1 --accounts 200 --droppers 50 --out - --labels >(cat > piped.csv) --groups /dev/null | cmp - feed.avro
    until [ -s piped.csv ]; do read -r -t 0.05 <> <(:) || true; done
    [ "$(head -1 piped.csv)" = "$(head -1 labels.csv)" ]
    run "$SAQSHY" gen --quiet --days 1 --accounts 200 --out feed.avro --labels /dev/full
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: /dev/full: "* ]]
}

@test "gen opens all files or leaves nothing" {
    mkdir "$BATS_TEST_TMPDIR/new" && cd "$BATS_TEST_TMPDIR/new"
    gen() { run "$SAQSHY" gen --quiet --days 1 --accounts 200 "$@"; [ "$status" -eq 74 ]; [ -z "$(ls)" ]; }
    gen --out feed.avro --labels labels.csv --groups no/where.csv
    gen --out feed.avro --labels no/where.csv --groups groups.csv
    gen --out no/where.avro --labels labels.csv --groups groups.csv
    gen --out no/where.avro --labels labels.csv
}

@test "check compiles every schema of schema.dir and names what does not bind, and why" {
    DIR="$BATS_TEST_TMPDIR/schemas"
    mkdir "$DIR"
    "$SAQSHY" schema print 1 > "$DIR/101.avsc"
    sed -z 's/"amount_minor",\n   "type": "long"/"amount_minor",\n   "type": "double"/' "$DIR/101.avsc" > "$DIR/102.avsc"
    printf '{"type":' > "$DIR/103.avsc"
    printf 'notes\n' > "$DIR/README.txt"
    cp "$DIR/101.avsc" "$DIR/0104.avsc"
    run "$SAQSHY" check -X "schema.dir=$DIR"
    [ "$status" -eq 78 ]
    [[ "$output" == *"ok       101.avsc "*"binds"* ]]
    [[ "$output" == *"FAILED   102.avsc "*"amount_minor"*"never money"* ]]
    [[ "$output" == *"FAILED   103.avsc "*"no JSON"* ]]
    [[ "$output" == *"note     README.txt "*"not named ID.avsc"* ]]
    [[ "$output" == *"note     0104.avsc "* ]]
    run "$SAQSHY" check -X "schema.dir=$DIR/101.avsc"
    [ "$status" -eq 78 ]
    [[ "$output" == *"FAILED   schemas "*"Not a directory"* ]]
}

@test "check --json gives code and text of every failure, whatever is in the text" {
    mkdir "$BATS_TEST_TMPDIR/schemas"
    printf '{"type":"record","name":"a","fields":[]}' > "$BATS_TEST_TMPDIR/schemas/7.avsc"
    printf 'x' > "$BATS_TEST_TMPDIR/schemas/"$'no\tUTF-8 \xff "'
    run --separate-stderr "$SAQSHY" check --json -X "schema.dir=$BATS_TEST_TMPDIR/schemas" -X 'model.path=/no/"such\file"'
    [ "$status" -eq 78 ]
    python3 - "$output" <<'PYTHON'
import json
import sys

rows = {row["check"]: row for row in map(json.loads, sys.argv[1].splitlines())}
assert rows["configuration"] == {"check": "configuration", "ok": True, "code": "NONE", "text": "every key is known"}
assert rows["7.avsc"]["ok"] is False and rows["7.avsc"]["code"] == "CONFIG", rows["7.avsc"]
assert rows["7.avsc"]["text"] == "event_id: missing, and it has no default", rows["7.avsc"]
assert rows["model"]["text"].startswith('/no/"such\\file": cannot be opened'), rows["model"]
assert rows['no\tUTF-8 ? "']["ok"] is True, rows
assert rows["broker"]["text"] == "bootstrap.servers is not set", rows["broker"]
PYTHON
}

@test "two topics may not be the same" {
    run "$SAQSHY" check -X topic.order=antifrod.transactions
    [ "$status" -eq 78 ]
    [[ "$output" == *"topic.transactions and topic.order are the same topic"* ]]
    run "$SAQSHY" check -X topic.shadow=antifrod.freeze-recommendations
    [ "$status" -eq 78 ]
    [[ "$output" == *"topic.recommendations and topic.shadow are the same topic"* ]]
}

@test "a name that Kafka does not take is refused before Kafka is asked" {
    run "$SAQSHY" check -X 'topic.order=a b'
    [ "$status" -eq 78 ]
    [[ "$output" == *"topic.order=a b"* ]]
    run "$SAQSHY" check -X shard.id=
    [ "$status" -eq 78 ]
    [[ "$output" == *shard.id* ]]
}

@test "what delivery rests on is not passed through to librdkafka" {
    for key in kafka.consumer.isolation.level kafka.transactional.id kafka.producer.acks; do
        run "$SAQSHY" check -X "$key=x"
        [ "$status" -eq 78 ]
        [[ "$output" == *"$key is not passed through"* ]]
    done
}

@test "a directory is no configuration, mapping, schema or label file" {
    run "$SAQSHY" check --config "$BATS_TEST_TMPDIR"
    [ "$status" -eq 78 ]
    [[ "$output" == *"Is a directory"* ]]
    run "$SAQSHY" schema check "$BATS_TEST_TMPDIR"
    [ "$status" -eq 74 ]
    run "$SAQSHY" import --mapping "$BATS_TEST_TMPDIR" --input x --out y
    [ "$status" -eq 78 ]
    [[ "$output" == *"Is a directory"* ]]
}

@test "output that cannot be written is an I/O error" {
    for words in "docs configuration" "--help" "schema print 1"; do
        run bash -c '"$SAQSHY" $1 > /dev/full' _ "$words"
        [ "$status" -eq 74 ]
    done
}

@test "what is printed to a closed standard output is an I/O error, and not lost" {
    for words in "docs configuration" "--version" "schema print 1"; do
        for closed in "1>&-" "0>&- 1>&-" "0<&- 1>&- 2>&-"; do
            run bash -c "\"\$SAQSHY\" $words $closed"
            [ "$status" -eq 74 ]
        done
        run bash -c '"$SAQSHY" $1 1>&-' _ "$words"
        [[ "$output" == *"IO: standard output cannot be written"* ]]
    done
}

@test "a closed standard stream does not become part of a file" {
    cd "$BATS_TEST_TMPDIR"
    "$SAQSHY" gen --days 1 --accounts 200 --out a.avro 2>/dev/null
    "$SAQSHY" gen --days 1 --accounts 200 --out b.avro 0>&- 1>&- 2>&-
    cmp a.avro b.avro
}

@test "a file is not read and written at once" {
    cd "$BATS_TEST_TMPDIR"
    run "$SAQSHY" gen --days 1 --accounts 200 --out f --labels ./f
    [ "$status" -eq 2 ]
    [[ "$output" == *"--out and --labels are the same file"* ]]
    [ ! -e f ]
    "$SAQSHY" gen --quiet --days 1 --accounts 200 --out f
    ln f g
    run "$SAQSHY" replay --engine --input f --out g
    [ "$status" -eq 2 ]
    run "$SAQSHY" import --mapping m --input f --out ./f
    [ "$status" -eq 2 ]
}

@test "a word too many, a day that does not exist and half a number are usage errors" {
    run "$SAQSHY" gen --out "$BATS_TEST_TMPDIR/x" extra
    [ "$status" -eq 2 ]
    [[ "$output" == *"extra is one word too many"* ]]
    run "$SAQSHY" gen --start 2026-02-30 --out "$BATS_TEST_TMPDIR/x"
    [ "$status" -eq 2 ]
    run "$SAQSHY" schema print 4294967297
    [ "$status" -eq 2 ]
    run "$SAQSHY" schema print 1abc
    [ "$status" -eq 2 ]
}

@test "check shows whom the policy lets go, and who said so" {
    jq '.allow = [{account_token: "account-token-0123456789", reason: "two\nlines \u001b[31m", expires: "2099-01-01", author: "A. Analyst"},
                  {account_token: "b", reason: "old", expires: "2020-01-01", author: "B"}]' "$SOURCE_DIR/models/shipped-policy.json" > "$BATS_TEST_TMPDIR/p.json"
    run "$SAQSHY" check -X "policy.path=$BATS_TEST_TMPDIR/p.json"
    [[ "$output" == *"note     allow[0]               acco…6789 until 2098-12-31 19:00:00 UTC, by A. Analyst: two?lines ?[31m"* ]]
    [[ "$output" == *"note     allow[1]"*"… is over since 2019-12-31 19:00:00 UTC, by B: old"* ]]
    [[ "$output" != *account-token-0123456789* ]]
    run --separate-stderr "$SAQSHY" check --json -X "policy.path=$BATS_TEST_TMPDIR/p.json"
    [ "$(jq -r 'select(.check == "allow[0]") | .ok' <<< "$output")" = true ]
}

@test "check looks at state.dir and http.address" {
    run "$SAQSHY" check -X state.dir=/nonexistent -X http.address=0.0.0.0
    [ "$status" -eq 78 ]
    [[ "$output" == *"state.dir=/nonexistent cannot be written"* ]]
    [[ "$output" == *"http.address=0.0.0.0 is not"* ]]
}
