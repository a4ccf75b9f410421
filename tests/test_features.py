# SPDX-License-Identifier: Apache-2.0
"""`saqshy features` as NumPy, the csv module and fastavro read it: the NPY and the CSV hold the same doubles bit by bit,
rows stand where the feed says, a recording gives the vectors of the plain file, and two features are what their
definitions say when they are computed anew from the feed."""
import calendar
import collections
import csv
import os
import subprocess
import tempfile

import fastavro
import numpy

SAQSHY = os.environ["SAQSHY"]
NUMBERS = ("ordinal", "offset", "event_time", "partition", "account_number")
FRAME = b"\0" + (1).to_bytes(4, "big")
DAY_S = 86400
TIYN_EXACT_MAX = 2**31 - 1


def run(*words):
    subprocess.run([SAQSHY, *words, "--quiet"], check=True)


def read(directory, feed, *words):
    """The vectors of a feed both ways: rows of the CSV, and the array."""
    paths = [f"{directory}/vectors.{ending}" for ending in ("csv", "npy")]
    for path in paths:
        run("features", "--input", feed, "--out", path, *words)
    with open(paths[0], encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), numpy.load(paths[1])


def check_equal(rows, array):
    features = [name for name, (kind, _) in array.dtype.fields.items() if kind == numpy.float64]
    assert list(rows[0])[10:] == features, "other features or another order"
    assert len(rows) == len(array) > 1000
    for name in NUMBERS:
        assert [int(row[name]) for row in rows] == array[name].tolist(), name
    assert [row["account"].encode() for row in rows] == array["account"].tolist()
    assert [("payer", "payee").index(row["side"]) for row in rows] == array["side"].tolist()
    marks = {"APPROXIMATE": 4, "COLD_START": 8, "LATE": 16, "EXACT": 0}
    assert [sum(marks[mark] for mark in row["quality"].split("|")) for row in rows] == array["quality"].tolist()
    nulls = numpy.zeros(len(array), dtype=int)
    for name in features:
        null = numpy.array([row[name] == "" for row in rows])
        values = numpy.array([float(row[name] or 0) for row in rows])
        assert (null == numpy.isnan(array[name])).all(), name
        assert (values[~null].view("u8") == array[name][~null].view("u8")).all(), name
        assert not numpy.isinf(array[name]).any(), name
        nulls += null
    assert (nulls == array["nulls"]).all()
    assert nulls.max() > 0 and any("." in row["pass_through_24h"] for row in rows), "nothing was tried"


def tiyn_of(event):
    return event["amount_minor"] if event["currency"] == "KZT" else event["amount_kzt_minor"]


def check_place(events, row):
    event, party = events[int(row["offset"])], events[int(row["offset"])][row["side"]]
    assert row["account"] == party["account_token"] and row["tx_id"] == event["tx_id"]
    assert int(row["event_time"]) == calendar.timegm(event["event_time"].utctimetuple())


def check_definitions(events, rows):
    """in_count_24h and in_amount_24h where the engine still has the whole window, and amounts are exact."""
    credits_of, compared, moved = collections.defaultdict(list), 0, 0
    for row in rows:
        check_place(events, row)
        event, now = events[int(row["offset"])], int(row["event_time"])
        history = credits_of[row["account"]]
        if (row["side"] == "payee" and event["event_type"] != "OWN_TRANSFER" and
                event["tx_status"] in ("SETTLED", "REVERSED")):
            history.append((now, tiyn_of(event), event["tx_status"] == "REVERSED"))
        seen = [entry for entry in history if now - DAY_S < entry[0] <= now]
        if "APPROXIMATE" in row["quality"] or any(tiyn > TIYN_EXACT_MAX for _, tiyn, _ in seen):
            continue
        count = sum(not reverse for _, _, reverse in seen)
        amount = sum(-tiyn if reverse else tiyn for _, tiyn, reverse in seen)
        assert int(row["in_count_24h"]) == count, row
        assert int(row["in_amount_24h"]) == max(amount, 0), row
        compared += 1
        moved += count > 1
    assert compared > len(rows) / 4 and moved > 100, "too little was compared"


def record(directory, feed, events):
    """The feed as a recording with holes between its offsets."""
    run("replay", "--engine", "--input", feed, "--out", f"{directory}/out.avro")
    with open(f"{directory}/out.avro", "rb") as file:
        schema = fastavro.reader(file).writer_schema
    with open(feed, "rb") as file:
        writer = fastavro.reader(file).writer_schema
    messages = []
    for index, event in enumerate(events):
        message = open_message(writer, event)
        messages.append({"topic": "antifrod.transactions", "partition": 0, "offset": 7 + 3 * index, **message})
    with open(f"{directory}/recording.avro", "wb") as file:
        fastavro.writer(file, schema, messages)
    return f"{directory}/recording.avro"


def open_message(schema, event):
    with tempfile.SpooledTemporaryFile() as value:
        value.write(FRAME)
        fastavro.schemaless_writer(value, schema, event)
        value.seek(0)
        key = event["payer"]["account_token"] or event["payee"]["account_token"]
        time = event["ingest_time"] or event["event_time"]
        return {"timestamp_ms": int(time.timestamp() * 1000), "key": key.encode(), "value": value.read(), "headers": []}


def check_recording(directory, feed, events, array):
    _, recorded = read(directory, record(directory, feed, events))
    assert (recorded["offset"] == 7 + 3 * array["offset"]).all()
    for name in array.dtype.names:
        if name != "offset":
            assert recorded[name].tobytes() == array[name].tobytes(), name


def main():
    with tempfile.TemporaryDirectory() as directory:
        feed = f"{directory}/feed.avro"
        run("gen", "--days", "5", "--accounts", "1500", "--droppers", "20", "--out", feed)
        with open(feed, "rb") as file:
            events = list(fastavro.reader(file))
        rows, array = read(directory, feed)
        check_equal(rows, array)
        check_definitions(events, rows)
        check_recording(directory, feed, events, array)
        print(f"{len(events)} events, {len(rows)} vectors")


if __name__ == "__main__":
    main()
