# backtest: a model and a policy over recorded events. tests/test_backtest.py computes the figures anew.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 3 --accounts 1000 --droppers 10 --out feed.avro --labels labels.csv
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out results
    changed 'model["id"] = "stricter"; model["intercept"] -= 6' > stricter.json
    changed 'model["provenance"]["fit_until"] = 1767440000' > fitted.json
}

# The shipped model, changed by Python.
changed() {
    python3 - "$SOURCE_DIR/models/shipped-model.json" "$1" <<'PYTHON'
import json, sys
model = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(model, sys.stdout)
PYTHON
}

setup() { cd "$BATS_FILE_TMPDIR"; }

report() { python3 -c 'import json, sys; print(eval("r" + sys.argv[2], {"r": json.load(open(sys.argv[1]))}))' "$1/report.json" "$2"; }

@test "a directory of results: scores, recommendations, a report for machines and one for people" {
    [ "$(ls results)" = "$(printf '%s\n' recommendations.avro report.json report.md scores.csv scores.sqlite)" ]
    [ "$(head -1 results/scores.csv)" = position,account,time,side,logit,probability ]
    [ "$(report results '["labels"]')" = accounts ]
    [ "$(report results '["counts"]["bad_accounts"]')" -eq "$(($(wc -l < labels.csv) - 1))" ]
    ap=$(report results '["account_average_precision"]')
    grep -q "^\* Average precision of accounts: \*\*${ap:0:4}" results/report.md
}

@test "the same input gives the same bytes, however batches are cut" {
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out again -X merge.slice.ms=1 -X kernel.tier=scalar
    diff -r results again
}

@test "scores are those of the features' rows, recommendations those of a replay" {
    "$SAQSHY" features --quiet --input feed.avro --out vectors.csv
    diff <(cut -d, -f2,3,5,7,8 vectors.csv | sed 's|,|/|; 1d') <(cut -d, -f1-4 results/scores.csv | sed 1d)
    "$SAQSHY" replay --engine --quiet --input feed.avro --out replayed.avro
    cmp replayed.avro results/recommendations.avro
}

@test "the database holds the scores of the CSV, and needs no other file" {
    diff <(sed 1d results/scores.csv) <(python3 - <<'PYTHON'
import csv, sqlite3, sys
rows = list(csv.DictReader(open("results/scores.csv")))
database = sqlite3.connect("file:results/scores.sqlite?mode=ro", uri=True)
stored = database.execute("SELECT * FROM scores").fetchall()
for row, (position, account, time, side, logit, probability) in zip(rows, stored, strict=True):
    same = logit == float(row["logit"]) and probability == float(row["probability"])
    print(position, account, time, side, *((row["logit"], row["probability"]) if same else (logit, probability)), sep=",")
assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
PYTHON
)
}

@test "--no-sqlite leaves it out, and removes one of an earlier run" {
    cp -r results lean
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out lean --force --no-sqlite
    [ ! -e lean/scores.sqlite ]
    diff -r -x scores.sqlite results lean
}

@test "without labels it says so and still shows the load" {
    run --separate-stderr "$SAQSHY" backtest --input feed.avro --out plain --json
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"no labels: how good the ranking is cannot be said"* ]]
    [[ "$output" == *'"labels":null'* ]]
    [[ "$output" != *average_precision* ]]
    [ "$(report plain '["load"]["recommendations"]')" -eq "$(report results '["load"]["recommendations"]')" ]
    grep -q "none: nothing can be said of who is bad" plain/report.md
}

@test "--from leaves out who was bad before; by default the period begins where the model's data ends" {
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out from --from 2026-01-03T16:33:20+05:00
    before=$(awk -F, 'NR > 1 && $3 < 1767440000' labels.csv | wc -l)
    [ "$before" -gt 0 ]
    [ "$(report from '["counts"]["left_out_accounts"]')" -eq "$before" ]
    [ "$(report from '["counts"]["bad_accounts"]')" -eq "$(($(wc -l < labels.csv) - 1 - before))" ]
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out fitted --model fitted.json
    [ "$(report fitted '["period"]')" = "$(report from '["period"]')" ]
    [ "$(report fitted '["counts"]')" = "$(report from '["counts"]')" ]
    cmp fitted/scores.csv results/scores.csv
}

