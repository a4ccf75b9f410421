# SPDX-License-Identifier: Apache-2.0
"""What the tests on a real Kafka stand on: a broker, an engine, foreign producers and consumers, and the checks.

Nothing here shares code with the program: records are made and read by fastavro and confluent-kafka."""
import copy
import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import fastavro
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient, NewTopic,
                                   ResourcePatternType, ResourceType)

SAQSHY = os.environ["SAQSHY"]
SOURCE_DIR = os.environ["SOURCE_DIR"]
KAFKA = os.path.join(SOURCE_DIR, "tests", "kafka", "kafka")
PARTITIONS = 4
FOREIGN_ID = 1001
TRANSACTION_ID, RECOMMENDATION_ID, ORDER_ID, SIGNAL_ID, SHADOW_ID = 1, 2, 3, 4, 5


def schema_file(name):
    with open(os.path.join(SOURCE_DIR, "schemas", name + ".avsc"), encoding="utf-8") as file:
        return json.load(file)


TRANSACTION = fastavro.parse_schema(schema_file("TransactionEvent"))
RECOMMENDATION = fastavro.parse_schema(schema_file("FreezeRecommendation"))
ORDER = fastavro.parse_schema(schema_file("OrderRecord"))
RECORDED = fastavro.parse_schema({
    "type": "record", "name": "RecordedMessage", "namespace": "saqshy", "fields": [
        {"name": "topic", "type": "string"}, {"name": "partition", "type": "int"},
        {"name": "offset", "type": "long"}, {"name": "timestamp_ms", "type": "long"},
        {"name": "key", "type": ["null", "bytes"]}, {"name": "value", "type": ["null", "bytes"]},
        {"name": "headers", "type": {"type": "array", "items": {
            "type": "record", "name": "RecordedHeader", "fields": [
                {"name": "name", "type": "string"},
                {"name": "value", "type": ["null", "bytes"]}]}}}]})


def until(what, condition, timeout_s=60, pause_s=0.05):
    """Waits for a condition; its value when it holds, an error that names it when it does not come."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause_s)
    raise AssertionError(f"{what}: not within {timeout_s} s")


# Avro and the frame.

def encode(schema, record, schema_id=TRANSACTION_ID):
    out = io.BytesIO()
    out.write(struct.pack(">bI", 0, schema_id))
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


def decode(schema, value, schema_id):
    """The record behind a frame; the frame must be right and nothing may be left over."""
    assert value[:5] == struct.pack(">bI", 0, schema_id), value[:5]
    body = io.BytesIO(value[5:])
    record = fastavro.schemaless_reader(body, schema, None)
    assert body.read() == b"", "bytes are left over"
    return record


def foreign_schema():
    """The contract as another program might write it: fields backwards, one more of them, a symbol more."""
    schema = schema_file("TransactionEvent")
    fields = {field["name"]: copy.deepcopy(field) for field in schema["fields"]}
    party = fields["payer"]["type"]
    party["fields"].reverse()
    fields["payer"]["type"], fields["payee"]["type"] = "Party", party
    fields["channel"]["type"]["symbols"].insert(1, "SMART_WATCH")
    extra = {"name": "hub_route", "type": {"type": "array", "items": "string"}}
    schema["fields"] = [extra] + list(reversed(list(fields.values())))
    return schema


def as_foreign(record, number):
    record = dict(record, hub_route=["north", str(number)])
    if number % 100 == 0:
        record["channel"] = "SMART_WATCH"
    return record


def generate(directory, *flags):
    path = os.path.join(directory, "feed.avro")
    subprocess.run([SAQSHY, "gen", "--out", path, "--quiet", *flags], check=True)
    with open(path, "rb") as file:
        return list(fastavro.reader(file))


def key_of(event):
    return (event["payer"]["account_token"] or event["payee"]["account_token"]).encode()


def murmur2_partition(key, count):
    """Java's default partitioner."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for (k,) in struct.iter_unpack("<I", key[:whole]):
        k = k * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    if len(key) > whole:
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % count


# The broker.

