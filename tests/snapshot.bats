# `saqshy snapshot` on files that are anything but snapshots; those that are: test_snapshots.c.
bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_TMPDIR" && mkdir shots; }

# The names of what the command printed as JSON, one a line.
names() { python3 -c 'import json, sys; print(*(repr(json.loads(line)["name"]) for line in sys.stdin), sep="\n")'; }

@test "all of them are looked at, however many" {
    for i in $(seq 100 250); do echo none > "shots/b-000000-000000000$i.snapshot"; done
    run --separate-stderr "$SAQSHY" snapshot verify --dir shots
    [ "$status" -eq 65 ]
    [ "${#lines[@]}" -eq 151 ]
    [[ "${lines[0]}" == "damaged  b-000000-000000000250.snapshot  (damaged at byte "* ]]
    [[ "${lines[150]}" == *b-000000-000000000100.snapshot* ]]
    [[ "$stderr" == *"BAD_DATA: 151 of 151 cannot be used"* ]]
    run --separate-stderr "$SAQSHY" snapshot ls --dir shots --json
    [ "${#lines[@]}" -eq 151 ]
}

@test "one that is missing is missing, to verify as to show" {
    for verb in show verify; do
        run --separate-stderr "$SAQSHY" snapshot $verb a-000000-000000000001.snapshot --dir shots
        echo "$output $stderr"
        [ "$status" -eq 74 ]
        [[ "$stderr" == *"IO: a-000000-000000000001.snapshot: "*"No such file"* ]]
        [[ "$output" != *damaged* ]]
    done
}

@test "to verify none at all is no success" {
    touch shots/a-000000-000000000001.snapshot.damaged
    run --separate-stderr "$SAQSHY" snapshot verify --dir shots
    [ "$status" -eq 66 ]
    [ "$output" = "" ]
    [[ "$stderr" == *"INPUT_GONE: shots: there is no snapshot; a start that finds none elsewhere replays the whole order log"* ]]
    run --separate-stderr "$SAQSHY" snapshot ls --dir shots --json
    [ "$status" -eq 0 ]
    [ "$output" = "" ]
}

@test "a directory that is missing, or none, is not read" {
    touch file
    for verb in ls verify "show a-000000-000000000001.snapshot"; do
        # shellcheck disable=SC2086
        run --separate-stderr "$SAQSHY" snapshot $verb --dir missing
        [ "$status" -eq 74 ]
        [[ "$stderr" == *"IO: missing: there is no such directory"* ]]
        # shellcheck disable=SC2086
        run --separate-stderr "$SAQSHY" snapshot $verb --dir file
        [ "$status" -eq 74 ]
        [ ! -e missing ]
    done
}

@test "one of another form is foreign, and what cannot be read is not read" {
    printf 'SAQSHYSN\x63\0\0\0\0\0\0\0' > shots/a-000000-000000000003.snapshot
    run --separate-stderr "$SAQSHY" snapshot verify --dir shots
    [ "$status" -eq 78 ]
    [[ "$output" == "foreign  a-"* ]]
    mkdir shots/a-000000-000000000002.snapshot
    run --separate-stderr "$SAQSHY" snapshot verify a-000000-000000000002.snapshot --dir shots
    [ "$status" -eq 74 ]
    [[ "$output" == "not read a-"* ]]
    : > shots/a-000000-000000000001.snapshot
    run --separate-stderr "$SAQSHY" snapshot verify --dir shots
    [ "$status" -eq 65 ]
}

@test "a pipe by the name of one is waited for by nobody" {
    mkfifo shots/a-000000-000000000002.snapshot
    : > shots/a-000000-000000000001.snapshot
    run --separate-stderr timeout 60 "$SAQSHY" snapshot verify --dir shots
    [ "$status" -eq 65 ]
    [[ "${lines[0]}" == "not read a-000000-000000000002.snapshot"*"it is no regular file)" ]]
    [[ "${lines[1]}" == "damaged  a-000000-000000000001.snapshot"* ]]
    run --separate-stderr timeout 60 "$SAQSHY" snapshot ls --dir shots
    [[ "$output" == *"it is no regular file"* ]]
}

@test "no name of a file steers a terminal or ends a text of JSON" {
    : > shots/$'q","whole":true,"x":"-000000-000000000002.snapshot'
    : > shots/$'e\033[31m-000000-000000000001.snapshot'
    for verb in ls verify; do
        run --separate-stderr "$SAQSHY" snapshot $verb --dir shots
        [ "$status" -eq 65 ]
        [[ "$output$stderr" != *$'\033'* ]]
        [[ "$output" == *"e?[31m-"* ]]
        run --separate-stderr "$SAQSHY" snapshot $verb --dir shots --json
        [ "$(names <<< "$output")" = "$(printf '%s\n' \''q","whole":true,"x":"-000000-000000000002.snapshot'\' "'e\\x1b[31m-000000-000000000001.snapshot'")" ]
    done
}
