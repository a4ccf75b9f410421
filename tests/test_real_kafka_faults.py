# SPDX-License-Identifier: Apache-2.0
"""The program against a real Apache Kafka whatever is killed, frozen, away, deleted or started twice: nothing lost, nothing
twice, or refused with a next step.

It starts its own broker on a free port. Where Kafka cannot be fetched it says so and ends with status 77, which
ctest reports as skipped; with CI=true that is a failure. A run that leaves tests out fails."""
import os
import signal
import subprocess
import sys
import threading
import time

from confluent_kafka import TopicPartition
from confluent_kafka.admin import ConfigResource

import real_kafka as rk


class Follower(threading.Thread):
    """A read_committed consumer that reads along while the engine is killed."""

    def __init__(self, broker, topic):
        super().__init__(daemon=True)
        self.consumer = broker.consumer("follower")
        self.consumer.assign([TopicPartition(topic, p, 0) for p in range(rk.PARTITIONS)])
        self.seen = {p: [] for p in range(rk.PARTITIONS)}
        self.ending = threading.Event()
        self.start()

    def run(self):
        while not self.ending.is_set():
            for message in self.consumer.consume(100, 0.1):
                if message.error() is None:
                    self.seen[message.partition()].append((message.offset(), message.value()))

    def until_seen(self, expected):
        rk.until("the follower sees everything", lambda: self.count() >= expected, 20)
        self.ending.set()
        self.join()
        self.consumer.close()
        return self.seen

    def count(self):
        return sum(map(len, self.seen.values()))


