# The service while its broker is away: alive, not ready, and stopped by SIGTERM.

start_service() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 20000))
        "$SAQSHY" run -X bootstrap.servers=127.0.0.1:1 -X start.from=earliest -X http.port=$port \
            "$@" 2> "$BATS_TEST_TMPDIR/log" 3>&- &
        service=$!
        for _ in $(seq 100); do
            grep -qs event=starting "$BATS_TEST_TMPDIR/log" && return 0
            kill -0 "$service" 2>/dev/null || break
            sleep 0.05
        done
        kill -KILL "$service" 2>/dev/null || true
    done
    return 1
}

setup() { start_service; }
teardown() { { kill -KILL "$service" && wait "$service"; } 2>/dev/null || true; }
status_of() { curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port$1"; }

@test "a service that waits for its broker stays alive and is not ready" {
    sleep 11 # one second more than a heartbeat may be old
    [ "$(status_of /healthz)" = 200 ]
    [ "$(status_of /readyz)" = 503 ]
    grep -q event=broker_away "$BATS_TEST_TMPDIR/log"
}

@test "SIGTERM ends a service that waits for its broker, and that is no failure" {
    kill -TERM "$service"
    wait "$service"
    grep -q event=stopping "$BATS_TEST_TMPDIR/log"
}

@test "the disk of the copies may be away at a start, which is said" {
    kill -KILL "$service"
    start_service -X snapshot.dir="$BATS_TEST_TMPDIR" -X snapshot.copy.dir="$BATS_TEST_TMPDIR/away/copies"
    for _ in $(seq 100); do # it comes some time after event=starting
        grep -q "event=snapshot_copies_away why=\".*/away/copies: No such file" "$BATS_TEST_TMPDIR/log" && return 0
        sleep 0.05
    done
    return 1
}

@test "the metrics of a running service please promtool where there is one" {
    curl -sf "http://127.0.0.1:$port/metrics" > "$BATS_TEST_TMPDIR/metrics"
    grep -qx 'saqshy_ready 0' "$BATS_TEST_TMPDIR/metrics"
    ! command -v promtool > /dev/null || promtool check metrics < "$BATS_TEST_TMPDIR/metrics"
}
