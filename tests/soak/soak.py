# SPDX-License-Identifier: Apache-2.0
"""Seeded faults on a real Kafka, checked by an oracle that shares no code with the engine: `./dev soak`."""
import argparse
import json
import os
import pathlib
import pickle
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "oracle")]

import faults  # noqa: E402
import informant  # noqa: E402
import oracle  # noqa: E402
import real_kafka as rk  # noqa: E402
import resources  # noqa: E402
import shelf  # noqa: E402
import snapshot_faults  # noqa: E402
import trial  # noqa: E402
from cluster import Clusters  # noqa: E402

FAULTS_A_RUN = 5
UNKNOWN_ID = 2001
EVERY = faults.EVERY + snapshot_faults.EVERY


class Feed:
    """Two busy days; then, two weeks on, a day at which what was recommended has lapsed."""

    PARTS = (("--days", "2", "--accounts", "1000", "--droppers", "100"),
             ("--days", "1", "--accounts", "200", "--droppers", "50", "--start", "2026-01-14"))
    made = {}

    @classmethod
    def of(cls, directory, seed):
        """Campaigns with the same seed share it."""
        if seed not in cls.made:
            cls.made[seed] = cls(directory, seed)
        return cls.made[seed]

    def __init__(self, directory, seed):
        foreign = rk.fastavro.parse_schema(rk.foreign_schema())
        parts = [rk.generate(directory, "--seed", str(seed), *flags) for flags in self.PARTS]
        self.parts = [[self._message(number, event, foreign) for number, event in enumerate(events)]
                      for events in parts]
        self.spoken = informant.Spoken(parts)

    @staticmethod
    def _message(number, event, foreign):
        key = rk.key_of(event)
        value = rk.encode(rk.TRANSACTION, event) if number % 2 else \
            rk.encode(foreign, rk.as_foreign(event, number), rk.FOREIGN_ID)
        return key, value, rk.murmur2_partition(key, rk.PARTITIONS)

    @staticmethod
    def _poison(chance, good):
        """Keyed like anything; never a record that can be used."""
        bad = chance.choice([b"not a record", b"", None, b"\x00\x00\x00", good[:-3], good + b"\x00",
                             good[:1] + UNKNOWN_ID.to_bytes(4, "big") + good[5:], good[:5] + b"\xff" * 40])
        return b"poison", bad, chance.randrange(rk.PARTITIONS)

    def messages(self, chance):
        """(messages, how many of them are poison); some records come twice."""
        out, poisoned = [], 0
        for part in self.parts:
            for message in part:
                out.append(message)
                if chance.random() < 0.01:
                    out.append(self._poison(chance, message[1]))
                    poisoned += 1
                if chance.random() < 0.005:
                    out.append(message)
        return out, poisoned


