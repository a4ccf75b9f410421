# SPDX-License-Identifier: Apache-2.0
"""The consumer sample of docs/INTEGRATION.md, run as it stands, against a real Kafka and a real engine."""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

from confluent_kafka import Producer

import real_kafka as rk

SAMPLE = os.path.join(rk.SOURCE_DIR, "docs", "samples", "freeze_queue.py")
SKIPPED = 77
HERE = {}


def messages_of(events):
    schema = rk.fastavro.parse_schema(rk.foreign_schema())
    for number, event in enumerate(events):
        key = rk.key_of(event)
        yield (key, rk.encode(schema, rk.as_foreign(event, number), rk.FOREIGN_ID),
               rk.murmur2_partition(key, rk.PARTITIONS))


class FreezeQueue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker, cls.directory = HERE["broker"], HERE["directory"]
        schemas = rk.schema_directory(cls.directory, rk.FOREIGN_ID)
        cls.shard = rk.Shard(cls.broker, "sample", schemas).create()
        engine = rk.Engine(cls.shard, cls.directory)
        try:
            events = rk.generate(cls.directory, "--days", "3", "--accounts", "1000", "--droppers", "30")
            for feeder in rk.feed(cls.broker, cls.shard.source, list(messages_of(events))):
                feeder.done()
            cls.shard.until_caught_up()
        finally:
            engine.close()
        topic = rk.check_recommendations(cls.broker.read(cls.shard.recommendations))
        cls.due = sorted(f"{record['recommendation_id']}.{record['revision']}"
                         for records in topic.values() for record in records)

    def consume(self, group, queue):
        """The identities that one run of the sample adds to the queue."""
        done = subprocess.run(
            [sys.executable, SAMPLE, self.broker.bootstrap, os.path.join(rk.SOURCE_DIR, "schemas"), queue,
             "--topic", self.shard.recommendations, "--group", group, "--until-end"],
            check=True, capture_output=True, text=True, timeout=120)
        return sorted(line.split()[0] for line in done.stdout.splitlines())

    def queue(self):
        return os.path.join(self.directory, self.id() + ".db")

    def test_every_recommendation_is_queued_once(self):
        self.assertGreater(len(self.due), 5)
        self.assertEqual(self.consume("once", self.queue()), self.due)
        with sqlite3.connect(self.queue()) as queue:
            queued = [row[0] for row in queue.execute("SELECT id FROM queue ORDER BY id")]
        self.assertEqual(queued, self.due)

    def test_to_read_the_topic_again_queues_nothing_twice(self):
        self.consume("before", self.queue())
        self.assertEqual(self.consume("again", self.queue()), [])

    def test_what_was_aborted_is_never_queued(self):
        copied = next(message for messages in self.broker.read(self.shard.recommendations).values()
                      for message in messages)
        identity = dict(copied.headers())["ce_id"].decode()
        forged = copied.value().replace(identity.split(".")[0].encode(), b"f" * 32, 1)
        producer = Producer({"bootstrap.servers": self.broker.bootstrap, "transactional.id": "aborts"})
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(self.shard.recommendations, forged, copied.key(), copied.partition())
        producer.flush(30)
        producer.abort_transaction(30)
        uncommitted = self.broker.read(self.shard.recommendations, "read_uncommitted")
        self.assertIn(forged, [m.value() for messages in uncommitted.values() for m in messages])
        self.assertEqual(self.consume("committed", self.queue()), self.due)


def main():
    why = rk.why_no_kafka()
    if why is not None:
        print(f"no real Kafka here, nothing is tested: {why}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    HERE["directory"] = tempfile.mkdtemp(prefix="saqshy-sample-")
    HERE["broker"] = rk.Broker(HERE["directory"])
    try:
        HERE["broker"].start()
        program = unittest.main(exit=False, verbosity=2)
        return 0 if program.result.wasSuccessful() and program.result.testsRun > 0 else 1
    finally:
        HERE["broker"].stop("--wipe")
        shutil.rmtree(HERE["directory"], ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
