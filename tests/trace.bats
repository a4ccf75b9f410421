# trace: where money went. The rule itself is held to a second computation in tests/test_trail.c and tests/test_trace.py.
bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    cat > m.map <<'MAP'
[columns]
event_id = id
tx_id = tx
time = ts
payer = from
payee = to
payer.balance_after = left
amount = sum
type = kind
status = outcome
[type T]
event_type = P2P_TRANSFER
[type C]
event_type = CASH_WITHDRAWAL
[type K]
event_type = CRYPTO_PURCHASE
[type B]
event_type = C2B_PAYMENT
[status]
S = SETTLED
R = REVERSED
N = REFUSED
MAP
    # A victim's loan goes to bob, on to cid and dan; 20 were cid's own; ann's refused transfer moves nothing.
    cat > small.csv <<'CSV'
id,tx,ts,from,to,left,sum,kind,outcome
1,loan,1767225600,ann,bob,0,100000,T,S
2,no,1767225610,ann,bob,0,5000,T,N
3,on1,1767225660,bob,cid,40000,60000,T,S
4,on1,1767225661,bob,cid,40000,60000,T,S
5,atm,1767225700,cid,,0,50000,C,S
6,coin,1767225800,bob,shop,20000,20000,K,S
7,tea,1767225900,bob,shop,19000,1000,B,S
8,on2,1767226000,bob,dan,9000,10000,T,S
9,on2,1767226100,bob,dan,14000,5000,T,R
10,tip,1767226200,bob,eve,13500,500,T,S
11,other,1767226300,eve,bob,0,7000,T,S
CSV
    "$SAQSHY" import --quiet --mapping m.map --input small.csv --out small.avro
    "$SAQSHY" trace loan --quiet --input small.avro --json > small.json
    "$SAQSHY" gen --quiet --days 3 --accounts 1000 --droppers 10 --out feed.avro --labels labels.csv
    tail -n +2 labels.csv | cut -d, -f1 > droppers
    head -1 droppers > dropper
    "$SAQSHY" trace "$(cat dropper)" --quiet --input feed.avro --json > dropper.json
}

setup() { cd "$BATS_FILE_TMPDIR"; }

