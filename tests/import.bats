# import: a foreign CSV and a mapping file into a feed that replays.
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    cat > m.map <<'MAP'
[columns]
event_id = id
time = ts
payer = from
payee = to
amount = sum
type = kind
label = flag
[type T]
event_type = P2P_TRANSFER
MAP
    printf 'id,ts,from,to,sum,kind,flag\n1,1767225600.5,ann,bob,10.01,T,0\n2,1767225601,bob,cid,10,T,1\n' > a.csv
}

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<< "$output"; }

@test "import writes records, a label file and a summary with the next command" {
    run --separate-stderr "$SAQSHY" import --mapping m.map --input a.csv --out a.avro --labels-out l.csv
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ "$stderr" == *"2 records of 2 rows; 0 bad"* ]]
    [[ "$stderr" == *"next: saqshy replay --engine --input a.avro"* ]]
    [ "$(head -1 l.csv)" = event_id,label ]
    [ "$(wc -l < l.csv)" -eq 3 ]
    [[ "$(tail -1 l.csv)" =~ ^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12},1$ ]]
    run "$SAQSHY" replay --engine --input a.avro --json --quiet
    [ "$(field accepted)" -eq 2 ]
    [ "$(field dead_letters)" -eq 0 ]
}

@test "the same input gives the same bytes, also from stdin" {
    "$SAQSHY" import --quiet --mapping m.map --input a.csv --out a.avro
    "$SAQSHY" import --quiet --mapping m.map --input - --out b.avro < a.csv
    cmp a.avro b.avro
}

@test "bad rows are named with line and reason, counted, and left out" {
    printf '3,soon,ann,bob,1,T,0\n4,1767225602,ann,bob,1.001,T,0\n5,1767225603,ann,bob,1,T,0\n' >> a.csv
    run --separate-stderr "$SAQSHY" import --mapping m.map --input a.csv --out a.avro --json
    [ "$status" -eq 0 ]
    [ "$(field rows)" -eq 5 ]
    [ "$(field records)" -eq 3 ]
    [ "$(field bad_rows)" -eq 2 ]
    [[ "$stderr" == *'a.csv:4: column ts: "soon" is no plain decimal number'* ]]
    [[ "$stderr" == *'a.csv:5: column sum: "1.001" is not a whole number of minor units'* ]]
}

@test "ten bad rows are shown, and --bad lists all" {
    for i in $(seq 13); do echo "x,no,a,b,1,T,0"; done >> a.csv
    run --separate-stderr "$SAQSHY" import --mapping m.map --input a.csv --out a.avro
    [ "$status" -eq 0 ]
    [ "$(grep -c 'a.csv:' <<< "$stderr")" -eq 10 ]
    [[ "$stderr" == *"3 bad rows more"* ]]
    run --separate-stderr "$SAQSHY" import --mapping m.map --input a.csv --out a.avro --bad bad.csv
    [ "$status" -eq 0 ]
    [[ "$stderr" != *a.csv:* ]]
    [ "$(head -1 bad.csv)" = line,reason ]
    [ "$(wc -l < bad.csv)" -eq 14 ]
    grep -q '^16,"column ts: ""no""' bad.csv
}

@test "a list of bad rows steers no terminal" {
    printf 'x,\033[31m,a,b,1,T,0\n' >> a.csv
    "$SAQSHY" import --quiet --mapping m.map --input a.csv --out a.avro --bad bad.csv
    grep -q '^4,"column ts: ""?\[31m""' bad.csv
}

@test "only bad rows, or none at all, is bad data" {
    printf 'id,ts,from,to,sum,kind,flag\n1,x,ann,bob,1,T,0\n' > bad.csv
    run "$SAQSHY" import --mapping m.map --input bad.csv --out a.avro
    [ "$status" -eq 65 ]
    [[ "$output" == *"BAD_DATA: bad.csv: every row is bad"* ]]
    printf 'id,ts,from,to,sum,kind,flag\n' > none.csv
    run "$SAQSHY" import --mapping m.map --input none.csv --out a.avro
    [ "$status" -eq 65 ]
    [[ "$output" == *"there is no row"* ]]
}

@test "rows out of order are kept and counted" {
    printf '3,1767225600,ann,bob,1,T,0\n' >> a.csv
    run --separate-stderr "$SAQSHY" import --mapping m.map --input a.csv --out a.avro --json
    [ "$(field out_of_order)" -eq 1 ]
    [ "$(field records)" -eq 3 ]
    [[ "$stderr" == *"1 earlier than one before them"* ]]
}

@test "no label is in the feed" {
    sed -i 's/,1$/,MULELABEL/' a.csv
    "$SAQSHY" import --quiet --mapping m.map --input a.csv --out a.avro --labels-out l.csv
    grep -q MULELABEL l.csv
    ! grep -qa MULELABEL a.avro
}

@test "a mapping error is a configuration error with line, key and nearest name" {
    sed -i 's/^amount/amont/' m.map
    run "$SAQSHY" import --mapping m.map --input a.csv --out a.avro
    [ "$status" -eq 78 ]
    [[ "$output" == *"m.map:6: [columns] has no key amont; did you mean amount?"* ]]
    [ ! -e a.avro ]
}

