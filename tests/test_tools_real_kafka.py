# SPDX-License-Identifier: Apache-2.0
"""The tools on a real Apache Kafka: dead letters sent back exactly once whoever is killed, frozen, slowed or started twice; a
dead-letter topic that is away; what was published, verified while it grows.

It starts its own broker on a free port. Where Kafka cannot be fetched it ends with status 77, which ctest reports as
skipped; with CI=true that is a failure."""
import collections
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from confluent_kafka import TopicPartition
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType,
                                   ConfigResource, ResourcePatternType, ResourceType)

import real_kafka as rk

SKIPPED = 77
TIMEOUT_S = 540  # below ctest's, so that the broker is stopped in any case
LETTERS = 6000
# A broker that is frozen is not to lose its partitions meanwhile: docs/OPERATIONS.md, "A transaction that never ends".
BROKER = ("authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer "
          "allow.everyone.if.no.acl.found=true broker.session.timeout.ms=30000 "
          "transaction.abort.timed.out.transaction.cleanup.interval.ms=500")
HERE = {}  # broker, directory: set once in main


def poison(number):
    return b"poison " + str(number).encode()


class Markers:
    """How many markers there are, as a reader sees who does not wait for open transactions."""

    def __init__(self, broker, topic):
        self.consumer = broker.consumer("markers")
        self.consumer.assign([TopicPartition(topic, p, 0) for p in range(2)])
        self.count = 0

    def look(self):
        for message in self.consumer.consume(500, 0.01):
            if message.error() is None:
                self.count += any(name == "saqshy.dlq.redriven" for name, _ in message.headers())
        return self.count


