# --mapping: commands that read a CSV as `import` would have written it. tests/import.bats tries what rows mean.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    cp "$SOURCE_DIR/schemas/mappings/transfers.map" m.map
    sed '/^label/d; $a\[drop]\nis_fraud = not ours' m.map > unlabelled.map
    python3 "$SOURCE_DIR/tests/labelled_transfers.py" t.csv
    "$SAQSHY" import --quiet --mapping m.map --input t.csv --out t.avro --labels-out events.csv
    train_on t.avro imported.json --labels events.csv
    train_on t.csv direct.json --mapping m.map
}

setup() { cd "$BATS_FILE_TMPDIR"; }

train_on() { "$SAQSHY" train --quiet --input "$1" --terms 8 --id one --fit-share 60 --out "$2" "${@:3}"; }

# A model but for the names of the files that it was made of.
but_files() { jq 'del(.provenance.input_sha256, .provenance.mapping_sha256, .provenance.labels_sha256)' "$1"; }

sha256() { sha256sum < "$1" | cut -d' ' -f1; }

# A CSV of two rows and what follows them.
small() { head -3 t.csv; printf '%s\n' "$@"; }

@test "of an input out of order it is said how much was left out" {
    { head -1 t.csv; tail -n +2 t.csv | tac; } > backwards.csv
    run "$SAQSHY" backtest --input backwards.csv --mapping m.map --from 2000-01-01 --out backwards --no-sqlite
    [ "$status" -eq 0 ]
    [[ "$output" =~ warning:\ [0-9]{3,}\ records\ came\ more\ than\ a\ week\ after ]]
}

@test "what stands in a header steers no terminal" {
    printf 'a\033[31mb,a\033[31mb\n1,2\n' > steering.csv
    run "$SAQSHY" backtest --input steering.csv --mapping m.map --out steering
    [ "$status" -ne 0 ]
    [[ "$output" != *$'\033'* ]]
}

@test "train: a CSV gives the model that import and train give, which says what it was read from" {
    [ "$(jq '.terms | length' direct.json)" -gt 0 ]
    cmp <(but_files imported.json) <(but_files direct.json)
    [ "$(jq -r .provenance.input_sha256 direct.json)" = "$(sha256 t.csv)" ]
    [ "$(jq -r .provenance.mapping_sha256 direct.json)" = "$(sha256 m.map)" ]
    [ "$(jq .provenance.labels_sha256 direct.json)" = null ]
    [ "$(jq .provenance.mapping_sha256 imported.json)" = null ]
    "$SAQSHY" model check direct.json
}

@test "train: --labels goes before the labels of the CSV, in both kinds" {
    train_on t.csv with-events.json --mapping m.map --labels events.csv
    cmp <(but_files imported.json) <(but_files with-events.json)
    [ "$(jq -r .provenance.labels_sha256 with-events.json)" = "$(sha256 events.csv)" ]
    { echo account_id,since; for i in {0..59}; do echo "m$i,$((1767225600 + (1 + i % 12) * 86400))"; done; } > accounts.csv
    train_on t.avro imported-accounts.json --labels accounts.csv
    train_on t.csv with-accounts.json --mapping unlabelled.map --labels accounts.csv
    cmp <(but_files imported-accounts.json) <(but_files with-accounts.json)
    run ! cmp -s <(but_files imported.json) <(but_files with-accounts.json)
    train_on t.csv over-column.json --mapping m.map --labels accounts.csv
    cmp <(but_files with-accounts.json) <(but_files over-column.json)
}

@test "events with both labels are counted as fraud, and counted" {
    { cat events.csv; grep ',1$' events.csv | head -n 3 | sed 's/,1$/,0/'; } > both.csv
    run train_on t.avro both.json --labels both.csv
    [ "$status" -eq 0 ]
    [[ "$output" == *"warning: 3 events have both labels, 0 and 1, and count as 1"* ]]
    cmp <(but_files imported.json) <(but_files both.json)
    run "$SAQSHY" backtest --quiet --no-sqlite --input t.avro --labels both.csv --model direct.json --out both
    [[ "$output" == *"warning: 3 events have both labels"* ]]
    run "$SAQSHY" backtest --quiet --no-sqlite --input t.avro --labels events.csv --model direct.json --out once
    [[ "$output" != *"both labels"* ]]
}

