# tune: the page on which a threshold is chosen, from the command line. tests/test_tune.py looks at it in a browser.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 3 --accounts 1000 --droppers 10 --out feed.avro --labels labels.csv
    "$SAQSHY" tune --quiet --json --input feed.avro --labels labels.csv --out tune.html > tune.json
}

setup() { cd "$BATS_FILE_TMPDIR"; }

of() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

@test "one page; its data is what --json prints" {
    [ "$(head -c 15 tune.html)" = '<!doctype html>' ]
    grep -qF "$(head -c 300 tune.json)" tune.html
    [ "$(of tune.json 'd["format"]')" = saqshy-tune/1 ]
    [ "$(of tune.json 'len(d["edges"]) == len(d["probabilities"]) <= 1000')" = True ]
    [ "$(of tune.json 'd["counts"]["bad"]')" -eq "$(($(wc -l < labels.csv) - 1))" ]
}

@test "the same input gives the same bytes, however batches are cut" {
    "$SAQSHY" tune --quiet --input feed.avro --labels labels.csv --out again.html -X merge.slice.ms=1 -X kernel.tier=scalar
    cmp tune.html again.html
}

@test "at today's thresholds it says what the backtest says" {
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out results
    [ "$(of tune.json 'd["curves"][0]["found"][d["edges"].index(d["curves"][0]["threshold"])]')" -eq \
        "$(of results/report.json 'd["recommended"]["found"]')" ]
}

@test "no account's token is in the page" {
    cut -d, -f1 labels.csv | sed 1d > tokens
    run grep -cFf tokens tune.html
    [ "$output" = 0 ]
}

@test "without labels nothing is said of who is bad" {
    run --separate-stderr "$SAQSHY" tune --input feed.avro --out plain.html --json
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"no labels: who is bad cannot be said"* ]]
    [[ "$output" == *'"labels":null'* ]]
    [[ "$output" != *'"precision_band"'* && "$output" != *'"bad":'[tf]* ]]
}

@test "for a model without scores of its training, what was before the judged period is what drift is measured against" {
    local model=$SOURCE_DIR/tests/models/by-hand.json
    "$SAQSHY" tune --quiet --json --input feed.avro --model "$model" --out whole.html > whole.json
    [ "$(of whole.json 'd["drift"]')" = None ]
    "$SAQSHY" tune --quiet --json --input feed.avro --model "$model" --out from.html --from 2026-01-02T12:00:00+05:00 > from.json
    [ "$(of from.json 'd["drift"]["against"]')" = input ]
    [ "$(of from.json 'd["drift"]["psi"] > 0 and sum(d["drift"]["then"]) > 100')" = True ]
}

@test "a model judged on what it was fitted on is said" {
    python3 - "$SOURCE_DIR/models/shipped-model.json" > later.json <<'END'
import json, sys
model = json.load(open(sys.argv[1]))
model["provenance"]["fit_until"] = 1767440000
json.dump(model, sys.stdout)
END
    run --separate-stderr "$SAQSHY" tune --quiet --input feed.avro --model later.json --out later.html --from 1767439999
    [ "$status" -eq 0 ]
    [[ "$stderr" == "warning: judged on what it was fitted on: droppers-gen-1, "*", from 1767440000 on (--from)" ]]
    sha256=$(sha256sum < later.json | cut -d' ' -f1)
    grep -qF '"fitted_on_period":[{"id":"droppers-gen-1","sha256":"'"$sha256"'","fit_until":1767440000}]' later.html
    run --separate-stderr "$SAQSHY" tune --quiet --input feed.avro --model later.json --out later.html
    [ -z "$stderr" ]
    grep -qF '"fitted_on_period":[]' later.html
}

@test "files that are wrong are said, and no page is left" {
    run "$SAQSHY" tune --input feed.avro
    [ "$status" -eq 2 ]
    [[ "$output" == *"--out FILE is missing"* ]]
    run "$SAQSHY" tune --input feed.avro --labels labels.csv --out labels.csv
    [ "$status" -eq 2 ]
    run "$SAQSHY" tune --input feed.avro --out -
    [ "$status" -eq 2 ]
    [ ! -e ./- ]
    run "$SAQSHY" tune --input nothing.avro --out bad.html
    [ "$status" -ne 0 ]
    printf 'account_id,since\nnobody,1\n' > foreign.csv
    run "$SAQSHY" tune --quiet --input feed.avro --labels foreign.csv --out bad.html
    [ "$status" -ne 0 ]
    [[ "$output" == *"marks no account"* ]]
    run "$SAQSHY" tune --quiet --input feed.avro --out bad.html --from 2030-01-01T00:00:00Z
    [[ "$output" == *"nothing is left to judge"* ]]
    [ ! -e bad.html ]
    [ ! -e bad.html.part ]
}

@test "an action that the model never reaches has a curve and no threshold of today, and is warned of" {
    python3 - "$SOURCE_DIR/models/shipped-model.json" > capped.json <<'PYTHON'
import json, sys
model = json.load(open(sys.argv[1]))
model["calibration"] = {"type": "table", "points": [[-8, 0.001], [0, 0.8], [1, 0.95]]}
json.dump(model, sys.stdout)
PYTHON
    run --separate-stderr "$SAQSHY" tune --quiet --json --input feed.avro --labels labels.csv --model capped.json --out capped.html
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"never gives the probability at which"*"SUSPEND_EBANKING"* ]]
    echo "$output" > capped.tune
    [ "$(of capped.tune '[c["action"] for c in d["curves"]]')" = "['REVIEW_ONLY', 'HOLD_AMOUNT', 'SUSPEND_EBANKING']" ]
    [ "$(of capped.tune '[c["threshold"] is None for c in d["curves"]]')" = '[False, False, True]' ]
}

@test "the page is no document that is read, however it is named" {
    cp "$SOURCE_DIR/models/shipped-model.json" own.json
    cp "$SOURCE_DIR/models/shipped-policy.json" policy.json
    echo merge.slice.ms=1 > own.conf
    same() { # file flags…
        cp "$1" before
        run "$SAQSHY" tune --quiet --input feed.avro --out "$@"
        [ "$status" -eq 2 ]
        [[ "$output" == *"are the same file"* ]]
        cmp before "$1"
    }
    same own.json -X model.path=own.json
    same own.json --model own.json
    same policy.json -X policy.path=policy.json
    same own.conf --config own.conf
}

@test "Ctrl-C leaves an earlier page" {
    "$SAQSHY" gen --quiet --days 10 --accounts 20000 --out long.avro
    echo earlier > page.html
    env --default-signal=INT "$SAQSHY" tune --input long.avro --out page.html -X log.level=debug 2> err 3>&- &
    local tune=$! ended=0
    until grep -q event=live err; do read -r -t 0.02 <> <(:) || true; done
    kill -INT "$tune"
    wait "$tune" || ended=$?
    [ "$ended" -eq 130 ]
    grep -q "INTERRUPTED: page.html stays as it was" err
    [ "$(cat page.html)" = earlier ]
    [ ! -e page.html.part ]
}
