# explain: why an account was flagged or was not. The search behind "would not be flagged if" is tests/test_counterfactual.c's.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$SAQSHY" gen --quiet --days 3 --accounts 1000 --droppers 10 --out feed.avro --labels labels.csv
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out results
    # The account whose recommendations open with the highest score, and the honest one with the highest score.
    tail -n +2 results/scores.csv | sort -t, -k5,5gr > ranked.csv
    head -1 ranked.csv | cut -d, -f2 > dropper
    awk -F, 'NR == FNR { bad[$1]; next } $5 < 0 && !($2 in bad) { print $2; exit }' labels.csv ranked.csv > honest
    "$SAQSHY" explain "$(cat dropper)" --quiet --input feed.avro --json > dropper.json
    "$SAQSHY" explain "$(cat honest)" --quiet --input feed.avro --json > honest.json
    cat > m.map <<'MAP'
[columns]
event_id = id
time = ts
payer = from
payee = to
amount = sum
type = kind
[type T]
event_type = P2P_TRANSFER
MAP
}

setup() { cd "$BATS_FILE_TMPDIR"; }

# report FILE EXPRESSION: of the report `r`.
report() { python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

explain() { "$SAQSHY" explain "$@" --quiet --input feed.avro; }

@test "a flagged account is explained at its recommendation, as backtest scored it" {
    [ "$(report dropper.json 'r["flagged"]')" = True ]
    [ "$(report dropper.json 'r["decision"]')" = ISSUED ]
    [ "$(report dropper.json 'r["recommendation"]["revision"]')" -eq 1 ]
    position=$(report dropper.json '"%d/%d" % (r["entry"]["position"]["partition"], r["entry"]["position"]["offset"])')
    score=$(awk -F, -v p="$position" -v a="$(cat dropper)" '$1 == p && $2 == a { print $5 }' results/scores.csv)
    [ "$(report dropper.json "r['score'] == $score")" = True ]
    run explain "$(cat dropper)"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Flagged: a recommendation was issued."* ]]
    [[ "$output" == *"It would not be flagged if"* ]]
}

@test "an account that was not flagged is explained at its highest score" {
    [ "$(report honest.json 'r["decision"]')" = BELOW ]
    highest=$(grep -m1 "$(cat honest)" ranked.csv | cut -d, -f5)
    [ "$(report honest.json "r['score'] == $highest")" = True ]
    run explain "$(cat honest)"
    [[ "$output" == *"Not flagged: the score is below the mildest threshold of the policy."* ]]
    [[ "$output" == *"It would be flagged if"* ]]
}

@test "an intercept above 0 is not said to be for want of signs" {
    local by_hand=$SOURCE_DIR/tests/models/by-hand.json
    sed 's/"intercept": -4/"intercept": 0.5/' "$by_hand" > high.json
    run explain "$(cat honest)" --model high.json
    [[ "$output" == *"   +0.50  Where every account starts: signs of an ordinary life lower it"* ]]
    [[ "$output" != *"signs of a dropper are rare"* ]]
    run explain "$(cat honest)" --model "$by_hand" --lang ru
    [[ "$output" == *"   -4.00  Исходная оценка любого счёта: признаки дроппера редки"* ]]
}

@test "contributions of terms and of features are the score exactly" {
    for file in dropper.json honest.json; do
        for part in terms features; do
            [ "$(report $file "r['score'] == sum((__import__('fractions').Fraction(t['contribution']) for t in r['$part']),
                __import__('fractions').Fraction(r['intercept']))")" = True ]
        done
    done
}

@test "each change brings the score across the threshold, the smallest of one feature first" {
    [ "$(report honest.json 'len(r["changes"]) > 0')" = True ]
    for file in dropper.json honest.json; do
        [ "$(report $file 'all((c["logit"] >= r["threshold"]["logit"]) != (r["score"] >= r["threshold"]["logit"]) for c in r["changes"])')" = True ]
        [ "$(report $file 'all(c["from"] != c["to"] for change in r["changes"] for c in change["changes"])')" = True ]
        [ "$(report $file '(lambda s: s == sorted(s))([c["size"] for c in r["changes"] if len(c["changes"]) == 1])')" = True ]
    done
}

@test "entries have balance steps that add up, and masked counterparties" {
    [ "$(report dropper.json 'all(e["balance_after_kzt_minor"] - e["balance_before_kzt_minor"] == e["moved_kzt_minor"] for e in r["entries"] if e["balance_after_kzt_minor"] is not None)')" = True ]
    [ "$(report dropper.json 'r["entries"][-1] == r["entry"]')" = True ]
    explain "$(cat dropper)" > text
    tail -n +2 results/scores.csv | cut -d, -f2 | sort -u | grep -v -x -F -f dropper > others
    run grep -F -f others text dropper.json
    [ "$status" -eq 1 ]
    grep -q '[0-9]: t1[0-9a-f]*…[0-9a-f]*' text
}

@test "usual is the median of the account's earlier entries" {
    "$SAQSHY" features --quiet --input feed.avro --out vectors.csv
    python3 - "$(cat dropper)" <<'PY'
import csv, json, sys
report = json.load(open("dropper.json"))
rows = [r for r in csv.DictReader(open("vectors.csv")) if r["account"] == sys.argv[1]]
place = report["entry"]["position"]["offset"]
earlier = [r for r in rows if int(r["offset"]) < place]
assert earlier
for f in report["features"]:
    known = sorted(float(r[f["feature"]]) for r in earlier if r[f["feature"]] != "")
    assert len(known) == f["usual_of"]
    assert (known[(len(known) - 1) // 2] if known else None) == f["usual"], f
PY
}

@test "--at is the last entry at or before that time" {
    at=$(report dropper.json 'r["entry"]["time"] - 1')
    explain "$(cat dropper)" --at "$at" --json > before.json
    last=$(awk -F, -v a="$(cat dropper)" -v t="$at" '$2 == a && $3 <= t && $3 >= most { most = $3; score = $5 } END { print score }' results/scores.csv)
    [ "$(report before.json "r['score'] == $last")" = True ]
    explain "$(cat dropper)" --at "$((at + 1))" --json > same.json
    [ "$(report same.json 'r["entry"]["time"]')" = "$((at + 1))" ]
}

@test "an account that is not there, and a time before its first entry" {
    run explain nobody
    [ "$status" -eq 65 ]
    [[ "$output" == *"BAD_DATA: nobody is not among the "*" accounts of the "*" entries that feed.avro has scored"*"saqshy features"* ]]
    run explain "$(cat dropper)" --at 2020-01-01
    [ "$status" -eq 65 ]
    [[ "$output" == *"the first scored entry of $(cat dropper) is of 20"*"after --at; give a later time"* ]]
}

@test "what is wrong with the words is said before the run" {
    refused() { # text flags…
        local text=$1
        shift
        run "$SAQSHY" explain "$@"
        [ "$status" -eq 2 ]
        [[ "$output" == *"$text"* ]]
    }
    refused "ACCOUNT is missing" --input feed.avro
    refused "--input FILE is missing" someone
    refused "--lang takes en, ru or kk, not de" someone --input feed.avro --lang de
    refused "--at soon: the time is neither" someone --input feed.avro --at soon
    refused "--input and --html are the same file, feed.avro" someone --input feed.avro --html feed.avro
    echo merge.slice.ms=1 > own.conf
    refused "the model and --html are the same file, own.json" someone --input feed.avro --html own.json -X model.path=own.json
    refused "the policy and --html are the same file, own.json" someone --input feed.avro --html own.json -X policy.path=own.json
    refused "--config and --html are the same file, own.conf" someone --input feed.avro --html own.conf --config own.conf
    refused "--json and --html - both go to stdout" someone --input feed.avro --html - --json
    run "$SAQSHY" explain someone --input feed.avro --html nowhere/page.html
    [ "$status" -eq 74 ]
    run "$SAQSHY" explain someone --input feed.avro --model nowhere.json
    [ "$status" -eq 78 ]
}

@test "reasons other than the score: the allow-list, the hour that is full, the recommendation that stands" {
    policy() { python3 -c 'import json, sys; p = json.load(open(sys.argv[1])); exec(sys.argv[2]); print(json.dumps(p))' \
        "$SOURCE_DIR/models/shipped-policy.json" "$1"; }
    policy "p['allow'] = [{'account_token': '$(cat dropper)', 'reason': 'a test', 'author': 'me', 'expires': '2027-01-01'}]" > allow.json
    run explain "$(cat dropper)" --policy allow.json
    [[ "$output" == *"Not flagged: the account is on the policy's allow-list."* ]]
    [[ "$output" == *"Its score would be below the threshold if"* ]]
    policy "p['actions'] = {'REVIEW_ONLY': {'probability': 0.02, 'per_hour': 1, 'priority': 'LOW'}}" > narrow.json
    tail -n +2 labels.csv | cut -d, -f1 | while read -r account; do
        explain "$account" --policy narrow.json --at 2027-01-01 --json
    done > narrow.ndjson
    seen=$(python3 -c 'import json; print(*sorted({e["decision"] for line in open("narrow.ndjson") for e in json.loads(line)["entries"]}))')
    [[ "$seen" == *BELOW*CAPPED*STANDING* ]]
}

@test "three languages, whatever the locale is" {
    LC_ALL=ru_RU.UTF-8 explain "$(cat dropper)" > en
    LC_ALL=C explain "$(cat dropper)" > c
    cmp en c
    grep -q "^It would not be flagged if$" en
    explain "$(cat dropper)" --lang ru | grep -q "^Счёт не был бы отмечен, если бы$"
    explain "$(cat dropper)" --lang kk | grep -q "^Шот белгіленбес еді, егер$"
}

@test "the page is whole, loads nothing and runs nothing" {
    for lang in en ru kk; do
        explain "$(cat dropper)" --lang $lang --html page.html
        [ "$(grep -c "<html lang=\"$lang\">" page.html)" -eq 1 ]
        grep -q "default-src 'none'; style-src 'sha256-" page.html
        run grep -i -E '<script|<link|<img|<iframe|https?:|url\(|@import| on[a-z]+=| style=' page.html
        [ "$status" -eq 1 ]
    done
    python3 "$SOURCE_DIR/tests/whole_page.py" page.html rect
    explain "$(cat dropper)" --lang kk --html - | cmp page.html
}

@test "what stands in names is text: nothing of it is markup, nothing steers a terminal" {
    python3 - <<'PY'
import json, os, random
random.seed(6)
evil = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'onload='x", '&lt;script&gt;', '</style><script>', '\x1b[31mred', '\u009b2J', ']]>', '<!--']
model = json.load(open(os.environ["SOURCE_DIR"] + "/models/shipped-model.json"))
model["id"] = evil[0]
for i, term in enumerate(model["terms"]):
    term["text"] = {lang: "".join(random.sample(evil, 3)) for lang in ("en", "ru", "kk")}
    term["name"] = "%d %s" % (i, evil[i % len(evil)])
json.dump(model, open("evil-model.json", "w"))
policy = json.load(open(os.environ["SOURCE_DIR"] + "/models/shipped-policy.json"))
policy["id"] = evil[1]
json.dump(policy, open("evil-policy.json", "w"))
with open("evil.csv", "w") as out:
    print("id,ts,from,to,sum,kind", file=out)
    for i in range(30):
        print('%d,%d,"<script>%d</script>","<b onclick=x>\'&amp;me",%d,T' % (i, 1767225600 + 60 * i, i % 7, 100000 + i), file=out)
PY
    "$SAQSHY" import --quiet --mapping m.map --input evil.csv --out evil.avro
    for lang in en ru kk; do
        "$SAQSHY" explain "<b onclick=x>'&amp;me" --quiet --input evil.avro --model evil-model.json --policy evil-policy.json \
            --lang $lang --html evil.html
        run grep -i -E '<script|<img|<b |<!--|<iframe|onclick=x>|[[:cntrl:]]\[' evil.html
        [ "$status" -eq 1 ]
        grep -q '&lt;script&gt;' evil.html
        grep -q '<bdi>&lt;b onclick=x&gt;&#39;&amp;amp;me</bdi></h1>' evil.html
        "$SAQSHY" explain "<b onclick=x>'&amp;me" --quiet --input evil.avro --model evil-model.json --lang $lang > evil.txt
        LC_ALL=C run grep -P '\x1b|\xc2\x9b' evil.txt
        [ "$status" -eq 1 ]
    done
    "$SAQSHY" explain "<b onclick=x>'&amp;me" --quiet --input evil.avro --model evil-model.json --json | python3 -m json.tool > /dev/null
}

@test "nothing of a live shard is read or written; an old page stays when a run fails" {
    mkdir -p live/state live/snapshots
    explain "$(cat dropper)" --json -X state.dir=live/state -X snapshot.dir=live/snapshots > apart.json
    [ -z "$(find live -type f)" ]
    cmp apart.json dropper.json
    echo old > kept.html
    run explain nobody --html kept.html
    [ "$status" -eq 65 ]
    [ "$(cat kept.html)" = old ]
    [ ! -e kept.html.part ]
}

@test "a policy that the model never reaches is no refusal" {
    python3 - "$SOURCE_DIR/models/shipped-model.json" > low.json <<'PYTHON'
import json, sys
model = json.load(open(sys.argv[1]))
model["calibration"] = {"type": "table", "points": [[-8, 0.001], [0, 0.4]]}
json.dump(model, sys.stdout)
PYTHON
    run --separate-stderr explain "$(cat dropper)" --model low.json --json
    [ "$status" -eq 0 ]
    [ "$(grep -c 'never gives the probability at which' <<< "$stderr")" -eq 3 ]
    echo "$output" > low.report
    explain "$(cat dropper)" --model low.json 2> low.err | grep -q '^Threshold  *–: review only$'
    [ "$(report low.report 'r["threshold"]["logit"]')" = None ]
}