@test "labels of events mark the accounts that got the money" {
    printf '%s\n' event_id,ts,src_account,dst_account,amount,type,is_fraud 1,1767225600,ann,bob,10,TRANSFER,0 \
        2,1767225601,ann,cid,10,TRANSFER,1 3,1767225602,ann,dan,10,TRANSFER,0 > small.csv
    "$SAQSHY" import --quiet --mapping "$SOURCE_DIR/schemas/mappings/transfers.map" --input small.csv --out small.avro --labels-out small-labels.csv
    "$SAQSHY" backtest --quiet --input small.avro --labels small-labels.csv --out small
    [ "$(report small '["labels"]')" = events ]
    [ "$(report small '["counts"]["bad_accounts"]')" -eq 1 ]
    [ "$(report small '["counts"]["bad_sides"]')" -eq 1 ]
    [ "$(report small '["counts"]["accounts"]')" -eq 4 ]
}

@test "another model gives other scores and recommendations" {
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out strict --model stricter.json
    [ "$(report strict '["model"]["id"]')" = stricter ]
    [ "$(report strict '["load"]["recommendations"]')" -lt "$(report results '["load"]["recommendations"]')" ]
}

@test "shadow models have a column of their own scores, and a rank" {
    sed 's/"droppers-by-hand-1"/"milder"/; s/"weight": 2.25/"weight": 3.5/' "$SOURCE_DIR/tests/models/by-hand.json" > milder.json
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out shadowed -X model.shadow=stricter.json,milder.json
    cmp results/recommendations.avro shadowed/recommendations.avro
    cut -d, -f1-6 shadowed/scores.csv | cmp - results/scores.csv
    for number in 0 1; do
        name=$(report shadowed "['shadows'][$number]['model']['id']")
        "$SAQSHY" backtest --quiet --no-sqlite --input feed.avro --labels labels.csv --out "alone-$name" --model "$name.json"
        column=$(report shadowed "['shadows'][$number]['column']")
        [ "$(head -1 shadowed/scores.csv | cut -d, -f$((7 + number)))" = "$column" ]
        [ "$column" = "logit_$(sha256sum < "$name.json" | cut -c1-16)" ]
        cmp <(sed 1d shadowed/scores.csv | cut -d, -f$((7 + number))) <(sed 1d "alone-$name/scores.csv" | cut -d, -f5)
        for figure in account_average_precision account_average_precision_band side_average_precision; do
            [ "$(report shadowed "['shadows'][$number]['$figure']")" = "$(report "alone-$name" "['$figure']")" ]
        done
        grep -q "^| $name | .*… | 0\\.[0-9]* | 0\\..* to .* | 0\\.[0-9]* |$" shadowed/report.md
        python3 - "$column" <<'END'
import csv, sqlite3, sys
rows = sqlite3.connect("shadowed/scores.sqlite").execute(f"SELECT {sys.argv[1]} FROM sides ORDER BY id").fetchall()
due = [float(row[sys.argv[1]]) for row in csv.DictReader(open("shadowed/scores.csv"))]
assert [value for value, in rows] == due and len(due) > 1000
END
    done
    [ "$(python3 -c 'import sqlite3; print(len(sqlite3.connect("shadowed/scores.sqlite").execute("SELECT * FROM scores").description))')" -eq 8 ]
}

