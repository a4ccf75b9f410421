# The whole way with default flags: gen, train, backtest, tune, and the policy of the page in the engine.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    walk one
}

setup() { cd "$BATS_FILE_TMPDIR"; }

walk() { # DIRECTORY
    mkdir "$1"
    (
        cd "$1"
        "$SAQSHY" gen --quiet --days 6 --accounts 200 --droppers 150 --out feed.avro --labels labels.csv
        "$SAQSHY" train --quiet --input feed.avro --labels labels.csv --fit-share 70 --out model.json
        "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --model model.json --out results
        "$SAQSHY" tune --quiet --json --input feed.avro --labels labels.csv --model model.json --out tune.html > tune.json
    )
}

# What the page hands out for a threshold: by its own module, from its data.
page_policy() { # DATA CURVE EDGE
    node --input-type=module - "$SOURCE_DIR/detector/pages/tune/policy.js" "$@" <<'SCRIPT'
import { readFileSync } from "node:fs";
const [path, data, curve, edge] = process.argv.slice(2);
const { tunedPolicy } = await import(path);
const policy = tunedPolicy(JSON.parse(readFileSync(data, "utf8")), Number(curve), Number(edge));
console.log(JSON.stringify(policy, null, 2));
SCRIPT
}

# `run` reads both documents before it looks for its broker, which is away.
service_takes() { # MODEL POLICY
    : > service.log # an earlier one's words are no sign of life
    "$SAQSHY" run -X bootstrap.servers=127.0.0.1:1 -X start.from=earliest -X model.path="$1" -X policy.path="$2" \
        -X state.dir="$BATS_TEST_TMPDIR" -X http.port=0 2> service.log 3>&- &
    local service=$! ended=0
    until grep -q event=starting service.log || ! kill -0 "$service" 2> /dev/null; do read -r -t 0.02 <> <(:) || true; done
    kill -TERM "$service" 2> /dev/null || true
    wait "$service" || ended=$?
    return "$ended"
}

@test "a second walk gives the same bytes at every step" {
    walk two
    for file in feed.avro labels.csv model.json results/scores.csv results/recommendations.avro results/report.json tune.json tune.html; do
        cmp "one/$file" "two/$file"
    done
}

@test "the engine recommends what the backtest recommended, to the byte" {
    "$SAQSHY" replay --quiet --engine --input one/feed.avro --out replayed.avro -X model.path=one/model.json
    [ "$(jq .load.recommendations one/results/report.json)" -gt 0 ]
    cmp replayed.avro one/results/recommendations.avro
}

@test "the policy of the page runs as it is, and does what the backtest says of it" {
    page_policy one/tune.json 0 "$(jq '.edges | length / 4 | floor' one/tune.json)" > tuned.json
    "$SAQSHY" backtest --quiet --input one/feed.avro --labels one/labels.csv --model one/model.json --policy tuned.json --out tuned
    "$SAQSHY" replay --quiet --engine --input one/feed.avro --out replayed.avro -X model.path=one/model.json -X policy.path=tuned.json
    cmp replayed.avro tuned/recommendations.avro
    run ! cmp -s replayed.avro one/results/recommendations.avro
    service_takes one/model.json tuned.json
    "$SAQSHY" demo --quiet --rate 0 --accounts 300 --days 1 -X model.path=one/model.json -X policy.path=tuned.json 2> /dev/null
}

@test "an action that the model never reaches is not in the policy of the page, which the service takes" {
    jq '.calibration = {type: "table", points: [[-8, 0.001], [0, 0.5], [1, 0.95]]}' "$SOURCE_DIR/models/shipped-model.json" > capped.json
    run service_takes capped.json "$SOURCE_DIR/models/shipped-policy.json"
    [ "$status" -eq 78 ]
    "$SAQSHY" tune --quiet --json --input one/feed.avro --model capped.json --out capped.html > capped.tune 2> /dev/null
    [ "$(jq -c '[.curves[] | .threshold == null]' capped.tune)" = '[false,false,true]' ]
    page_policy capped.tune 0 "$(jq '.curves[0].threshold as $t | .edges | index($t)' capped.tune)" > milder.json
    [ "$(jq -c '.actions | keys_unsorted' milder.json)" = '["REVIEW_ONLY","HOLD_AMOUNT"]' ]
    service_takes capped.json milder.json
    page_policy capped.tune 2 "$(jq '.edges | length - 1' capped.tune)" > stronger.json
    [ "$(jq -c '.actions | keys_unsorted' stronger.json)" = '["REVIEW_ONLY","HOLD_AMOUNT","SUSPEND_EBANKING"]' ]
    service_takes capped.json stronger.json
}

@test "a name as long as can be leaves room for what became of it" {
    jq '.id = "ы" * 64' "$SOURCE_DIR/models/shipped-policy.json" > long.json
    "$SAQSHY" tune --quiet --json --input one/feed.avro --policy long.json --out long.html > long.tune
    page_policy long.tune 0 0 > long-tuned.json
    [[ "$(jq -r .id long-tuned.json)" == ыы*-tuned-0.* ]]
    "$SAQSHY" replay --quiet --engine --input one/feed.avro -X policy.path=long-tuned.json
}