class Broker:
    def __init__(self, directory, settings=""):
        """`settings`: of the broker's own, "key=value key=value"."""
        self.settings = settings
        self.run = os.path.join(directory, "kafka")
        self.port = self._free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"

    @staticmethod
    def _free_port():
        """A port that is free together with the controller's, 100 above."""
        while True:
            with socket.socket() as one, socket.socket() as other:
                one.bind(("127.0.0.1", 0))
                try:
                    other.bind(("127.0.0.1", one.getsockname()[1] + 100))
                except (OSError, OverflowError):
                    continue
                return one.getsockname()[1]

    def _call(self, *args):
        environment = dict(os.environ, KAFKA_RUN=self.run, KAFKA_PORT=str(self.port),
                           KAFKA_SET=self.settings)
        subprocess.run([KAFKA, *args], check=True, env=environment, stdout=subprocess.DEVNULL)

    def start(self):
        self._call("start")

    def stop(self, *args):
        self._call("stop", *args)

    def _signal(self, number):
        with open(os.path.join(self.run, "pid"), encoding="ascii") as file:
            pid = int(file.read())
        os.kill(pid, number)
        return pid

    def kill(self):
        pid = self._signal(signal.SIGKILL)
        until("the broker is gone", lambda: self._gone(pid))

    def freeze(self):
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    @staticmethod
    def _gone(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] in "ZX"
        except FileNotFoundError:
            return True

    def admin(self):
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2})

    def create(self, settings=None, **partitions):
        """Topics by name, with settings of their own, usable when this returns."""
        admin = self.admin()
        made = admin.create_topics([NewTopic(name, count, 1, config=settings or {})
                                    for name, count in partitions.items()])
        for future in made.values():
            future.result(30)
        for name, count in partitions.items():
            until(f"topic {name}", lambda name=name, count=count: self._leads(admin, name, count))

    def deny(self, topic):
        """Nobody may read it; of a broker that has an authorizer."""
        bindings = [AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:*", "*",
                               AclOperation.READ, AclPermissionType.DENY)]
        admin = self.admin()
        for future in admin.create_acls(bindings).values():
            future.result(30)

    def delete(self, topic):
        admin = self.admin()
        admin.delete_topics([topic])[topic].result(30)
        until(f"topic {topic} is gone", lambda: topic not in admin.list_topics(timeout=10).topics)

    @staticmethod
    def _leads(admin, name, count):
        found = admin.list_topics(timeout=10).topics.get(name)
        return (found is not None and found.error is None and len(found.partitions) == count
                and all(p.leader >= 0 for p in found.partitions.values()))

    def read(self, topic, isolation="read_committed"):
        """Every record of a topic by partition, in order, as a foreign consumer sees it."""
        consumer = self.consumer("reader", isolation)
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        open_ones, out = set(partitions), {p: [] for p in partitions}
        consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        while open_ones:
            message = consumer.poll(10)
            assert message is not None, f"{topic} does not come to its end"
            if message.error() is None:
                out[message.partition()].append(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                open_ones.discard(message.partition())
            elif not message.error().retriable():
                raise KafkaException(message.error())
        consumer.close()
        return out

    def consumer(self, group, isolation="read_committed"):
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": group,
                         "isolation.level": isolation, "auto.offset.reset": "earliest",
                         "enable.auto.commit": False, "enable.partition.eof": True,
                         "log_level": 2})


