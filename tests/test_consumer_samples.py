# SPDX-License-Identifier: Apache-2.0
"""The consumer samples in C, Python and Java, as they stand, against a real Kafka and what a real engine wrote there.

Each is killed and started again, and judged from outside: by its ledger, and by what is in the topic of signals."""
import collections
import concurrent.futures
import hashlib
import io
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from datetime import timedelta

from confluent_kafka import Producer, TopicPartition

import real_kafka as rk

SKIPPED = 77
SEED = 20260107
TESTS_MIN = 50
TIMEOUT_S = 540  # below ctest's, so that the broker is stopped in any case
RAN = os.path.join(os.environ["BUILD_DIR"], "consumer-tests-run")  # how many did, for CI
LINES_MAX = 120
FOLDER = os.path.join(rk.SOURCE_DIR, "deploy", "samples", "consumer")
SCHEMAS = os.path.join(rk.SOURCE_DIR, "schemas")
SIGNAL = rk.fastavro.parse_schema(rk.schema_file("FraudSignal"))
SIGNAL_ID = 4
SIGNAL_PARTITIONS = 3
FORGED = "f" * 32
HERE = {}  # broker, directory, commands by language, day and its messages: set once in main
STARTED = []  # processes of samples
OPEN = ("ISSUED", "AMENDED")
AUTHORIZER = ("authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer "
              "allow.everyone.if.no.acl.found=true")

# The bank's people in the tests of a whole day: they hold all that is advised, at once.
PEOPLE = """
CREATE TRIGGER IF NOT EXISTS person_%(event)s AFTER %(when)s ON freeze
WHEN new.state IN ('ISSUED', 'AMENDED') AND new.valid_until > %(now)d BEGIN
    INSERT INTO decision (id, revision, result, held) VALUES (new.id, new.revision,
        CASE new.advised WHEN 0 THEN 'DECLINED' ELSE 'HELD' END, new.advised);
END;
"""


# One sample and where it keeps things.