@test "a column that is neither mapped nor dropped stops the import" {
    sed -i '1s/$/,secret/; 2,$s/$/,x/' a.csv
    run "$SAQSHY" import --mapping m.map --input a.csv --out a.avro
    [ "$status" -eq 78 ]
    [[ "$output" == *"a.csv: column secret of the CSV is neither mapped nor dropped"* ]]
    printf '[drop]\nsecret = not ours\n' >> m.map
    run "$SAQSHY" import --mapping m.map --input a.csv --out a.avro
    [ "$status" -eq 0 ]
}

@test "what is missing from the command line is named" {
    run "$SAQSHY" import --input a.csv --out a.avro
    [ "$status" -eq 2 ]
    [[ "$output" == *"--mapping FILE is missing"* ]]
    run "$SAQSHY" import --mapping m.map --input nowhere.csv --out a.avro
    [ "$status" -eq 74 ]
    [[ "$output" == *"nowhere.csv"* ]]
    sed -i '/^label/d' m.map
    run "$SAQSHY" import --mapping m.map --input a.csv --out a.avro --labels-out l.csv
    [ "$status" -eq 2 ]
    [[ "$output" == *"maps no label column"* ]]
}

@test "a path that cannot be leaves what was there, and nothing new" {
    echo old | tee l.csv > b.csv
    run "$SAQSHY" import --mapping m.map --input a.csv --out no/where.avro --labels-out l.csv --bad b.csv
    [ "$status" -eq 74 ]
    [ "$(cat l.csv b.csv)" = $'old\nold' ]
    run "$SAQSHY" import --mapping m.map --input a.csv --out a.avro --labels-out new.csv --bad no/where.csv
    [ "$status" -eq 74 ]
    run "$SAQSHY" import --mapping m.map --input a.csv --out no/where.avro --labels-out new.csv --bad newer.csv
    [ "$status" -eq 74 ]
    [ "$(ls)" = $'a.csv\nb.csv\nl.csv\nm.map' ]
    "$SAQSHY" import --quiet --mapping m.map --input a.csv --out a.avro --labels-out l.csv --bad b.csv
    [ "$(wc -l < l.csv)" -eq 3 ]
    [ "$(cat b.csv)" = line,reason ]
}

@test "the shipped mapping transfers reads rows of its form" {
    cat > t.csv <<'CSV'
event_id,ts,src_account,dst_account,amount,type,is_fraud
0,1735689600.387,account_1,account_2,14.26,PAYMENT,0
1,1735689605.426,account_2,account_3,51.28,TRANSFER,1
2,1735689645.598,CASH,account_3,280.2,CASH_IN,0
3,1735689645.9,account_3,CASH,280.2,CASH_OUT,0
CSV
    run "$SAQSHY" import --mapping "$SOURCE_DIR/schemas/mappings/transfers.map" --input t.csv --out t.avro --json --quiet
    [ "$status" -eq 0 ]
    [ "$(field records)" -eq 4 ]
    run "$SAQSHY" replay --engine --input t.avro --json --quiet
    [ "$(field accepted)" -eq 4 ]
}

@test "the shipped mapping mobile-money reads rows of its form" {
    cat > t.csv <<'CSV'
event_id,ts,src_account,dst_account,amount,type,is_fraud,src_balance_before,src_balance_after,overdraft_refused,is_mule_leg
0,1735689601.352,M1,C2,80350.98,CASH_IN,0,82.76,80433.74,0,0
1,1735689604.057,C2,C3,433.74,TRANSFER,1,80433.74,80000.0,0,1
2,1735689606.762,C3,M9,99999,PAYMENT,0,433.74,433.74,1,0
3,1735689606.8,C3,B1,33.74,DEBIT,0,433.74,400.0,0,0
CSV
    run "$SAQSHY" import --mapping "$SOURCE_DIR/schemas/mappings/mobile-money.map" --input t.csv --out t.avro --json --quiet
    [ "$status" -eq 0 ]
    [ "$(field records)" -eq 4 ]
    run "$SAQSHY" replay --engine --input t.avro --json --quiet
    [ "$(field accepted)" -eq 4 ]
    ! grep -qaE 'M1|B1' t.avro
}

@test "Ctrl-C keeps what has been imported and says so, also while a pipe is silent" {
    mkfifo pipe
    env --default-signal=INT "$SAQSHY" import --mapping m.map --input pipe --out a.avro > out 2> err 3>&- &
    local import=$!
    exec 9> pipe
    cat a.csv >&9
    printf '3,1767225602,ann,bob,1' >&9
    sleep 2
    kill -INT "$import"
    local ended=0
    wait "$import" || ended=$?
    exec 9>&-
    [ "$ended" -eq 130 ]
    grep -q 'interrupted; written so far: 2 records of 2 rows' err
    run "$SAQSHY" replay --engine --input a.avro --json --quiet
    [ "$(field accepted)" -eq 2 ]
}