@test "a shadow is no file that results replace, and is not scored by --compare" {
    mkdir over && cp stricter.json over/report.json
    run "$SAQSHY" backtest --quiet --force --input feed.avro --out over -X model.shadow=over/report.json
    [ "$status" -eq 2 ]
    cmp stricter.json over/report.json
    echo 'merge.slice.ms = 500' | tee over/report.json > config
    run "$SAQSHY" backtest --quiet --force --input feed.avro --out over --config over/report.json -X model.shadow=stricter.json
    [ "$status" -eq 2 ]
    cmp config over/report.json
    "$SAQSHY" backtest --quiet --no-sqlite --input feed.avro --out unlabelled -X model.shadow=stricter.json --compare fitted.json
    [ "$(report unlabelled "['shadows'][0]['account_average_precision']")" = None ]
}

@test "--compare names who is gained and lost" {
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out compared --model stricter.json \
        --compare "$SOURCE_DIR/models/shipped-model.json"
    [ "$(head -1 compared/compare.csv)" = account,change,bad,score_new,score_old ]
    [ "$(grep -c ,lost,true, compared/compare.csv)" -eq "$(report compared '["comparison"]["lost_bad"]')" ]
    [ "$(report compared '["comparison"]["lost"]')" -gt 0 ]
    [ "$(report compared '["comparison"]["gained"]')" -eq 0 ]
    [ "$(report compared '["comparison"]["model"]["id"]')" = droppers-gen-1 ]
    [ "$(report compared '["comparison"]["account_average_precision"]')" = "$(report results '["account_average_precision"]')" ]
    "$SAQSHY" backtest --quiet --input feed.avro --out compared --force
    [ ! -e compared/compare.csv ]
}

@test "a gate that is not met ends with 3, a line for each gate" {
    echo '{"wrong_freezes_at_most": 100, "found_at_least": 9999, "account_average_precision_gain_at_least": -1}' > gates.json
    run --separate-stderr "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out gated --gate gates.json \
        --compare stricter.json
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"gate found_at_least 9999: NOT MET"* ]]
    [[ "$stderr" == *"gate wrong_freezes_at_most 100: met"* ]]
    [[ "$stderr" == *"GATE: 1 gate is not met; gated/report.md has the figures" ]]
    [ "$(report gated '["gates"][0]["met"]')" = False ]
    grep -q "| found_at_least | 9999 | .* | \*\*not met\*\* |" gated/report.md
    echo '{"recommendations_a_day_at_most": 1000}' > gates.json
    "$SAQSHY" backtest --quiet --input feed.avro --out gated --gate gates.json --force
}

@test "a gate that cannot be judged is refused before the run" {
    refused() { # gates status text
        echo "$1" > gates.json
        run "$SAQSHY" backtest --quiet --input feed.avro --out refused --gate gates.json
        [ "$status" -eq "$2" ]
        [[ "$output" == *"$3"* ]]
        [ ! -e refused ]
    }
    refused '{"wrong_freezes_at_most": 1}' 2 "can be judged with --labels only"
    refused '{"wrong_freezes_at_mots": 1}' 78 "did you mean wrong_freezes_at_most"
    refused '{"recommendations_at_most": "few"}' 78 "takes a number"
    refused '{}' 78 "an object is due"
    refused '[' 78 "gates.json:"
    run "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out refused --gate <(echo '{"lost_bad_at_most": 1}')
    [ "$status" -eq 2 ]
    [[ "$output" == *"can be judged with --compare only"* ]]
}

@test "every gate is in the guide" {
    diff <(sed -n '/define BACKTEST_GATES_TABLE/,/^$/s/^    X(\([a-z0-9_]*\),.*/\1/p' "$SOURCE_DIR/detector/commands/backtest_gates.h" | sort) \
        <(sed -n 's/^| `\([a-z0-9_]*_at_[a-z]*\)` .*/\1/p' "$SOURCE_DIR/docs/MODEL_WORKFLOW.md" | sort)
}

@test "a directory with something in it is refused, --force replaces the results" {
    mkdir kept && echo mine > kept/notes.txt
    run "$SAQSHY" backtest --quiet --input feed.avro --out kept
    [ "$status" -eq 2 ]
    [[ "$output" == *"USAGE: kept is not empty"*"--force"* ]]
    [ "$(ls kept)" = notes.txt ]
    "$SAQSHY" backtest --quiet --input feed.avro --out kept --force
    [ "$(cat kept/notes.txt)" = mine ]
    cmp kept/scores.csv results/scores.csv
}

