# SPDX-License-Identifier: Apache-2.0
"""One of the producers that race: a process that is told on stdin what to send, and says on stdout how it went."""
import json
import pickle
import sys
import time

from confluent_kafka import Producer

STEP = 5


def send(job):
    with open(job["messages"], "rb") as file:
        messages = pickle.load(file)[job["first"]::job["of"]]
    failed, acked = [], []

    def delivered(error, message):
        if error is None:
            acked.append(message.offset())
        else:
            failed.append(str(error))

    producer = Producer({"bootstrap.servers": job["bootstrap"], "linger.ms": 1, "enable.idempotence": True,
                         "log_level": 2})
    start, steps = time.monotonic(), max(1, len(messages) // STEP)
    for number, at in enumerate(range(0, len(messages), STEP)):
        for key, value, partition in messages[at:at + STEP]:
            producer.produce(job["topic"], value, key, partition, on_delivery=delivered)
        producer.poll(0)
        time.sleep(max(0, start + job["seconds"] * number / steps - time.monotonic()))
    producer.flush(120)
    return {"sent": len(messages), "acked": len(acked), "failed": failed[:3]}


for line in sys.stdin:
    print(json.dumps(send(json.loads(line))), flush=True)
