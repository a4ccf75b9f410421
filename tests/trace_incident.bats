# trace INCIDENT: a signal's transactions, by its id, or those that it describes. What trace says of them is held in tests/trace.bats.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    printf '%s\n' '[columns]' 'event_id = id' 'tx_id = tx' 'time = ts' 'payer = from' 'payee = to' 'amount = sum' > m.map
    printf '%s\n' id,tx,ts,from,to,sum 1,loan,1767225600,ann,bob,100000 2,on1,1767225660,bob,cid,60000 \
        3,other,1767226300,eve,bob,7000 4,S-twice,1767226400,eve,bob,100 5,late,1767226500,fay,bob,7000 > small.csv
    "$SAQSHY" import --quiet --mapping m.map --input small.csv --out small.avro
    cat > signals.py <<'PY'
import json, os, fastavro
schema = fastavro.parse_schema(json.load(open(os.environ["SOURCE_DIR"] + "/schemas/FraudSignal.avsc")))
at = 1767226000 * 10**6
def described(id, role, account, occurred, tiyn, n=2):
    return dict(signal(id, [], n=n), subjects=[dict(type="ACCOUNT", token=account, role=role)], amount_kzt_minor=tiyn,
                occurred_at=occurred * 10**6)
def signal(id, txs, revision=1, kind="INCIDENT", withdraws=None, n=0, confidence="CONFIRMED"):
    return dict(signal_id=id, revision=revision, kind=kind, source="BANK", category="", confidence=confidence, list_colour=None,
                subjects=[] if withdraws else [dict(type="ACCOUNT", token="bob", role="BENEFICIARY")], related_tx_ids=txs,
                amount_kzt_minor=None, occurred_at=None, reported_at=at + n, valid_from=at + n, valid_until=at + 30 * 86400 * 10**6,
                telecom=None, outcome=None, withdraws_signal_id=withdraws)
with open("said.avro", "wb") as file:
    fastavro.writer(file, schema, [
        signal("S-1", ["other"]), signal("S-1", ["loan", "nowhere"], revision=2, n=1), signal("S-1", ["other"], n=2),
        signal("S-none", []), described("D-loan", "DROPPER", "bob", 1767226200, 10000000),
        described("D-victim", "VICTIM", "ann", 1767225600 - 86400, 10000000), described("D-far", "DROPPER", "bob", 1767225599 - 86400, 10000000),
        described("D-hour", "BENEFICIARY", "bob", 1767222700, None), described("D-out", "DROPPER", "ann", 1767225600, 10000000),
        described("D-other", "OTHER", "bob", 1767225600, 10000000), described("D-before", "DROPPER", "bob", 1767226300, 700000),
        described("D-behind", "DROPPER", "bob", 1767226300, 700000, n=600 * 10**6), signal("S-gone", ["loan"]), signal("S-twice", ["loan"]),
        signal("S-untrue", ["loan"]), signal("S-untrue", ["loan"], revision=2, n=1, confidence="REJECTED"),
        signal("W-1", [], kind="WITHDRAWAL", withdraws="S-gone", n=3)])
PY
    "$SOURCE_DIR/tests/python" signals.py
}

setup() { cd "$BATS_FILE_TMPDIR"; }

trace() { run --separate-stderr "$SAQSHY" trace "$@" --quiet --input small.avro --signals said.avro; }

@test "an incident is traced by its id, as its latest revision says" {
    trace S-1 --json
    [ "$status" -eq 0 ]
    echo "$output" > by-id.json
    [ "$(jq -c .subject by-id.json)" = '{"kind":"incident","id":"S-1","moved_nothing":["nowhere"]}' ]
    [ "$(jq .traced_kzt_minor by-id.json)" -eq 10000000 ]
    echo '{"signal_id": "S-1", "related_tx_ids": ["loan", "nowhere"]}' > incident.json
    trace --incident incident.json --json
    [ "$output" = "$(cat by-id.json)" ]
    trace S-1
    [[ "$output" == *"S-1"* ]]
}

# fits ID IDS TIYN
fits() {
    trace "$1" --json
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.subject.fitting, .traced_kzt_minor]' <<< "$output")" = "[$2,$3]" ]
}

@test "one without ids means what its accounts moved of its amount within a day, before it came" {
    fits D-loan '["loan"]' 10000000
    fits D-victim '["loan"]' 10000000
    fits D-behind '["other","late"]' 1400000
    trace D-behind
    [[ "$output" == *"Names no transaction"*"fit what it says of time and amount: 2; all of them are traced"* ]]
    trace D-behind --html - --lang kk
    [[ "$output" == *"сәйкес аударымдары: 2;"* ]]
}

@test "without an amount it means transfers between people within an hour" {
    fits D-hour '["loan"]' 10000000
}

@test "one without ids that nothing fits is refused with what was looked for" {
    for id in D-far D-out D-other D-before; do
        trace "$id"
        [ "$status" -eq 65 ]
        [[ "$stderr" == *"$id names no transaction, and none that its accounts received, or its victims sent, before it came, is of its amount and within a day of 20"*"trace one of its accounts"* ]]
    done
    trace S-none
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"S-none names no transaction, and not when it happened; trace one of its accounts"* ]]
}

@test "what is in a file may mean any transfer of the records" {
    echo '{"signal_id": "F", "subjects": [{"type": "ACCOUNT", "token": "bob", "role": "DROPPER"}], "source": "SOMEBODY",
        "occurred_at": "2026-01-01T00:11:40Z", "amount_kzt_minor": 700000, "related_tx_ids": []}' > described.json
    trace --incident described.json --json
    [ "$(jq -c '[.subject.id, .subject.fitting, .traced_kzt_minor]' <<< "$output")" = '["F",["other","late"],1400000]' ]
    sed 's/00:11:40Z/99:11:40Z/' described.json > bad.json
    trace --incident bad.json
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"bad.json: occurred_at: not a time"* ]]
    sed 's/700000/700001/' described.json > none.json
    trace --incident none.json
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"F names no transaction, and none that its accounts received, or its victims sent, is of its amount"* ]]
}

@test "one that was withdrawn, names nothing, or is not there is refused with the next step" {
    trace S-gone
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"S-gone was withdrawn; trace the transactions that it named"* ]]
    trace S-untrue
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"S-untrue was rejected; trace the transactions that it named"* ]]
    trace S-3
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"S-3 is no transaction and no account of the 5 events that were accepted, and no incident"* ]]
    trace W-1 --as incident
    [ "$status" -eq 65 ]
    [[ "$stderr" == *"W-1 is no incident of a signal"* ]]
    trace S-1 --from 2026-01-01
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"--from and --to choose an account's credits, and S-1 is none"* ]]
}

@test "a name that is an incident and a transaction is asked about" {
    trace S-twice
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"S-twice is a transaction and an incident; say which with --as"* ]]
    trace S-twice --as incident --json
    [ "$(jq .traced_kzt_minor <<< "$output")" -eq 10000000 ]
    trace S-twice --as tx --json
    [ "$(jq .traced_kzt_minor <<< "$output")" -eq 10000 ]
}