# report FILE EXPRESSION: of the report `r`.
report() { python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

trace() { "$SAQSHY" trace "$@" --quiet --input feed.avro; }
small() { "$SAQSHY" trace "$@" --quiet --input small.avro; }

@test "a transaction's money is followed to where it is" {
    [ "$(report small.json 'r["traced_kzt_minor"]')" -eq 10000000 ]
    [ "$(report small.json '{k: v for k, v in r["now_kzt_minor"].items() if v}')" = \
        "{'there': 2850000, 'CASH': 5000000, 'CRYPTO': 2000000, 'PURCHASE': 100000, 'FLOOR': 50000}" ]
    [ "$(report small.json '[(t["hop"], t["tx_id"], t["traced_kzt_minor"], t["outcome"]) for t in r["transfers"]]')" = \
        "[(0, 'loan', 10000000, 'FOLLOWED'), (1, 'on1', 6000000, 'FOLLOWED'), (2, 'atm', 5000000, 'CASH'), (1, 'coin', 2000000, 'CRYPTO'), (1, 'tea', 100000, 'PURCHASE'), (1, 'on2', 1000000, 'FOLLOWED'), (1, 'on2', 500000, 'GIVEN_BACK'), (1, 'tip', 50000, 'FLOOR')]" ]
    [ "$(report small.json '[(a["came_kzt_minor"], a["there_kzt_minor"]) for a in r["accounts"]]')" = \
        "[(10000000, 1350000), (6000000, 1000000), (500000, 500000)]" ]
    run small loan
    [[ "$output" == *"Money trail: transaction loan"* ]]
    [[ "$output" == *"It is not a finding of anybody's guilt."* ]]
    [[ "$output" == *"28 500.00    28.5 %  still on accounts"* ]]
    [[ "$output" == *"given back by a reversal"* ]]
    [[ "$output" == *"No recommendation was issued for these accounts."* ]]
}

@test "an account's trail is of what people sent to it within a time" {
    small bob --json > bob.json
    [ "$(report bob.json 'r["traced_kzt_minor"]')" -eq 10700000 ]
    [ "$(report bob.json 'r["subject"]["to"] - r["subject"]["after"]')" -eq 259200 ]
    small bob --from 1767225600 --json > later.json
    [ "$(report later.json 'r["traced_kzt_minor"]')" -eq 700000 ]
    small bob --to 1767226000 --json > earlier.json
    [ "$(report earlier.json 'r["traced_kzt_minor"]')" -eq 10000000 ]
    [ "$(report earlier.json 'r["subject"]["after"]')" -eq "$((1767226000 - 259200))" ]
    [ "$(report bob.json '[s["transfers"] for s in r["senders"]]')" = "[1, 1]" ]
}

@test "limits are the caller's, and what they cut off is said" {
    small loan --hops 0 --json > hops.json
    [ "$(report hops.json 'r["now_kzt_minor"]["HOP_LIMIT"]')" -eq 6550000 ]
    small loan --hours 0 --json > hours.json
    [ "$(report hours.json 'r["now_kzt_minor"]["TIME_LIMIT"]')" -eq 6550000 ]
    small loan --floor 60000.01 --json > floor.json
    [ "$(report floor.json 'r["now_kzt_minor"]["FLOOR"]')" -eq 6550000 ]
    small loan --floor 0 --json > all.json
    [ "$(report all.json 'r["now_kzt_minor"]["FLOOR"]')" -eq 0 ]
    [ "$(report all.json '[r["limits"][k] for k in ("hops", "hours", "floor_kzt_minor")]')" = "[10, 72, 0]" ]
}

@test "an incident is several transactions at once, and what moved nothing is said" {
    echo '{"signal_id": "S-1", "kind": "INCIDENT", "related_tx_ids": ["loan", "no", "elsewhere", "other"]}' > incident.json
    small --incident incident.json --json > found.json
    [ "$(report found.json 'r["traced_kzt_minor"]')" -eq 10700000 ]
    [ "$(report found.json 'r["subject"]')" = "{'kind': 'incident', 'id': 'S-1', 'moved_nothing': ['no', 'elsewhere']}" ]
    small --incident incident.json | grep -q "^Moved no money here  *elsewhere$"
    echo '{"signal_id": "S-2", "related_tx_ids": ["elsewhere"]}' > none.json
    run small --incident none.json
    [ "$status" -eq 65 ]
    [[ "$output" == *"elsewhere is no transaction of an accepted event"* ]]
    for nothing in '{"signal_id": "S"}' '{"signal_id": "S", "related_tx_ids": []}'; do
        echo "$nothing" > nothing.json
        run small --incident nothing.json
        [ "$status" -eq 65 ]
        [[ "$output" == *"S names no transaction, and not when it happened"* ]]
    done
    for bad in '{"related_tx_ids": ["a"]}' '[]' '"x"' '{' '{"signal_id": "S", "subjects": [{"role": "CROOK"}]}' \
        '{"signal_id": "S", "related_tx_ids": [1]}' '{"signal_id": "S", "related_tx_ids": "loan"}'; do
        echo "$bad" > bad.json
        run small --incident bad.json
        [ "$status" -eq 65 ]
        [[ "$output" == *"BAD_DATA: bad.json: "* ]]
    done
    run small --incident nowhere.json
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: nowhere.json: cannot be opened: No such file or directory" ]]
    run small --incident .
    [ "$status" -eq 74 ]
    [[ "$output" == *"IO: .: cannot be read: Is a directory" ]]
}

@test "nothing is lost and nothing is made, in all and for each account of each dropper" {
    while read -r account; do
        trace "$account" --json > sums.json || continue
        [ "$(report sums.json 'r["traced_kzt_minor"] == sum(r["now_kzt_minor"].values())')" = True ]
        [ "$(report sums.json 'all(a["came_kzt_minor"] == sum(a[k + "_kzt_minor"] for k in ("passed_on", "went_out", "not_followed", "there")) for a in r["accounts"])')" = True ]
        [ "$(report sums.json 'r["traced_kzt_minor"] == sum(s["traced_kzt_minor"] for s in r["senders"])')" = True ]
        echo "$account" >> traced
    done < droppers
    [ "$(wc -l < traced)" -ge 8 ]
}

@test "recommendations are those of the backtest, for accounts of the trail" {
    "$SAQSHY" backtest --quiet --input feed.avro --labels labels.csv --out results
    [ "$(report dropper.json 'len(r["recommendations"]) > 0')" = True ]
    trace "$(cat dropper)" --full --json > full.json
    [ "$(report full.json '{x["account"] for x in r["recommendations"]} <= {x["account"] for x in r["accounts"] + r["senders"]}')" = True ]
    [ "$(report full.json 'all(x["issued_at"] <= y["issued_at"] for x, y in zip(r["recommendations"], r["recommendations"][1:]))')" = True ]
    report full.json '"\n".join(x["id"] for x in r["recommendations"])' | sort -u | while read -r id; do
        grep -q -a "$id" results/recommendations.avro
    done
}

@test "each recommendation says what of the traced money was there then, as the transfers up to it add up to" {
    for account in $(cat droppers); do
        trace "$account" --full --json --from 2025-01-01 || true
    done > all.ndjson
    python3 - <<'PY'
import json
checked = above = 0
for report in map(json.loads, open("all.ndjson")):
    for advice in report["recommendations"]:
        there = 0
        for t in report["transfers"]:
            if t["position"]["offset"] > advice["position"]["offset"]: break
            back, amount = t["outcome"] == "GIVEN_BACK", t["traced_kzt_minor"]
            if t["to"] == advice["account"] and (back and t["hop"] > 0 or t["outcome"] == "FOLLOWED"): there += amount
            if t["from"] == advice["account"] and (back or t["hop"] > 0): there -= amount
        if advice["traced_there_kzt_minor"] is None:
            assert advice["state"] in ("EXPIRED", "WITHDRAWN")
            continue
        assert there == advice["traced_there_kzt_minor"], (advice, there)
        checked, above = checked + 1, above + (there > 0)
assert checked > 20 and above > 10, (checked, above)
PY
}

@test "what the payer's bank was advised about a payment of the trail stands beside it, and nothing of other payments" {
    "$SAQSHY" replay --engine --quiet --input feed.avro --out published.avro -X start.from=earliest
    for account in $(cat droppers); do
        trace "$account" --full --json --from 2025-01-01 || true
    done > trails.ndjson
    cat > warned.py <<'PY'
import io, json, os, fastavro
schema = fastavro.parse_schema(json.load(open(os.environ["SOURCE_DIR"] + "/schemas/FreezeRecommendation.avsc")))
said = [fastavro.schemaless_reader(io.BytesIO(m["value"][5:]), schema, None) for m in fastavro.reader(open("published.avro", "rb"))
        if m["topic"] == "antifrod.freeze-recommendations"]
said = [r for r in said if r["payee_recommendation_id"]]
for trail in map(json.loads, open("trails.ndjson")):
    payments = {t["tx_id"] for t in trail["transfers"]}
    told = [(r["id"], r["revision"], r["state"], r["action"], r["account"], r["payment_tx_id"], r["payee_recommendation_id"],
             r["at_risk_kzt_minor"]) for r in trail["recommendations"] if r["payment_tx_id"]]
    assert told == [(r["recommendation_id"], r["revision"], r["state"], r["action"], r["target_account_token"], r["target_tx_ids"][0],
                     r["payee_recommendation_id"], r["at_risk_kzt_minor"]) for r in said if r["target_tx_ids"][0] in payments], told
    assert all(r["payee_recommendation_id"] is None for r in trail["recommendations"] if r["payment_tx_id"] is None)
    if told: print(trail["subject"]["id"], *told[0][:1], told[0][3], told[0][5])
warned = {r["target_account_token"]: r["target_tx_ids"][0] for r in said}
others = [e["tx_id"] for e in fastavro.reader(open("feed.avro", "rb"))
          if e["payer"] and e["payee"] and e["tx_status"] == "SETTLED" and warned.get(e["payer"]["account_token"], e["tx_id"]) != e["tx_id"]]
print(*others, sep="\n", file=open("others", "w"))
PY
    "$SOURCE_DIR/tests/python" warned.py > warned
    [ -s warned ]
    [ "$(wc -l < warned)" -lt "$(wc -l < trails.ndjson)" ]
    read -r account id action tx < warned
    trace "$account" --from 2025-01-01 --csv > warned.csv
    grep -q "^0,.*,$tx,.*,[0-9]*,$action,$id$" warned.csv
    grep -q ",,,$" warned.csv
    trace "$(head -1 others)" --json > other.json
    [ "$(report other.json '[x["payment_tx_id"] for x in r["recommendations"] if x["payment_tx_id"]]')" = "[]" ]
    trace "$account" --from 2025-01-01 | grep -q "$id.1  issued: .* (payment $tx); At risk"
    trace "$account" --from 2025-01-01 --lang ru --html - | grep -q "<td class=\"w\">[^<]* (платёж <bdi>$tx</bdi>)</td>"
}

@test "CSV has the transfers of the JSON" {
    trace "$(cat dropper)" --csv > rows.csv
    python3 - <<'PY'
import csv, json
rows = list(csv.DictReader(open("rows.csv")))
transfers = json.load(open("dropper.json"))["transfers"]
assert len(rows) == len(transfers) > 0
for row, t in zip(rows, transfers):
    for key in ("hop", "time", "tx_id", "type", "amount_kzt_minor", "traced_kzt_minor", "outcome", "record_sha256"):
        assert row[key] == str(t[key]), (row, t)
    assert row["from"] == (t["from"] or "") and row["to"] == (t["to"] or "")
    assert [row[k] for k in ("topic", "partition", "offset")] == [str(t["position"][k]) for k in ("topic", "partition", "offset")]
PY
}

@test "the same records give the same bytes, wherever they lie and whatever the locale is" {
    trace "$(cat dropper)" --json | cmp - dropper.json
    mkdir -p elsewhere
    cp feed.avro elsewhere/other-name.avro
    (cd elsewhere && LC_ALL=C TZ=Asia/Almaty "$SAQSHY" trace "$(cat ../dropper)" --quiet --input other-name.avro --json) | cmp - dropper.json
    trace "$(cat dropper)" --html one.html
    LC_ALL=ru_RU.UTF-8 trace "$(cat dropper)" --html - | cmp - one.html
    small loan --json --partitions 5 > parted.json
    [ "$(report parted.json '[[{k: v for k, v in t.items() if k != "position"} for t in r["transfers"]], r["input"], r["accounts"]]')" = \
        "$(report small.json '[[{k: v for k, v in t.items() if k != "position"} for t in r["transfers"]], r["input"], r["accounts"]]')" ]
}

@test "tokens are shortened unless they are asked for" {
    for form in "" --json --csv --html=-; do
        trace "$(cat dropper)" $form > shown
        [ "$(grep -o 't1[0-9a-f]\{32\}' shown | sort -u | grep -v -x -F -f dropper | wc -l)" -eq 0 ]
        trace "$(cat dropper)" --full $form > shown
        [ "$(grep -o 't1[0-9a-f]\{32\}' shown | sort -u | wc -l)" -gt 3 ]
    done
}

@test "what cannot be traced is said, with the next step" {
    refused() { # status text words…
        local wanted=$1 text=$2
        shift 2
        run "$SAQSHY" trace "$@"
        [ "$status" -eq "$wanted" ]
        [[ "$output" == *"$text"* ]]
    }
    refused 78 "CONFIG: .: cannot be read: Is a directory" loan --policy . --input small.avro
    refused 65 "nobody is no transaction and no account of the 10 events that were accepted" nobody --input small.avro
    refused 65 "nobody is no account of" nobody --as account --input small.avro
    refused 65 "loan is no account of" loan --as account --input small.avro
    refused 65 "bob is no transaction of" bob --as tx --input small.avro
    refused 65 "no moved no money: all that is known of it is REFUSED" no --input small.avro
    refused 65 "atm went to no account" atm --input small.avro
    refused 65 "shop has received no transfer from people in that time" shop --input small.avro
    refused 65 "bob has received no transfer from people in that time" bob --from 2027-01-01 --input small.avro
    refused 2 "--input FILE is missing" loan
    refused 2 "one of TX, ACCOUNT, INCIDENT and --incident FILE is wanted" --input small.avro
    refused 2 "one of TX, ACCOUNT, INCIDENT and --incident FILE is wanted" loan --incident incident.json --input small.avro
    refused 2 "--as takes tx, account or incident, not card" loan --as card --input small.avro
    refused 2 "--floor much is no plain decimal number" loan --floor much --input small.avro
    refused 2 "--floor -1 is below 0" loan --floor=-1 --input small.avro
    refused 2 "--floor 0.001" loan --floor 0.001 --input small.avro
    refused 2 "--hops" loan --hops 1001 --input small.avro
    refused 2 "--hours" loan --hours -1 --input small.avro
    refused 2 "--from then: the time is neither" bob --from then --input small.avro
    refused 2 "--from and --to choose an account's credits, and loan is none" loan --to 2026-01-02 --input small.avro
    refused 2 "--from and --to choose an account's credits, and S-1 is none" --incident incident.json --from 2026-01-01 --input small.avro
    refused 2 "--lang takes en, ru or kk, not de" loan --lang de --input small.avro
    refused 2 "of --json, --csv and --html - only one can go to stdout" loan --json --csv --input small.avro
    refused 2 "of --json, --csv and --html - only one can go to stdout" loan --html - --csv --input small.avro
    refused 2 "--input and --html are the same file" loan --html small.avro --input small.avro
    refused 74 "nowhere" loan --html nowhere/page.html --input small.avro
    refused 1 "need more than --memory 1000000; raise it" "$(cat dropper)" --memory 1M --input feed.avro
}

@test "a name that is both is asked about" {
    sed 's/^8,on2,/8,bob,/' small.csv > both.csv
    "$SAQSHY" import --quiet --mapping m.map --input both.csv --out both.avro
    run "$SAQSHY" trace bob --input both.avro
    [ "$status" -eq 2 ]
    [[ "$output" == *"bob is a transaction and an account; say which with --as"* ]]
    [ "$("$SAQSHY" trace bob --as tx --quiet --input both.avro --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["traced_kzt_minor"])')" -eq 1000000 ]
}

@test "three languages" {
    small loan | grep -q "^Where the money is (as of"
    small loan --lang ru | grep -q "^Где деньги (на момент"
    small loan --lang kk | grep -q "^Ақша қайда (соңғы"
    for word in "не вывод о чьей-либо вине" "наличные"; do small loan --lang ru --html - | grep -q "$word"; done
}

@test "the page is whole, loads nothing and runs nothing" {
    for lang in en ru kk; do
        trace "$(cat dropper)" --lang $lang --html page.html
        [ "$(grep -c "<html lang=\"$lang\">" page.html)" -eq 1 ]
        grep -q "default-src 'none'; style-src 'sha256-" page.html
        run grep -i -E '<script|<link|<img|<iframe|https?:|url\(|@import| on[a-z]+=| style=' page.html
        [ "$status" -eq 1 ]
    done
    python3 "$SOURCE_DIR/tests/whole_page.py" page.html rect path
}

@test "what stands in names is text: nothing of it is markup, nothing steers a terminal" {
    python3 - <<'PY'
evil = ['<script>alert(1)</script>', '""><img src=x onerror=alert(1)>', "'onload='x", '&lt;script&gt;', '</svg><script>', '\x1b[31mred', '\u009b2J\u202e', ']]>', '<!--']
with open("evil.csv", "w") as out:
    print("id,tx,ts,from,to,left,sum,kind,outcome", file=out)
    for i in range(60):
        print('%d,"%d%s",%d,"%s%d","%s%d",0,%d,T,S' % (
            i, i, evil[i % 9], 1767225600 + 60 * i, evil[i % 9], i % 7, evil[(i + 1) % 9], (i + 1) % 7, 100000 + i), file=out)
PY
    "$SAQSHY" import --quiet --mapping m.map --input evil.csv --out evil.avro
    name='0<script>alert(1)</script>'
    for flag in --quiet --full; do
        "$SAQSHY" trace "$name" --quiet $flag --input evil.avro --html evil.html
        run grep -i -E '<script|<img|<!--|<iframe|[[:cntrl:]]\[' evil.html
        [ "$status" -eq 1 ]
        LC_ALL=C run grep -P '\x1b|\xc2\x9b|\xe2\x80\xae' evil.html
        [ "$status" -eq 1 ]
        grep -q "<h1>[^<]*<bdi>0&lt;script&gt;[^<]*</bdi></h1>" evil.html
        grep -q '<td colspan="7"><bdi>0&lt;script&gt;alert(1)&lt;/script&gt;</bdi> · ' evil.html
        iconv -f UTF-8 -t UTF-16 evil.html > /dev/null
        grep -q '&lt;script&gt;' evil.html
        "$SAQSHY" trace "$name" --quiet $flag --input evil.avro > evil.txt
        LC_ALL=C run grep -P '\x1b|\xc2\x9b|\xe2\x80\xae' evil.txt
        [ "$status" -eq 1 ]
        "$SAQSHY" trace "$name" --quiet $flag --input evil.avro --json | python3 -m json.tool > /dev/null
        "$SAQSHY" trace "$name" --quiet $flag --input evil.avro --csv | python3 -c 'import csv, sys; assert {len(r) for r in csv.reader(sys.stdin)} == {16}'
    done
}

@test "of its CSV a spreadsheet computes nothing, and nothing of it steers a terminal" {
    cat > formulas.py <<'PY'
import csv, sys
names = ["=HYPERLINK(1,2)", "-1+1|cmd", "@sum", "+7701", "'=1", "t\x1b[31m"]
if sys.argv[1] == "feed":
    rows = csv.writer(open("formulas.csv", "w"), lineterminator="\n")
    rows.writerow("id,tx,ts,from,to,left,sum,kind,outcome".split(","))
    for i, (payer, payee) in enumerate(zip(["ann"] + names, names)):
        rows.writerow([i, f"={i}", 1767225600 + 60 * i, payer, payee, 0, 100000 - i, "T", "S"])
else:
    rows = list(csv.DictReader(sys.stdin))
    assert [row["to"] for row in rows] == ["'" + name for name in names[:5]] + ["t?[31m"], rows
    assert [row["tx_id"] for row in rows] == [f"'={i}" for i in range(6)], rows
PY
    python3 formulas.py feed
    "$SAQSHY" import --quiet --mapping m.map --input formulas.csv --out formulas.avro
    "$SAQSHY" trace =0 --quiet --full --input formulas.avro --csv | python3 formulas.py rows
}

@test "of many boxes the largest are drawn, and the tables have all" {
    python3 - <<'PY'
with open("fan.csv", "w") as out:
    print("id,tx,ts,from,to,left,sum,kind,outcome\n0,start,1767225600,ann,bob,0,1000000,T,S", file=out)
    for i in range(1, 61):
        print("%d,t%d,%d,bob,payee-%d,,%d,T,S" % (i, i, 1767225600 + i, i, 5000 + i), file=out)
PY
    "$SAQSHY" import --quiet --mapping m.map --input fan.csv --out fan.avro
    for lang in "en:The 40 largest of 61 boxes" "ru:Показаны 40 крупнейших из 61" "kk:61 ішінен ең ірі 40 көрсетілген"; do
        "$SAQSHY" trace start --quiet --input fan.avro --html fan.html --lang "${lang%%:*}"
        grep -q "${lang#*:}" fan.html
        [ "$(grep -o 'class="box"' fan.html | wc -l)" -eq 41 ]
        [ "$(grep -o '<tr class="first">' fan.html | wc -l)" -eq 61 ]
    done
}

@test "the largest amounts there can be are followed" {
    python3 - <<'PY'
with open("large.csv", "w") as out:
    print("id,tx,ts,from,to,left,sum,kind,outcome", file=out)
    for i in range(40):
        print("%d,t%d,%d,%s,%s,0,92233720368547758.07,T,S" % (i, i, 1767225600 + i, "ab"[i % 2], "ba"[i % 2]), file=out)
PY
    "$SAQSHY" import --quiet --mapping m.map --input large.csv --out large.avro
    "$SAQSHY" trace a --quiet --input large.avro --json > large.json
    [ "$(report large.json 'r["traced_kzt_minor"]')" = 9223372036854775807 ]
    "$SAQSHY" trace a --quiet --input large.avro --html - | grep -q "92 233 720 368 547 758.07"
}

@test "nothing of a live shard is read or written; an old page stays when a run fails" {
    mkdir -p live/state live/snapshots
    trace "$(cat dropper)" --json -X state.dir=live/state -X snapshot.dir=live/snapshots | cmp - dropper.json
    [ -z "$(find live -type f)" ]
    echo old > kept.html
    run trace nobody --html kept.html
    [ "$status" -eq 65 ]
    [ "$(cat kept.html)" = old ]
    [ ! -e kept.html.part ]
}