class Crashes(rk.Scenario):
    """Nothing lost, nothing twice, whoever is killed."""

    def check_whole(self, shard, poisoned):
        rk.check_orders(shard, rk.orders_of(shard))
        rk.check_recommendations(self.broker.read(shard.recommendations))
        letters = [letter[:2] for letter in rk.dead_letters_of(shard)]
        sent = sum(len(messages) for messages in self.broker.read(shard.source).values())
        self.assertEqual(sent, len(self.messages) + poisoned)
        self.assertEqual(len(letters), poisoned)
        self.assertEqual(len(set(letters)), poisoned)
        self.assertGreaterEqual(rk.check_replay(shard, self.directory), 20)

    def poisoned(self):
        """The feed with a record that cannot be used after every 100."""
        out = []
        for at in range(0, len(self.messages), 100):
            part = self.messages[at:at + 100]
            out += part + [(b"poison", b"not a record", at // 100 % rk.PARTITIONS)]
        return out, len(out) - len(self.messages)

    def progress(self, shard, share):
        """Waits until so much of the whole feed is committed."""
        wanted = share * len(self.messages)
        rk.until(f"{share:.0%} committed",
                 lambda: sum(max(0, offset) for offset in shard.committed()) >= wanted)

    def test_two_kills_of_the_engine_lose_nothing_and_repeat_nothing(self):
        shard = self.shard("killed")
        follower = Follower(self.broker, shard.recommendations)
        messages, poisoned = self.poisoned()
        engine = self.engine(shard).until_live()
        feeders = rk.feed(self.broker, shard.source, messages, seconds=6, producers=2)
        for share in (0.3, 0.6):
            self.progress(shard, share)
            engine.kill()
            engine = self.engine(shard).until_live()
        for feeder in feeders:
            feeder.done()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        self.check_whole(shard, poisoned)
        final = self.broker.read(shard.recommendations)
        seen = follower.until_seen(sum(map(len, final.values())))
        self.assertEqual(seen, {p: [(m.offset(), m.value()) for m in messages]
                                for p, messages in final.items()})

    def test_a_killed_broker_is_waited_for_and_nothing_is_lost(self):
        shard = self.shard("broker-killed")
        messages, poisoned = self.poisoned()
        engine = self.engine(shard).until_live()
        feeders = rk.feed(self.broker, shard.source, messages, seconds=6, producers=2)
        self.progress(shard, 0.3)
        self.broker.kill()
        time.sleep(2)
        self.broker.start()
        for feeder in feeders:
            feeder.done()
        shard.until_caught_up()
        self.assertIsNone(engine.process.poll())
        self.assertEqual(engine.log().count("event=broker_away"), 1, engine.log())
        self.assertEqual(engine.end(), 0)
        self.check_whole(shard, poisoned)

    def test_a_frozen_engine_goes_on_and_repeats_nothing(self):
        shard = self.shard("frozen", transaction_timeout_ms="1000")
        messages, poisoned = self.poisoned()
        engine = self.engine(shard).until_live()
        feeders = rk.feed(self.broker, shard.source, messages, seconds=4, producers=2)
        for share in (0.2, 0.4, 0.6):
            self.progress(shard, share)
            engine.process.send_signal(signal.SIGSTOP)
            time.sleep(2)
            engine.process.send_signal(signal.SIGCONT)
        for feeder in feeders:
            feeder.done()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        self.check_whole(shard, poisoned)

    def test_a_stop_commits_what_was_taken(self):
        shard = self.shard("stopped", commit_interval_ms="60000")
        engine = self.engine(shard).until_live()
        some = self.messages[:200]
        for feeder in rk.feed(self.broker, shard.source, some):
            feeder.done()
        time.sleep(1)
        self.assertEqual(engine.end(), 0)
        self.assertEqual(sum(shard.committed()), len(some))
        rk.check_orders(shard, rk.orders_of(shard))

    def test_a_second_engine_fences_the_first(self):
        shard = self.shard("fenced")
        half = len(self.messages) // 2
        first = self.engine(shard).until_live()
        for feeder in rk.feed(self.broker, shard.source, self.messages[:half], producers=2):
            feeder.done()
        shard.until_caught_up()
        second = self.engine(shard).until_live()
        for feeder in rk.feed(self.broker, shard.source, self.messages[half:], 2, producers=2):
            feeder.done()
        self.assertEqual(first.process.wait(30), 75, first.log())
        self.assertIn("another engine with this shard.id has taken over", first.log())
        shard.until_caught_up()
        self.assertEqual(second.end(), 0)
        self.check_whole(shard, 0)


class Successors(rk.Scenario):
    """Frozen past its transaction's time-out, an engine is told that it is fenced whether another has come or not."""

    def frozen(self, name):
        shard = self.shard(name, transaction_timeout_ms="1000")
        third = len(self.messages) // 3
        engine = self.engine(shard).until_live()
        for feeder in rk.feed(self.broker, shard.source, self.messages[:third], producers=2):
            feeder.done()
        shard.until_caught_up()
        rest = rk.feed(self.broker, shard.source, self.messages[third:], 4, producers=2)
        time.sleep(1)
        engine.process.send_signal(signal.SIGSTOP)
        time.sleep(2)
        return shard, engine, rest

    def end(self, shard, engine, rest):
        for feeder in rest:
            feeder.done()
        try:
            shard.until_caught_up()
        except AssertionError as failure:
            self.fail(f"{failure}; committed {shard.committed()}\n{engine.log()}")
        self.assertEqual(engine.end(), 0)
        rk.check_orders(shard, rk.orders_of(shard))
        rk.check_recommendations(self.broker.read(shard.recommendations))
        self.assertGreaterEqual(rk.check_replay(shard, self.directory), 20)

    def test_alone_it_goes_on(self):
        shard, engine, rest = self.frozen("alone")
        engine.process.send_signal(signal.SIGCONT)
        self.end(shard, engine, rest)

    def test_it_leaves_the_shard_to_its_successor_and_names_it(self):
        shard, engine, rest = self.frozen("succeeded")
        successor = self.engine(shard).until_live()
        engine.process.send_signal(signal.SIGCONT)
        self.assertEqual(engine.process.wait(30), 75, engine.log())
        self.assertRegex(engine.log(), r"another engine with this shard.id has taken over")
        self.end(shard, successor, rest)

    def test_one_that_was_overtaken_leaves_the_shard_to_its_successor(self):
        shard = self.shard("outlived")
        done = subprocess.run([os.path.join(os.environ["BUILD_DIR"], "tests", "tool_overtaken"),
                               *shard.arguments()],
                              capture_output=True, text=True, timeout=90, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_engine_with_nothing_to_commit_notices_its_successor_too(self):
        shard = self.shard("idle")
        for feeder in rk.feed(self.broker, shard.source, self.messages[:1000]):
            feeder.done()
        first = self.engine(shard).until_live()
        shard.until_caught_up()
        second = self.engine(shard).until_live()
        self.assertEqual(first.process.wait(40), 75, first.log())
        self.assertRegex(first.log(), rf"taken over \(host=\S+ pid={second.process.pid} ")
        self.assertEqual(second.end(), 0)

    def test_offsets_that_no_engine_has_set_are_no_successor(self):
        shard = self.shard("meddled")
        for feeder in rk.feed(self.broker, shard.source, self.messages[:1000]):
            feeder.done()
        engine = self.engine(shard).until_live()
        shard.until_caught_up()
        meddler = self.broker.consumer(shard.name)
        meddler.commit(offsets=[TopicPartition(shard.source, 0, 1)], asynchronous=False)
        meddler.close()
        self.assertEqual(engine.process.wait(40), 65, engine.log())
        self.assertRegex(engine.log(), rf"{shard.source}/0: somebody who is no engine has set .* group {shard.name} to 1;")
        status, said = self.refused(shard)
        self.assertEqual(status, 65, said)
        self.assertIn("set it back to", said)

    def test_a_successor_that_has_nothing_to_do_keeps_the_shard(self):
        shard, engine, rest = self.frozen("idle-successor")
        for feeder in rest:
            feeder.done()
        first = self.engine(shard).until_live()
        shard.until_caught_up()
        self.assertEqual(first.end(), 0)
        successor = self.engine(shard).until_live()
        engine.process.send_signal(signal.SIGCONT)
        self.assertEqual(engine.process.wait(30), 75, engine.log())
        self.assertRegex(engine.log(), rf"taken over \(host=\S+ pid={successor.process.pid} ")
        self.end(shard, successor, [])


class SharedOrderTopic(rk.Scenario):
    def test_an_open_transaction_of_another_shard_is_waited_for(self):
        """It holds back what is committed behind it; taken for the log's end, the state would be too old."""
        shard = self.shard("held")
        half = len(self.messages) // 2
        engine = self.engine(shard).until_live()
        for feeder in rk.feed(self.broker, shard.source, self.messages[:half], producers=2):
            feeder.done()
        shard.until_caught_up()
        other = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2,
                             "transactional.id": "another", "transaction.timeout.ms": 60000})
        other.init_transactions()
        other.begin_transaction()
        other.produce(shard.order, b"of another shard", b"another", 0)
        other.flush()
        for feeder in rk.feed(self.broker, shard.source, self.messages[half:], producers=2):
            feeder.done()
        shard.until_caught_up()
        engine.kill()
        engine = self.engine(shard).until_said("event=order_log_held")
        time.sleep(1)
        self.assertNotIn("event=live", engine.log())
        other.commit_transaction()
        engine.until_live()
        self.assertEqual(engine.end(), 0)
        rk.check_replay(shard, self.directory)


class BrokerAway(rk.Scenario):
    def test_an_engine_waits_for_a_broker_that_is_not_there_yet(self):
        shard = self.shard("early")
        for feeder in rk.feed(self.broker, shard.source, self.messages[:2000]):
            feeder.done()
        self.broker.stop()
        engine = self.engine(shard)
        engine.until_said("event=broker_away")
        time.sleep(3)
        self.assertIsNone(engine.process.poll())
        self.assertEqual(engine.log().count("event=broker_away"), 1, engine.log())
        self.broker.start()
        engine.until_live()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)

    def test_a_stop_while_the_broker_is_away_is_a_clean_end(self):
        shard = rk.Shard(self.broker, "nobody", self.schemas, bootstrap_servers="127.0.0.1:1")
        engine = self.engine(shard).until_said("event=broker_away")
        self.assertEqual(engine.end(), 0, engine.log())