@test "what cannot be a directory is an I/O error" {
    run "$SAQSHY" backtest --quiet --input feed.avro --out nowhere/results
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: nowhere/results: No such file or directory"* ]]
    run "$SAQSHY" backtest --quiet --input feed.avro --out feed.avro
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: feed.avro: Not a directory"* ]]
}

@test "with --force the input is never what is written" {
    mkdir own && cp feed.avro own/recommendations.avro && cp labels.csv own/scores.csv.part
    run "$SAQSHY" backtest --quiet --input own/recommendations.avro --out own --force
    [ "$status" -eq 2 ]
    cmp feed.avro own/recommendations.avro
    run "$SAQSHY" backtest --quiet --input feed.avro --labels own/scores.csv.part --out own --force
    [ "$status" -eq 2 ]
    cmp labels.csv own/scores.csv.part
}

@test "a failure leaves neither half a result nor an empty directory, and old results as they were" {
    fails() { # status text flags…
        local status_due=$1 text=$2
        shift 2
        run "$SAQSHY" backtest --quiet --out failed "$@"
        [ "$status" -eq "$status_due" ]
        [[ "$output" == *"$text"* ]]
        [ ! -e failed ]
    }
    head -c 20000 feed.avro > cut.avro
    echo '{"format": "saqshy-model/1"}' > half.json
    printf 'account_id,since\nnobody,1767380400\n' > strangers.csv
    printf 'account_id,since\nnobody,soon\n' > broken.csv
    changed 'model["provenance"]["fit_until"] = "yesterday"' > vague.json
    fails 74 "nowhere.avro" --input nowhere.avro
    fails 65 "cut.avro" --input cut.avro
    fails 78 "half.json" --input feed.avro --model half.json
    fails 78 "nowhere.json" --input feed.avro --model nowhere.json
    fails 78 "half.json" --input feed.avro --compare half.json
    fails 78 "nowhere.json" --input feed.avro --policy nowhere.json
    fails 78 "vague.json:1: \$.provenance.fit_until: is no whole number of seconds since 1970" --input feed.avro --model vague.json
    fails 74 "nowhere.csv" --input feed.avro --labels nowhere.csv
    fails 65 "broken.csv:2: the time is neither" --input feed.avro --labels broken.csv
    fails 65 "strangers.csv marks no account of feed.avro" --input feed.avro --labels strangers.csv
    fails 2 "--from soon: the time is neither" --input feed.avro --from soon
    fails 65 "nothing is left to judge" --input feed.avro --from 2030-01-01
    fails 2 "--input FILE is missing"
    run "$SAQSHY" backtest --quiet --input feed.avro
    [ "$status" -eq 2 ]
    [[ "$output" == *"--out DIR is missing"* ]]
    cp -r results old
    run bash -c "trap '' XFSZ; ulimit -f 500; exec \"\$SAQSHY\" backtest --quiet --input feed.avro --out old --force"
    [ "$status" -eq 74 ]
    diff -r results old
}

@test "--groups says which groups are hit, and of whom it knows nothing" {
    "$SAQSHY" gen --quiet --days 3 --accounts 1000 --droppers 10 --out same.avro --groups groups.csv
    cmp same.avro feed.avro
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --groups groups.csv --out grouped
    diff -x report.md -x report.json -x scores.sqlite results grouped
    [ "$(report grouped '["by_group"]["accounts_in_none"]')" -eq 0 ]
    [ "$(report grouped '["by_group"]["groups"].__len__()')" -eq "$(sed 1d groups.csv | cut -d, -f2 | sort -u | wc -l)" ]
    grep -q '^| employee | 0 | – | – | [0-9]* | [0-9]* | [0-9.]* ([0-9.]* to [0-9.]*) | [0-9]* |$' grouped/report.md
    { echo account_id,group; grep ',forwarder$' groups.csv; grep ',forwarder$' groups.csv; } > few.csv
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --groups few.csv --out grouped-few
    [ "$(report grouped-few '["by_group"]["groups"][0]["bad"]')" -eq "$(grep -c ,forwarder, labels.csv)" ]
    grep -q '^[0-9]* judged accounts stand in no group' grouped-few/report.md
}

