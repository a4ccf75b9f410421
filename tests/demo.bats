# The demo: embedded broker, generator, engine, in one process.
bats_require_minimum_version 1.5.0

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<< "$output"; }

@test "demo finds planted droppers and prints one JSON object" {
    run --separate-stderr "$SAQSHY" demo --json --quiet --rate 0 --accounts 2000 --days 7 --droppers 20
    [ "$status" -eq 0 ]
    [ -z "$stderr" ] || [[ "$stderr" == *event=at_least_once* ]]
    [ "$(wc -l <<< "$output")" -eq 1 ]
    [ "$(field transactions)" -gt 10000 ]
    [ "$(field droppers)" -gt 10 ]
    [ "$(field droppers_found)" -gt 0 ]
    [ "$(field dead_letters)" -eq 0 ]
    [ "$(field interrupted)" = False ]
}

@test "demo tells what became of the incidents of its story" {
    run --separate-stderr "$SAQSHY" demo --json --rate 0 --accounts 2000 --days 7 --droppers 20
    [ "$status" -eq 0 ]
    [ "$(field signals)" -gt 100 ]
    [ "$(field incidents)" -gt 20 ]
    reported=$(field accounts_reported) before=$(field recommended_before) after=$(field recommended_after)
    [ "$before" -gt 0 ]
    [ "$((before + after))" -le "$reported" ]
    [[ "$stderr" == *"signals $(field signals): $(field incidents) incidents about $reported accounts; a recommendation before the first for $before, after it for $after, none for $((reported - before - after))"* ]]
    "$SAQSHY" gen --quiet --json --accounts 2000 --days 7 --droppers 20 --out "$BATS_TEST_TMPDIR/f" --signals "$BATS_TEST_TMPDIR/s" > "$BATS_TEST_TMPDIR/gen.json"
    [ "$(($(field signals) - $(field banks_answered)))" -le "$(jq .signals "$BATS_TEST_TMPDIR/gen.json")" ]
    [ "$(field transactions)" -eq "$(jq .records "$BATS_TEST_TMPDIR/gen.json")" ]
}

@test "demo has every kind of signal and of advice, answers that overturn some, and a change of policy" {
    run --separate-stderr "$SAQSHY" demo --json --quiet --rate 0 --accounts 2000 --days 7 --droppers 40
    [ "$status" -eq 0 ]
    jq -e '.signals_by_kind | keys == (["INCIDENT", "LIST_ENTRY", "BOT_REPORT", "SIM_BOX", "FRAUD_CALL", "MULTI_LOAN_APPLICATION", "OUTCOME", "WITHDRAWAL"] | sort) and all(. > 0)' <<< "$output"
    jq -e '(.signals_by_kind | add) == .signals' <<< "$output"
    jq -e '.states | keys == ["AMENDED", "EXPIRED", "ISSUED", "WITHDRAWN"] and all(. > 0)' <<< "$output"
    jq -e '(.states | add) == .recommendations + .to_payers' <<< "$output"
    jq -e '.actions_issued | .SUSPEND_INSTRUCTION + .ASK_PAYER > 0 and .HOLD_AMOUNT + .SUSPEND_EBANKING > 0' <<< "$output"
    jq -e '(.actions_issued | add) == .states.ISSUED' <<< "$output"
    jq -e '.banks_answered >= 10' <<< "$output"
    jq -e '.answers | .HELD > 0 and .CONFIRMED_FRAUD > 0 and .DECLINED > 0 and .FALSE_POSITIVE + .RELEASED > 0' <<< "$output"
    jq -e '.policy == {"id": "saqshy-demo", "acknowledged": "ACTIVE", "shard": "saqshy-0"}' <<< "$output"
}

@test "demo shows each kind of advice, where it was taken back and why, and who changed the policy" {
    run --separate-stderr "$SAQSHY" demo --rate 0 --accounts 2000 --days 7 --droppers 40
    [ "$status" -eq 0 ]
    for kind in 'ISSUED    account t' 'AMENDED   account t' 'WITHDRAWN account t' 'EXPIRED   account t' 'ISSUED    payer   t'; do
        grep -qF "$kind" <<< "$stderr"
    done
    grep -q 'MORE_MONEY: .*hold_amount_kzt_minor' <<< "$stderr"
    grep -q 'advice by its state: .* ISSUED, .* AMENDED, .* WITHDRAWN, .* EXPIRED$' <<< "$stderr"
    grep -q 'signals by kind: .* INCIDENT, .* WITHDRAWAL$' <<< "$stderr"
    grep -q 'answers by result: .* CONFIRMED_FRAUD' <<< "$stderr"
    grep -qF 'policy saqshy-demo ACTIVE in saqshy-0 from 04 Jan 12:00 on; by asel, approved by marat: ' <<< "$stderr"
}

@test "without a topic of policies the demo changes none, with two persons it does" {
    run --separate-stderr timeout 120 "$SAQSHY" demo --json --quiet --rate 0 --accounts 300 --days 1 -X topic.policy=
    [ "$status" -eq 0 ]
    jq -e '.policy == null' <<< "$output"
    run --separate-stderr timeout 120 "$SAQSHY" demo --json --quiet --rate 0 --accounts 300 --days 1 -X policy.two.persons=true
    [ "$status" -eq 0 ]
    jq -e '.policy.acknowledged == "ACTIVE"' <<< "$output"
}

@test "demo says in words what it found and what to try next" {
    run --separate-stderr "$SAQSHY" demo --rate 0 --accounts 1000 --days 7 --droppers 30
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ "$stderr" == *"planted droppers found:"* ]]
    [[ "$stderr" == *"honest accounts bothered:"* ]]
    [[ "$stderr" == *"next: saqshy"* ]]
    [[ "$stderr" == *"ISSUED"* ]]
}

@test "demo says once that the embedded broker is at-least-once" {
    run --separate-stderr "$SAQSHY" demo --rate 0 --accounts 300 --days 1
    [ "$(grep -c at_least_once <<< "$stderr")" -eq 1 ]
}

@test "demo --broker prints where kcat can look" {
    run --separate-stderr "$SAQSHY" demo --broker --rate 0 --accounts 300 --days 1
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^bootstrap.servers=127.0.0.1:[0-9]+$ ]]
}

@test "Ctrl-C ends the demo cleanly with what it has so far" {
    env --default-signal=INT "$SAQSHY" demo --json --rate 500 --accounts 1000 --days 30 > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" 3>&- &
    local demo=$!
    for _ in $(seq 600); do grep -q '^transactions [1-9]' "$BATS_TEST_TMPDIR/err" && break; sleep 0.1; done
    kill -INT "$demo"
    local ended=0
    wait "$demo" || ended=$?
    [ "$ended" -eq 130 ]
    output=$(cat "$BATS_TEST_TMPDIR/out")
    [ "$(field interrupted)" = True ]
    [ "$(field transactions)" -gt 0 ]
    grep -q 'interrupted; so far' "$BATS_TEST_TMPDIR/err"
}

@test "a bad flag of demo is a usage error" {
    run "$SAQSHY" demo --accounts 3
    [ "$status" -eq 2 ]
    [[ "$output" == *--accounts* ]]
}

@test "without a topic of signals the demo tells none, and ends" {
    run --separate-stderr timeout 120 "$SAQSHY" demo --json --quiet --rate 0 --accounts 300 --days 1 -X topic.signals=
    [ "$status" -eq 0 ]
    [ "$(field signals)" -eq 0 ]
    jq -e '.banks_answered == 0 and (.answers | add) == 0' <<< "$output"
}