class Refusals(rk.Scenario):
    """What cannot work is refused with a status and a next step."""

    def test_a_missing_topic_is_named(self):
        status, said = self.refused(rk.Shard(self.broker, "topicless", self.schemas))
        self.assertEqual(status, 78)
        self.assertRegex(said, r"topic topicless\.\w+: .*; create it")

    def test_a_first_start_must_be_told_where(self):
        status, said = self.refused(self.shard("whence"), start_from=None)
        self.assertEqual(status, 78)
        self.assertIn("start.from=earliest", said)

    def test_deleted_input_is_a_final_end(self):
        shard = self.shard("deleted")
        engine = self.engine(shard).until_live()
        for feeder in rk.feed(self.broker, shard.source, self.messages[:2000]):
            feeder.done()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        below = [TopicPartition(shard.source, p, shard.committed()[p] - 1)
                 for p in range(rk.PARTITIONS)]
        admin = self.broker.admin()
        for future in admin.delete_records(below).values():
            future.result(30)
        status, said = self.refused(shard)
        self.assertEqual(status, 66, said)
        self.assertRegex(said, r"deleted\.tx/\d does not hold offset 0 .*; it begins at \d+: \d+ records from 0 on are "
                               r"gone, 0 of them were never processed")

    def test_a_topic_that_was_made_anew_and_filled_again_is_a_final_end(self):
        shard = self.shard("anew", snapshot_dir=os.path.join(self.directory, "anew.snapshots"))
        engine = self.engine(shard).until_live()
        for feeder in rk.feed(self.broker, shard.source, self.messages[:2000]):
            feeder.done()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        commits = len(rk.orders_of(shard))
        self.broker.delete(shard.source)
        self.broker.create(**{shard.source: rk.PARTITIONS})
        for feeder in rk.feed(self.broker, shard.source, self.messages[2000:8000]):
            feeder.done()
        status, said = self.refused(shard)
        self.assertEqual(status, 66, said)
        self.assertRegex(said, r"anew\.tx/\d holds another record at offset \d+, .* was the topic made anew\?")
        self.assertEqual(len(rk.orders_of(shard)), commits)

    def test_input_that_was_never_processed_and_is_gone_is_counted(self):
        shard = self.shard("overtaken")
        engine = self.engine(shard).until_live()
        for feeder in rk.feed(self.broker, shard.source, self.messages[:2000]):
            feeder.done()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        done = shard.committed()
        for feeder in rk.feed(self.broker, shard.source, self.messages[2000:4000]):
            feeder.done()
        below = [TopicPartition(shard.source, p, done[p] + 10) for p in range(rk.PARTITIONS)]
        admin = self.broker.admin()
        for future in admin.delete_records(below).values():
            future.result(30)
        status, said = self.refused(shard)
        self.assertEqual(status, 66, said)
        self.assertRegex(said, r"overtaken\.tx/\d does not hold offset 0 .* 10 of them were never processed and are "
                               r"lost to this shard.* Restore the topic, or take a new shard\.id")

    def test_an_output_topic_that_takes_too_small_messages_is_named(self):
        shard = self.shard("small")
        resource = ConfigResource(ConfigResource.Type.TOPIC, shard.dead_letters,
                                  set_config={"max.message.bytes": "2000"})
        admin = self.broker.admin()
        admin.alter_configs([resource])[resource].result(30)
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        producer.produce(shard.source, b"no frame " * 1000, b"key", 0)
        producer.flush()
        status, said = self.refused(shard)
        self.assertEqual(status, 78, said)
        self.assertRegex(said, r"raise max.message.bytes.*small\.dlq")


if __name__ == "__main__":
    sys.exit(rk.run_scenarios(tests_min=19))
