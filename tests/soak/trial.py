# SPDX-License-Identifier: Apache-2.0
"""One run: a shard, its racing producers, a read_committed reader all along, the engine, and faults one after the
other; then the oracle. A trial is one fault of a run."""
import ctypes
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time

import fastavro
from confluent_kafka import TopicPartition

import informant
import oracle
import real_kafka as rk
import shelf

FAILPOINT_ENGINE = os.path.join(os.environ["BUILD_DIR"], "tests", "soak", "saqshy_failpoint")
WAIT_S = 60
LIBC = ctypes.CDLL(None)
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


class Engine:
    """A `saqshy run`; what it says goes through a pipe, so that a full disk does not silence it."""

    def __init__(self, shard, path, failpoint=None, file_bytes_max=None, obeys_modes=False, **changed):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SAQSHY")}
        environment["FAILPOINT"] = failpoint or ""
        self.failpoint, self.path, self.lines = failpoint, path, []
        self.foretold = None  # what its start has to make of the snapshots, where that is known

        def limit():
            if file_bytes_max is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))
            if obeys_modes:  # root's, too, unless it may override them
                LIBC.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)

        self.process = subprocess.Popen(
            [FAILPOINT_ENGINE, "run", *shard.arguments(**changed)], env=environment, stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, preexec_fn=limit)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        with open(self.path, "ab") as log:
            for line in self.process.stderr:
                self.lines.append(line.decode(errors="replace"))
                log.write(f"{time.time():.3f} ".encode() + line)
                log.flush()

    def said(self):
        return "".join(self.lines)

    def ended(self):
        return self.process.poll() is not None

    def status(self, timeout_s=WAIT_S):
        status = self.process.wait(timeout_s)
        self.listener.join(10)
        return status

    def signal(self, number):
        self.process.send_signal(number)

    def frozen(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"

    def until_said(self, what, count=1):
        def said():
            assert not self.ended(), f"ended with {self.process.returncode}: {self.said()[-500:]}"
            return self.said().count(what) >= count
        rk.until(f"an engine says {what}", said, WAIT_S)

    def until_live(self, count=1):
        self.until_said("event=live", count)


class Follower(threading.Thread):
    """Reads recommendations, dead letters and the order log as they are committed, and passes the first on."""

    def __init__(self, shard, pass_on):
        super().__init__(daemon=True)
        self.shard, self.pass_on, self.seen, self.error = shard, pass_on, {}, None
        self.commits = []  # (when the record was made, when it was seen), seconds since 1970
        self.order_schema = rk.ORDER
        self.position, self.regressed = {}, None
        self.ending = threading.Event()
        self.consumer = shard.broker.consumer("follower-" + shard.name)
        topics = {shard.recommendations: rk.PARTITIONS, shard.dead_letters: 2, shard.order: 1}
        self.consumer.assign([TopicPartition(t, p, 0) for t, count in topics.items() for p in range(count)])
        self.start()

    def run(self):
        try:
            while not self.ending.is_set():
                for message in self.consumer.consume(200, 0.1):
                    if message.error() is None:
                        self._take(message)
        except Exception as error:  # told by `whole`
            self.error = error
        self.consumer.close()

    def _take(self, message):
        place = (message.topic(), message.partition())
        self.seen.setdefault(place, []).append((message.offset(), message.value()))
        if message.topic() == self.shard.recommendations:
            self.pass_on(message.value())
        if message.topic() != self.shard.order:
            return
        for run in rk.decode(self.order_schema, message.value(), rk.ORDER_ID)["runs"]:
            place = run["topic"], run["partition"]
            assert place[0] in (self.shard.source, self.shard.signals), run
            if run["next_offset"] < self.position.get(place, 0):
                self.regressed = run
            self.position[place] = run["next_offset"]
        self.commits.append((message.timestamp()[1] / 1000, time.time()))

    def taken(self):
        """Of the transactions."""
        return sum(end for (topic, _), end in list(self.position.items()) if topic == self.shard.source)

    def knows(self, ends):
        """All signals were taken."""
        return all(self.position.get((self.shard.signals, p), 0) == end for p, end in enumerate(ends))

    def count(self):
        return sum(len(log) for log in list(self.seen.values()))

    def until_seen(self, count):
        rk.until("the reader sees everything", lambda: self.error or self.count() >= count, 30)
        self.ending.set()
        self.join()
        assert self.error is None, self.error


class Run:
    def __init__(self, soak, number, plan, random):
        self.soak, self.number, self.plan, self.random = soak, number, plan, random
        self.name = f"{soak.name}-{number}"
        self.directory = os.path.join(soak.directory, f"run-{self.name}")
        os.makedirs(os.path.join(self.directory, "state"))
        self.engines, self.marks, self.floor = [], [], [-1] * rk.PARTITIONS
        self.options = {"merge_slice_ms": random.choice(["1", "1000"]),
                        "commit_interval_ms": random.choice(["50", "100", "300"]),
                        "transaction_timeout_ms": random.choice(["2000", "10000"]),
                        "state_dir": os.path.join(self.directory, "state")}
        for fault in plan:
            self.options.update(fault.options)
        self.shard = rk.Shard(soak.cluster, f"r{self.name}", soak.schema_dir, **self.options)
        self.shard.signals = self.shard.options["topic.signals"] = self.shard.name + ".signals"
        self.messages, self.poisoned = soak.feed.messages(random)
        self.reports, poisoned = informant.Reports(soak.feed.spoken, random).make()
        self.poisoned += poisoned
        self.answers = informant.Answers(random)
        self.changed = {}
        copies = os.path.join(self.directory, "copies") if random.random() < 0.5 else None
        self.shelf = shelf.Shelf(self.shard.name, os.path.join(self.directory, "snapshots"), copies)
        self.spoilt = set()  # labels of snapshots that may be refused

    # Engines.

    @property
    def engine(self):
        return self.engines[-1]

    def start_engine(self, failpoint=None, **changed):
        """What it has to make of the snapshots is known unless another one may write meanwhile."""
        alone = all(engine.ended() or engine.frozen() for engine in self.engines)
        foretold = self.shelf.foretold()
        self.spoilt.update(foretold[1])
        path = os.path.join(self.directory, f"engine-{len(self.engines)}.log")
        settings = dict(self.shelf.options(), **self.changed)
        self.engines.append(Engine(self.shard, path, failpoint, **dict(settings, **changed)))
        self.engine.foretold = foretold if alone else None
        return self.engine

    def start_next(self, number):
        """The engine after fault `number`, armed for the next one."""
        following = self.plan[number + 1] if number + 1 < len(self.plan) else None
        return self.start_engine(following.arm(self.random) if following else None)

    def stop(self):
        """A clean stop of an engine that has got as far as to hear of it."""
        self.engine.until_live()
        self.engine.signal(signal.SIGTERM)
        self.must_end(self.engine, 0)

    def must_end(self, engine, *statuses):
        try:
            status = engine.status()
        except subprocess.TimeoutExpired:
            raise AssertionError(f"an engine that had to end with {statuses} goes on: {engine.said()[-300:]}") from None
        assert status in statuses, f"ended with {status}, not {statuses}: {engine.said()[-500:]}"

    def alive(self):
        assert not self.engine.ended(), f"ended with {self.engine.process.returncode}: {self.engine.said()[-700:]}"

    # Progress.

    def until_share(self, share):
        """Until so much of the feed is committed, with the engine at work."""
        wanted = share * len(self.messages)

        def reached():
            self.alive()
            return self.follower.taken() >= wanted
        rk.until(f"{share:.0%} of the feed is committed", reached, 2 * WAIT_S)
        self.look_at_offsets()

    def until_commit(self, after):
        """Until something is committed after that time, or everything is."""
        def done():
            self.alive()
            return self.follower.commits and self.follower.commits[-1][0] > after or \
                self.follower.taken() >= len(self.messages)
        rk.until("the next commit", done, 2 * WAIT_S)

    def share_of(self, number):
        return 0.85 * (number + self.random.uniform(0.3, 0.9)) / len(self.plan)

    def mark(self):
        """A fault begins to be recovered from."""
        self.marks.append(time.time())

    def look_at_offsets(self):
        """I3: what the group has committed never goes back."""
        now = self.shard.committed()
        if -1 in now:
            return
        assert all(a >= b for a, b in zip(now, self.floor)), f"offsets go back: {self.floor} to {now}"
        self.floor = now

    def recoveries(self):
        """Seconds from each fault until a commit begun after it was seen; None: there was nothing left to
        commit."""
        return [next((seen - mark for made, seen in self.follower.commits if made > mark), None)
                for mark in self.marks]

    # The run.

    def execute(self):
        self.shard.create()
        self.soak.cluster.create(**{self.shard.signals: informant.PARTITIONS})
        seconds = sum(fault.seconds for fault in self.plan) + 1
        self.informant = informant.Informant(self.soak.cluster, self.shard.signals, self.reports, self.answers,
                                             self.soak.feeders.share)
        self.follower = Follower(self.shard, self.informant.hear)
        path = os.path.join(self.directory, "messages")
        with open(path, "wb") as file:
            pickle.dump(self.messages, file)
        self.soak.feeders.begin(self.soak.cluster.bootstrap, self.shard.source, path, seconds)
        try:
            self.start_engine(self.plan[0].arm(self.random))
            for number, fault in enumerate(self.plan):
                fault.happen(self, number)
                assert len(self.marks) == number + 1
            self.finish()
        finally:
            for engine in self.engines:
                if not engine.ended():
                    engine.signal(signal.SIGCONT)
                    engine.process.kill()
                    engine.status()
            self.soak.feeders.end()
            self.informant.ending.set()
            if sys.exc_info()[0] is not None:
                self.follower.ending.set()
        return self.verify()

    def finish(self):
        told = self.soak.feeders.end()
        assert sum(t["acked"] for t in told) == len(self.messages), told
        self.informant.end()
        self.until_share(1)
        rk.until("all signals are taken", lambda: self.follower.knows(self.informant.ends), 2 * WAIT_S)
        self.stop()

    def read(self, topic):
        return {p: [oracle.Message(*(rk.record_of(m)[key] for key in
                                     ("topic", "partition", "offset", "timestamp_ms", "key", "value")),
                                   m.headers() or []) for m in log]
                for p, log in self.soak.cluster.read(topic).items()}

    def verify(self):
        shard = self.shard
        names = (shard.source, shard.signals, shard.order, shard.recommendations, shard.dead_letters)
        self.logs = {name: self.read(name) for name in names}
        report = self.soak.verifier.verify(shard.name, *(self.logs[name] for name in names))
        self.check_input(report)
        self.check_reader(report)
        self.check_offsets(report)
        self.check_snapshots(report)
        return report

    def check_input(self, report):
        """The broker kept what it acknowledged; dead letters are what was poisoned (I7)."""
        stored = sum(map(len, self.logs[self.shard.source].values()))
        if stored != len(self.messages):
            report.fault(len(self.messages), "records were acknowledged,", stored, "are there")
        stored = sum(map(len, self.logs[self.shard.signals].values()))
        if stored != self.informant.acked:
            report.fault(self.informant.acked, "signals were acknowledged,", stored, "are there")
        letters = sum(map(len, self.logs[self.shard.dead_letters].values()))
        if letters != self.poisoned:
            report.fault(self.poisoned, "records were poisoned,", letters, "are dead letters")

    def check_reader(self, report):
        """I2."""
        shard = self.shard
        final = {(name, p): [(m.offset, m.value) for m in log]
                 for name in (shard.order, shard.recommendations, shard.dead_letters)
                 for p, log in self.logs[name].items() if log}
        self.follower.until_seen(sum(map(len, final.values())))
        if self.follower.seen != final:
            report.fault("the reader that ran along saw other records than are there")
        if self.follower.regressed:
            report.fault("the order log goes back:", self.follower.regressed)

    def check_offsets(self, report):
        """I3."""
        ends = self.shard.ends()
        rk.until("committed offsets can be read", lambda: -1 not in self.shard.committed(), 30)
        if self.shard.committed() != ends:
            report.fault("committed offsets", self.shard.committed(), "of", ends)

    def check_snapshots(self, report):
        """I4: each start loads the newest good one and refuses what was spoilt, and nothing else; no file that was
        left alone is damaged."""
        for engine in self.engines:
            for number, (restored, refused, had) in enumerate(shelf.starts(engine.lines)):
                self.soak.count_start(restored, refused)
                foretold = engine.foretold if number == 0 else None
                if foretold is not None and foretold != (restored, refused):
                    report.fault(engine.path, "restored and refused", (restored, refused), "not", foretold)
                if number > 0 and had and restored is None:
                    report.fault(engine.path, "has snapshots and reloads without one")
                if not self.spoilt.issuperset(refused):
                    report.fault(engine.path, "refused", refused)
        for directory in filter(os.path.isdir, filter(None, (self.shelf.directory, self.shelf.copies))):
            status = subprocess.run([rk.SAQSHY, "snapshot", "verify", "--dir", directory], capture_output=True,
                                    check=False).returncode
            paths = self.shelf.paths(directory)
            if paths and status != 0 and all(map(self.shelf.is_good, paths)):
                report.fault("snapshots in", directory, "are damaged:", status)

    def dump(self):
        """What the oracle reads, kept for a failed run."""
        path = os.path.join(self.directory, "dump.avro")
        with open(path, "wb") as file:
            fastavro.writer(file, rk.RECORDED, (
                dict(message._asdict(), headers=[{"name": n, "value": v} for n, v in message.headers])
                for logs in getattr(self, "logs", {}).values() for log in logs.values() for message in log))
        return path

    def close(self):
        shard = self.shard
        self.soak.cluster.delete(shard.source, shard.signals, shard.order, shard.recommendations, shard.dead_letters)
