# SPDX-License-Identifier: Apache-2.0
"""What is done to a run, one row of the table a fault."""
import hashlib
import os
import signal
import time

import real_kafka as rk

FENCED = 75
KILLED = -signal.SIGKILL


class Fault:
    kind = "engine"
    nodes = (1,)
    seconds = 2.0  # how long the feed goes on for it
    options = {}

    def __init__(self, name):
        self.name = name

    def arm(self, _random):
        """The failpoints of the engine that runs before it."""
        return None

    def happen(self, run, number):
        raise NotImplementedError


class KilledAt(Fault):
    """SIGKILL at a failpoint, some commits after the start."""

    def __init__(self, place, most=12):
        super().__init__(f"SIGKILL {place}")
        self.place, self.most = place, most

    def arm(self, random):
        abort = self.place.startswith("abort.")
        at = 1 if abort else random.randint(1, self.most)
        first = f"send_offsets.before:{random.randint(1, 6)}:ABORT," if abort else ""
        return f"{first}{self.place}:{at}:KILL"

    def happen(self, run, number):
        run.must_end(run.engine, KILLED)
        run.mark()
        run.start_next(number)


class Killed(Fault):
    def __init__(self):
        super().__init__("SIGKILL at random")

    def happen(self, run, number):
        run.until_share(run.share_of(number))
        time.sleep(run.random.uniform(0, 0.3))
        run.engine.signal(signal.SIGKILL)
        run.must_end(run.engine, KILLED)
        run.mark()
        run.start_next(number)


class Aborted(Fault):
    """A call of the producer fails; the engine goes on by itself."""

    def __init__(self, place, answer):
        super().__init__(f"{place.split('.')[0]} fails: {answer.lower()}")
        self.place, self.answer = place, answer

    def arm(self, random):
        return f"{self.place}:{random.randint(2, 6)}:{self.answer}"

    def happen(self, run, number):
        rk.until("the failpoint", lambda: "event=failpoint" in run.engine.said() or run.alive(), 60)
        run.mark()
        run.engine.until_live(2)
        replace(run, number)


def replace(run, number):
    """Where the next fault needs an engine that is armed for it, by a clean stop."""
    following = run.plan[number + 1] if number + 1 < len(run.plan) else None
    if following is None or following.arm(run.random) is None:
        return
    run.until_commit(run.marks[-1])
    run.stop()
    run.start_next(number)


class Frozen(Fault):
    """SIGSTOP of a live engine until the broker has ended the transaction; nobody takes over, so it goes on."""

    seconds = 5.0
    options = {"transaction_timeout_ms": "2000"}

    def __init__(self, place=None):
        super().__init__("SIGSTOP past the time-out" + (f", {place}" if place else ""))
        self.place = place

    def arm(self, random):
        return f"{self.place}:{random.randint(2, 8)}:STOP" if self.place else None

    def freeze(self, run, number):
        if self.place:
            rk.until("the engine is frozen", lambda: run.engine.frozen() or run.alive(), 60)
            return
        run.until_share(run.share_of(number))
        run.engine.until_live()
        time.sleep(run.random.uniform(0, 0.2))
        run.engine.signal(signal.SIGSTOP)

    def happen(self, run, number):
        self.freeze(run, number)
        time.sleep(run.random.uniform(3, 4))
        run.engine.signal(signal.SIGCONT)
        run.mark()
        replace(run, number)


class Succeeded(Frozen):
    """SIGSTOP of one that has taken the shard, another engine takes over, SIGCONT: the frozen one ends as fenced and
    publishes nothing."""

    def __init__(self, place=None, most=8):
        super().__init__(place)
        self.most = most
        self.name = "SIGSTOP, successor, SIGCONT" + (f", {place}" if place else "")

    def arm(self, random):
        return f"{self.place}:{random.randint(1, self.most)}:STOP" if self.place else None

    def overtake(self, run, number):
        """The frozen one, with a live engine in its place."""
        self.freeze(run, number)
        frozen = run.engine
        time.sleep(run.random.uniform(0, 3))
        run.mark()
        run.start_engine()
        run.engine.until_live()
        run.until_commit(run.marks[-1])
        if "event=live" not in frozen.said():
            frozen.foretold = None  # the other one has taken snapshots since
        return frozen

    def happen(self, run, number):
        frozen = self.overtake(run, number)
        frozen.signal(signal.SIGCONT)
        run.must_end(frozen, FENCED)
        replace(run, number)


class Overtaken(Succeeded):
    """SIGSTOP of one that has not yet fenced anybody: continued, it is the later one, and takes over."""

    def __init__(self):
        super().__init__("fence.before", 1)

    def happen(self, run, number):
        frozen = self.overtake(run, number)
        other = run.engine
        frozen.signal(signal.SIGCONT)
        run.must_end(other, FENCED)
        run.engines.remove(frozen)
        run.engines.append(frozen)
        frozen.until_live()
        replace(run, number)


class Two(Fault):
    def __init__(self):
        super().__init__("two engines with one shard id")

    def happen(self, run, number):
        run.until_share(run.share_of(number))
        run.engine.until_live()
        first = run.engine
        run.mark()
        run.start_engine()
        run.must_end(first, FENCED)
        replace(run, number)


# The state directory.

