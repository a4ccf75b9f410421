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

@test "a symbol that is missing, or near to none, is a usage error with all of them" {
    run "$SAQSHY" signal add
    [ "$status" -eq 2 ]
    [[ "$output" == *"--kind is missing: it takes INCIDENT, LIST_ENTRY, "*", WITHDRAWAL" ]]
    run "$SAQSHY" signal add --kind INCIDENT --confidence REPORTED
    [ "$status" -eq 2 ]
    [[ "$output" == *"--source is missing: it takes BANK, MFO, "*", FIU" ]]
    run "$SAQSHY" signal add "${good[@]}" --kind BOGUS
    [ "$status" -eq 2 ]
    [[ "$output" == *"kind: BOGUS is no symbol of it, which takes INCIDENT, "*", WITHDRAWAL" ]]
}

@test "what is no UTF-8 is a usage error, and not left out" {
    for flag in --category --related-tx --id; do
        run "$SAQSHY" signal add "${good[@]}" $flag $'\xff'
        [ "$status" -eq 2 ]
        [[ "$output" == *"$flag is no UTF-8"* ]]
    done
    run "$SAQSHY" signal add "${good[@]}" --subject $'ACCOUNT:\xff'
    [ "$status" -eq 2 ]
    [[ "$output" == *"a subject is no UTF-8"* ]]
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

@test "a table of outcomes is checked, row by row, before a broker is asked" {
    id=0123456789abcdef0123456789abcdef
    printf 'recommendation_id,result,held_amount_kzt\n%s,HELD,10\n' "$id" > "$BATS_TEST_TMPDIR/good.csv"
    run "$SAQSHY" signal add --outcomes "$BATS_TEST_TMPDIR/good.csv"
    [ "$status" -eq 78 ]
    printf 'recommendation_id,result\n%s,HELD\n%s,RELEASED\n' "$id" "${id/0/1}" | tr ',' ';' > "$BATS_TEST_TMPDIR/semicolon.csv"
    run "$SAQSHY" signal add --outcomes "$BATS_TEST_TMPDIR/semicolon.csv"
    [ "$status" -eq 65 ]
    [[ "$output" == *"semicolon.csv:1: "*"--separator"* ]]
    run "$SAQSHY" signal add --outcomes "$BATS_TEST_TMPDIR/semicolon.csv" --separator semicolon --dry-run
    [ "$status" -eq 78 ]
    printf 'recommendation_id,result,decided_at\n%s,HELD,2026-01-01\n%s,HELD,1999-01-01\n' "$id" "${id/0/1}" > "$BATS_TEST_TMPDIR/old.csv"
    run "$SAQSHY" signal add --outcomes "$BATS_TEST_TMPDIR/old.csv"
    [ "$status" -eq 65 ]
    [[ "$output" == *"old.csv:3: BAD_TIME"* ]]
    run "$SAQSHY" signal add --outcomes "$BATS_TEST_TMPDIR/absent.csv"
    [ "$status" -eq 74 ]
    for flags in "--separator comma" "--outcomes $BATS_TEST_TMPDIR/good.csv --separator dot" \
        "--outcomes $BATS_TEST_TMPDIR/good.csv --kind OUTCOME" "--outcomes a --from b"; do
        run "$SAQSHY" signal add $flags
        [ "$status" -eq 2 ]
    done
}

@test "a withdrawal says why" {
    run "$SAQSHY" signal withdraw some-id
    [ "$status" -eq 2 ]
    [[ "$output" == *"--reason"* ]]
}

@test "a reason that the withdrawal cannot carry is a usage error, before a broker is asked" {
    for reason in "" $' \t\n'; do
        run "$SAQSHY" signal withdraw some-id --reason "$reason"
        [ "$status" -eq 2 ]
        [[ "$output" == *"say why: --reason TEXT"* ]]
    done
    run "$SAQSHY" signal withdraw some-id --reason $'\xff'
    [ "$status" -eq 2 ]
    [[ "$output" == *"--reason is no UTF-8"* ]]
    run "$SAQSHY" signal withdraw some-id --reason "ошибка при установлении лица, отзыв" # 65 bytes, 35 letters
    [ "$status" -eq 2 ]
    [[ "$output" == *"--reason: longer than 64 bytes"* ]]
    run "$SAQSHY" signal withdraw some-id --reason "ошибка при установлении лица, отзы." # 64 bytes
    [ "$status" -eq 78 ]
}

@test "without brokers or a topic it says what to set" {
    run "$SAQSHY" signal add "${good[@]}"
    [ "$status" -eq 78 ]
    [[ "$output" == *bootstrap.servers* ]]
    run "$SAQSHY" signal ls -X bootstrap.servers=localhost:1 -X topic.signals=
    [ "$status" -eq 78 ]
    [[ "$output" == *topic.signals* ]]
}