class Shard:
    """A shard's topics and options; the input may be shared with another shard."""

    def __init__(self, broker, name, schema_dir, source=None, **options):
        self.broker, self.name = broker, name
        self.source = source or name + ".tx"
        self.recommendations, self.dead_letters = name + ".rec", name + ".dlq"
        self.order = name + ".order"
        self.options = {
            "bootstrap.servers": broker.bootstrap, "shard.id": name,
            "topic.transactions": self.source, "topic.recommendations": self.recommendations,
            "topic.dead.letters": self.dead_letters, "topic.order": self.order,
            "start.from": "earliest", "schema.dir": schema_dir, "http.port": "0",
            "merge.slice.ms": "1", "commit.interval.ms": "100", "memory.prefault.mib": "0"}
        self.options.update({key.replace("_", "."): value for key, value in options.items()})
        self._offsets = None

    def create(self):
        outputs = {self.recommendations: PARTITIONS, self.dead_letters: 2, self.order: 1}
        own = {self.source: PARTITIONS} if self.source.startswith(self.name + ".") else {}
        self.broker.create(**outputs, **own)
        return self

    def arguments(self, **changed):
        options = dict(self.options, **{key.replace("_", "."): v for key, v in changed.items()})
        return [part for key, value in options.items() if value is not None
                for part in ("-X", f"{key}={value}")]

    def committed(self):
        """The group's offset by partition; -1 where there is none."""
        if self._offsets is None:
            self._offsets = self.broker.consumer(self.name)
        asked = [TopicPartition(self.source, p) for p in range(PARTITIONS)]
        try:
            return [max(-1, p.offset) for p in self._offsets.committed(asked, 10)]
        except KafkaException:
            return [-1] * PARTITIONS

    def _ends(self):
        """Nothing while the brokers do not know of the topic's partitions yet, or not of their leaders."""
        consumer = self.broker.consumer("ends")
        try:
            return [consumer.get_watermark_offsets(TopicPartition(self.source, p), 10)[1]
                    for p in range(PARTITIONS)]
        except KafkaException as failure:
            if failure.args[0].code() not in (KafkaError._UNKNOWN_PARTITION, KafkaError.NOT_LEADER_FOR_PARTITION):
                raise
            return None
        finally:
            consumer.close()

    def ends(self):
        return until(f"the brokers know {self.source}", self._ends, 20)

    def until_caught_up(self, timeout_s=60):
        ends = self.ends()
        until(f"{self.name} caught up with {ends}", lambda: self.committed() == ends, timeout_s)


class Engine:
    """A `saqshy run`; ended by `close` at the latest."""

    count = 0

    def __init__(self, shard, directory, **changed):
        Engine.count += 1
        self.path = os.path.join(directory, f"engine-{Engine.count}.log")
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen([SAQSHY, "run", *shard.arguments(**changed)], stderr=log,
                                            stdin=subprocess.DEVNULL)

    def log(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def until_said(self, what, timeout_s=60):
        def said():
            assert self.process.poll() is None or re.search(what, self.log()), self.log()
            return re.search(what, self.log())
        until(f"an engine says {what}", said, timeout_s)
        return self

    def until_live(self, timeout_s=60):
        return self.until_said("event=live", timeout_s)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self, timeout_s=30):
        """SIGTERM; the exit status."""
        self.process.terminate()
        return self.process.wait(timeout_s)

    def close(self):
        if self.process.poll() is None:
            self.kill()


class Feeder(threading.Thread):
    """A foreign producer that sends its messages over about `seconds`."""

    FLUSH_S = 180  # a broker that was killed comes back meanwhile, on a busy machine, too

    def __init__(self, broker, topic, messages, seconds):
        super().__init__(daemon=True)
        self.producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 1,
                                  "enable.idempotence": True, "log_level": 2})
        self.topic, self.messages, self.seconds = topic, messages, seconds
        self.failed = []
        self.start()

    def _delivered(self, error, _message):
        if error is not None:
            self.failed.append(error)

    def run(self):
        step = 5
        pause = self.seconds / max(1, len(self.messages) / step)
        for at in range(0, len(self.messages), step):
            for key, value, partition in self.messages[at:at + step]:
                self.producer.produce(self.topic, value, key, partition,
                                      on_delivery=self._delivered)
            self.producer.poll(0)
            time.sleep(pause)
        self.producer.flush(self.FLUSH_S)

    def done(self):
        self.join()
        assert not self.failed and len(self.producer) == 0, self.failed


def feed(broker, topic, messages, seconds=0.0, producers=1):
    return [Feeder(broker, topic, messages[i::producers], seconds) for i in range(producers)]


# Replay.

def record_of(message):
    return {"topic": message.topic(), "partition": message.partition(), "offset": message.offset(),
            "timestamp_ms": message.timestamp()[1], "key": message.key(), "value": message.value(),
            "headers": [{"name": n, "value": v} for n, v in message.headers() or []]}