@test "train: the next command reads the CSV too" {
    run "$SAQSHY" train --input t.csv --mapping m.map --terms 8 --fit-share 60 --out said.json
    [ "$status" -eq 0 ]
    [[ "$output" == *"next: saqshy backtest --input t.csv --mapping m.map --model said.json --out DIR" ]]
}

@test "backtest: every result is that of the imported feed, also against another model" {
    "$SAQSHY" backtest --quiet --input t.avro --labels events.csv --model direct.json --compare imported.json --out by-import
    "$SAQSHY" backtest --quiet --input t.csv --mapping m.map --model direct.json --compare imported.json --out by-mapping
    for file in scores.csv recommendations.avro compare.csv; do cmp "by-import/$file" "by-mapping/$file"; done
    diff <(jq 'del(.input, .inputs)' by-import/report.json) <(jq 'del(.input, .inputs)' by-mapping/report.json)
    [ "$(jq -c '.inputs | keys' by-mapping/report.json)" = '["input","mapping"]' ]
    [ "$(jq .recommended.found by-mapping/report.json)" -gt 0 ]
    run --separate-stderr "$SAQSHY" backtest --no-sqlite --input t.csv --mapping unlabelled.map --model direct.json --out unlabelled
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"no labels: how good the ranking is cannot be said"* ]]
}

@test "features, tune, explain, trace and replay read what import would write" {
    each() {
        "$SAQSHY" features --quiet "$@" --out -
        "$SAQSHY" explain m1 --json --quiet --model direct.json "$@"
        "$SAQSHY" trace m1 --csv --quiet "$@"
        "$SAQSHY" replay --engine --quiet --out replayed.avro "$@"
        sha256 replayed.avro
    }
    diff <(each --input t.avro | sed 's/"input": *"[^"]*"//') <(each --input t.csv --mapping m.map | sed 's/"input": *"[^"]*"//')
    [ "$(each --input t.csv --mapping m.map | wc -l)" -gt 1000 ]
    "$SAQSHY" tune --quiet --json --input t.avro --labels events.csv --model direct.json --out t.html > by-import.json
    "$SAQSHY" tune --quiet --json --input t.csv --mapping m.map --model direct.json --out t.html > by-mapping.json
    diff <(jq 'del(.input, .inputs)' by-import.json) <(jq 'del(.input, .inputs)' by-mapping.json)
    [ "$(jq -c '.inputs | keys' by-mapping.json)" = '["input","mapping"]' ]
}

@test "bad rows are named as import names them, once, and left out" {
    small 'x,soon,h1,h2,1,TRANSFER,0' 'y,1767225700,h1,h2,1.0000001,TRANSFER,0' > bad.csv
    run --separate-stderr "$SAQSHY" import --quiet --mapping m.map --input bad.csv --out bad.avro
    said=$stderr
    [[ "$said" == $'bad.csv:4: column ts: '*$'\nbad.csv:5: column amount: '* ]]
    run --separate-stderr "$SAQSHY" features --quiet --mapping m.map --input bad.csv --out bad-rows.csv
    [ "$status" -eq 0 ]
    [ "$stderr" = "$said"$'\nwarning: 2 of 4 rows of bad.csv are bad and left out' ]
    "$SAQSHY" features --quiet --input bad.avro --out good-rows.csv
    cmp bad-rows.csv good-rows.csv
    { cat t.csv; for i in {1..12}; do echo "z$i,soon,h1,h2,1,TRANSFER,0"; done; echo 'late,1767225600,h1,h2,1,TRANSFER,0'; } > many.csv
    run --separate-stderr "$SAQSHY" backtest --quiet --no-sqlite --mapping m.map --input many.csv --model direct.json \
        --compare imported.json --out many
    [ "$status" -eq 0 ]
    [ "$(grep -c '^many.csv:' <<< "$stderr")" -eq 10 ]
    [ "$(grep -c '2 bad rows more; `saqshy import --bad FILE` lists all' <<< "$stderr")" -eq 1 ]
    [ "$(grep -c 'warning: 1 records of many.csv are earlier' <<< "$stderr")" -eq 1 ]
}