@test "groups that are none are refused with the line" {
    refused() {
        run "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --groups wrong.csv --out wrong
        [ "$status" -eq "${2:-65}" ]
        [[ "$output" == *"$1"* ]]
        [ ! -e wrong ]
    }
    refused "wrong.csv" 74
    printf 'account,group\na,b\n' > wrong.csv; refused "wrong.csv:1: the head line is not account_id,group"
    printf 'account_id,group\n\n' > wrong.csv; refused "no row follows"
    printf 'account_id,group\na,b\n,b\n' > wrong.csv; refused "wrong.csv:3: the account is empty"
    printf 'account_id,group\na,b,c\n' > wrong.csv; refused "wrong.csv:2: two fields are due"
    printf 'account_id,group\na,b|c\n' > wrong.csv; refused "wrong.csv:2: a group has 1 to 64 bytes"
    printf 'account_id,group\na,%065d\n' 1 > wrong.csv; refused "wrong.csv:2: a group has 1 to 64 bytes"
    { echo account_id,group; seq -f 'a,%g' 300; } > wrong.csv; refused "wrong.csv:258: more than 256 groups"
    printf 'account_id,group\na,b\naccount_id,group\n' > wrong.csv; refused "wrong.csv:3: the head line stands here again"
    for name in $'\xff' $'a\xc3' $'\xc0\xaf' $'a\e[31mb' $'a\x7f' $'a\xc2\x9bb' $'"a\tb"'; do
        printf 'account_id,group\na,gut\na,%s\n' "$name" > wrong.csv
        refused "wrong.csv:3: a group is UTF-8 without control characters"
    done
    printf 'account_id,group\na,"b\n' > wrong.csv; refused "wrong.csv:2: "
    run "$SAQSHY" backtest --quiet --input feed.avro --groups few.csv --out wrong
    [ "$status" -eq 2 ]
    [[ "$output" == *"add --labels"* ]]
}

@test "models that are judged on what they were fitted on are said, each once" {
    changed 'model["id"] = "later"; model["provenance"]["fit_until"] = 1767440000' > later.json
    changed 'model["id"] = "latest\x1b"; model["provenance"]["fit_until"] = 1767440060' > latest.json
    overlap() { # ids, first second after all of them; flags…
        local due=$1 end=$2
        shift 2
        run --separate-stderr "$SAQSHY" backtest --quiet --no-sqlite --force --input feed.avro --labels labels.csv --out overlap "$@"
        [ "$status" -eq 0 ]
        [ "$(jq -r '[.fitted_on_period[].id] | join(" ")' overlap/report.json)" = "$due" ]
        if [ -z "$due" ]; then
            [ -z "$stderr" ]
            run ! grep -q 'what it was fitted on' overlap/report.md
        else
            [ "$(wc -l <<< "$stderr")" -eq 1 ]
            [[ "$stderr" == "warning: judged on what it was fitted on: "*", from $end on (--from)" ]]
            grep -q "^\*\*Judged on what it was fitted on:\*\*.*\`--from $end\`" overlap/report.md
            [ "$(grep -c '^| .* | [0-9a-f]*… | 17674400[0-9]* |$' overlap/report.md)" -eq "$(wc -w <<< "$due")" ]
        fi
    }
    overlap "" 0
    overlap "" 0 --model later.json
    overlap "" 0 --model later.json --from 1767440000
    overlap "" 0 --from 2000-01-01
    overlap later 1767440000 --model later.json --from 1767439999
    overlap later 1767440000 --compare later.json
    [[ "$stderr" == *": later, $(sha256sum < later.json | cut -c1-12)…; "* ]]
    overlap later 1767440000 -X model.shadow=later.json
    [ "$(report overlap '["fitted_on_period"][0]["fit_until"]')" -eq 1767440000 ]
    overlap $'later latest\e' 1767440060 --compare later.json -X model.shadow=later.json,latest.json
    [[ "$stderr" == *", latest?, "* ]]
    overlap $'latest\e' 1767440060 --model later.json --compare latest.json
}