class Feeders:
    """Two processes that produce at once."""

    COUNT = 2

    def __init__(self):
        self.processes = [subprocess.Popen([sys.executable, str(HERE / "feeder.py")], text=True,
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(self.COUNT)]
        self.finish, self.progress = None, []

    def begin(self, bootstrap, topic, path, seconds):
        self.finish, self.progress = path + ".finish", [f"{path}.progress-{n}" for n in range(self.COUNT)]
        for number, process in enumerate(self.processes):
            job = {"bootstrap": bootstrap, "topic": topic, "messages": path, "first": number, "of": self.COUNT,
                   "seconds": seconds, "finish": self.finish, "progress": self.progress[number]}
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()

    def share(self):
        """How much of the feed both have sent; 0 where that cannot be said right now."""
        try:
            return min((float(pathlib.Path(path).read_text(encoding="ascii")) for path in self.progress), default=0)
        except (OSError, ValueError):
            return 0

    def end(self):
        """Lets them send the rest at once; what each of them says then."""
        if self.finish is None:
            return []
        pathlib.Path(self.finish).touch()
        self.finish, self.progress = None, []
        return [json.loads(process.stdout.readline()) for process in self.processes]

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Row:
    def __init__(self, fault):
        self.name, self.kind = fault.name, fault.kind
        self.trials = self.failed = self.lost = self.repeated = self.extra = 0
        self.worst_s = 0.0

    def bound(self):
        """The 95 % bound on the rate of failures after n clean trials; none when one failed."""
        return None if self.failed or not self.trials else min(1.0, 3 / self.trials)


class Soak:
    def __init__(self, arguments, directory, clusters, name=""):
        """The name tells its topics from those of another one in the same cluster."""
        self.arguments, self.directory, self.seed = arguments, directory, arguments.seed
        self.clusters, self.name = clusters, f"{arguments.seed}{name}"
        os.makedirs(directory, exist_ok=True)
        self.random = random.Random(arguments.seed)
        self.schema_dir = rk.schema_directory(directory, rk.FOREIGN_ID)
        self.policies = [oracle.POLICY, self._other_policy()]
        self.verifier = oracle.Verifier(oracle.schemas_of(self.schema_dir), self.policies)
        self.feed, self.feeders, self.cluster = Feed.of(directory, arguments.seed), Feeders(), None
        self.rows = {fault.name: Row(fault) for fault in self.wanted()}
        self.decks, self.runs, self.records, self.expected, self.failures = {}, 0, 0, 0, []
        self.signals = self.answers = self.retracted = self.taken_back = self.told = self.traced = 0
        self.began, self.last = time.monotonic(), None
        self.starts = {"from a snapshot": 0, "from a copy": 0, "without one": 0}
        self.refused, self.foreign = 0, None

    def _other_policy(self):
        with open(oracle.POLICY, encoding="utf-8") as file:
            policy = json.load(file)
        policy.update(id="milder", cool_down_hours=1)
        policy["actions"]["REVIEW_ONLY"]["probability"] = 0.6
        path = os.path.join(self.directory, "policy.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(policy, file)
        return path

    def wanted(self, nodes=None):
        return [fault for fault in EVERY if fault.kind in self.arguments.kinds
                and (nodes is None or nodes in fault.nodes)
                and set(fault.nodes) & set(self.arguments.nodes)
                and (not self.arguments.fault or self.arguments.fault in fault.name)]

    # Drawing.

    def draw(self, nodes):
        """Every fault comes as often as every other; brokers have runs of their own."""
        deck = self.decks.setdefault(nodes, [])
        if not deck:
            groups = [[f for f in self.wanted(nodes) if (f.kind == "broker") == broker] for broker in (False, True)]
            for group in filter(None, groups):
                self.random.shuffle(group)
                size = max(1, min(self.arguments.faults_a_run, len(group)))
                group += self.random.sample(group, -len(group) % size)  # no short run
                deck += [group[at:at + size] for at in range(0, len(group), size)]
            self.random.shuffle(deck)
        return deck.pop()

    # Running.

    def run_one(self, nodes):
        seed = self.random.getrandbits(32)
        plan = self.draw(nodes)
        self.runs += 1
        if self.arguments.only and self.runs != self.arguments.only:
            return
        run, problem, report = trial.Run(self, self.runs, plan, random.Random(seed)), None, None
        self.last = run
        try:
            report = run.execute()
        except Exception as error:  # a trial that fails is a row of the table, whatever it fails of
            problem = "".join(traceback.format_exception_only(error)).strip()
            if not isinstance(error, AssertionError):
                problem = traceback.format_exc()
        self.count(run, plan, report, problem)
        self.keep_foreign(run.shelf)
        faulty = problem is not None or report.faults or report.lost or report.repeated or report.extra
        if faulty:
            self.tell_failure(run, plan, report, problem)
        else:
            shutil.rmtree(run.directory)
        run.close()
        self.progress(run, plan, report)

    def count(self, run, plan, report, problem):
        for fault, recovery in zip(plan, run.recoveries() + [None] * len(plan)):
            row = self.rows[fault.name]
            row.trials += 1
            row.worst_s = max(row.worst_s, recovery or 0.0)
            if report is None or problem or report.faults or report.lost or report.repeated or report.extra:
                row.failed += 1
            if report is not None:
                row.lost, row.repeated, row.extra = (row.lost + report.lost, row.repeated + report.repeated,
                                                     row.extra + report.extra)
        if report is not None:
            self.records += report.rows
            self.expected += report.expected
            self.signals, self.answers, self.told = (self.signals + report.signals, self.answers + report.answers,
                                                     self.told + report.told)
            self.retracted, self.traced = self.retracted + report.retracted, self.traced + report.traced
            self.taken_back += report.taken_back

    # Snapshots.

    def count_start(self, restored, refused):
        self.refused += len(refused)
        kind = "without one" if restored is None else "from a copy" if restored.startswith("copy of ") else \
            "from a snapshot"
        self.starts[kind] += 1

    def foreign_snapshot(self, ours):
        """The bytes of another shard's; before there was one, of one that was made to look like that."""
        return self.foreign or shelf.read(ours.paths()[0]).replace(ours.shard.encode(), ours.shard[::-1].encode())

    def keep_foreign(self, theirs):
        good = [path for path in theirs.paths() if theirs.is_good(path)]
        if good:
            self.foreign = shelf.read(good[0])

    def tell_failure(self, run, plan, report, problem):
        found = problem or "; ".join(report.faults[:5]) or \
            f"lost {report.lost}, repeated {report.repeated}, extra {report.extra}"
        dump = run.dump()
        again = (f"./dev soak --seed {self.seed} --runs {self.runs} --only {self.runs} --nodes "
                 f"{','.join(map(str, self.arguments.nodes))} --kinds {','.join(self.arguments.kinds)} "
                 f"--faults-a-run {self.arguments.faults_a_run}")
        if self.arguments.fault:
            again += f" --fault '{self.arguments.fault}'"
        self.failures.append({"run": run.name, "faults": [f.name for f in plan], "found": found,
                              "kept": run.directory, "again": again})
        print(f"FAILED run {run.name} [{', '.join(f.name for f in plan)}]: {found}\n  logs and dump: {dump}\n"
              f"  again: {again}", flush=True)

    def progress(self, run, plan, report):
        if self.arguments.quiet:
            return
        done = sum(row.trials for row in self.rows.values())
        recoveries = " ".join("-" if r is None else f"{r:.1f}" for r in run.recoveries())
        expected = "" if report is None else \
            f"{report.rows} records, {report.signals} signals, {report.answers} answers, {report.retracted} taken back, " \
            f"{report.expected} recommendations, {report.traced} of traced money; "
        print(f"{time.monotonic() - self.began:6.0f} s  run {run.name}  {done} trials  {expected}"
              f"[{', '.join(f.name for f in plan)}] recovered in {recoveries} s", flush=True)

    def over(self, share):
        arguments = self.arguments
        if arguments.runs:
            return self.runs >= arguments.runs * share
        return time.monotonic() - self.began >= 60 * arguments.minutes * share

    def soak(self):
        for number, nodes in enumerate(self.arguments.nodes):
            if not self.wanted(nodes):
                continue
            self.cluster = self.take_cluster(nodes)
            while not self.over((number + 1) / len(self.arguments.nodes)):
                self.run_one(nodes)

    def take_cluster(self, nodes):
        place = os.path.join(self.directory, f"nodes-{nodes}")
        return self.clusters.take(place, nodes, self.arguments.kafka, self.arguments.port)

    def look_at_resources(self):
        """A status for the shell."""
        self.cluster = self.take_cluster(1)
        grown = resources.check(resources.watch(self, self.arguments.events))
        if grown:
            print(f"FAILED: {grown}")
        return 1 if grown else 0

    # Telling.

    def table(self):
        lines = ["| fault | trials | failed | lost | repeated | extra | worst recovery, s | 95 % bound |",
                 "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
        for row in self.rows.values():
            bound = row.bound()
            lines.append(f"| {row.name} | {row.trials} | {row.failed} | {row.lost} | {row.repeated} | {row.extra} | "
                         f"{row.worst_s:.1f} | {'' if bound is None else f'{bound:.1%}'} |")
        total = [sum(getattr(row, name) for row in self.rows.values()) for name in ("trials", "failed")]
        lines.append(f"| **all** | {total[0]} | {total[1]} | | | | | |")
        return "\n".join(lines)

    def result(self):
        version = subprocess.run([rk.SAQSHY, "--version"], capture_output=True, text=True, check=True).stdout
        return {"seed": self.seed, "nodes": self.arguments.nodes, "kafka": self.arguments.kafka or "pinned",
                "version": version.splitlines(), "machine": platform.platform(), "runs": self.runs,
                "seconds": round(time.monotonic() - self.began), "records": self.records,
                "recommendations": self.expected, "signals": self.signals, "answers": self.answers,
                "told": self.told, "traced": self.traced, "failures": self.failures, "starts": self.starts,
                "refused": self.refused,
                "rows": [dict(vars(row), bound=row.bound()) for row in self.rows.values()]}

    def tell(self):
        result = self.result()
        print(*result["version"], sep="\n")
        print(f"Kafka {result['kafka']}, seed {self.seed}: {self.runs} runs in {result['seconds']} s, {self.records} "
              f"records, {self.signals} signals ({self.answers} of them answers to open advice), {self.expected} "
              f"recommendations, {self.told} of which name a signal, {self.traced} for accounts that reported money came "
              f"to\n\n{self.table()}")
        print("\nstarts and reloads: " + ", ".join(f"{count} {kind}" for kind, count in self.starts.items()) +
              f"; {self.refused} snapshots refused")
        if self.arguments.json:
            with open(self.arguments.json, "w", encoding="utf-8") as file:
                json.dump(result, file, indent=1)
        trials = sum(row.trials for row in self.rows.values())
        if trials < self.arguments.least:
            print(f"{trials} trials ran, at least {self.arguments.least} are due")
            return 1
        return 1 if self.failures else 0


def parse():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    split = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--minutes", type=float, default=10, help="how long (10)")
    parser.add_argument("--seed", type=int, default=1, help="seed of feed, faults and their times (1)")
    parser.add_argument("--runs", type=int, help="this many runs instead of minutes")
    parser.add_argument("--events", type=int, help="instead: so many through one process, and what it holds")
    parser.add_argument("--only", type=int, help="of these runs, this one alone")
    parser.add_argument("--nodes", type=lambda text: [int(n) for n in text.split(",")], default=[1, 3],
                        help="sizes of the cluster, one after the other (1,3)")
    parser.add_argument("--kinds", type=split, default=["engine", "state", "snapshot", "broker"],
                        help="of faults (engine,state,snapshot,broker)")
    parser.add_argument("--fault", help="only faults whose name has this in it")
    parser.add_argument("--faults-a-run", type=int, default=FAULTS_A_RUN, help=f"({FAULTS_A_RUN})")
    parser.add_argument("--least", type=int, default=1, help="fewer trials are a failure")
    parser.add_argument("--kafka", help="version of Apache Kafka instead of the pinned one")
    parser.add_argument("--port", type=int, help="of the first node; else a free one")
    parser.add_argument("--json", help="file for the result")
    parser.add_argument("--keep", help="directory for what is kept of failed runs")
    parser.add_argument("--quiet", action="store_true", help="the table only")
    return parser.parse_args()


def give_up(number, _frame):
    raise SystemExit(f"ended by {signal.Signals(number).name}")


def main():
    arguments = parse()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, give_up)
    why = rk.why_no_kafka()
    if why is not None:
        print(f"no real Kafka here, nothing is tried: {why}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 77
    directory = arguments.keep or tempfile.mkdtemp(prefix="saqshy-soak-")
    clusters = Clusters()
    soak = Soak(arguments, directory, clusters)
    status = 0
    try:
        if arguments.events:
            return soak.look_at_resources()
        soak.soak()
    finally:
        soak.feeders.close()
        clusters.stop()
        if not arguments.events:
            status = soak.tell()
    if not soak.failures and not arguments.keep:
        shutil.rmtree(directory)
    return status


if __name__ == "__main__":
    sys.exit(main())
