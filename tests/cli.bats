# The command line: help, errors with a code and a next step, exit statuses.

@test "--help lists the commands" {
    run "$SAQSHY" --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"the service"* ]]
}

@test "--version names the linked librdkafka" {
    run "$SAQSHY" --version
    [ "$status" -eq 0 ]
    [[ "$output" == *librdkafka* ]]
}

@test "an unknown command is a usage error with the nearest one" {
    run "$SAQSHY" chekc
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean check"* ]]
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

@test "gen is bit-identical on re-run and differs by seed" {
    cd "$BATS_TEST_TMPDIR"
    "$SAQSHY" gen --quiet --days 2 --accounts 500 --out a.avro --labels a.csv
    "$SAQSHY" gen --quiet --days 2 --accounts 500 --out b.avro --labels b.csv
    "$SAQSHY" gen --quiet --days 2 --accounts 500 --seed 2 --out c.avro
    cmp a.avro b.avro
    cmp a.csv b.csv
    ! cmp -s a.avro c.avro
}
