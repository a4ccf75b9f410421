# The benchmarks that need no broker run, and print what they must. No time is asserted.

rows() { # NAME… of a benchmark's JSON on standard input
    python3 -c '
import json, sys
rows = {row["name"]: row for row in map(json.loads, sys.stdin)}
for name in sys.argv[1:]:
    row = rows[name]
    assert row["best"] > 0 and row["median"] > 0, row
    for key in ("unit", "p99", "machine", "compiler", "commit", "seed", "versions"):
        assert key in row, key
' "$@"
}

@test "bench_decode prints the plan beside avro-c" {
    "$BUILD_DIR/bench/bench_decode" --json | rows plan avro_c ratio plan_contract avro_c_contract
}

@test "bench_engine prints cost, floor and the work that was done" {
    "$BUILD_DIR/bench/bench_engine" --json --accounts 2000 --chunks 5 |
        rows engine "memory floor" "mean ring fill" "features not null"
}

@test "bench_kernels prints every family of kernels in the scalar tier at least" {
    "$BUILD_DIR/bench/bench_kernels" --json --chunks 3 |
        rows "log1p, scalar" "score, 64 terms, scalar" "score, 512 terms, scalar, a term" "ring tally, scalar"
}

@test "bench_signals prints what a signal takes and what asking costs" {
    "$BUILD_DIR/bench/bench_signals" --json --signals 20000 --batches 5 |
        rows table resident "ask an empty table" "ask, nothing known" "ask, account known"
}

@test "bench_advice prints what saving takes, and its longest piece" {
    "$BUILD_DIR/bench/bench_advice" --json --episodes 500 --instructions 200 --issued 2000 --tainted 1024 |
        rows "advice, saved" "advice, saving all, CPU time" "advice, longest piece, CPU time" \
            "advice, loading all, CPU time" "reported money, longest piece, CPU time"
}

@test "bench_taint prints what following reported money costs" {
    "$BUILD_DIR/bench/bench_taint" --json --accounts 4000 --chunks 3 |
        rows "apply, nothing reported" "apply, reported money" ratio "a report traced" "tainted accounts"
}

@test "bench_restart prints what a start with accounts and signals takes" {
    TMPDIR=$BATS_TEST_TMPDIR "$BUILD_DIR/bench/bench_restart" --json --accounts 2000 --records 6000 \
        --measured 1000 --rounds 2 --signals 3000 >"$BATS_TEST_TMPDIR/rows"
    rows accounts signals "signal table" snapshot "longest piece of a snapshot" \
        "start until the first new record" <"$BATS_TEST_TMPDIR/rows"
    grep -q '"name": "signals", .*"best": 3000.0,' "$BATS_TEST_TMPDIR/rows"
}

@test "a flag that a benchmark does not know is a usage error" {
    run "$BUILD_DIR/bench/bench_engine" --acounts 5
    [ "$status" -eq 2 ]
}
