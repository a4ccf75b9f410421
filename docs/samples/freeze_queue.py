#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts every freeze recommendation into a queue exactly once.

    python3 freeze_queue.py BOOTSTRAP SCHEMAS QUEUE.db [--topic NAME] [--group NAME] [--until-end]

SCHEMAS is the folder with FreezeRecommendation.avsc. Needs confluent-kafka and fastavro. What the bank decides about a
row of the queue is for a person. tests/test_sample_consumer.py runs this file against a real Kafka."""
import argparse
import io
import json
import os
import sqlite3
import struct

import fastavro
from confluent_kafka import Consumer, KafkaError, KafkaException

RECOMMENDATION_ID = 2  # schema id of FreezeRecommendation; with a registry, ask it


def decode(value, schema):
    """The frame is 0x00, the schema id as 4 bytes big-endian, then Avro binary."""
    magic, schema_id = struct.unpack(">BI", value[:5])
    if magic != 0 or schema_id != RECOMMENDATION_ID:
        raise ValueError(f"not a framed recommendation: {value[:5].hex()}")
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema, None)


def take(queue, message, schema):
    """One row for each `<recommendation_id>.<revision>`; what was seen before changes nothing."""
    record = decode(message.value(), schema)
    row = (f"{record['recommendation_id']}.{record['revision']}", record["state"], record["action"],
           record["target_account_token"], record["hold_amount_kzt_minor"],
           record["valid_until"].isoformat(),
           json.dumps([reason["text_en"] for reason in record["reasons"]], ensure_ascii=False))
    added = queue.execute("INSERT OR IGNORE INTO queue VALUES (?, ?, ?, ?, ?, ?, ?)", row).rowcount
    queue.commit()  # first the queue, then the offset: a crash between them gives a duplicate, which is ignored
    if added:
        print(*row[:3], flush=True)


def run(arguments):
    with open(os.path.join(arguments.schemas, "FreezeRecommendation.avsc"), encoding="utf-8") as file:
        schema = fastavro.parse_schema(json.load(file))
    queue = sqlite3.connect(arguments.queue)
    queue.execute("CREATE TABLE IF NOT EXISTS queue (id TEXT PRIMARY KEY, state TEXT, action TEXT, "
                  "account TEXT, hold_tiyn INTEGER, valid_until TEXT, reasons TEXT)")
    consumer = Consumer({"bootstrap.servers": arguments.bootstrap, "group.id": arguments.group,
                         "isolation.level": "read_committed",  # never what was aborted
                         "auto.offset.reset": "earliest", "enable.auto.commit": False,
                         "enable.partition.eof": True})
    ended = set()
    consumer.subscribe([arguments.topic])
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error() is None:
            take(queue, message, schema)
            consumer.commit(message)
            continue
        if message.error().code() != KafkaError._PARTITION_EOF:
            if message.error().fatal():
                raise KafkaException(message.error())
            continue
        ended.add(message.partition())
        if arguments.until_end and len(ended) == len(consumer.assignment()):
            break
    consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bootstrap")
    parser.add_argument("schemas")
    parser.add_argument("queue")
    parser.add_argument("--topic", default="antifrod.freeze-recommendations")
    parser.add_argument("--group", default="freeze-queue")
    parser.add_argument("--until-end", action="store_true")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