@test "no name breaks a table of report.md" {
    changed 'model["id"] = "a|b\\c\nd\x1b[31m"' > odd.json
    changed 'model["id"] = "x|y\r"' > odd-shadow.json
    cp feed.avro 'in|put.avro'
    printf 'account_id,group\nnobody,Алматы: 25–34 (a\\b) <i>\n' > odd.csv
    "$SAQSHY" backtest --quiet --no-sqlite --input 'in|put.avro' --labels labels.csv --groups odd.csv --model odd.json --compare odd.json \
        --out odd-names -X model.shadow=odd-shadow.json
    LC_ALL=C run ! grep -q '[[:cntrl:]]' odd-names/report.md
    grep -q '^| input | in\\|put.avro |$' odd-names/report.md
    grep -q '^| model | a\\|b\\\\c?d?\[31m, [0-9a-f]*… |$' odd-names/report.md
    grep -q '^## Against a\\|b\\\\c?d?\[31m, [0-9a-f]*…$' odd-names/report.md
    grep -q '^| x\\|y? | [0-9a-f]*… | ' odd-names/report.md
    grep -q '^| Алматы: 25–34 (a\\\\b) <i> | 0 | – ' odd-names/report.md
    [ "$(report odd-names '["model"]["id"]')" = $'a|b\\c\nd\e[31m' ]
    [ "$(report odd-names '["by_group"]["groups"][0]["group"]')" = 'Алматы: 25–34 (a\b) <i>' ]
}

@test "labelled accounts that are not in the input are said" {
    cat labels.csv <(echo nobody,FAN_IN,1767380400) > more.csv
    run "$SAQSHY" backtest --quiet --input feed.avro --labels more.csv --out more
    [ "$status" -eq 0 ]
    [[ "$output" == "warning: 1 of $(wc -l < labels.csv) labelled accounts are not in the input" ]]
}

@test "grouped accounts that are not in the input are said, an account of two groups once" {
    grouped() { # file, what is said
        run --separate-stderr "$SAQSHY" backtest --quiet --no-sqlite --force --input feed.avro --labels labels.csv --groups "$1" \
            --out grouped-strangers
        [ "$status" -eq 0 ]
        [ "$stderr" = "$2" ]
    }
    { echo account_id,group; sed 1d labels.csv | cut -d, -f1,2; } > members.csv
    grouped members.csv ""
    { cat members.csv; printf 'ann,one\nann,two\nbob,one\n'; } > more-groups.csv
    grouped more-groups.csv "warning: 2 of $(($(wc -l < labels.csv) + 1)) grouped accounts are not in the input"
    printf 'account_id,group\nann,one\nann,two\nbob,one\n' > stranger-groups.csv
    grouped stranger-groups.csv "warning: 2 of 2 grouped accounts are not in the input"
    [ "$(report grouped-strangers '["by_group"]["accounts_in_none"]')" -gt 900 ]
}

@test "nothing of a live shard is read or written" {
    mkdir -p live/state live/snapshots
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out apart -X state.dir=live/state -X snapshot.dir=live/snapshots
    [ -z "$(find live -type f)" ]
    diff -r results apart
}

@test "Ctrl-C keeps what was judged so far and says so" {
    "$SAQSHY" gen --quiet --days 20 --accounts 20000 --out long.avro
    env --default-signal=INT "$SAQSHY" backtest --input long.avro --out cut 2> err 3>&- &
    local backtest=$! ended=0
    until [ -s cut/scores.csv.part ]; do read -r -t 0.05 <> <(:) || true; done
    kill -INT "$backtest"
    wait "$backtest" || ended=$?
    [ "$ended" -eq 130 ]
    grep -q "interrupted; so far: " err
    [ "$(report cut '["interrupted"]')" = True ]
    grep -q "^\*\*Interrupted:\*\*" cut/report.md
}

