# model: documents checked, read and compared. tests/test_model_documents.py reads what they say as JSON.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    cp "$SOURCE_DIR/tests/models/by-hand.json" old.json
    sed 's/"intercept": -4/"intercept": -4.5/; s/"knot": 900,/"knot": 1200,/; s/"weight": 2.25/"weight": 2.5/
        s/Thirty or more debits in 24 h/Very many debits in 24 h/; s/"provenance": {/"provenance": {"log_loss": 0.25, /' old.json > new.json
}

setup() { cd "$BATS_FILE_TMPDIR"; }

refused() { # WHAT WITH
    sed "$1" old.json > bad.json
    run --separate-stderr "$SAQSHY" model check bad.json
    [ "$status" -eq 78 ]
    [ -z "$output" ]
    [[ "$stderr" == "saqshy: CONFIG: bad.json:"*"$2"* ]]
    [[ "$stderr" == *"mend it and run \`saqshy model check\` again"* ]]
}

@test "a document that the engine takes is ok" {
    run --separate-stderr "$SAQSHY" model check old.json
    [ "$status" -eq 0 ]
    [ "$output" = "ok droppers-by-hand-1: 33 terms, sha256 $(sha256sum < old.json | cut -d' ' -f1)" ]
    [ -z "$("$SAQSHY" model check old.json --quiet)" ]
    [ "$("$SAQSHY" model check old.json --json | jq -c '[.ok, .code, .terms]')" = '[true,"NONE",33]' ]
}

@test "one that it does not take has a code, a place and a next step" {
    refused 's/"hinge"/"hinga"/' 'did you mean "hinge"?'
    refused 's/"weight": 2.25/"weight": 0.3/' 'the nearest is 0.3'
    refused 's/"features_sha256": "[0-9a-f]*"/"features_sha256": "0000000000000000000000000000000000000000000000000000000000000000"/' 'fit it again with this program'
    refused 's/"transforms"/"transfroms"/' 'did you mean "transforms"?'
    [ "$("$SAQSHY" model check bad.json --json 2> /dev/null | jq -c '[.ok, .code, .document]')" = '[false,"CONFIG","bad.json"]' ]
    run "$SAQSHY" model check absent.json
    [ "$status" -eq 78 ]
    [[ "$output" == *"absent.json: cannot be opened"* ]]
    printf 'no \377 JSON' > $'n\377.json'
    run --separate-stderr "$SAQSHY" model check $'n\377.json' --json
    [ "$status" -eq 78 ]
    [ "$(jq -c .ok <<< "$output")" = false ]
}

@test "show has every term once, in words, under a feature" {
    run --separate-stderr "$SAQSHY" model show old.json
    [ "$status" -eq 0 ]
    [ "$(grep -c '^ *[-+][0-9.]*  ' <<< "$output")" -eq 33 ]
    [[ "$output" == *$'payers_24h: Different payers within 24 hours\n'* ]]
    [[ "$output" == *$'   +1.2500  Ten or more payers in 24 h, and at least 80 % of what they paid went out again\n            payers_24h >= 10 and pass_through_24h >= 0.8'* ]]
    diff <("$SAQSHY" model show) <("$SAQSHY" model show "$SOURCE_DIR/models/shipped-model.json")
    [ "$("$SAQSHY" model show | grep -c '^ *[-+][0-9.]*  ')" -eq "$(jq '.terms | length' "$SOURCE_DIR/models/shipped-model.json")" ]
}

@test "show speaks three languages" {
    [[ "$("$SAQSHY" model show old.json --lang ru)" == *"Не менее половины денег ушло"* ]]
    [[ "$("$SAQSHY" model show old.json --lang kk)" == *"Ақшаның кемінде жартысы"* ]]
    run "$SAQSHY" model show --lang de
    [ "$status" -eq 2 ]
    [[ "$output" == *"--lang takes en, ru or kk"* ]]
}

@test "what a document says cannot steer the terminal" {
    sed 's/Thirty or more/\\u001b[2J\\u009b2J\\nThirty/; s/"droppers-by-hand-1"/"a\\u0007b"/; s/"made": "/"m\\u001bade": "\\u009b\\u007f/' old.json > steering.json
    "$SAQSHY" model check steering.json
    "$SAQSHY" model show steering.json > shown
    "$SAQSHY" model diff old.json steering.json >> shown || [ $? -eq 1 ]
    grep -q '?\[2J?2J?Thirty' shown
    run grep -P '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' shown
    [ "$status" -eq 1 ]
}

@test "diff of a model and itself is empty and 0" {
    run --separate-stderr "$SAQSHY" model diff old.json old.json
    [ "$status" -eq 0 ]
    [[ "$output" == *"terms that are the same: 33" ]]
    [ "$(wc -l <<< "$output")" -eq 1 ]
}

@test "diff says what changed, and is 1" {
    run --separate-stderr "$SAQSHY" model diff old.json new.json
    [ "$status" -eq 1 ]
    [ -z "$stderr" ]
    [[ "$output" == *$'terms that are the same: 30\nintercept: -4 -> -4.5\n'* ]]
    [[ "$output" == *$'\nmoved: 1\n'*"cash_gap < 900 and p2p_in_amount_24h >= 10000000 ->"* ]]
    [[ "$output" == *$'\nreweighted: 1\n   +2.2500 ->   +2.5000  '* ]]
    [[ "$output" == *$'\nreworded: 1\n'*"Very many debits in 24 h"* ]]
    [[ "$output" == *$'\nprovenance\n  log_loss  absent -> 0.25' ]]
}

@test "diff of what cannot be read is its code, not 1" {
    run "$SAQSHY" model diff old.json absent.json
    [ "$status" -eq 78 ]
}

@test "words that are too few, too many or unknown are usage errors" {
    for words in "" "check" "check a b" "show a b" "diff a" "diff a b c" "chekc a"; do
        run "$SAQSHY" model $words
        [ "$status" -eq 2 ]
    done
    [[ "$output" == *"did you mean check?"* ]]
}
