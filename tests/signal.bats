# `saqshy signal` as far as it goes without a broker: what it refuses before it looks for one.
bats_require_minimum_version 1.5.0

good=(--kind INCIDENT --source BANK --confidence REPORTED --subject ACCOUNT:t1:DROPPER --valid-for 30)

@test "signal takes one of its verbs" {
    for words in "" "list" "show" "withdraw" "ls extra"; do
        run "$SAQSHY" signal $words
        echo "$words: $output"
        [ "$status" -eq 2 ]
    done
}

@test "a flag of another verb is a usage error" {
    run "$SAQSHY" signal ls --reason mistake
    [ "$status" -eq 2 ]
    [[ "$output" == *"--reason is not for signal ls"* ]]
    run "$SAQSHY" signal add "${good[@]}" --live
    [ "$status" -eq 2 ]
}

@test "a symbol that is none is a usage error with the nearest one" {
    run "$SAQSHY" signal add "${good[@]}" --kind INCIDNT
    [ "$status" -eq 2 ]
    [[ "$output" == *"did you mean INCIDENT?"* ]]
    run "$SAQSHY" signal add "${good[@]}" --subject ACCOUT:t
    [ "$status" -eq 2 ]
    [[ "$output" == *"subjects[1]: type: "*"did you mean ACCOUNT?"* ]]
    run "$SAQSHY" signal add "${good[@]}" --subject t
    [ "$status" -eq 2 ]
    [[ "$output" == *"TYPE:TOKEN"* ]]
}

@test "a term is given once" {
    run "$SAQSHY" signal add "${good[@]}" --valid-until 2099-01-01
    [ "$status" -eq 2 ]
}

@test "what the engine would not take is bad data, before a broker is asked" {
    run "$SAQSHY" signal add --kind INCIDENT --source BANK --confidence REPORTED --valid-for 30
    [ "$status" -eq 65 ]
    [[ "$output" == *"BAD_VALUE: no subjects"* ]]
    run "$SAQSHY" signal add --kind BOT_REPORT --source CITIZEN_BOT --confidence REPORTED --subject PHONE:p
    [ "$status" -eq 65 ]
    [[ "$output" == *"without valid_until"* ]]
    echo '[{"kind":"INCIDENT"},]' > "$BATS_TEST_TMPDIR/broken.json"
    run "$SAQSHY" signal add --from "$BATS_TEST_TMPDIR/broken.json"
    [ "$status" -eq 65 ]
}

@test "a file and flags exclude each other, and a file that is absent is named" {
    run "$SAQSHY" signal add --from - --kind INCIDENT < /dev/null
    [ "$status" -eq 2 ]
    run "$SAQSHY" signal add --from "$BATS_TEST_TMPDIR/absent.json"
    [ "$status" -eq 74 ]
    [[ "$output" == *"absent.json"* ]]
}

@test "a withdrawal says why" {
    run "$SAQSHY" signal withdraw some-id
    [ "$status" -eq 2 ]
    [[ "$output" == *"--reason"* ]]
}

@test "without brokers or a topic it says what to set" {
    run "$SAQSHY" signal add "${good[@]}"
    [ "$status" -eq 78 ]
    [[ "$output" == *bootstrap.servers* ]]
    run "$SAQSHY" signal ls -X bootstrap.servers=localhost:1 -X topic.signals=
    [ "$status" -eq 78 ]
    [[ "$output" == *topic.signals* ]]
}