class Document(Fault):
    """A document of the state directory that a replay needs is damaged: refused with its name; put back, it goes on."""

    kind = "state"
    seconds = 3.0

    def __init__(self, how):
        super().__init__(f"document {how}")
        self.how = how

    def damage(self, path):
        with open(path, "rb") as file:
            whole = file.read()
        if self.how == "removed":
            os.unlink(path)
        elif self.how == "cut":
            with open(path, "wb") as file:
                file.write(whole[:len(whole) // 2])
        else:
            at = len(whole) // 2
            with open(path, "wb") as file:
                file.write(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        return whole

    def change_policy(self, run, number):
        """The path of the document that is in force no more."""
        run.until_share(run.share_of(number))
        run.stop()
        shipped, other = run.soak.policies
        before = run.changed.get("policy_path", shipped)
        run.changed["policy_path"] = other if before == shipped else shipped
        run.start_engine()
        run.until_commit(time.time())
        run.stop()
        with open(before, "rb") as file:
            old = hashlib.sha256(file.read()).hexdigest()
        return os.path.join(run.directory, "state", old + ".json")

    def happen(self, run, number):
        path = self.change_policy(run, number)
        run.shelf.remove_every()
        whole = self.damage(path)
        refused = run.start_engine()
        run.must_end(refused, 78)
        assert os.path.basename(path)[:8] in refused.said(), refused.said()[-500:]
        with open(path, "wb") as file:
            file.write(whole)
        run.mark()
        run.start_next(number)


class Needless(Document):
    """The same where a snapshot stands behind it: not missed."""

    def __init__(self):
        super().__init__("removed")
        self.name = "document removed, a snapshot behind it"

    def happen(self, run, number):
        path = self.change_policy(run, number)
        whole = self.damage(path)
        run.mark()
        run.start_engine()
        run.engine.until_live()
        with open(path, "wb") as file:  # a run that loses its snapshots later needs it
            file.write(whole)
        replace(run, number)


class NoRoom(Fault):
    """The state directory takes nothing: refused; with room again, it goes on."""

    kind = "state"

    def __init__(self, name, **engine):
        super().__init__(name)
        self.engine = engine

    def happen(self, run, number):
        run.until_share(run.share_of(number))
        run.stop()
        changed = dict(self.engine)
        if "state_dir" not in changed:
            changed["state_dir"] = os.path.join(run.directory, f"full-{number}")
            os.makedirs(changed["state_dir"])
        refused = run.start_engine(**changed)
        run.must_end(refused, 74)
        run.mark()
        run.start_next(number)


# Brokers.

class BrokerFault(Fault):
    kind = "broker"
    seconds = 6.0
    nodes = (1, 3)

    def __init__(self, name, which=None, freeze=False, nodes=(1, 3)):
        super().__init__(name)
        self.which, self.freeze, self.nodes = which, freeze, nodes
        if 3 in nodes and 1 not in nodes:
            self.seconds = 7.0

    def victim(self, run):
        if self.which is None:
            return run.random.choice(list(run.soak.cluster.each()))
        topic = {"input": run.shard.source, "order": run.shard.order, "output": run.shard.recommendations,
                 "transactions": "__transaction_state", "groups": "__consumer_offsets"}[self.which]
        partitions = {"input": rk.PARTITIONS, "output": rk.PARTITIONS}.get(self.which, 1)
        return run.soak.cluster.leader(topic, run.random.randrange(partitions))

    def happen(self, run, number):
        cluster = run.soak.cluster
        run.until_share(run.share_of(number))
        rk.until("the cluster is whole", cluster.whole, 60, 0.2)
        time.sleep(run.random.uniform(0, 0.5))
        node = self.victim(run)
        if self.freeze:
            cluster.freeze(node)
            run.mark()
            time.sleep(run.random.uniform(3, 9))
            cluster.thaw(node)
        else:
            cluster.kill_node(node)
            run.mark()
            time.sleep(run.random.uniform(0.2, 3))
            cluster.start_node(node)
        run.until_commit(time.time())
        replace(run, number)


PLACES = ("begin.before", "begin.after", "produce.before", "produce.after", "send_offsets.before",
          "send_offsets.after", "commit.before", "commit.after", "abort.before", "abort.after", "poll.after")
START_PLACES = ("fence.before", "fence.after", "assign.after", "committed.before")

ENGINE = [*(KilledAt(place, 60 if place == "poll.after" else 12) for place in PLACES),
          *(KilledAt(place, 1) for place in START_PLACES),
          Killed(), Aborted("send_offsets.before", "ABORT"), Aborted("commit.before", "REBUILD"), Frozen(),
          Frozen("commit.before"), Succeeded(), Succeeded("commit.before"), Succeeded("fence.after", 1), Overtaken(),
          Two()]
STATE = [Document("removed"), Document("cut"), Document("flipped"), Needless(),
         NoRoom("state directory full", file_bytes_max=0), NoRoom("state directory read-only", state_dir="/proc/sys")]
BROKER = [BrokerFault("1 node: SIGKILL", nodes=(1,)), BrokerFault("1 node: SIGSTOP", freeze=True, nodes=(1,))]
CLUSTER = [BrokerFault("3 nodes: SIGKILL of any", nodes=(3,)),
           BrokerFault("3 nodes: SIGKILL of an input leader", "input", nodes=(3,)),
           BrokerFault("3 nodes: SIGKILL of an output leader", "output", nodes=(3,)),
           BrokerFault("3 nodes: SIGKILL of the order log's leader", "order", nodes=(3,)),
           BrokerFault("3 nodes: SIGKILL of the transaction coordinator", "transactions", nodes=(3,)),
           BrokerFault("3 nodes: SIGKILL of the group coordinator", "groups", nodes=(3,)),
           BrokerFault("3 nodes: SIGSTOP of the transaction coordinator", "transactions", freeze=True, nodes=(3,))]
EVERY = ENGINE + STATE + BROKER + CLUSTER
