# `saqshy policy` as far as it goes without a broker: what it refuses before it looks for one, and files beside each other.
bats_require_minimum_version 1.5.0

setup() {
    old="$SOURCE_DIR/models/shipped-policy.json"
    new="$BATS_TEST_TMPDIR/new.json"
    sed 's/"cool_down_hours": *[0-9]*/"cool_down_hours": 99/' "$old" > "$new"
}

@test "policy takes one of its verbs" {
    for words in "" "list" "publish" "history extra" "diff" "show a b"; do
        run "$SAQSHY" policy $words
        echo "$words: $output"
        [ "$status" -eq 2 ]
    done
}

@test "a flag of another verb is a usage error" {
    run "$SAQSHY" policy show --author asel
    [ "$status" -eq 2 ]
    [[ "$output" == *"--author is not for policy show"* ]]
    run "$SAQSHY" policy publish "$new" --author asel --lang ru
    [ "$status" -eq 2 ]
}

@test "a change has an author, and a broker to go to" {
    run "$SAQSHY" policy publish "$new"
    [ "$status" -eq 2 ]
    [[ "$output" == *"--author NAME"* ]]
    run "$SAQSHY" policy publish "$new" --author asel
    [ "$status" -eq 78 ]
    [[ "$output" == *"bootstrap.servers is not set"* ]]
    run "$SAQSHY" policy history -X bootstrap.servers=localhost:1 -X topic.policy=
    [ "$status" -eq 78 ]
    [[ "$output" == *"topic.policy is empty"* ]]
}

@test "two files are compared without a broker" {
    run "$SAQSHY" policy diff "$old" "$old"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    run "$SAQSHY" policy diff "$old" "$new"
    [ "$status" -eq 1 ]
    [[ "$output" == "cool_down_hours: "*" -> 99" ]]
    run "$SAQSHY" policy diff "$old" "$new" --json
    [ "$status" -eq 1 ]
    [[ "$output" == *'"path":"cool_down_hours"'* ]]
}

@test "models are compared as by model diff" {
    model="$SOURCE_DIR/models/shipped-model.json"
    other="$SOURCE_DIR/tests/models/by-hand.json"
    diff <("$SAQSHY" policy diff "$model" "$other") <("$SAQSHY" model diff "$model" "$other")
    run "$SAQSHY" policy diff "$model" "$old"
    [ "$status" -eq 2 ]
}

@test "what cannot be read is said as that" {
    run "$SAQSHY" policy diff "$old" .
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: .: cannot be read: Is a directory" ]]
    truncate -s 17M "$BATS_TEST_TMPDIR/large.json"
    run "$SAQSHY" policy diff "$old" "$BATS_TEST_TMPDIR/large.json"
    [ "$status" -eq 74 ]
    [[ "$output" == *"large.json: cannot be read: it is larger than 16 MiB" ]]
}

@test "a file that is no document is refused" {
    echo '{"format":"x"}' > "$BATS_TEST_TMPDIR/x.json"
    run "$SAQSHY" policy diff "$old" "$BATS_TEST_TMPDIR/x.json"
    [ "$status" -eq 78 ]
}
