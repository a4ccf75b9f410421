# SPDX-License-Identifier: Apache-2.0
"""One of the producers that race: a process that is told on stdin what to send, and says on stdout how it went.

Its share of what it has sent is in the file `progress`. The last tenth trickles until the file `finish` is there, so that
no fault finds the feed at its end."""
import json
import os
import pickle
import sys
import time

from confluent_kafka import Producer

STEP = 5
TRICKLE_S = 0.4


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
    start, steps = time.monotonic(), max(1, len(messages) * 9 // 10 // STEP)
    for number, at in enumerate(range(0, len(messages), STEP)):
        for key, value, partition in messages[at:at + STEP]:
            producer.produce(job["topic"], value, key, partition, on_delivery=delivered)
        producer.poll(0)
        with open(job["progress"], "w", encoding="ascii") as progress:
            progress.write(str(at / len(messages)))
        if number < steps:
            time.sleep(max(0, start + job["seconds"] * number / steps - time.monotonic()))
        elif not os.path.exists(job["finish"]):
            time.sleep(TRICKLE_S)
    producer.flush(120)
    return {"sent": len(messages), "acked": len(acked), "failed": failed[:3]}


for line in sys.stdin:
    print(json.dumps(send(json.loads(line))), flush=True)