class Sample:
    def __init__(self, language, name, topic, partitions):
        self.language, self.topic = language, topic
        self.directory = os.path.join(HERE["directory"], f"{name}-{language}")
        self.signals = f"{name}.{language}.signals"
        self.partitions = partitions
        os.mkdir(self.directory)
        self.decisions = self.path("decisions.txt")
        self.rules = FOLDER
        open(self.decisions, "w", encoding="utf-8").close()
        HERE["broker"].create(**{self.signals: SIGNAL_PARTITIONS})

    def path(self, name):
        return os.path.join(self.directory, name)

    def add_people(self, now):
        self.rules = self.path("rules")
        os.mkdir(self.rules)
        with open(os.path.join(FOLDER, "ledger.sql"), encoding="utf-8") as file:
            rules = file.read()
        for event, when in (("first", "INSERT"), ("next", "UPDATE OF revision")):
            rules += PEOPLE % {"event": event, "when": when, "now": now}
        with open(os.path.join(self.rules, "ledger.sql"), "w", encoding="utf-8") as file:
            file.write(rules)

    def start(self, now, group="first"):
        settings = {"KAFKA": HERE["broker"].bootstrap, "SCHEMAS": SCHEMAS, "RULES": self.rules,
                    "LEDGER": self.path("ledger.db"), "DECISIONS": self.decisions,
                    "TOPIC": self.topic, "SIGNALS": self.signals,
                    "GROUP": f"{self.signals}.{group}", "UNTIL_END": str(self.partitions),
                    "NOW": str(now)}
        with open(self.path("stderr"), "ab") as said:
            process = subprocess.Popen(HERE["commands"][self.language], stdout=subprocess.PIPE,
                                       stderr=said, text=True, env=os.environ | settings)
        STARTED.append(process)
        if HERE.get("given up"):
            process.kill()
        return process

    def run(self, now, group="first"):
        """To the topic's end. Exit status and lines of output."""
        with self.start(now, group) as process:
            lines = process.communicate(timeout=120)[0].splitlines()
        return process.returncode, lines

    def kill_after_lines(self, now, count):
        """SIGKILL between an effect that was just said and whatever is next."""
        with self.start(now) as process:
            for _ in range(count):
                if process.stdout.readline() == "":
                    break
            process.kill()
        return process.returncode

    def kill_after(self, now, group, seconds):
        with self.start(now, group) as process:
            time.sleep(seconds)
            process.kill()
            process.communicate()

    def committed(self, group):
        consumer = HERE["broker"].consumer(f"{self.signals}.{group}")
        try:
            return [p.offset for p in consumer.committed(
                [TopicPartition(self.topic, p) for p in range(self.partitions)], 30)]
        finally:
            consumer.close()

    def said(self):
        with open(self.path("stderr"), encoding="utf-8") as file:
            return file.read()

    def ask(self, question):
        ledger = sqlite3.connect(self.path("ledger.db"))
        try:
            return ledger.execute(question).fetchall()
        finally:
            ledger.close()

    def change(self, statement, *values):
        ledger = sqlite3.connect(self.path("ledger.db"))
        with ledger:
            ledger.execute(statement, values)
        ledger.close()

    def write_decisions(self, *lines):
        with open(self.decisions, "a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)

    def sent(self):
        return sum(map(len, HERE["broker"].read(self.signals).values()))

    def live_signals(self):
        """What a compacted topic keeps, by key; what it once held under one revision must be the same bytes."""
        live, seen = {}, {}
        for partition, messages in HERE["broker"].read(self.signals).items():
            for message in messages:
                signal = rk.decode(SIGNAL, message.value(), SIGNAL_ID)
                key = message.key().decode()
                assert key == signal["signal_id"], (key, signal)
                assert partition == rk.murmur2_partition(message.key(), SIGNAL_PARTITIONS)
                identity = (key, signal["revision"])
                assert seen.setdefault(identity, message.value()) == message.value(), identity
                live[key] = signal
        return live, [(key, rk.decode(SIGNAL, value, SIGNAL_ID)) for (key, _), value in seen.items()]


# What must come of a topic, computed without the samples.

class Case:
    def __init__(self):
        self.revision, self.state, self.advised, self.valid_until = 0, None, 0, 0
        self.held, self.outcomes = 0, []

    def report(self, result, held):
        self.held = held
        self.outcomes.append((result, held))

    def take(self, record, now):
        self.revision, self.state = record["revision"], record["state"]
        self.advised = record["hold_amount_kzt_minor"] or 0
        self.valid_until = int(record["valid_until"].timestamp())
        if self.state in OPEN and self.valid_until > now:
            self.report(*(("HELD", self.advised) if self.advised else ("DECLINED", 0)))
        self.close(now)

    def close(self, now):
        if self.state in OPEN and self.valid_until <= now:
            self.state = "LAPSED"
        if self.state not in OPEN:
            self.held = 0


def cases_of(day, now):
    cases = {}
    for records in day.values():
        for record in records:
            case = cases.setdefault(record["recommendation_id"], Case())
            if record["revision"] > case.revision:
                case.take(record, now)
    return cases


# The recorded day.

def undone(event, past, account, now):
    """Reversals of what moved the account's money in the week before: debits, the newest first, then credits, the
    transaction itself last."""
    week = [p for p in reversed(past) if now["event_time"] - p["event_time"] < timedelta(days=7)]
    for p in sorted(week, key=lambda p: (p["payee"]["account_token"] == account, p is event)):
        yield dict(p, event_id=f"undone-{p['event_id']}", tx_status="REVERSED", event_time=now["event_time"],
                   ingest_time=now["ingest_time"])


def with_reversals(events, opening):
    """The feed, in which all that an account did is undone some 200 records after each of `opening`."""
    out, due, past = [], {}, collections.defaultdict(list)
    for number, event in enumerate(events):
        out.append(event)
        if event["tx_status"] == "SETTLED":
            for party in (event["payer"], event["payee"]):
                past[party["account_token"]].append(event)
            if event["tx_id"] in opening:
                due[number + 200] = event
        if number in due:
            account = opening[due[number]["tx_id"]]
            out += undone(due[number], past[account], account, event)
    return out


def openings(directory, events):
    """Transactions that episodes open with, and the accounts, as the engine computes them offline."""
    feed, out = os.path.join(directory, "feed.avro"), os.path.join(directory, "offline.avro")
    subprocess.run([rk.SAQSHY, "replay", "--engine", "--quiet", "--input", feed, "--out", out,
                    "-X", "start.from=earliest"], check=True)
    with open(out, "rb") as file:
        records = [rk.decode(rk.RECOMMENDATION, message["value"], rk.RECOMMENDATION_ID)
                   for message in rk.fastavro.reader(file)]
    return {record["target_tx_ids"][0]: record["target_account_token"] for record in records
            if record["revision"] == 1}


def record_day(broker, directory):
    """A shard whose recommendations a real engine wrote, and they themselves by partition."""
    schemas = rk.schema_directory(directory, rk.FOREIGN_ID)
    shard = rk.Shard(broker, "day", schemas).create()
    events = rk.generate(directory, "--days", "16", "--accounts", "400", "--droppers", "60")
    reversed_ones = dict(sorted(openings(directory, events).items())[::2])
    schema = rk.fastavro.parse_schema(rk.foreign_schema())
    one_partition = 0  # so that every run of the test has the same day
    messages = [(rk.key_of(event), rk.encode(schema, rk.as_foreign(event, number), rk.FOREIGN_ID),
                 one_partition) for number, event in enumerate(with_reversals(events, reversed_ones))]
    engine = rk.Engine(shard, directory)
    try:
        for feeder in rk.feed(broker, shard.source, messages):
            feeder.done()
        shard.until_caught_up()
        assert engine.end() == 0, engine.log()
    finally:
        engine.close()
    return shard, rk.check_recommendations(broker.read(shard.recommendations))


def forge(messages):
    """A record of nobody's that would fit behind these: only the transaction keeps it out."""
    last = messages[-1]
    record = rk.decode(rk.RECOMMENDATION, last.value(), rk.RECOMMENDATION_ID)
    record.update(recommendation_id=FORGED, revision=1, state="ISSUED",
                  sequence=record["sequence"] + 1, previous_hash=digest(last.value()))
    return rk.encode(rk.RECOMMENDATION, record, rk.RECOMMENDATION_ID), last.key(), last.headers()


def digest(value):
    return hashlib.sha256(value[5:]).digest()


def transactional(broker, name):
    producer = Producer({"bootstrap.servers": broker.bootstrap, "transactional.id": name,
                         "transaction.timeout.ms": 600000, "log_level": 2})
    producer.init_transactions(30)
    producer.begin_transaction()
    return producer


def leave_uncommitted(broker, topic, committed):
    """An aborted record at the end of every partition, and one after it of a transaction that stays open."""
    open_one = None
    for name in ("aborts", "stays-open"):
        open_one = transactional(broker, name)
        for partition, messages in committed.items():
            value, key, headers = forge(messages)
            open_one.produce(topic, value, key, partition, headers=headers)
        open_one.flush(30)
        if name == "aborts":
            open_one.abort_transaction(30)
    found = [m for messages in broker.read(topic, "read_uncommitted").values() for m in messages]
    assert sum(FORGED.encode() in m.value() for m in found) >= len(committed), "nothing to be kept out"
    return open_one


class RecordedDay:
    """Consumed twice with restarts: one freeze an episode, and every outcome arrives."""

    language = None

    @classmethod
    def setUpClass(cls):
        shard, cls.day = HERE["day"]
        records = [r for records in cls.day.values() for r in records]
        terms = sorted(c.valid_until for c in cases_of(cls.day, 0).values() if c.state in OPEN)
        cls.now, cls.late = terms[0], terms[-1]  # the term of one, and of all
        cls.sample = Sample(cls.language, "day", shard.recommendations, rk.PARTITIONS)
        cls.sample.add_people(cls.now)
        chance = random.Random(SEED)
        cls.killed = [cls.sample.kill_after_lines(cls.now, chance.randint(1, len(records) // 4))
                      for _ in range(3)]
        cls.first = cls.sample.run(cls.now)
        cls.cases = cls.sample.ask("SELECT id, revision, state, held FROM freeze ORDER BY id")
        cls.sample.kill_after(cls.now, "second", chance.uniform(0.3, 1.5))
        cls.second = cls.sample.run(cls.now, "second")
        cls.again = cls.sample.ask("SELECT id, revision, state, held FROM freeze ORDER BY id")
        cls.live, cls.signals = cls.sample.live_signals()
        cls.expected = cases_of(cls.day, cls.now)

    def test_the_day_has_all_that_can_happen(self):
        states = {r["state"] for records in self.day.values() for r in records}
        self.assertEqual(states, {"ISSUED", "AMENDED", "WITHDRAWN", "EXPIRED"})
        self.assertEqual({case.state in OPEN or case.state for case in self.expected.values()},
                         {True, "WITHDRAWN", "EXPIRED", "LAPSED"})
        self.assertIn(("WITHDRAWN", "HELD"), {(case.state, case.outcomes[-1][0]) for case in self.expected.values()
                                              if case.outcomes})

    def test_it_was_killed_and_came_to_the_end(self):
        self.assertEqual(self.killed, [-9] * 3)
        self.assertEqual(self.first[0], 0, self.sample.said())
        self.assertEqual(self.second, (0, []), self.sample.said())
        for group in ("first", "second"):
            offsets = self.sample.committed(group)
            for partition, messages in HERE["messages"].items():
                self.assertGreater(offsets[partition], messages[-1].offset())

    def test_there_is_one_freeze_an_episode_in_its_last_revision(self):
        expected = [(i, c.revision, c.state, c.held) for i, c in sorted(self.expected.items())]
        self.assertEqual(self.cases, expected)
        self.assertEqual(self.again, expected)
        self.assertNotIn(FORGED, [case[0] for case in self.again])

    def test_every_record_is_in_the_ledger_once(self):
        due = sorted(f"{r['recommendation_id']}.{r['revision']}"
                     for records in self.day.values() for r in records)
        rows = self.sample.ask("SELECT identity FROM record ORDER BY identity")
        self.assertEqual([row[0] for row in rows], due)

    def test_every_outcome_arrives_and_the_last_is_live(self):
        due = {"outcome-" + i: c.outcomes for i, c in self.expected.items() if c.outcomes}
        arrived = {}
        for key, signal in sorted(self.signals, key=lambda s: (s[0], s[1]["revision"])):
            arrived.setdefault(key, []).append(
                (signal["outcome"]["result"], signal["outcome"]["held_amount_kzt_minor"]))
            self.assertEqual(signal["revision"], len(arrived[key]))
            self.assertEqual((signal["kind"], signal["source"]), ("OUTCOME", "BANK"))
            self.assertEqual("outcome-" + signal["outcome"]["recommendation_id"], key)
        self.assertEqual(arrived, due)
        self.assertEqual({key: s["outcome"]["result"] for key, s in self.live.items()},
                         {key: outcomes[-1][0] for key, outcomes in due.items()})

    def test_when_the_terms_are_over_nothing_stays_held_and_what_is_sent_again_is_the_same(self):
        self.sample.change("UPDATE outcome SET sent = 0")  # as if it had been killed after each
        self.assertEqual(self.sample.run(self.late, "second")[0], 0, self.sample.said())
        self.assertEqual(self.sample.ask("SELECT id FROM freeze WHERE held > 0 OR state IN "
                                         "('ISSUED', 'AMENDED')"), [])
        for case in self.expected.values():
            case.close(self.late)
        live, _ = self.sample.live_signals()
        self.assertGreaterEqual(self.sample.sent(), 2 * len(self.signals))
        self.assertEqual({key: s["outcome"]["result"] for key, s in live.items()},
                         {"outcome-" + i: c.outcomes[-1][0]
                          for i, c in self.expected.items() if c.outcomes})


# Topics made by hand, of one partition.

class Made:
    """Chains of two shards in one partition."""

    def __init__(self, name):
        self.name, self.messages, self.links = name, [], {}
        self.template = next(r for records in HERE["day"][1].values() for r in records
                             if r["hold_amount_kzt_minor"])
        HERE["broker"].create(**{name: 1})

    def add(self, letter, revision, state, shard="one", **fields):
        sequence, previous = self.links.get(shard, (0, bytes(32)))
        record = dict(self.template, recommendation_id=letter * 32, revision=revision, state=state,
                      hold_amount_kzt_minor=100000, sequence=sequence, previous_hash=previous, **fields)
        value = rk.encode(rk.RECOMMENDATION, record, rk.RECOMMENDATION_ID)
        self.links[shard] = (sequence + 1, digest(value))
        self.messages.append((value, [("ce_source", b"saqshy/" + shard.encode())]))
        return self

    def send(self):
        producer = Producer({"bootstrap.servers": HERE["broker"].bootstrap, "log_level": 2})
        for value, headers in self.messages:
            producer.produce(self.name, value, b"key", 0, headers=headers)
        assert producer.flush(30) == 0
        return self.name

    def now(self):
        return int(self.template["valid_until"].timestamp()) - 1


class Decisions:
    """Of revisions out of order, of what is not to be acted on, and of what people may decide."""

    language = None

    def setUp(self):
        made = Made("odd." + self.language)
        made.add("a", 1, "ISSUED").add("a", 3, "AMENDED").add("d", 1, "ISSUED", "two")
        made.add("a", 2, "AMENDED").add("b", 1, "ISSUED", mode="SHADOW").add("c", 1, "UNKNOWN")
        made.add("d", 2, "WITHDRAWN", "two").add("e", 1, "ISSUED", "two")
        made.messages.append(made.messages[0])
        self.now = made.now()
        self.sample = Sample(self.language, "odd", made.send(), 1)

    def run_to_end(self):
        self.assertEqual(self.sample.run(self.now)[0], 0, self.sample.said())

    def cases(self):
        return self.sample.ask("SELECT id, revision, state, held FROM freeze ORDER BY id")

    def outcomes(self):
        live, _ = self.sample.live_signals()
        return {key[8]: (s["revision"], s["outcome"]["result"], s["outcome"]["held_amount_kzt_minor"])
                for key, s in live.items()}

    def test_nothing_is_held_unless_a_person_says_so_and_then_what_the_advice_allows(self):
        self.run_to_end()
        a, d, e = "a" * 32, "d" * 32, "e" * 32
        self.assertEqual(self.cases(), [(a, 3, "AMENDED", 0), (d, 2, "WITHDRAWN", 0),
                                        (e, 1, "ISSUED", 0)])
        self.assertEqual(self.outcomes(), {})
        self.sample.write_decisions(
            f"{a}.2 HELD 5", f"{a}.3 HELD 100001", f"{a}.3 HELD 0", f"{d}.2 HELD 10",
            f"{'b' * 32}.1 HELD 10", f"{e}.1 SEIZED 10", f"{e}.1 DECLINED", "", "nonsense",
            f"{a}.3 HELD 500.50", f"{a}.3 HELD 5 0", f"{a}.3 HELD {'0' * 5000}5x", f"{a}.3 HELD -5",
            f"{a}.3 PARTLY_HELD 1000", f"{d}.2 FALSE_POSITIVE 0", f"{e}.1 HELD 100000")
        with open(self.sample.decisions, "a", encoding="utf-8") as file:
            file.write(f"{a}.3 HELD 77")  # whoever writes is not done yet
        self.run_to_end()
        self.assertEqual(self.outcomes(), {"a": (1, "PARTLY_HELD", 1000),
                                           "d": (1, "FALSE_POSITIVE", 0), "e": (1, "HELD", 100000)})
        refused = re.findall(r"line (\d+) of the decisions is refused", self.sample.said())
        self.assertEqual(refused, [str(n) for n in range(1, 14)])
        self.sample.write_decisions("0", f"{e}.1 FALSE_POSITIVE 0")
        self.run_to_end()
        self.assertEqual(self.outcomes(), {"a": (2, "HELD", 770),
                                           "d": (1, "FALSE_POSITIVE", 0), "e": (2, "FALSE_POSITIVE", 0)})
        self.assertEqual(self.cases(), [(a, 3, "AMENDED", 770), (d, 2, "WITHDRAWN", 0),
                                        (e, 1, "ISSUED", 0)])


class BrokenChain:
    language = None

    def consume(self, name, spoil):
        """Exit status and the taken records of a topic of five whose messages `spoil` changed."""
        made = Made(f"{name}.{self.language}")
        for letter in "abcde":
            made.add(letter, 1, "ISSUED")
        spoil(made.messages)
        self.now = made.now()
        self.sample = Sample(self.language, name, made.send(), 1)
        return self.stopped()

    def stopped(self):
        status, _ = self.sample.run(self.now)
        return status, "".join(row[0][0] for row in
                               self.sample.ask("SELECT identity FROM record ORDER BY identity"))

    @staticmethod
    def change(messages):
        value, headers = messages[2]
        record = rk.decode(rk.RECOMMENDATION, value, rk.RECOMMENDATION_ID)
        record["hold_amount_kzt_minor"] += 1
        messages[2] = rk.encode(rk.RECOMMENDATION, record, rk.RECOMMENDATION_ID), headers

    def test_a_removed_record_stops_it(self):
        self.assertEqual(self.consume("removed", lambda messages: messages.pop(2)), (65, "ab"))
        self.assertIn("number 3 of saqshy/one", self.sample.said())

    def test_a_changed_record_stops_it_at_the_next(self):
        self.assertEqual(self.consume("changed", self.change), (65, "abc"))

    def test_other_bytes_under_a_known_name_stop_it(self):
        def spoil(messages):
            forged = list(messages)
            self.change(forged)
            messages.append(forged[2])
        self.assertEqual(self.consume("renamed", spoil), (65, "abcde"))

    def test_what_is_no_recommendation_stops_it(self):
        def spoil(messages):
            messages[2] = (messages[2][0][:40], messages[2][1])
        self.assertEqual(self.consume("torn", spoil), (65, "ab"))
        self.assertIn("partition 0, offset 2", self.sample.said())

    def test_a_record_without_a_value_stops_it(self):
        def spoil(messages):
            messages[2] = (None, messages[2][1])
        self.assertEqual(self.consume("empty", spoil), (65, "ab"))

    def test_a_record_of_no_shard_stops_it(self):
        def spoil(messages):
            messages[2] = (messages[2][0], [("ce_source", None)])
        self.assertEqual(self.consume("nobody", spoil), (65, "ab"))

    def test_a_missing_beginning_stops_it_until_the_ledger_is_told(self):
        self.assertEqual(self.consume("late", lambda messages: messages.pop(0)), (65, ""))
        number, source, previous = re.search(r"number (\d+) of (\S+) after ([0-9a-f]{64})",
                                             self.sample.said()).groups()
        self.sample.change("INSERT INTO chain VALUES (?, 0, ?, ?, -1)", source, int(number), previous)
        self.assertEqual(self.stopped(), (0, "bcde"))


class NotToBeRead:
    """Of a topic that waiting makes no better."""

    language = None

    def consume(self, topic):
        self.sample = Sample(self.language, topic, topic, 1)
        return self.sample.run(0)[0]

    def test_a_topic_that_is_not_there_ends_it_with_a_word(self):
        self.assertEqual(self.consume("nowhere"), 1)
        self.assertRegex(self.sample.said(), "(?is)unknown.?topic.*nowhere|nowhere.*unknown.?topic")

    def test_a_topic_that_is_denied_ends_it_with_a_word(self):
        topic = "denied." + self.language
        HERE["broker"].create(**{topic: 1})
        HERE["broker"].deny(topic)
        self.assertEqual(self.consume(topic), 1)
        self.assertRegex(self.sample.said(), "(?i)topic.?authorization|not authorized to access topics")


class Files(unittest.TestCase):
    def test_each_is_under_120_lines_of_at_most_100_columns(self):
        names = sorted(os.listdir(FOLDER))
        self.assertGreaterEqual(len(names), 4)
        for name in names:
            with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
                lines = file.read().splitlines()
            self.assertLess(len(lines), LINES_MAX, name)
            self.assertLessEqual(max(map(len, lines)), 100, name)

    def test_the_c_sample_is_built_as_its_first_lines_say(self):
        with open(os.path.join(FOLDER, "freeze_queue.c"), encoding="utf-8") as file:
            text = file.read()
        command = re.search(r"^ \* +(cc .*?\)) ?\*/", text, re.M | re.S).group(1).replace("\n *", "\n")
        out = os.path.join(HERE["directory"], "built-by-hand")
        strict = f"-Werror=implicit-function-declaration -o {out}"  # an error for newer compilers
        subprocess.run(["bash", "-ec", command.replace("-o freeze_queue", strict)], check=True, cwd=FOLDER)
        self.assertTrue(os.access(out, os.X_OK))


# Every sample goes through all of it, the three beside each other.

def suite_of(language):
    suite = unittest.TestSuite()
    for base in (RecordedDay, Decisions, BrokenChain, NotToBeRead):
        case = type(base.__name__ + language.capitalize(), (base, unittest.TestCase),
                    {"language": language, "__doc__": base.__doc__})
        suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    return suite


def run(suite):
    said = io.StringIO()
    return unittest.TextTestRunner(said, verbosity=2).run(suite), said.getvalue()


def run_all():
    suites = [unittest.defaultTestLoader.loadTestsFromTestCase(Files), *map(suite_of, HERE["commands"])]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ran = list(pool.map(run, suites))
    for _, said in ran:
        sys.stderr.write(said)
    count = sum(r.testsRun for r, _ in ran)
    with open(RAN, "w", encoding="ascii") as file:
        print(count, file=file)
    return count >= TESTS_MIN and all(r.wasSuccessful() and not r.skipped for r, _ in ran)


def build_java(directory, jars):
    classes = os.path.join(directory, "classes")
    sources = [os.path.join(FOLDER, n) for n in os.listdir(FOLDER) if n.endswith(".java")]
    subprocess.run(["javac", "-Xlint:all", "-Werror", "-cp", f"{jars}/*", "-d", classes, *sources],
                   check=True)
    return ["java", f"-Djava.io.tmpdir={directory}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{classes}:{jars}/*", "FreezeQueue"]


def why_no_java():
    """The jars' folder, or None and a sentence why the Java sample cannot be had here."""
    if shutil.which("javac") is None:
        return None, "javac is not installed; ./dev setup installs it"
    done = subprocess.run([rk.KAFKA, "jars"], capture_output=True, text=True, check=False)
    return (done.stdout.strip(), None) if done.returncode == 0 else (None, done.stderr.strip())


def give_up(number, _frame):
    HERE["given up"] = True
    for process in STARTED:
        process.kill()
    raise SystemExit(f"ended by {signal.Signals(number).name}")


def main():
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, give_up)
    signal.alarm(TIMEOUT_S)
    if os.path.exists(RAN):
        os.unlink(RAN)
    why = rk.why_no_kafka()
    jars, why_not = why_no_java()
    if why is not None or why_not is not None:
        print(f"no real Kafka or no Java here, nothing is tested: {why or why_not}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    HERE["directory"] = tempfile.mkdtemp(prefix="saqshy-consumer-samples-")
    HERE["broker"] = rk.Broker(HERE["directory"], AUTHORIZER)
    try:
        HERE["broker"].start()
        began = time.monotonic()
        HERE["commands"] = {
            "c": [os.path.join(os.environ["BUILD_DIR"], "deploy", "freeze_queue")],
            "python": [sys.executable, os.path.join(FOLDER, "freeze_queue.py")],
            "java": build_java(HERE["directory"], jars)}
        HERE["day"] = record_day(HERE["broker"], HERE["directory"])
        HERE["messages"] = HERE["broker"].read(HERE["day"][0].recommendations)
        open_one = leave_uncommitted(HERE["broker"], HERE["day"][0].recommendations, HERE["messages"])
        passed = run_all()
        open_one.abort_transaction(30)
        print(f"{time.monotonic() - began:.0f} s beside the broker's start", file=sys.stderr)
        return 0 if passed else 1
    finally:
        HERE["broker"].stop("--wipe")
        shutil.rmtree(HERE["directory"], ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
