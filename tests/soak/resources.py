# SPDX-License-Identifier: Apache-2.0
"""I8: events by the million, and the signals about their people, through one process that takes snapshots; its state
is reloaded from one now and then; memory and descriptors stay flat.

    ./dev soak --events 10000000
"""
import os
import signal
import subprocess
import time

import fastavro

import real_kafka as rk
import trial

PARTS = 10  # a fault and a look at each
# The client's queues are full in every replay, not only in long ones: else they are what grows.
QUEUES = {"kafka.consumer.queued.min.messages": "1000", "kafka.consumer.queued.max.messages.kbytes": "64"}
GROWTH_MAX = 0.10  # of the resident set over the second half, when every account is known
EVENTS_A_DAY = 2.4  # of a person, about, as the generator makes them
SIGNAL_PARTITIONS = 2
SNAPSHOT_S, SNAPSHOT, LOADED = "2", "event=snapshot name=", "event=restored"


class Look:
    def __init__(self, process, events):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file if ":" in line)
        self.events = events
        self.resident_mib = int(status["VmRSS"].split()[0]) / 1024
        self.threads = int(status["Threads"])
        self.descriptors = len(os.listdir(f"/proc/{process.pid}/fd"))


def generate(directory, events, seed):
    """A feed of about so many events over 40 days, so that every account is known long before its middle, and its
    signals; how many events they are."""
    paths = [os.path.join(directory, name) for name in ("feed.avro", "signals.avro")]
    accounts = max(200, int(events / 40 / EVENTS_A_DAY))
    subprocess.run([rk.SAQSHY, "gen", "--out", paths[0], "--signals", paths[1], "--quiet", "--seed", str(seed), "--days",
                    "40", "--accounts", str(accounts)], check=True)
    with open(paths[0], "rb") as file:
        return paths, sum(block.num_records for block in fastavro.block_reader(file))


class Feed:
    """A replay that is held where it gets half a part ahead of the engine: records are left behind every fault."""

    def __init__(self, shard, paths, events):
        self.shard, self.most = shard, events // PARTS // 2
        options = [part for key in ("bootstrap.servers", "topic.transactions", "topic.signals")
                   for part in ("-X", f"{key}={shard.options[key]}")]
        self.process = subprocess.Popen([rk.SAQSHY, "replay", "--input", paths[0], "--signals", paths[1], "--quiet",
                                         "--rate", str(max(1000, events // 60)), *options], stdout=subprocess.DEVNULL)

    def until_taken(self, events):
        """Until so many are committed."""
        def taken():
            committed = sum(self.shard.committed())
            ahead = sum(self.shard.ends()) - committed
            self.process.send_signal(signal.SIGSTOP if ahead > self.most else signal.SIGCONT)
            return committed >= events

        rk.until(f"{events} events taken", taken, 1800, 0.5)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.go_on()
        assert self.process.wait(600) == 0


def prepare(soak):
    """A shard with all that a state is made of."""
    shard = rk.Shard(soak.cluster, f"resources-{soak.seed}", soak.schema_dir, merge_slice_ms="1000",
                     snapshot_dir=os.path.join(soak.directory, "resources.snapshots"), snapshot_interval_s=SNAPSHOT_S)
    shard.options["topic.signals"] = f"{shard.name}.signals"
    shard.options.update(QUEUES)
    os.makedirs(shard.options["snapshot.dir"])
    soak.cluster.create(**{shard.options["topic.signals"]: SIGNAL_PARTITIONS})
    return shard.create()


def reload(engine, reloads):
    """Behind one more snapshot the commit after the next is answered as aborted: the state is dropped and rebuilt,
    in the same process."""
    engine.until_said(SNAPSHOT, engine.said().count(SNAPSHOT) + 1)
    engine.signal(signal.SIGUSR1)
    engine.until_live(reloads + 1)


def watch(soak, events):
    """The looks, one a part; prints them."""
    shard = prepare(soak)
    paths, events = generate(soak.directory, events, soak.seed)
    feed = Feed(shard, paths, events)
    engine = trial.Engine(shard, os.path.join(soak.directory, "engine.log"))
    looks, began = [], time.monotonic()
    print("| events | resident, MiB | descriptors | threads | seconds |\n| ---: | ---: | ---: | ---: | ---: |", flush=True)
    for part in range(1, PARTS + 1):
        feed.until_taken(events * part // PARTS)
        if part < PARTS:
            feed.go_on()
            reload(engine, part)
        looks.append(Look(engine.process, sum(shard.committed())))
        look = looks[-1]
        print(f"| {look.events} | {look.resident_mib:.0f} | {look.descriptors} | {look.threads} | "
              f"{time.monotonic() - began:.0f} |", flush=True)
    feed.end()
    for path in paths:
        os.unlink(path)
    shard.until_caught_up(600)
    engine.signal(signal.SIGTERM)
    assert engine.status() == 0, engine.said()[-500:]
    assert engine.said().count("event=live") == PARTS, engine.said()[-500:]
    assert engine.said().count(LOADED) == PARTS - 1, engine.said()[-500:]
    return looks


def check(looks):
    """What grew; nothing: None."""
    half, last = looks[PARTS // 2], looks[-1]
    growth = last.resident_mib / half.resident_mib - 1
    print(f"resident set over the second half: {growth:+.1%}")
    if last.descriptors > half.descriptors or last.threads > half.threads:
        return f"{half.descriptors} descriptors and {half.threads} threads became {last.descriptors} and {last.threads}"
    return f"the resident set grew by {growth:.1%}" if growth > GROWTH_MAX else None
