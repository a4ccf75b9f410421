# Named pipes: one that is written is waited for until somebody reads it, and left by a signal.
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkfifo pipe
}

# Until the line is in the file: there is no other sign of what a process waits for.
until_said() { until grep -qs "$1" "$2"; do sleep 0.05; done; }

a_csv() {
    printf 'id,ts,from,to,sum,kind,flag\n1,1767225600.5,ann,bob,10.01,T,0\n' > a.csv
    printf '[columns]\nevent_id = id\ntime = ts\npayer = from\npayee = to\namount = sum\ntype = kind\n' > m.map
    printf 'label = flag\n[type T]\nevent_type = P2P_TRANSFER\n' >> m.map
}

@test "gen waits for a reader of each of its files and says so; a signal ends it, and nothing is made" {
    for flag in --labels --groups --signals --out; do
        : > err
        env --default-signal=TERM "$SAQSHY" gen --quiet --days 1 --accounts 100 --out feed.avro --labels l.csv "$flag" pipe 2> err 3>&- &
        local gen=$! ended=0
        until_said "pipe: waiting for somebody to read this pipe" err
        kill -TERM "$gen"
        wait "$gen" || ended=$?
        [ "$ended" -eq 130 ]
        grep -q "stopped while nobody read pipe" err
        [ ! -e feed.avro ]
        [ ! -e l.csv ]
    done
}

@test "import waits for a reader, and a signal ends it" {
    a_csv
    for flag in --labels-out --bad --out; do
        : > err
        env --default-signal=TERM "$SAQSHY" import --mapping m.map --input a.csv --out a.avro "$flag" pipe 2> err 3>&- &
        local import=$! ended=0
        until_said "pipe: waiting for somebody to read this pipe" err
        kill -TERM "$import"
        wait "$import" || ended=$?
        [ "$ended" -eq 130 ]
        [ ! -e a.avro ]
    done
}

@test "import ends by a signal while nobody writes the pipe that it reads" {
    a_csv
    env --default-signal=INT "$SAQSHY" import --mapping m.map --input pipe --out a.avro 2> err 3>&- &
    local import=$! ended=0
    until readlink "/proc/$import/fd/"* 2> no | grep -q '/pipe$'; do sleep 0.05; done
    kill -INT "$import"
    wait "$import" || ended=$?
    [ "$ended" -eq 130 ]
    grep -q 'stopped while nobody wrote to pipe' err
}

@test "replay waits for a reader of its recommendations before it runs, and they arrive whole" {
    "$SAQSHY" gen --quiet --days 4 --accounts 400 --droppers 40 --out feed.avro
    "$SAQSHY" replay --quiet --engine --input feed.avro --out file.avro
    [ "$(stat -c %s file.avro)" -gt 1000 ]
    "$SAQSHY" replay --quiet --engine --input feed.avro --out pipe 2> err 3>&- &
    local replay=$!
    until_said "pipe: waiting" err
    cat pipe > piped.avro
    wait "$replay"
    cmp file.avro piped.avro
    "$SAQSHY" replay --quiet --engine --input feed.avro --out - | cmp - file.avro
}

@test "replay looks whether its recommendations can be written before it reads anything" {
    run "$SAQSHY" replay --engine --input none.avro --out nowhere/r.avro
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: nowhere/r.avro: No such file or directory"* ]]
    run "$SAQSHY" replay --engine --input none.avro --out r.avro
    [ "$status" -eq 74 ]
    [ ! -e r.avro ]
}

@test "a second signal ends gen while the reader of its pipe reads nothing" {
    sleep 600 < pipe 3>&- &
    local reader=$! ended=0
    env --default-signal=INT "$SAQSHY" gen --quiet --days 5 --accounts 2000 --out pipe 2> err 3>&- &
    local gen=$!
    while kill -INT "$gen" 2> err; do sleep 0.1; done
    wait "$gen" || ended=$?
    kill "$reader"
    [ "$ended" -eq 130 ]
}

@test "what takes its name when it is whole cannot be a pipe, and that is said at once" {
    "$SAQSHY" gen --quiet --days 1 --accounts 100 --out feed.avro --labels labels.csv
    mkfifo pipe.csv
    for words in "tune --out pipe" "features --out pipe.csv" "train --labels labels.csv --out pipe"; do
        run "$SAQSHY" $words --input feed.avro
        [ "$status" -eq 74 ]
        [[ "$output" == *"is no file that can be replaced"* ]]
    done
}

@test "gen goes on when a reader comes" {
    "$SAQSHY" gen --quiet --days 4 --accounts 400 --droppers 40 --out a.avro --labels labels.csv
    "$SAQSHY" gen --quiet --days 4 --accounts 400 --droppers 40 --out b.avro --labels pipe 2> err 3>&- &
    local gen=$!
    until_said "waiting" err
    cat pipe > piped.csv
    wait "$gen"
    cmp labels.csv piped.csv
    cmp a.avro b.avro
    [ "$(wc -l < err)" -eq 1 ]
}

@test "a pipe is no input of Avro, and nor is a directory: both are said as what they are" {
    "$SAQSHY" gen --quiet --days 1 --accounts 100 --out feed.avro
    run timeout 60 "$SAQSHY" trace t0 --input <(cat feed.avro)
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: /dev/fd/"*": it is no regular file; save it to one first"* ]]
    run timeout 60 "$SAQSHY" trace t0 --input pipe
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: pipe: it is no regular file; save it to one first"* ]]
    run timeout 60 "$SAQSHY" trace t0 --input .
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: .: Is a directory"* ]]
}
