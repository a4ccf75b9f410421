# SPDX-License-Identifier: Apache-2.0
"""The program against a real Apache Kafka, with foreign producers and consumers on both sides: what it makes of its inputs.

It starts its own broker on a free port. Where Kafka cannot be fetched it says so and ends with status 77, which
ctest reports as skipped; with CI=true that is a failure. A run that leaves tests out fails."""
import datetime
import hashlib
import json
import os
import subprocess
import sys

import real_kafka as rk


class TwoRacingProducers(rk.Scenario):
    """Two foreign producers write at once; two shards read the same input while they do. Their slices differ, so that
    their orders do even when they never race."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shards = [rk.Shard(cls.broker, "first", cls.schemas).create(),
                      rk.Shard(cls.broker, "second", cls.schemas, "first.tx",
                               merge_slice_ms="2").create()]
        engines = [rk.Engine(shard, cls.directory) for shard in cls.shards]
        try:
            for engine in engines:
                engine.until_live()
            for feeder in rk.feed(cls.broker, "first.tx", cls.messages, seconds=5, producers=2):
                feeder.done()
            for shard in cls.shards:
                shard.until_caught_up()
            cls.statuses = [engine.end() for engine in engines]
        finally:
            for engine in engines:
                engine.close()
        cls.recommendations = [cls.broker.read(shard.recommendations) for shard in cls.shards]
        cls.orders = [rk.orders_of(shard) for shard in cls.shards]

    def test_a_stopped_engine_exits_with_status_0(self):
        self.assertEqual(self.statuses, [0, 0])

    def test_recommendations_are_framed_keyed_chained_and_named_once(self):
        for topic in self.recommendations:
            records = rk.check_recommendations(topic)
            self.assertGreaterEqual(sum(map(len, records.values())), 20)

    def test_a_recommendation_names_the_record_that_led_to_it(self):
        schema = rk.fastavro.parse_schema(rk.foreign_schema())
        source = self.broker.read("first.tx")
        for topic in self.recommendations:
            for records in rk.check_recommendations(topic).values():
                for record in records:
                    self.check_position(record, source, schema)

    def check_position(self, record, source, schema):
        self.assertEqual(record["input_topic"], "first.tx")
        message = source[record["input_partition"]][record["input_offset"]]
        event = rk.decode(schema, message.value(), rk.FOREIGN_ID)
        tokens = [event["payer"]["account_token"], event["payee"]["account_token"]]
        self.assertIn(record["target_account_token"], tokens)
        self.assertEqual(record["issued_at"], event["ingest_time"])

    def test_every_record_is_in_the_order_log_once(self):
        for shard, orders in zip(self.shards, self.orders):
            rk.check_orders(shard, orders)

    def test_the_first_run_equals_its_replay(self):
        self.assertGreaterEqual(rk.check_replay(self.shards[0], self.directory), 20)

    def test_the_second_run_equals_its_replay(self):
        self.assertGreaterEqual(rk.check_replay(self.shards[1], self.directory), 20)

    def test_the_two_runs_chose_different_orders(self):
        (first, first_count), (second, second_count) = map(rk.interleaving, self.orders)
        print(f"alternations: {first_count} and {second_count}", file=sys.stderr)
        self.assertTrue(first != second, "both runs chose the same order")
        self.assertGreaterEqual(min(first_count, second_count), 1000)

    def test_a_good_record_is_no_dead_letter(self):
        for shard in self.shards:
            self.assertEqual(rk.dead_letters_of(shard), [])


class Benchmark(rk.Scenario):
    """The benchmarks that need a broker run, and do the work they say. No time is asserted."""

    def rows(self, name, *flags):
        bench = os.path.join(os.environ["BUILD_DIR"], "bench", name)
        environment = dict(os.environ, BOOTSTRAP_SERVERS=self.broker.bootstrap)
        ended = subprocess.run([bench, "--json", *flags], env=environment, capture_output=True,
                               text=True, timeout=120)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        rows = {row["name"]: row for row in map(json.loads, ended.stdout.splitlines())}
        for row in rows.values():
            self.assertLessEqual({"name", "unit", "best", "median", "p99", "machine", "compiler",
                                  "commit", "seed", "versions"}, set(row))
        return rows

    def test_the_end_to_end_benchmark_does_the_work_for_each_compression(self):
        rows = self.rows("bench_e2e", "--records", "20000", "--rounds", "1")
        for codec in "none", "lz4", "zstd":
            self.assertGreater(rows[codec + ": engine"]["best"], 0)
            self.assertGreater(rows[codec + ": nothing"]["best"], 0)
        self.assertGreater(rows["accepted"]["best"], 0.99 * 20000)
        again = self.rows("bench_e2e", "--records", "20000", "--rounds", "1", "--compression", "lz4")
        self.assertNotIn("none: engine", again)

    def test_the_latency_benchmark_finds_the_cause_of_what_is_recommended(self):
        rows = self.rows("bench_latency", "--rate", "2000", "--seconds", "3", "--warm-up", "1",
                         "--accounts", "5000")
        self.assertGreater(rows["event -> readable"]["median"], 0)
        self.assertGreater(rows["recommendations timed"]["best"], 10)
        self.assertEqual(rows["recommendations of others"]["best"], 0)
        self.assertEqual(rows["accepted"]["best"], 4 * 2000)


def signals_of(count, first=0):
    """Reports of the police, keyed and framed, in partition 0 or 1; every tenth cannot be used, every eleventh is a
    tombstone."""
    schema = rk.fastavro.parse_schema(rk.schema_file("FraudSignal"))
    now = datetime.datetime.now(datetime.timezone.utc)
    out = []
    for number in range(first, first + count):
        signal_id = f"signal-{number}"
        subjects = [{"type": "ACCOUNT", "token": f"account-{number % 7}", "role": "DROPPER"}]
        value = rk.encode(schema, {
            "signal_id": signal_id, "revision": 1, "kind": "INCIDENT", "source": "POLICE", "category": "scam",
            "confidence": "CONFIRMED", "reported_at": now, "valid_from": now,
            "subjects": [] if number % 10 == 9 else subjects}, rk.SIGNAL_ID)
        out.append((signal_id.encode(), None if number % 11 == 10 else value, number % 2))
    return out


class Signals(rk.Scenario):
    """A second input, compacted, that may be absent."""

    def signals_shard(self, name, topic=True):
        shard = self.shard(name, topic_signals=name + ".signals")
        if topic:
            self.broker.create(**{name + ".signals": 2})
        return shard

    def send(self, shard, signals, messages):
        for feeder in rk.feed(self.broker, shard.name + ".signals", signals):
            feeder.done()
        self.send_transactions(shard, messages)

    def send_transactions(self, shard, messages):
        for feeder in rk.feed(self.broker, shard.source, messages):
            feeder.done()

    def until_signals_are_taken(self, shard, count):
        def taken():
            ends = {(topic, partition): end for topic, partition, end in self.positions(shard)}
            return sum(end for (topic, _), end in ends.items() if topic.endswith(".signals"))
        rk.until(f"{count} signals are committed", lambda: taken() == count)

    def positions(self, shard):
        """By topic, where every run ends, in the order they were taken."""
        return [(run["topic"], run["partition"], run["next_offset"])
                for order in rk.orders_of(shard) for run in order["runs"]]

    def test_a_first_start_reads_them_before_any_transaction_and_a_restart_gives_the_same(self):
        shard = self.signals_shard("signals-first")
        self.send(shard, signals_of(300), self.messages[:2000])
        engine = self.engine(shard).until_live()
        self.until_signals_are_taken(shard, 300)
        shard.until_caught_up()
        engine.kill()
        self.assertIn("event=signals_first records=300", engine.log())
        read, first = {}, None
        for number, (topic, partition, offset) in enumerate(self.positions(shard)):
            if topic.endswith(".signals"):
                read[partition] = offset
            elif offset > 0 and first is None:
                first = number
                self.assertEqual(sum(read.values()), 300)
        self.assertIsNotNone(first)
        self.send(shard, signals_of(20, 300), self.messages[2000:2500])
        engine = self.engine(shard).until_live()
        self.until_signals_are_taken(shard, 320)
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        letters = [dict(m.headers()) for records in self.broker.read(shard.dead_letters).values() for m in records]
        bad = [n for n in range(320) if n % 10 == 9 and n % 11 != 10]
        self.assertEqual(len(letters), len(bad))
        for headers in letters:
            self.assertEqual(headers["__connect.errors.topic"], b"signals-first.signals")
            self.assertEqual(headers["saqshy.dlq.reason"], b"BAD_VALUE")

    def test_verify_replays_both_topics(self):
        shard = self.signals_shard("signals-verified")
        engine = self.engine(shard).until_live()
        feeders = rk.feed(self.broker, shard.source, self.messages[:3000], seconds=2)
        feeders += rk.feed(self.broker, "signals-verified.signals", signals_of(200), seconds=2)
        for feeder in feeders:
            feeder.done()
        self.until_signals_are_taken(shard, 200)
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        topics = [topic for topic, _, _ in self.positions(shard)]
        self.assertGreaterEqual(sum(a != b for a, b in zip(topics, topics[1:])), 20)
        done = subprocess.run([rk.SAQSHY, "verify", "--replay", *shard.arguments()], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn(" reproduced byte for byte by replay of 3200 records", done.stdout)

    def test_a_topic_that_is_absent_is_said_and_read_when_it_is_there(self):
        shard = self.signals_shard("signals-later", topic=False)
        for feeder in rk.feed(self.broker, shard.source, self.messages[:500]):
            feeder.done()
        engine = self.engine(shard).until_said("event=signals_absent").until_live()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        self.broker.create(**{"signals-later.signals": 2})
        self.send(shard, signals_of(50), [])
        engine = self.engine(shard).until_said("event=new_partitions topic=signals-later.signals").until_live()
        self.until_signals_are_taken(shard, 50)
        self.assertEqual(engine.end(), 0)

    def shard_without_its_topic(self, name, count):
        """Its topic, with so many signals, was deleted under a live engine, which took transactions all along."""
        shard = self.signals_shard(name)
        self.send(shard, signals_of(count), self.messages[:500])
        engine = self.engine(shard).until_live()
        self.until_signals_are_taken(shard, count)
        shard.until_caught_up()
        self.broker.delete(name + ".signals")
        self.send_transactions(shard, self.messages[500:1000])
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        self.assertNotIn("event=commit_failed", engine.log())
        return shard

    def test_an_empty_topic_that_was_deleted_may_be_made_anew(self):
        shard = self.shard_without_its_topic("signals-empty", 0)
        engine = self.engine(shard).until_said("event=signals_gone").until_live()
        self.assertEqual(engine.end(), 0)
        self.broker.create(**{"signals-empty.signals": 2})
        self.send(shard, signals_of(20), [])
        engine = self.engine(shard).until_live()
        self.until_signals_are_taken(shard, 20)
        self.assertEqual(engine.end(), 0)

    def test_one_that_was_read_is_missed_until_a_rebuild(self):
        shard = self.shard_without_its_topic("signals-lost", 50)
        status, said = self.refused(shard)
        self.assertEqual(status, 66, said)
        self.assertIn("run --rebuild", said)
        with subprocess.Popen([rk.SAQSHY, "run", "--rebuild", *shard.arguments()], stderr=subprocess.DEVNULL) as engine:
            self.send_transactions(shard, self.messages[1000:1100])
            shard.until_caught_up()
            engine.terminate()
        self.assertEqual(engine.returncode, 0)


class Policy(rk.Scenario):
    """Documents come by a compacted topic, published by `saqshy policy`."""

    def policy_shard(self, name, **options):
        shard = self.shard(name, topic_policy=name + ".policy",
                           state_dir=os.path.join(self.directory, name + ".state"), **options)
        os.makedirs(shard.options["state.dir"])
        self.broker.create({"cleanup.policy": "compact", "min.compaction.lag.ms": str(2**63 - 1)},
                           **{name + ".policy": 1})
        return shard

    def document(self, policy_id, probability=0.8):
        """The shipped policy by another id; its file, and its SHA-256."""
        path = os.path.join(self.directory, policy_id + ".json")
        with open(os.path.join(rk.SOURCE_DIR, "models", "shipped-policy.json"), encoding="utf-8") as file:
            policy = json.load(file)
        policy["id"] = policy_id
        policy["actions"]["REVIEW_ONLY"]["probability"] = probability
        text = json.dumps(policy)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path, hashlib.sha256(text.encode()).hexdigest()

    def policy(self, shard, *words, due=0):
        """What `saqshy policy` says: rows, and where another status is due the text."""
        done = subprocess.run([rk.SAQSHY, "policy", *words, "--json", *shard.arguments(start_from=None)],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, due, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()] if due == 0 else done.stderr

    def send_change(self, shard, key, **change):
        """By a foreign producer, whatever it says; the value."""
        value = json.dumps({"format": "saqshy-change/1", **change}).encode()
        producer = rk.Producer({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        producer.produce(shard.options["topic.policy"], value, key.encode(), 0)
        producer.flush()
        return value

    def changes(self, shard, acks):
        """The messages of the topic that are acknowledgements, or those that are none."""
        messages, = self.broker.read(shard.options["topic.policy"]).values()
        return [message for message in messages if message.key().startswith(b"ack/") == acks]

    def until_acknowledged(self, shard, key, count=1):
        def found():
            acks = [ack for ack in self.changes(shard, True) if ack.key() == f"ack/{shard.name}/{key}".encode()]
            return acks if len(acks) == count else None
        return json.loads(rk.until(f"{key} is acknowledged", found, 30)[-1].value())

    def send(self, shard, messages):
        for feeder in rk.feed(self.broker, shard.source, messages, producers=2):
            feeder.done()
        shard.until_caught_up()

    def decided_by(self, shard):
        """The policies that recommendations name, by partition, in the order they came, each once in a row."""
        out = []
        for records in rk.check_recommendations(self.broker.read(shard.recommendations)).values():
            names = [record["policy_sha256"] for record in records]
            out.append([name for name, before in zip(names, [None] + names) if name != before])
        return out

    def test_what_is_published_decides_behind_its_commit_and_a_restart_keeps_it(self):
        shard = self.policy_shard("policy-live")
        half = len(self.messages) // 2
        engine = self.engine(shard).until_live()
        self.send(shard, self.messages[:half])
        path, sha256 = self.document("p-live")
        row, = self.policy(shard, "publish", path, "--author", "asel", "--reason", "a trial")
        self.assertEqual((row["result"], row["policy"]["sha256"]), ("published", sha256))
        engine.until_said(f"event=policy_active .*policy={sha256[:8]} author=.asel.")
        self.check_acknowledged(shard, sha256)
        self.send(shard, self.messages[half:])
        engine.kill()
        engine = self.engine(shard).until_said("event=policy_of_topic").until_live()
        self.assertEqual(engine.end(), 0)
        old = self.old_policy(shard)
        self.assertIn([old, sha256], self.decided_by(shard))
        self.assertTrue(all(names in ([old, sha256], [old], [sha256], []) for names in self.decided_by(shard)))
        shown, = self.policy(shard, "show")
        self.assertEqual((shown["by"], shown["policy"]), ("topic", {"id": "p-live", "sha256": sha256}))
        self.assertEqual([(s["shard"], s["as_the_topic_says"]) for s in shown["shards"]], [(shard.name, True)])
        self.assertEqual(len(self.changes(shard, True)), 1)
        self.assertIn(sha256 + ".json", os.listdir(shard.options["state.dir"]))
        done = subprocess.run([rk.SAQSHY, "verify", "--replay", *shard.arguments()], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def old_policy(self, shard):
        return rk.orders_of(shard)[0]["policy_sha256"]

    def check_acknowledged(self, shard, sha256):
        """It says who, which bytes, where they lie, which commit holds them, and what decides from there on."""
        ack = self.until_acknowledged(shard, "p-live")
        change, = self.changes(shard, False)
        self.assertEqual(change.key(), b"p-live")
        self.assertEqual({key: ack[key] for key in ("shard", "result", "why", "author", "approver", "epoch")},
                         {"shard": shard.name, "result": "ACTIVE", "why": "", "author": "asel", "approver": "",
                          "epoch": 0})
        self.assertEqual(ack["change_sha256"], hashlib.sha256(change.value()).hexdigest())
        self.assertEqual(ack["position"], {"topic": change.topic(), "partition": 0, "offset": change.offset()})
        self.assertEqual(ack["in_force"]["policy"], {"id": "p-live", "sha256": sha256})
        order = rk.orders_of(shard)[ack["order_sequence"]]
        self.assertEqual(order["policy_sha256"], self.old_policy(shard))
        self.assertEqual((order["runs"][-1]["topic"], order["runs"][-1]["next_offset"]),
                         (change.topic(), change.offset() + 1))
        self.assertEqual(order["model_sha256"], ack["in_force"]["model"]["sha256"])

    def test_what_cannot_be_used_is_refused_and_the_documents_in_force_stay(self):
        shard = self.policy_shard("policy-bad")
        path, _ = self.document("p-bad", probability=1.5)
        self.assertIn("must lie between 0 and 1", self.policy(shard, "publish", path, "--author", "asel", due=78))
        self.assertEqual(self.changes(shard, False), [])
        engine = self.engine(shard).until_live()
        with open(path, encoding="utf-8") as file:
            value = self.send_change(shard, "p-bad", author="boris", policy=file.read())
        engine.until_said("event=policy_refused .*author=.boris.")
        ack = self.until_acknowledged(shard, "p-bad")
        self.assertEqual((ack["result"], ack["author"], ack["change_sha256"]),
                         ("REFUSED", "boris", hashlib.sha256(value).hexdigest()))
        self.assertIn("must lie between 0 and 1", ack["why"])
        self.assertEqual(ack["in_force"]["policy"]["sha256"], self.old_policy(shard))
        self.send(shard, self.messages[:len(self.messages) // 2])
        engine.kill()
        engine = self.engine(shard).until_live()
        self.assertEqual(engine.end(), 0)
        self.assertNotIn("event=policy_refused", engine.log())
        self.assertEqual(len(self.changes(shard, True)), 1)
        self.assertTrue(all(names in ([self.old_policy(shard)], []) for names in self.decided_by(shard)))
        row, = self.policy(shard, "history")
        self.assertEqual((row["usable"], [s["result"] for s in row["shards"]]), (False, ["REFUSED"]))
        shown, = self.policy(shard, "show")
        self.assertEqual(shown["by"], "files")

    def test_two_persons_are_asked_for_by_the_command_and_by_the_engine(self):
        shard = self.policy_shard("policy-two", policy_two_persons="true")
        path, sha256 = self.document("p-two")
        alone, same = ("--author", "asel"), ("--author", "asel", "--approver", "ASEL")
        self.assertIn("nobody approved it", self.policy(shard, "publish", path, *alone, due=78))
        self.assertIn("is author and approver", self.policy(shard, "publish", path, *same, due=78))
        self.assertEqual(self.changes(shard, False), [])
        engine = self.engine(shard).until_live()
        with open(path, encoding="utf-8") as file:
            self.send_change(shard, "p-two", author="boris", policy=file.read())
        ack = self.until_acknowledged(shard, "p-two")
        self.assertEqual(ack["result"], "REFUSED")
        self.assertIn("nobody approved it", ack["why"])
        self.policy(shard, "publish", path, "--author", "asel", "--approver", "marat")
        ack = self.until_acknowledged(shard, "p-two", 2)
        self.assertEqual((ack["result"], ack["author"], ack["approver"]), ("ACTIVE", "asel", "marat"))
        self.assertEqual(ack["in_force"]["policy"]["sha256"], sha256)
        self.assertEqual(engine.end(), 0)

    def test_history_tells_of_each_change_and_a_first_start_reads_them_first(self):
        shard = self.policy_shard("policy-past")
        first, first_sha256 = self.document("p-first")
        second, second_sha256 = self.document("p-second", probability=0.85)
        for path in (first, second, second, first):
            self.policy(shard, "publish", path, "--author", "asel", "--approver", "marat", "--reason", "a trial")
        self.send_transactions(shard)
        engine = self.engine(shard).until_said("event=policy_first").until_live()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        self.assertTrue(all(names in ([first_sha256], []) for names in self.decided_by(shard)))
        rows = self.policy(shard, "history")
        self.assertEqual([row["policy"]["sha256"] for row in rows], [first_sha256, second_sha256, first_sha256])
        for number, row in enumerate(rows):
            self.assertEqual((row["author"], row["approver"], row["reason"], row["usable"]),
                             ("asel", "marat", "a trial", True))
            self.assertEqual([(s["shard"], s["result"]) for s in row["shards"]], [(shard.name, "ACTIVE")], number)
        with open(second, encoding="utf-8") as file:
            shown = subprocess.run([rk.SAQSHY, "policy", "show", "p-second", *shard.arguments(start_from=None)],
                                   capture_output=True, text=True, timeout=60, check=True)
            self.assertEqual(shown.stdout, file.read())

    def send_transactions(self, shard):
        for feeder in rk.feed(self.broker, shard.source, self.messages[:len(self.messages) // 2]):
            feeder.done()


class Shadows(rk.Scenario):
    """What a model on trial would have advised, in a topic of its own."""

    def test_each_side_that_it_advises_on_is_there_once_whoever_is_killed(self):
        with open(os.path.join(rk.SOURCE_DIR, "models", "shipped-model.json"), encoding="utf-8") as file:
            trial = json.load(file)
        trial["id"] = "trial"
        path = os.path.join(self.directory, "trial.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(trial, file)
        shard = self.shard("shadowed", model_shadow=path, topic_shadow="shadowed.shadow")
        self.broker.create(**{"shadowed.shadow": rk.PARTITIONS})
        engine = self.engine(shard).until_live()
        feeders = rk.feed(self.broker, shard.source, self.messages, seconds=4, producers=2)
        for share in (0.3, 0.6):
            wanted = share * len(self.messages)
            rk.until(f"{share:.0%} committed", lambda wanted=wanted: sum(map(max, shard.committed(), [0] * 4)) >= wanted)
            engine.kill()
            engine = self.engine(shard).until_live()
        for feeder in feeders:
            feeder.done()
        shard.until_caught_up()
        self.assertEqual(engine.end(), 0)
        self.check_scores(shard, self.broker.read("shadowed.shadow"))
        self.assertGreaterEqual(rk.check_replay(shard, self.directory), 20)

    def check_scores(self, shard, topic):
        """It is the live model by another name: of each recommendation that a side led to there is a score."""
        schema, seen = rk.fastavro.parse_schema(rk.schema_file("ShadowScore")), set()
        for partition, messages in topic.items():
            for message in messages:
                score = rk.decode(schema, message.value(), rk.SHADOW_ID)
                self.assertEqual(message.key(), score["account_token"].encode())
                self.assertEqual(partition, rk.murmur2_partition(message.key(), rk.PARTITIONS))
                self.assertEqual((score["action"], score["score"]), (score["live_action"], score["live_score"]))
                self.assertNotEqual(score["action"], "UNKNOWN")
                self.assertEqual(score["model_id"], "trial")
                name = (score["input_partition"], score["input_offset"], score["account_token"])
                self.assertNotIn(name, seen)
                seen.add(name)
        advised = {(r["input_partition"], r["input_offset"], r["target_account_token"])
                   for records in rk.check_recommendations(self.broker.read(shard.recommendations)).values()
                   for r in records if r["state"] in ("ISSUED", "AMENDED") and r["payee_recommendation_id"] is None}
        self.assertLessEqual(advised, seen)
        self.assertGreaterEqual(len(advised), 20)


class Poison(rk.Scenario):
    """Records that cannot be used become dead letters; the stream goes on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schemas = rk.schema_directory(cls.directory, rk.FOREIGN_ID, 2001)
        os.unlink(os.path.join(cls.schemas, "2001.avsc"))
        cls.shard_ = rk.Shard(cls.broker, "poison", cls.schemas).create()
        cls.cases = cls.corpus()
        half = len(cls.messages) // 2
        producer = rk.Producer({"bootstrap.servers": cls.broker.bootstrap, "log_level": 2})
        for key, value, partition in cls.messages[:half]:
            producer.produce(cls.shard_.source, value, key, partition)
        for _, value, _ in cls.cases:
            producer.produce(cls.shard_.source, value, b"some key", 1,
                             headers=[("traceparent", b"00-01"), ("empty", None)])
        producer.flush()
        for key, value, partition in cls.messages[half:]:
            producer.produce(cls.shard_.source, value, key, partition)
        producer.flush()
        engine = rk.Engine(cls.shard_, cls.directory)
        try:
            engine.until_live()
            cls.shard_.until_caught_up()
            cls.status = engine.end()
        finally:
            engine.close()
        cls.letters = rk.dead_letters_of(cls.shard_)

    @classmethod
    def corpus(cls):
        """[(reason, value, part of the text)]"""
        event = rk.HERE["events"][0]
        framed = rk.encode(rk.TRANSACTION, event)
        far = dict(event, event_time=event["ingest_time"] + datetime.timedelta(hours=1))
        absurd = dict(event, ingest_time=event["ingest_time"].replace(year=2150))
        nobody = dict(event, payer=dict(event["payer"], account_token=None),
                      payee=dict(event["payee"], account_token=None))
        return [
            ("NOT_FRAMED", bytes(range(7, 60)), "no format known"),
            ("NOT_FRAMED", b'{"amount": 5}', "JSON"),
            ("NOT_FRAMED", b"\xc3\x01" + framed, "single-object"),
            ("NOT_FRAMED", b"\x00\x00\x00", "cut"),
            ("NOT_FRAMED", b"", "empty"),
            ("MALFORMED", framed[:-3], ""),
            ("MALFORMED", framed + b"\x00", "left over"),
            ("SCHEMA_UNKNOWN", framed[:1] + (2001).to_bytes(4, "big") + framed[5:], "2001"),
            ("TOMBSTONE", None, ""),
            ("OVERSIZE", framed + bytes(70000), "value.bytes.max"),
            ("FUTURE_TIME", rk.encode(rk.TRANSACTION, far), "5 minutes"),
            ("BAD_TIME", rk.encode(rk.TRANSACTION, absurd), "2100"),
            ("NO_ACCOUNT", rk.encode(rk.TRANSACTION, nobody), "account"),
        ]

    def test_every_reason_is_given_with_the_bytes_as_they_were(self):
        self.assertEqual(self.status, 0)
        self.assertEqual([letter[0] for letter in self.letters], [1] * len(self.cases))
        source = self.broker.read(self.shard_.source)[1]
        for (_, offset, headers, message), (reason, value, text) in zip(self.letters, self.cases):
            with self.subTest(reason=reason, text=text):
                self.assertEqual(headers["saqshy.dlq.reason"].decode(), reason)
                self.assertIn(text, headers["__connect.errors.exception.message"].decode())
                self.assertEqual(message.key(), b"some key")
                self.assertEqual(message.value(), value)
                self.assertEqual(message.headers()[:2], source[offset].headers())
                self.check_names(headers, source[offset])

    def check_names(self, headers, original):
        for name in ("connector.name", "stage", "class.name"):
            self.assertTrue(headers["__connect.errors." + name])
        self.assertEqual(headers["saqshy.dlq.attempt"], b"1")
        self.assertEqual(int(headers["saqshy.dlq.timestamp"]), original.timestamp()[1])

    def test_the_stream_goes_on(self):
        rk.check_orders(self.shard_, rk.orders_of(self.shard_))
        records = rk.check_recommendations(self.broker.read(self.shard_.recommendations))
        last = max(record["input_offset"] for record in records[1] + records[0])
        self.assertGreater(last, max(letter[1] for letter in self.letters))

    def test_a_schema_that_has_come_since_does_not_change_the_past(self):
        rk.add_schema(self.schemas, 2001)
        rk.check_replay(self.shard_, self.directory)
        engine = self.engine(self.shard_).until_live()
        self.assertEqual(engine.end(), 0)
        self.assertEqual(len(rk.dead_letters_of(self.shard_)), len(self.cases))


if __name__ == "__main__":
    sys.exit(rk.run_scenarios(tests_min=23))