# Its highest probability lies between those of HOLD_AMOUNT and SUSPEND_EBANKING.
capped() {
    changed 'model["id"] = "capped"; model["calibration"] = {"type": "table", "points": [[-8, 0.001], [0, 0.8], [1, 0.95]]}' > capped.json
}

@test "an action that the model never reaches is never taken, and warned of; a replay refuses it" {
    capped
    run --separate-stderr "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --model capped.json --out capped
    [ "$status" -eq 0 ]
    [[ "$stderr" == *'warning: the model "capped" never gives the probability'*'takes SUSPEND_EBANKING (at most 0.9500)'*'saqshy tune'* ]]
    [ "$(wc -l <<< "$stderr")" -eq 1 ]
    [ "$(report capped '["recommended"]["found"]')" -gt 0 ]
    changed 'model["id"] = "up\x1b[2Jdown"; model["calibration"] = {"type": "table", "points": [[-8, 0.001], [0, 0.95]]}' > steering.json
    run --separate-stderr "$SAQSHY" backtest --quiet --no-sqlite --input feed.avro --model steering.json --out steering
    [[ "$stderr" == 'warning: the model "up?[2Jdown" never gives'* ]]
    [ "$(python3 -c 'import json; print([t["action"] for t in json.load(open("capped/report.json"))["thresholds"]])')" = \
        "['REVIEW_ONLY', 'HOLD_AMOUNT']" ]
    run "$SAQSHY" replay --engine --quiet --input feed.avro --out no.avro -X model.path=capped.json
    [ "$status" -eq 78 ]
    [[ "$output" == *"never gives a probability of 0.97"* ]]
}

@test "with --force no document that is read is what is written" {
    mkdir documents
    cp stricter.json documents/report.json
    for flags in "--model documents/report.json" "--compare documents/report.json" "-X model.path=documents/report.json"; do
        run "$SAQSHY" backtest --quiet --input feed.avro --out documents --force $flags
        [ "$status" -eq 2 ]
        [[ "$output" == *"a result and what is read are the same file, documents/report.json"* ]]
        cmp stricter.json documents/report.json
    done
    cp "$SOURCE_DIR/models/shipped-policy.json" documents/report.json
    for flags in "--policy documents/report.json" "-X policy.path=documents/report.json"; do
        run "$SAQSHY" backtest --quiet --input feed.avro --out documents --force $flags
        [ "$status" -eq 2 ]
        cmp "$SOURCE_DIR/models/shipped-policy.json" documents/report.json
    done
    echo merge.slice.ms=1 > documents/report.json
    run "$SAQSHY" backtest --quiet --input feed.avro --out documents --force --config documents/report.json
    [ "$status" -eq 2 ]
    [ "$(cat documents/report.json)" = merge.slice.ms=1 ]
}

@test "labels that nobody in the period is marked by are said, without figures that are none" {
    sed '2,$s/,.*/,2020-01-01T00:00:00Z/' <(cut -d, -f1,2 labels.csv) | sed '1s/.*/account_id,since/' > early.csv
    run --separate-stderr "$SAQSHY" backtest --input feed.avro --labels early.csv --out early --from 2026-01-02T00:00:00Z
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"warning: by the labels no scored account turns bad in the judged period"* ]]
    [[ "$stderr" != *nan* ]]
    grep -q '^\*\*Nobody turns bad in the period' early/report.md
    run ! grep -q nan early/report.md
}

@test "a path that is no UTF-8 is read, and reported without what is none" {
    cp feed.avro $'\xff.avro'
    "$SAQSHY" backtest --quiet --input $'\xff.avro' --out odd
    [ "$(report odd '["input"]')" = '?.avro' ]
}

