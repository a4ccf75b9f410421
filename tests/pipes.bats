# Side outputs into named pipes: waited for until somebody reads them, and left by a signal.
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkfifo pipe
}

# Until the line is in the file: there is no other sign of what a process waits for.
until_said() { until grep -qs "$1" "$2"; do sleep 0.05; done; }

@test "gen waits for a reader of its labels and says so; a signal ends it, and nothing is made" {
    for flag in --labels --groups --signals; do
        : > err
        env --default-signal=TERM "$SAQSHY" gen --quiet --days 1 --accounts 100 --out feed.avro "$flag" pipe 2> err 3>&- &
        local gen=$! ended=0
        until_said "pipe: waiting for somebody to read this pipe" err
        kill -TERM "$gen"
        wait "$gen" || ended=$?
        [ "$ended" -eq 130 ]
        grep -q "stopped while nobody read pipe" err
        [ ! -e feed.avro ]
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