def replay(shard, directory):
    """What the engine computes offline from the input and the order log: by partition
    [(key, value, headers)]."""
    recording = os.path.join(directory, shard.name + ".recording.avro")
    out = os.path.join(directory, shard.name + ".replayed.avro")
    with open(recording, "wb") as file:
        topics = [shard.broker.read(shard.source), shard.broker.read(shard.order)]
        fastavro.writer(file, RECORDED, (record_of(message) for topic in topics
                                         for messages in topic.values() for message in messages))
    done = subprocess.run([SAQSHY, "replay", "--input", recording, "--engine", "--out", out,
                           "--quiet", *shard.arguments(start_from=None)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    by_partition = {p: [] for p in range(PARTITIONS)}
    with open(out, "rb") as file:
        for record in fastavro.reader(file):
            headers = [(header["name"], header["value"]) for header in record["headers"]]
            by_partition[record["partition"]].append((record["key"], record["value"], headers))
    return by_partition


# Checks.

def contents(topic):
    """Key, value and headers of what was read, by partition."""
    return {p: [(m.key(), m.value(), m.headers() or []) for m in messages]
            for p, messages in topic.items()}


def orders_of(shard):
    messages = shard.broker.read(shard.order)[0]
    assert all(message.key() == shard.name.encode() for message in messages)
    return [decode(ORDER, message.value(), ORDER_ID) for message in messages]


def check_orders(shard, orders):
    """Every record of the input is taken exactly once, and the log says so without a gap."""
    position, ordinal = {}, 0
    for number, order in enumerate(orders):
        assert order["sequence"] == number, (order["sequence"], number)
        assert order["first_ordinal"] == ordinal, (order["first_ordinal"], ordinal)
        for run in order["runs"]:
            before = position.get(run["partition"])
            position[run["partition"]] = run["next_offset"]
            if before is None:
                assert run["next_offset"] == 0, run
                continue
            assert run["next_offset"] > before, (run, before)
            ordinal += run["next_offset"] - before
    ends = shard.ends()
    assert [position[p] for p in range(PARTITIONS)] == ends, (position, ends)
    assert shard.committed() == ends, (shard.committed(), ends)


def interleaving(orders):
    """The partitions in the order they were taken: one entry a run."""
    runs = [(run["partition"], run["next_offset"]) for order in orders[1:] for run in order["runs"]]
    return runs, sum(a[0] != b[0] for a, b in zip(runs, runs[1:]))


def check_recommendations(recommendations):
    """Framing, key, partition, headers, sequence and chain; the records by partition."""
    seen, out = set(), {}
    for partition, messages in recommendations.items():
        previous, out[partition] = bytes(32), []
        for number, message in enumerate(messages):
            record = decode(RECOMMENDATION, message.value(), RECOMMENDATION_ID)
            assert message.key() == record["target_account_token"].encode()
            assert partition == murmur2_partition(message.key(), PARTITIONS)
            assert record["sequence"] == number and record["previous_hash"] == previous
            previous = hashlib.sha256(message.value()[5:]).digest()
            identity = f"{record['recommendation_id']}.{record['revision']}"
            assert identity not in seen, identity
            seen.add(identity)
            check_headers(message, record, identity)
            out[partition].append(record)
    return out


def check_headers(message, record, identity):
    headers = {name: value.decode() for name, value in message.headers()}
    assert headers["ce_id"] == identity
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_type"] == "saqshy.freeze-recommendation.v1"
    assert headers["ce_source"].startswith("saqshy/")
    assert headers["ce_time"] == record["issued_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert headers["content-type"] == "avro/binary"
    assert not any(record["target_account_token"] in value for value in headers.values())


def check_replay(shard, directory):
    """The recommendations equal what the engine computes offline, to the byte."""
    online = contents(shard.broker.read(shard.recommendations))
    offline = replay(shard, directory)
    for partition in range(PARTITIONS):
        assert online[partition] == offline[partition], \
            f"{shard.name}, partition {partition}: {len(online[partition])} recommendations " \
            f"online, {len(offline[partition])} offline, or other bytes"
    return sum(map(len, online.values()))


def dead_letters_of(shard):
    """[(source partition, source offset, headers, message)], sorted."""
    out = []
    for messages in shard.broker.read(shard.dead_letters).values():
        for message in messages:
            headers = dict(message.headers())
            assert headers["__connect.errors.topic"] == shard.source.encode()
            out.append((int(headers["__connect.errors.partition"]),
                        int(headers["__connect.errors.offset"]), headers, message))
    return sorted(out, key=lambda letter: letter[:2])


def schema_directory(directory, *ids):
    path = os.path.join(directory, "schemas-" + "-".join(map(str, ids)))
    os.makedirs(path, exist_ok=True)
    for schema_id in ids:
        add_schema(path, schema_id)
    return path


def add_schema(path, schema_id):
    with open(os.path.join(path, f"{schema_id}.avsc"), "w", encoding="utf-8") as file:
        json.dump(foreign_schema(), file)


def why_no_kafka():
    """Fetches what the broker needs; a sentence when that cannot be had here."""
    if shutil.which("bash") is None:
        return "bash is not installed"
    done = subprocess.run([KAFKA, "fetch"], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip()


# Scenarios: tests that share a broker and a feed.

SKIPPED = 77
TIMEOUT_S = 540  # below ctest's, so that the broker is stopped in any case
HERE = {}  # broker, directory, events and their messages: set once in run_scenarios


def messages_of(events, schema=None, schema_id=FOREIGN_ID):
    """Keyed and framed by a foreign writer."""
    schema = schema or fastavro.parse_schema(foreign_schema())
    out = []
    for number, event in enumerate(events):
        key = key_of(event)
        value = encode(schema, as_foreign(event, number), schema_id)
        out.append((key, value, murmur2_partition(key, PARTITIONS)))
    return out


class Scenario(unittest.TestCase):
    """Engines that a test starts end with it."""

    @classmethod
    def setUpClass(cls):
        cls.broker, cls.directory = HERE["broker"], HERE["directory"]
        cls.messages = HERE["messages"]
        cls.schemas = schema_directory(cls.directory, FOREIGN_ID)

    def shard(self, name, source=None, **options):
        return Shard(self.broker, name, self.schemas, source, **options).create()

    def engine(self, shard, **changed):
        engine = Engine(shard, self.directory, **changed)
        self.addCleanup(engine.close)
        return engine

    def refused(self, shard, **changed):
        """Exit status and last words of an engine that must not run."""
        engine = self.engine(shard, **changed)
        return engine.process.wait(30), engine.log()


def run_all(ran_file, tests_min):
    HERE["events"] = generate(HERE["directory"], "--days", "3", "--accounts", "2000", "--droppers", "30")
    HERE["messages"] = messages_of(HERE["events"])
    program = unittest.main(exit=False, verbosity=2)
    ran = program.result.testsRun - len(program.result.skipped)
    print(f"real-Kafka tests run: {ran}", file=sys.stderr)
    with open(ran_file, "w", encoding="ascii") as file:
        print(ran, file=file)
    if not program.result.wasSuccessful():
        return 1
    if len(sys.argv) == 1 and ran < tests_min:
        print(f"at least {tests_min} are due", file=sys.stderr)
        return 1
    return 0


def give_up(number, _frame):
    raise SystemExit(f"ended by {signal.Signals(number).name}")


def run_scenarios(tests_min):
    """The tests of the file that is run, and its exit status. How many ran is left in BUILD_DIR, for CI."""
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, give_up)
    signal.alarm(TIMEOUT_S)
    ran_file = os.path.join(os.environ["BUILD_DIR"], "real-kafka-tests-ran", os.path.basename(sys.argv[0]))
    os.makedirs(os.path.dirname(ran_file), exist_ok=True)
    if os.path.exists(ran_file):
        os.unlink(ran_file)
    why = why_no_kafka()
    if why is not None:
        print(f"no real Kafka here, nothing is tested: {why}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    HERE["directory"] = tempfile.mkdtemp(prefix="saqshy-real-kafka-")
    HERE["broker"] = Broker(HERE["directory"])
    try:
        HERE["broker"].start()
        return run_all(ran_file, tests_min)
    finally:
        HERE["broker"].stop("--wipe")
        shutil.rmtree(HERE["directory"], ignore_errors=True)