@test "Ctrl-C leaves the results of an earlier whole run" {
    [ -e long.avro ] || "$SAQSHY" gen --quiet --days 20 --accounts 20000 --out long.avro
    cp -r results whole
    env --default-signal=INT "$SAQSHY" backtest --input long.avro --out whole --force 2> err 3>&- &
    local backtest=$! ended=0
    until [ -s whole/scores.csv.part ]; do read -r -t 0.05 <> <(:) || true; done
    kill -INT "$backtest"
    wait "$backtest" || ended=$?
    [ "$ended" -eq 130 ]
    grep -q "INTERRUPTED: the results that whole holds stay" err
    diff -r results whole
}

@test "a signal after the run, when results are written, kills and leaves none" {
    [ -e long.avro ] || "$SAQSHY" gen --quiet --days 20 --accounts 20000 --out long.avro
    env --default-signal=INT "$SAQSHY" backtest --quiet --input long.avro --out late 2> err 3>&- &
    local backtest=$! ended=0
    until [ -s late/scores.sqlite.part ]; do read -r -t 0.02 <> <(:) || true; done
    kill -INT "$backtest"
    wait "$backtest" || ended=$?
    [ "$ended" -eq 130 ]
    [ ! -s err ]
    [ ! -e late/report.json ]
}

@test "each file that a result was made from is named with its SHA-256, by backtest and by tune" {
    mkdir -p read/schemas
    cd read
    cp "$SOURCE_DIR/schemas/TransactionEvent.avsc" schemas/1001.avsc
    echo 'of nobody' > schemas/readme.txt
    echo "schema.dir = $PWD/schemas" > run.conf
    printf 'id,ts,from,to,sum,kind\n1,1767225600,ann,bob,10,T\n2,1767225601,bob,cid,10,T\n' > t.csv
    printf '[columns]\nevent_id = id\ntime = ts\npayer = from\npayee = to\namount = sum\ntype = kind\n' > t.map
    printf '[type T]\nevent_type = P2P_TRANSFER\n' >> t.map
    printf 'account_id,t\ncid,1767225601\n' > labels.csv
    printf 'account_id,group\nann,young\n' > groups.csv
    "$SAQSHY" gen --quiet --days 1 --accounts 100 --out unused.avro --signals signals.avro
    read_as() { echo "\"$1\":{\"path\":\"$2\",\"sha256\":\"$(sha256sum < "$2" | cut -c1-64)\"}"; }
    local of_both=("$(read_as input t.csv)" "$(read_as mapping t.map)" "$(read_as signals signals.avro)" "$(read_as labels labels.csv)"
        "$(read_as config run.conf)" "$(read_as 1001.avsc "$PWD/schemas/1001.avsc")")
    local read=(--config run.conf --input t.csv --mapping t.map --signals signals.avro --labels labels.csv)
    "$SAQSHY" backtest --quiet --no-sqlite "${read[@]}" --groups groups.csv --out results
    "$SAQSHY" tune --quiet --json "${read[@]}" --out tune.html > tune.json
    [ "$(jq -c .inputs tune.json)" = "{$(IFS=,; echo "${of_both[*]}")}" ]
    [ "$(jq -c .inputs results/report.json)" = "{$(IFS=,; echo "${of_both[*]}"),$(read_as groups groups.csv)}" ]
    for file in t.map signals.avro labels.csv run.conf groups.csv; do
        grep -q "^| [a-z]* | $file, $(sha256sum < "$file" | cut -c1-12)… |$" results/report.md
    done
    grep -q "^| its SHA-256 | $(sha256sum < t.csv | cut -c1-12)… |$" results/report.md
    for flag in --labels --groups; do
        run "$SAQSHY" backtest --quiet --no-sqlite --input t.csv --mapping t.map --labels labels.csv --out no "$flag" <(cat labels.csv)
        [ "$status" -eq 2 ]
        [[ "$output" == *"is no file that can be read twice; save it as one"* ]]
    done
}
