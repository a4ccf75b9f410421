#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole duty of a reader of freeze recommendations. Why, and more: docs/INTEGRATION.md.

    pip install confluent-kafka fastavro
    KAFKA=localhost:29092 SCHEMAS=schemas RULES=deploy/samples/consumer LEDGER=queue.db \\
        DECISIONS=decisions.txt python3 freeze_queue.py

ledger.sql, in the folder RULES, keeps the cases. What a record does is in the ledger before its
offset is committed: after a crash between the two it comes again and changes nothing. People append
lines "ID.REVISION RESULT TIYN_HELD" to DECISIONS; each decision goes back as an OUTCOME. Ends with
65 when a chain is broken, and otherwise, saying why: then it is to be started again."""
import hashlib
import io
import os
import sqlite3
import sys
import time
from pathlib import Path

import fastavro.schema
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

SETTINGS = {"TOPIC": "antifrod.freeze-recommendations", "SIGNALS": "antifrod.signals",
            "GROUP": "freeze-queue", "UNTIL_END": "-1"} | os.environ
ENDING = "UNKNOWN_TOPIC_OR_PART", "AUTHORIZATION_FAILED"  # what waiting does not mend
RECOMMENDATION, SIGNAL = b"\0\0\0\0\2", b"\0\0\0\0\4"  # frames with the shipped ids
LEDGER = sqlite3.connect(SETTINGS["LEDGER"], isolation_level=None)


def sql(text, *values):
    return LEDGER.execute(text, values)


def take(message, schema):
    """Into the ledger, which checks the chain and knows what came before."""
    where = f"partition {message.partition()}, offset {message.offset()}"
    try:
        frame, body = message.value()[:5], message.value()[5:]
        if frame != RECOMMENDATION:
            raise ValueError("not a framed recommendation")
        r = fastavro.schemaless_reader(io.BytesIO(body), schema, None)
        source, previous = dict(message.headers())["ce_source"].decode(), r["previous_hash"].hex()
        where += f", number {r['sequence']} of {source} after {previous}"
        identity = f"{r['recommendation_id']}.{r['revision']}"
        new = sql(f"INSERT INTO record VALUES ({', '.join('?' * 15)})", identity,
                  hashlib.sha256(body).hexdigest(), source, message.partition(), message.offset(),
                  r["sequence"], previous, r["mode"], r["recommendation_id"], r["revision"],
                  r["state"], r["target_account_token"], r["hold_amount_kzt_minor"] or 0,
                  int(r["valid_until"].timestamp()), r["payee_recommendation_id"]).rowcount
    except Exception as why:  # whatever it is, nothing is acted on any more
        print(f"{where}: {why!r}", file=sys.stderr)
        sys.exit(1 if isinstance(why, sqlite3.OperationalError) else 65)
    if new > 0:
        print(identity, r["state"], r["action"], flush=True)


def decide():
    """What people have decided since."""
    (taken,) = sql("SELECT count(*) FROM decision").fetchone()
    written = Path(SETTINGS["DECISIONS"]).read_text(encoding="utf-8")
    for line in written[:written.rfind("\n") + 1].splitlines()[taken:]:
        words = line.replace(".", " ", 1).split()
        sql("INSERT INTO decision (id, revision, result, held) VALUES (?, ?, ?, ?)",
            *(words if len(words) == 4 else [None] * 4))
    for (line,) in sql("SELECT line FROM decision WHERE NOT stands AND line > ?", taken):
        print(f"line {line} of the decisions is refused", file=sys.stderr)


def delivered(error, _message):
    if error is not None:
        raise KafkaException(error)


def report(producer, schema):
    """Sent until the brokers have it; after a crash again, the same bytes under the same id."""
    unsent = sql("SELECT * FROM unsent").fetchall()
    for signal_id, number, result, held, at, identity, account, role in unsent:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, {
            "signal_id": signal_id, "revision": number, "kind": "OUTCOME", "source": "BANK",
            "category": "freeze-recommendation", "confidence": "CONFIRMED", "reported_at": at,
            "valid_from": at, "outcome": {"recommendation_id": identity, "result": result,
                                          "held_amount_kzt_minor": held},
            "subjects": [{"type": "ACCOUNT", "token": account, "role": role}]})
        producer.produce(SETTINGS["SIGNALS"], SIGNAL + out.getvalue(), signal_id,
                         on_delivery=delivered)
        if producer.flush(30) > 0:
            sys.exit(f"{signal_id}: not sent")
        print(signal_id, result, flush=True)
        sql("UPDATE outcome SET sent = 1 WHERE id = ? AND number = ?", identity, number)


LEDGER.executescript(Path(SETTINGS["RULES"], "ledger.sql").read_text(encoding="utf-8"))
advice = fastavro.schema.load_schema(Path(SETTINGS["SCHEMAS"], "FreezeRecommendation.avsc"))
outcome = fastavro.schema.load_schema(Path(SETTINGS["SCHEMAS"], "FraudSignal.avsc"))
kafka = {"bootstrap.servers": SETTINGS["KAFKA"]}
writer = Producer(kafka | {"enable.idempotence": True, "partitioner": "murmur2_random"})
reader = Consumer(kafka | {"group.id": SETTINGS["GROUP"], "group.instance.id": SETTINGS["GROUP"],
                           "isolation.level": "read_committed", "enable.auto.commit": False,
                           "auto.offset.reset": "earliest", "enable.partition.eof": True})
reader.subscribe([SETTINGS["TOPIC"]])
ended = 0
while ended != int(SETTINGS["UNTIL_END"]):
    sql("UPDATE freeze SET state = 'LAPSED' WHERE state IN ('ISSUED', 'AMENDED') AND "
        "valid_until <= ?", int(SETTINGS.get("NOW", time.time())))  # by the own clock
    decide()
    report(writer, outcome)
    record = reader.poll(1)
    if record is not None and record.error() is None:
        take(record, advice)
        reader.commit(record, asynchronous=False)
    elif record is not None and record.error().code() == KafkaError._PARTITION_EOF:
        ended += 1
    elif record is not None:
        print("Kafka:", record.error(), file=sys.stderr)
        if record.error().fatal() or record.error().name().endswith(ENDING):
            sys.exit(1)
reader.close()