class Scenario(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker, cls.directory = HERE["broker"], HERE["directory"]

    def dead(self, name, count):
        """A shard whose input is dead letters alone, with no engine running any more."""
        shard = rk.Shard(self.broker, name, "", transaction_timeout_ms="60000").create()
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        for number in range(count):
            producer.produce(shard.source, poison(number), b"key", number % rk.PARTITIONS,
                             headers=[("traceparent", b"00-01")])
        producer.flush()
        engine = rk.Engine(shard, self.directory)
        self.addCleanup(engine.close)
        engine.until_live()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        return shard

    def dlq(self, shard, *words):
        """Of a `saqshy dlq` that runs to its end: standard output."""
        done = subprocess.run([rk.SAQSHY, "dlq", *words, *shard.arguments()], capture_output=True,
                              text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def redrive(self, shard, *words):
        return json.loads(self.dlq(shard, "redrive", "--json", *words))

    def start(self, shard, *words):
        process = subprocess.Popen([rk.SAQSHY, "dlq", "redrive", "--json", *words,
                                    *shard.arguments()], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def said(self, process):
        """Standard output and error of one that ends within a minute."""
        try:
            return process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail(f"it does not end; it said: {process.communicate()[1]}")

    def left(self, shard, status=65):
        """Of a redrive that has to leave letters: what it did, and what it said of them."""
        process = self.start(shard)
        out, said = self.said(process)
        self.assertEqual(process.returncode, status, said)
        return json.loads(out) if out else None, said

    def forge(self, shard, topic, partition, *letters):
        """Dead letters of a topic, as an engine writes them: key and value; they came in this order."""
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        for offset, (key, value) in enumerate(letters):
            producer.produce(shard.dead_letters, value, key, 0, headers=[
                ("__connect.errors.topic", topic.encode()), ("__connect.errors.partition", str(partition).encode()),
                ("__connect.errors.offset", str(offset).encode()), ("saqshy.dlq.reason", b"NOT_FRAMED")])
        producer.flush()

    @contextlib.contextmanager
    def forbidden(self, topic):
        """Nobody may write to it, everybody all else; so the broker says when this begins."""
        rules = [AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:ANONYMOUS", "*", *rule)
                 for rule in ((AclOperation.ALL, AclPermissionType.ALLOW),
                              (AclOperation.WRITE, AclPermissionType.DENY))]
        every = AclBindingFilter(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, None, None,
                                 AclOperation.ANY, AclPermissionType.ANY)
        admin = self.broker.admin()
        for made in admin.create_acls(rules).values():
            made.result(30)
        rk.until("the rules hold", lambda: len(admin.describe_acls(every).result(30)) == 2)
        try:
            yield
        finally:
            admin.delete_acls([every])[every].result(30)
            rk.until("the rules are gone", lambda: not admin.describe_acls(every).result(30))

    def check_once(self, shard, count, expected=2):
        """Every record is in its source `expected` times, in the partition it came from."""
        seen = collections.Counter()
        for partition, messages in self.broker.read(shard.source).items():
            for message in messages:
                self.assertEqual(message.key(), b"key")
                self.assertEqual(message.headers(), [("traceparent", b"00-01")])
                seen[partition, message.value()] += 1
        self.assertEqual(seen, {(n % rk.PARTITIONS, poison(n)): expected for n in range(count)})


class Redrive(Scenario):
    def test_killed_in_the_middle_each_letter_goes_back_exactly_once(self):
        shard = self.dead("killed", LETTERS)
        markers, kills = Markers(self.broker, shard.dead_letters), 0
        for _ in range(6):
            before = markers.look()
            process = self.start(shard)
            rk.until("a marker or the end", lambda: markers.look() > before
                     or process.poll() is not None, 60, 0)
            if process.poll() is None:
                process.kill()
                kills += process.wait() == -signal.SIGKILL
        self.assertGreaterEqual(kills, 2)
        done = self.redrive(shard)
        self.assertEqual(done["redriven"] + done["before"], LETTERS)
        print(f"kills: {kills}, sent back by the last one: {done['redriven']}", file=sys.stderr)
        self.assertEqual(self.redrive(shard),
                         {"redriven": 0, "before": LETTERS, "refused": 0, "dry_run": False})
        self.check_once(shard, LETTERS)

    def test_a_second_one_fences_the_first_which_ends_with_75(self):
        shard = self.dead("twice", LETTERS)
        markers = Markers(self.broker, shard.dead_letters)
        first = self.start(shard)
        rk.until("a marker", lambda: markers.look() > 0, 60, 0)
        first.send_signal(signal.SIGSTOP)
        self.assertGreater(self.redrive(shard)["redriven"], 0)
        first.send_signal(signal.SIGCONT)
        said = self.said(first)[1]
        self.assertEqual(first.returncode, 75, said)
        self.assertIn("another `saqshy dlq redrive` has taken over", said)
        self.check_once(shard, LETTERS)

    def slowed(self, name):
        """A redrive whose transaction takes longer than one that is not in doubt: 3 s."""
        shard = self.dead(name, LETTERS)
        markers = Markers(self.broker, shard.dead_letters)
        first = self.start(shard)
        rk.until("a marker", lambda: markers.look() > 0, 60, 0)
        self.addCleanup(self.broker.thaw)
        self.broker.freeze()
        time.sleep(4)
        return shard, first

    def test_one_whose_transaction_was_slow_ends_and_the_next_goes_on(self):
        shard, first = self.slowed("slow")
        self.broker.thaw()
        out, said = self.said(first)
        self.assertEqual(first.returncode, 69, said)
        self.assertIn("start it again", said)
        self.assertGreater(json.loads(out)["redriven"], 0)
        self.assertGreater(self.redrive(shard)["redriven"], 0)
        self.check_once(shard, LETTERS)

    def test_one_whose_transaction_was_slow_does_not_fence_its_successor(self):
        shard, first = self.slowed("overtaken")
        second = self.start(shard)
        self.broker.thaw()
        said = self.said(first)[1]
        self.assertIn(first.returncode, (69, 75), said)
        said = self.said(second)[1]
        self.assertEqual(second.returncode, 0, said)
        self.check_once(shard, LETTERS)

    def test_no_right_on_a_group_is_needed(self):
        shard = self.dead("without-group", 10)
        denied = AclBinding(ResourceType.GROUP, "saqshy-redrive", ResourcePatternType.LITERAL,
                            "User:ANONYMOUS", "*", AclOperation.ALL, AclPermissionType.DENY)
        admin = self.broker.admin()
        admin.create_acls([denied])[denied].result(30)
        try:
            self.assertEqual(json.loads(self.dlq(shard, "ls", "--json"))["waiting"], 10)
            self.assertIn("NOT_FRAMED", self.dlq(shard, "show", "3/1"))
            self.assertEqual(self.redrive(shard)["redriven"], 10)
        finally:
            admin.delete_acls([AclBindingFilter(
                ResourceType.GROUP, "saqshy-redrive", ResourcePatternType.LITERAL, None, None,
                AclOperation.ANY, AclPermissionType.ANY)])
        self.check_once(shard, 10)

    def test_markers_behind_a_strangers_open_transaction_are_waited_for(self):
        shard = self.dead("hidden", LETTERS)
        stranger = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2,
                                "transactional.id": "stranger"})
        stranger.init_transactions(30)
        markers = Markers(self.broker, shard.dead_letters)
        first = self.start(shard)
        rk.until("a marker", lambda: markers.look() > 0, 60, 0)
        first.send_signal(signal.SIGSTOP)
        stranger.begin_transaction()
        for partition in range(2):
            stranger.produce(shard.dead_letters, b"x", None, partition)
        stranger.flush()
        first.send_signal(signal.SIGCONT)
        self.assertEqual(first.wait(60), 0)
        second = self.start(shard)
        time.sleep(2)
        self.assertIsNone(second.poll())
        stranger.commit_transaction(30)
        self.assertEqual(json.loads(self.said(second)[0])["before"], LETTERS)
        self.check_once(shard, LETTERS)

    def test_letters_that_cannot_go_back_hold_no_other_up(self):
        """One of a topic that is not there, one of a partition that is not, one forged into the order log."""
        shard = self.dead("left", 10)
        order = shard.order
        before = sum(map(len, self.broker.read(order).values()))
        for topic, partition in (("antifrod.signals", 0), (shard.source, 77), (order, 0)):
            self.forge(shard, topic, partition, (None, b"forged"))
        for redriven, had_been in ((10, 0), (0, 10)):
            done, said = self.left(shard)
            self.assertEqual(done, {
                "redriven": redriven, "before": had_been, "refused": 3, "dry_run": False,
                "left": {"NOT_AN_INPUT": 1, "TOPIC_GONE": 1, "PARTITION_GONE": 1}})
            self.assertIn(f"refused: NOT_AN_INPUT: {order}/0 offset 0", said)
        self.check_once(shard, 10)
        self.assertEqual(sum(map(len, self.broker.read(order).values())), before)

    def with_signals(self, name, *letters):
        """Ten dead letters of transactions, and these of a compacted topic."""
        shard = self.dead(name, 10)
        shard.options["topic.signals"] = name + ".signals"
        self.broker.create({"cleanup.policy": "compact"}, **{name + ".signals": 1})
        self.forge(shard, name + ".signals", 0, *letters)
        return shard

    def signals(self, shard):
        return [(m.key(), m.value()) for m in self.broker.read(shard.options["topic.signals"])[0]]

    def test_letters_that_the_broker_refuses_hold_no_other_up(self):
        """One without a key for a compacted topic, one that has become too large for it."""
        good = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]
        shard = self.with_signals("refused", good[0], (None, b"keyless"), good[1], (b"large", bytes(5000)), good[2])
        topic = shard.options["topic.signals"]
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic,
                                  set_config={"cleanup.policy": "compact", "max.message.bytes": "2000"})
        admin = self.broker.admin()
        admin.alter_configs([resource])[resource].result(30)
        for redriven, had_been in ((13, 0), (0, 13)):
            done, said = self.left(shard)
            self.assertEqual(done, {"redriven": redriven, "before": had_been, "refused": 2, "dry_run": False,
                                    "left": {"REFUSED_BY_BROKER": 2}})
            self.assertRegex(said, f"refused: REFUSED_BY_BROKER: {topic}/0 offset 1: .*INVALID_RECORD")
            self.assertRegex(said, f"refused: REFUSED_BY_BROKER: {topic}/0 offset 3: raise max.message.bytes of "
                                   f"({topic}|the topic) .*{topic}")
        self.check_once(shard, 10)
        self.assertEqual(self.signals(shard), good)

    def test_a_topic_that_may_not_be_written_holds_no_other_up(self):
        letters = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]
        shard = self.with_signals("denied", *letters)
        with self.forbidden(shard.dead_letters):
            said = self.left(shard, 77)[1]
            self.assertIn("takes no marker into denied.dlq", said)
        with self.forbidden(shard.options["topic.signals"]):
            for redriven, had_been, status in ((10, 0, 65), (0, 10, 77)):
                done, said = self.left(shard, status)
                self.assertEqual(done, {"redriven": redriven, "before": had_been, "refused": 3, "dry_run": False,
                                        "left": {"DENIED": 3}})
                self.assertIn("refused: DENIED: denied.signals/0 offset 2\n", said)
        self.assertEqual(self.redrive(shard)["redriven"], 3)
        self.check_once(shard, 10)
        self.assertEqual(self.signals(shard), letters)

    def test_no_transaction_waits_for_a_partition_that_is_slow_to_read(self):
        """The broker would end it: what comes of the first partition is committed before the second, which a stranger's
        transaction hides, is read."""
        letters = [(b"a", b"1"), (b"b", b"2")]
        shard = self.with_signals("slow-to-read", *letters)
        shard.options["transaction.timeout.ms"] = "5000"
        stranger = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2,
                                "transactional.id": "slow-stranger"})
        stranger.init_transactions(30)
        stranger.begin_transaction()
        stranger.produce(shard.dead_letters, b"x", None, 1)
        stranger.flush()
        read = self.broker.read(shard.dead_letters)
        self.assertEqual([len(read[p]) for p in range(2)], [2, 10])
        markers = Markers(self.broker, shard.dead_letters)
        process = self.start(shard)
        rk.until("the first partition's markers", lambda: markers.look() == len(letters))
        self.assertIsNone(process.poll())
        stranger.commit_transaction(30)
        out, said = self.said(process)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(json.loads(out)["redriven"], 12)
        self.check_once(shard, 10)
        self.assertEqual(self.signals(shard), letters)

    def test_what_is_mended_is_taken_by_the_engine(self):
        shard = self.dead("mended", 0)
        event = rk.generate(self.directory, "--days", "1", "--accounts", "200")[0]
        value = rk.encode(rk.fastavro.parse_schema(rk.foreign_schema()),
                          rk.as_foreign(event, 1), rk.FOREIGN_ID)
        shard.options["schema.dir"] = rk.schema_directory(self.directory, 77)
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        producer.produce(shard.source, value, rk.key_of(event), 1)
        producer.flush()
        engine = rk.Engine(shard, self.directory)
        self.addCleanup(engine.close)
        engine.until_live()
        shard.until_caught_up()
        self.assertIn("not known here", self.dlq(shard, "show", "1/0"))
        rk.add_schema(shard.options["schema.dir"], rk.FOREIGN_ID)
        self.assertIn("by schema id 1001", self.dlq(shard, "show", "1/0"))
        self.assertEqual(self.redrive(shard)["redriven"], 1)
        rk.until("the engine took it", lambda: shard.committed()[1] == 2)
        self.assertEqual(engine.end(), 0)
        self.assertIn("1 sent back, 0 waiting", self.dlq(shard, "ls"))

    def test_ls_and_show_tell_what_there_is(self):
        shard = self.dead("seen", 10)
        row = json.loads(self.dlq(shard, "ls", "--json"))
        self.assertEqual((row["reason"], row["letters"], row["waiting"], row["topic"]),
                         ("NOT_FRAMED", 10, 10, shard.source))
        self.assertEqual((row["first"]["partition"], row["first"]["offset"]), (0, 0))
        shown = json.loads(self.dlq(shard, "show", "3/1", "--json"))
        self.assertEqual(bytes.fromhex(shown["value"]), poison(7))
        self.assertIn(["__connect.errors.offset", "1"], shown["headers"])
        self.assertEqual(len(self.dlq(shard, "show", "--reason", "NOT_FRAMED", "--json",
                                      "--limit", "4").splitlines()), 4)
        refused = subprocess.run([rk.SAQSHY, "dlq", "show", "9/9", *shard.arguments()],
                                 capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(refused.returncode, 1)


class TopicAway(Scenario):
    def test_a_deleted_dead_letter_topic_holds_the_stream_until_it_is_back(self):
        shard = rk.Shard(self.broker, "away", "", transaction_timeout_ms="3000").create()
        engine = rk.Engine(shard, self.directory)
        self.addCleanup(engine.close)
        engine.until_live()
        admin = self.broker.admin()
        admin.delete_topics([shard.dead_letters])[shard.dead_letters].result(30)
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        for number in range(8):
            producer.produce(shard.source, poison(number), b"key", number % rk.PARTITIONS)
        producer.flush()
        engine.until_said(r"event=dead_letters_away topic=away\.dlq .*create the topic", 120)
        self.assertLess(sum(max(0, offset) for offset in shard.committed()), 8)
        self.broker.create(**{shard.dead_letters: 2})
        engine.until_said("event=dead_letters_back", 60)
        shard.until_caught_up()
        self.assertIsNone(engine.process.poll())
        self.assertEqual(engine.end(), 0)
        letters = [letter[:2] for letter in rk.dead_letters_of(shard)]
        self.assertEqual(letters, [(n // 2, n % 2) for n in range(8)])
        rk.check_orders(shard, rk.orders_of(shard))

    def test_it_is_waited_for_at_a_start_and_a_stop_ends_that(self):
        shard = rk.Shard(self.broker, "late", "")
        self.broker.create(**{shard.source: rk.PARTITIONS, shard.recommendations: rk.PARTITIONS,
                              shard.order: 1})
        engine = rk.Engine(shard, self.directory)
        self.addCleanup(engine.close)
        engine.until_said(r"event=dead_letters_away topic=late\.dlq")
        self.assertEqual(engine.end(), 0, engine.log())
        self.assertNotRegex(engine.log(), "event=live")


class Verify(Scenario):
    def verify(self, shard, *words):
        done = subprocess.run([rk.SAQSHY, "verify", "--json", "--quiet", *words,
                               *shard.arguments(start_from=None)], capture_output=True, text=True,
                              timeout=120, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def feeding(self, name, seconds):
        """A shard whose engine runs while it is fed."""
        shard = rk.Shard(self.broker, name, rk.schema_directory(self.directory, rk.FOREIGN_ID)).create()
        events = rk.generate(self.directory, "--days", "3", "--accounts", "2000", "--droppers", "30")
        schema = rk.fastavro.parse_schema(rk.foreign_schema())
        messages = [(rk.key_of(event), rk.encode(schema, rk.as_foreign(event, n), rk.FOREIGN_ID),
                     rk.murmur2_partition(rk.key_of(event), rk.PARTITIONS))
                    for n, event in enumerate(events)]
        engine = rk.Engine(shard, self.directory)
        self.addCleanup(engine.close)
        engine.until_live()
        return shard, engine, messages, rk.feed(self.broker, shard.source, messages, seconds=seconds, producers=2)

    def publish(self, shard, partition, message, value):
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        producer.produce(shard.recommendations, value, message.key(), partition, headers=message.headers())
        producer.flush()

    def test_a_running_engines_output_is_proven_and_a_strangers_record_is_found(self):
        shard, engine, messages, feeders = self.feeding("proven", 6)
        rk.until("half is committed", lambda: sum(max(0, o) for o in shard.committed())
                 >= len(messages) / 2)
        status, rows, said = self.verify(shard, "--replay")
        self.assertEqual(status, 0, said)
        for feeder in feeders:
            feeder.done()
        shard.until_caught_up()
        status, rows, said = self.verify(shard, "--replay")
        self.assertEqual(status, 0, said)
        self.assertGreaterEqual(rows[-1]["reproduced"], 20)
        self.assertEqual((rows[-1]["reproduced"], rows[-1]["newer"], rows[-1]["replayed"]),
                         (rows[-1]["recommendations"], 0, len(messages)))
        self.assertEqual(engine.end(), 0)
        last = self.broker.read(shard.recommendations)[1][-1]
        self.publish(shard, 1, last, last.value())
        status, rows, said = self.verify(shard)
        self.assertEqual((status, rows[0]["finding"], rows[0]["partition"]), (65, "REPEAT", 1), said)
        engine = rk.Engine(shard, self.directory)
        self.addCleanup(engine.close)
        self.assertEqual(engine.process.wait(60), 65, engine.log())
        self.assertIn("comes after", engine.log())
        self.assertNotIn("event=live", engine.log())


    def test_what_is_chained_on_behind_the_last_commit_is_extra(self):
        """Another producer's records with the numbers and hashes that are due next: no order record covers them."""
        shard, engine, _, feeders = self.feeding("chained", 0)
        for feeder in feeders:
            feeder.done()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        last = self.broker.read(shard.recommendations)[1][-1]
        first = value = None
        for _ in range(2):
            record = rk.decode(rk.RECOMMENDATION, value or last.value(), rk.RECOMMENDATION_ID)
            forged = dict(record, sequence=record["sequence"] + 1, hold_amount_kzt_minor=99900,
                          previous_hash=hashlib.sha256((value or last.value())[5:]).digest())
            first = first or forged["sequence"]
            value = rk.encode(rk.RECOMMENDATION, forged, rk.RECOMMENDATION_ID)
            self.publish(shard, 1, last, value)
        status, rows, said = self.verify(shard)
        self.assertEqual(status, 0, said)
        rk.replay(shard, self.directory)
        for words in (("--replay",), ("--input", os.path.join(self.directory, "chained.recording.avro"))):
            self.check_extra(first, *self.verify(shard, *words))

    def check_extra(self, first, status, rows, said):
        self.assertEqual(status, 65, said)
        self.assertEqual([(row["finding"], row["partition"], row["sequence"]) for row in rows[:-1]],
                         [("EXTRA", 1, first), ("EXTRA", 1, first + 1)])
        self.assertIn(f"read again after it, ends before number {first}: no engine committed it", rows[0]["text"])
        self.assertEqual((rows[-1]["newer"], rows[-1]["reproduced"]), (0, rows[-1]["recommendations"] - 2))


class Desk(Scenario):
    def run_on(self, shard, *words):
        done = subprocess.run([rk.SAQSHY, *words, "--json", *shard.arguments(start_from=None, topic_signals="desk.sig")],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def advise(self, shard, commits, *advice):
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2, "transactional.id": "desk"})
        producer.init_transactions(30)
        producer.begin_transaction()
        now = int(time.time() * 1e6)
        for number, (name, revision, state) in enumerate(advice):
            times = {"issued_at": now, "decide_by": now + 10**9, "valid_until": now + 10**10}
            record = {"recommendation_id": f"{name:032x}", "revision": revision, "state": state, "mode": "LIVE",
                      "action": "HOLD_AMOUNT", "priority": "HIGH", "target_account_token": "account-token-0123456789",
                      "at_risk_kzt_minor": 100, "max_hold_business_days": 5, "score": 1.0, "probability": 0.5,
                      "threshold": 0.5, "model_id": "m", "model_sha256": "", "policy_id": "p", "policy_sha256": "",
                      "build": "b", "input_topic": "t", "input_partition": 0, "input_offset": 0, "sequence": number,
                      "previous_hash": bytes(32), **times}
            producer.produce(shard.recommendations, rk.encode(rk.RECOMMENDATION, record, rk.RECOMMENDATION_ID), b"key", name % 4)
        producer.flush()
        (producer.commit_transaction if commits else producer.abort_transaction)(30)

    def test_what_is_committed_is_listed_and_a_table_of_outcomes_is_joined_once(self):
        shard = rk.Shard(self.broker, "desk", "").create()
        self.advise(shard, True, (1, 1, "ISSUED"), (2, 1, "ISSUED"), (3, 1, "ISSUED"), (1, 2, "AMENDED"), (3, 2, "WITHDRAWN"))
        self.advise(shard, False, (4, 1, "ISSUED"), (2, 2, "WITHDRAWN"))
        rows = self.run_on(shard, "freezes", "ls")
        self.assertEqual([(int(row["recommendation_id"], 16), row["revision"], row["outcome"]) for row in rows],
                         [(1, 2, None), (2, 1, None)])
        self.broker.create(**{"desk.sig": 2})
        path = os.path.join(self.directory, "outcomes.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"recommendation_id,result,held_amount_kzt\n{1:032x},PARTLY_HELD,0.5\n{2:032x},FALSE_POSITIVE,\n")
        for result in ("published", "there"):
            rows = self.run_on(shard, "signal", "add", "--outcomes", path)
            self.assertEqual([row["result"] for row in rows], [result, result])
        self.assertEqual(sum(len(m) for m in self.broker.read("desk.sig").values()), 2)
        rows = self.run_on(shard, "freezes", "ls")
        self.assertEqual([(row["outcome"]["result"], row["outcome"].get("held_amount_kzt_minor")) for row in rows],
                         [("PARTLY_HELD", 50), ("FALSE_POSITIVE", None)])
        story, = self.run_on(shard, "freezes", "show", f"{1:032x}")
        self.assertEqual([r["state"] for r in story["revisions"]], ["ISSUED", "AMENDED"])


def give_up(number, _frame):
    raise SystemExit(f"ended by {signal.Signals(number).name}")


def main():
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, give_up)
    signal.alarm(TIMEOUT_S)
    why = rk.why_no_kafka()
    if why is not None:
        print(f"no real Kafka here, nothing is tested: {why}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    HERE["directory"] = tempfile.mkdtemp(prefix="saqshy-tools-real-kafka-")
    HERE["broker"] = rk.Broker(HERE["directory"], BROKER)
    try:
        HERE["broker"].start()
        program = unittest.main(exit=False, verbosity=2)
        return 0 if program.result.wasSuccessful() and not program.result.skipped else 1
    finally:
        HERE["broker"].stop("--wipe")
        shutil.rmtree(HERE["directory"], ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