@test "what is wrong with CSV or mapping ends with the words and the status of import" {
    same() { # STATUS TEXT MAPPING CSV
        run "$SAQSHY" import --quiet --mapping "$3" --input "$4" --out no.avro
        [ "$status" -eq "$1" ]
        [[ "$output" == *"$2"* ]]
        imported=$output
        run "$SAQSHY" train --quiet --mapping "$3" --input "$4" --terms 8 --out no.json
        [ "$status" -eq "$1" ]
        [ "$output" = "$imported" ]
        run "$SAQSHY" backtest --quiet --mapping "$3" --input "$4" --out no
        [ "$status" -eq "$1" ]
        [ "$output" = "$imported" ]
        rm -f no.avro
        [ ! -e no.json ] && [ ! -e no/report.json ]
    }
    sed 's/^amount/amont/' m.map > misspelt.map
    same 78 "misspelt.map:15: [columns] has no key amont; did you mean amount?" misspelt.map t.csv
    same 78 "nowhere.map: No such file" nowhere.map t.csv
    sed '1s/$/,secret/; 2,$s/$/,x/' t.csv > secret.csv
    same 78 "secret.csv: column secret of the CSV is neither mapped nor dropped" m.map secret.csv
    : > empty.csv
    same 65 "empty.csv: the CSV is empty" m.map empty.csv
    head -1 t.csv > none.csv
    same 65 "none.csv: there is no row" m.map none.csv
    same 74 "nowhere.csv: No such file" m.map nowhere.csv
    for mess in t.avro "$SAQSHY"; do
        run "$SAQSHY" train --quiet --mapping m.map --input "$mess" --terms 8 --out no.json
        [ "$status" -eq 65 ] || [ "$status" -eq 78 ]
    done
    { head -1 t.csv; echo 'x,soon,h1,h2,1,TRANSFER,0'; } > bad.csv
    run "$SAQSHY" train --quiet --mapping m.map --input bad.csv --out no.json
    [ "$status" -eq 65 ]
    [[ "$output" == *"bad.csv:2: column ts"*"BAD_DATA: bad.csv: every row is bad" ]]
}

@test "a label that is none has its row and its column, and only labels that are wanted are read" {
    small 'x,1767225700,h1,h2,1,TRANSFER,maybe' > maybe.csv
    for command in "train --out no.json" "backtest --out no" "tune --out no.html"; do
        run "$SAQSHY" $command --quiet --mapping m.map --input maybe.csv
        [ "$status" -eq 65 ]
        [[ "$output" == *"maybe.csv:4: column is_fraud: the label is none of 0, 1, true, false"* ]]
    done
    "$SAQSHY" features --quiet --mapping m.map --input maybe.csv --out maybe-rows.csv
    small > honest.csv
    run "$SAQSHY" backtest --quiet --mapping m.map --input honest.csv --out no --from 2026-01-01
    [ "$status" -eq 65 ]
    [[ "$output" == *"honest.csv: no label of a scored event is 1"* ]]
}

@test "what is missing, a pipe, and a mapping that would be written over are said" {
    run "$SAQSHY" train --mapping unlabelled.map --input t.csv --out no.json
    [ "$status" -eq 2 ]
    [[ "$output" == *"--labels FILE is missing: unlabelled.map maps no label column"* ]]
    for pipe in - <(:); do
        run "$SAQSHY" train --mapping m.map --input "$pipe" --out no.json
        [ "$status" -eq 2 ]
        [[ "$output" == *"--input $pipe is no file that can be read twice"* ]]
    done
    cp m.map kept.map
    mkdir over && cp m.map over/report.json
    for command in "train" "tune" "features" "explain m1 --html m.map" "trace m1 --html m.map" "replay --engine"; do
        [[ "$command" == *html* ]] || command+=" --out m.map"
        run "$SAQSHY" $command --quiet --mapping m.map --input t.csv
        [ "$status" -eq 2 ]
        [[ "$output" == *"are the same file"* ]]
        cmp m.map kept.map
    done
    run "$SAQSHY" backtest --quiet --force --mapping over/report.json --input t.csv --out over
    [ "$status" -eq 2 ]
    cmp over/report.json kept.map
}
