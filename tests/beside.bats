# Signals beside the transactions of an offline command.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 4 --accounts 400 --droppers 40 --out feed.avro --labels labels.csv \
        --signals said.avro --json > gen.json
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    said=$(jq .signals gen.json)
    records=$(jq .records gen.json)
    both=(--quiet --input feed.avro --signals said.avro)
}

@test "every signal of the generator is taken, and none is a dead letter" {
    "$SAQSHY" features "${both[@]}" --out vectors.npy --json > features.json
    [ "$said" -gt 30 ]
    [ "$(jq .verdicts.SIGNAL features.json)" -eq "$said" ]
    [ "$(jq '.verdicts.ACCEPTED + .verdicts.DUPLICATE' features.json)" -eq "$records" ]
}

@test "replay --engine takes them, and twice gives equal bytes" {
    "$SAQSHY" replay --engine "${both[@]}" --json --out one.avro > one.json
    [ "$(jq .records one.json)" -eq "$((records + said))" ]
    [ "$(jq .dead_letters one.json)" -eq 0 ]
    "$SAQSHY" replay --engine "${both[@]}" --out two.avro
    cmp one.avro two.avro
    "$SAQSHY" replay --engine "${both[@]}" --rate 1000000 --json > paced.json
    [ "$(jq .records paced.json)" -eq "$((records + said))" ]
}

@test "signals leave terms of behaviour and the calibration as they are, under any kernel" {
    train=("$SAQSHY" train --quiet --terms 32 --labels labels.csv --id one --input feed.avro)
    "${train[@]}" --out silent.json
    "${train[@]}" --signals said.avro --out told.json
    OPENBLAS_CORETYPE=Prescott "${train[@]}" --signals said.avro --out again.json -X kernel.tier=scalar
    cmp told.json again.json
    terms=$(jq '.terms | length' silent.json)
    [ "$(jq '.terms | length' told.json)" -gt "$terms" ]
    diff <(jq '.intercept, .calibration, .terms' silent.json) <(jq ".intercept, .calibration, .terms[:$terms]" told.json)
    jq -e '.provenance.reported | .rows > .bad_rows and .bad_rows > 0 and .share > 0 and .share <= 1' told.json
    [ "$(jq .provenance.reported silent.json)" = null ]
}

@test "backtest, train, tune, explain and trace take them" {
    account=$(sed -n 2p labels.csv | cut -d, -f1)
    "$SAQSHY" train --terms 16 "${both[@]}" --labels labels.csv --out model.json
    "$SAQSHY" backtest "${both[@]}" --labels labels.csv --out results
    hash=$(sha256sum said.avro | cut -d' ' -f1)
    [ "$(jq -r .provenance.signals_sha256 model.json)" = "$hash" ]
    [ "$(jq -c '.inputs | keys_unsorted' results/report.json)" = '["input","signals","labels"]' ]
    [ "$(jq -c .inputs.signals results/report.json)" = "{\"path\":\"said.avro\",\"sha256\":\"$hash\"}" ]
    grep -q "^| signals | said.avro, ${hash:0:12}… |$" results/report.md
    run "$SAQSHY" train --quiet --input feed.avro --signals <(cat said.avro) --labels labels.csv --out piped.json
    [ "$status" -eq 2 ]
    [[ "$output" == *"is no file that can be read twice"* ]]
    "$SAQSHY" tune "${both[@]}" --labels labels.csv --out tune.html
    "$SAQSHY" explain "$account" "${both[@]}"
    "$SAQSHY" trace "$account" "${both[@]}" --json > trace.json
    grep -q "\"records\": *$((records + said))" trace.json
}

@test "in a trace, advice that an answer withdrew stands at the answer's place" {
    "$SAQSHY" replay --quiet --engine --input feed.avro --out advised.avro
    cat > answer.py <<'PY'
import datetime, fastavro, io, json, os
def contract(name):
    return fastavro.parse_schema(json.load(open(f"{os.environ['SOURCE_DIR']}/schemas/{name}.avsc")))
advice = contract("FreezeRecommendation")
with open("advised.avro", "rb") as file:
    first = fastavro.schemaless_reader(io.BytesIO(next(fastavro.reader(file))["value"][5:]), advice, None)
outcome = dict(recommendation_id=first["recommendation_id"], result="FALSE_POSITIVE")
later = first["issued_at"] + datetime.timedelta(minutes=1)
with open("answer.avro", "wb") as file:
    fastavro.writer(file, contract("FraudSignal"), [dict(
        signal_id="answer", revision=1, kind="OUTCOME", source="BANK", category="", confidence="CONFIRMED", subjects=[],
        reported_at=later, valid_from=later, outcome=outcome)])
print(first["target_account_token"], first["recommendation_id"])
PY
    read -r account id < <("$SOURCE_DIR/tests/python" answer.py)
    withdrawn=$("$SAQSHY" trace "$account" --quiet --input feed.avro --signals answer.avro --json |
        jq -c ".recommendations[] | select(.id == \"$id\" and .state == \"WITHDRAWN\") | .position, .traced_there_kzt_minor")
    [ "$withdrawn" = '{"topic":"antifrod.signals","partition":0,"offset":0}'$'\n'null ]
}

@test "a recording will do, though it holds none" {
    "$SAQSHY" replay --quiet --engine --input feed.avro --out recommendations.avro
    run "$SAQSHY" replay --quiet --engine --input feed.avro --signals recommendations.avro --json
    [ "$status" -eq 0 ] # which holds none
    [[ "$output" == *"\"records\":$records,"* ]]
    [[ "$output" == *"warning: recommendations.avro holds no signal; "*antifrod.signals* ]]
    run "$SAQSHY" backtest --quiet --input feed.avro --signals recommendations.avro --no-sqlite --out none \
        --compare "$SOURCE_DIR/models/shipped-model.json"
    [ "$(grep -c "holds no signal" <<< "$output")" -eq 1 ]
    run "$SAQSHY" replay --engine "${both[@]}"
    [[ "$output" != *"holds no signal"* ]]
}

@test "what is no file of signals is refused, and so is an output over it" {
    run "$SAQSHY" replay --quiet --engine --input feed.avro --signals feed.avro
    [ "$status" -eq 2 ]
    [[ "$output" == *"--signals"* ]]
    cp feed.avro other.avro
    run "$SAQSHY" replay --quiet --engine --input feed.avro --signals other.avro
    [ "$status" -eq 65 ]
    [[ "$output" == *"BAD_DATA: other.avro: its schema: "* ]]
    run "$SAQSHY" features "${both[@]}" --out said.avro
    [ "$status" -eq 2 ]
    run "$SAQSHY" replay --engine "${both[@]}" -X topic.signals=
    [ "$status" -eq 2 ]
    [[ "$output" == *"topic.signals is empty"* ]]
    run "$SAQSHY" replay --engine --quiet --input feed.avro --signals no/where
    [ "$status" -eq 74 ]
}
