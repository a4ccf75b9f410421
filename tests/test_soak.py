# SPDX-License-Identifier: Apache-2.0
"""The short form of `./dev soak` on a real_kafka of one node and of three, and what makes its oracle worth something:
it shares no code with the engine, and it notices what is changed."""
import copy
import functools
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import types
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "soak"), str(HERE / "oracle")]

import oracle  # noqa: E402
import soak  # noqa: E402

BUILD_DIR = os.environ["BUILD_DIR"]
SKIPPED = 77
TRIALS_MIN = 12
SNAPSHOT_TRIALS_MIN = 2
ANSWERS_MIN = 10  # to advice that was open
TOLD_MIN = 100  # recommendations that name a signal
TRACED_MIN = 20  # for accounts that reported money came to
RAN = os.path.join(BUILD_DIR, "soak-trials-run")  # how many did, for CI
TIMEOUT_S = 540
RUNS = {}  # the last run of each campaign, by its number of nodes
OLDEST = "3.9.2"
CAMPAIGNS = (  # nodes, kinds, runs, faults a run, version of Kafka; those of one cluster are neighbours
    (1, ["engine", "state"], 1, 5, None),
    (1, ["snapshot"], 1, 3, None),
    (1, ["broker"], 1, 2, None),
    (3, ["broker"], 1, 2, None),
    (1, ["engine"], 1, 2, OLDEST),
)
LOOK_AFTER = "c"  # at the resources, in its cluster
EVENTS = 100000


def campaign(clusters, directory, name, nodes, kinds, runs, faults_a_run, kafka):
    arguments = types.SimpleNamespace(
        seed=1, kinds=kinds, nodes=[nodes], fault=None, faults_a_run=faults_a_run, only=None, runs=runs, minutes=0,
        kafka=kafka, port=None, quiet=False, json=None, least=1, events=EVENTS)
    tried = soak.Soak(arguments, directory, clusters, name)
    try:
        tried.soak()
    finally:
        tried.feeders.close()
    print(tried.table(), file=sys.stderr)
    return tried


class LinkMap(unittest.TestCase):
    def test_the_oracle_is_linked_with_nothing_of_the_program(self):
        with open(os.path.join(BUILD_DIR, "tests", "oracle", "oracle.map"), encoding="utf-8") as file:
            named = set(re.findall(r"\S+\.[ao]\b", file.read()))
        linked = {name for name in named if not re.search(r"[*?]", name)}  # patterns of the linker's own script
        ours = {name for name in linked if not name.startswith("/usr/")}
        self.assertTrue(any("oracle.c.o" in name for name in ours), ours)
        twins = "features|fifo|known|money|signals|tracing|vector|windows"
        for name in ours:
            self.assertRegex(name, rf"oracle\.dir/(oracle|__/naive_({twins}))\.c\.o$")
        for name in linked:
            self.assertNotRegex(name, r"saqshy|detector/|models/|schemas/")


def rewritten(message, schema, record):
    body = oracle.io.BytesIO()
    oracle.fastavro.schemaless_writer(body, schema, record)
    return message._replace(value=message.value[:5] + body.getvalue())


class Oracle(unittest.TestCase):
    """Each change to what was published, or to the order it was decided in, is noticed."""

    @classmethod
    def setUpClass(cls):
        cls.soak, cls.run_ = RUNS["last"]
        shard = cls.run_.shard
        cls.signals = cls.run_.logs[shard.signals]
        cls.logs = [cls.run_.logs[name] for name in (shard.source, shard.order, shard.recommendations,
                                                     shard.dead_letters)]
        cls.fullest = max(cls.logs[2], key=lambda p: len(cls.logs[2][p]))

    def verify(self, change=None):
        inputs, orders, recommendations, letters = map(copy.deepcopy, self.logs)
        if change is not None:
            change(inputs, orders, recommendations, letters)
        return self.soak.verifier.verify(self.run_.shard.name, inputs, self.signals, orders, recommendations, letters)

    def changed_record(self, **fields):
        """A recommendation of the fullest partition, the third or later, that has a vector says something else."""
        def change(_inputs, _orders, recommendations, _letters):
            log, schema = recommendations[self.fullest], self.soak.verifier.recommendation
            at, record = next((at, record) for at, record in enumerate(oracle.decode_own(schema, 2, m) for m in log)
                              if at >= 2 and record["feature_vector"])
            log[at] = rewritten(log[at], schema, dict(record, **fields))
        return self.verify(change)

    def test_what_was_published_is_right(self):
        report = self.verify()
        self.assertEqual((report.faults, report.lost, report.repeated, report.extra), ([], 0, 0, 0))
        self.assertGreaterEqual(report.expected, 50)
        self.assertGreaterEqual(report.signals, 100)

    def test_a_lost_recommendation(self):
        self.assertEqual(self.verify(lambda i, o, r, l: r[self.fullest].pop(2)).lost, 1)

    def test_a_repeated_recommendation(self):
        def change(_inputs, _orders, recommendations, _letters):
            recommendations[self.fullest].insert(3, recommendations[self.fullest][2])
        self.assertEqual(self.verify(change).repeated, 1)

    def test_a_recommendation_from_nowhere(self):
        report = self.changed_record(recommendation_id="0" * 32)
        self.assertEqual((report.lost, report.extra), (1, 1))

    def test_two_recommendations_in_the_wrong_order(self):
        def change(_inputs, _orders, recommendations, _letters):
            log = recommendations[self.fullest]
            log[2], log[3] = log[3], log[2]
        self.assertTrue(self.verify(change).faults)

    def test_another_value_in_a_recommendation(self):
        for fields in ({"at_risk_kzt_minor": 1}, {"score": 0.25}, {"action": "ASK_PAYER"}, {"threshold": 9.0},
                       {"valid_until": 1}, {"target_tx_ids": ["x"]}, {"feature_vector": []}, {"sequence": 99},
                       {"previous_hash": bytes(32)}, {"reasons": []}, {"input_offset": 5}, {"signal_ids": ["x"]}):
            with self.subTest(fields=fields):
                self.assertTrue(self.changed_record(**fields).faults)

    def test_a_lost_and_a_changed_dead_letter(self):
        self.assertTrue(self.verify(lambda i, o, r, l: max(l.values(), key=len).pop()).faults)

        def change(_inputs, _orders, _recommendations, letters):
            log = max(letters.values(), key=len)
            log[0] = log[0]._replace(value=b"other")
        self.assertTrue(self.verify(change).faults)

    def test_another_order_of_the_input(self):
        """Runs of two partitions change places."""
        def change(_inputs, orders, _recommendations, _letters):
            for number, message in enumerate(orders[0]):
                record = oracle.decode_own(self.soak.verifier.order, 3, message)
                if number == 0 or len({run["partition"] for run in record["runs"]}) < 2:
                    continue
                last = {(run["topic"], run["partition"]): run for run in record["runs"]}
                orders[0][number] = rewritten(
                    message, self.soak.verifier.order,
                    dict(record, runs=sorted(last.values(), key=lambda run: -run["partition"])))
        try:
            report = self.verify(change)
        except oracle.Wrong:
            return
        self.assertTrue(report.faults or report.lost or report.extra)

    def test_a_run_of_another_input(self):
        def change(_inputs, orders, _recommendations, _letters):
            record = oracle.decode_own(self.soak.verifier.order, 3, orders[0][1])
            record["runs"][0]["topic"] += ".signals"
            orders[0][1] = rewritten(orders[0][1], self.soak.verifier.order, record)
        with self.assertRaisesRegex(oracle.Wrong, "another input"):
            self.verify(change)

    def test_a_hole_in_the_order_log(self):
        with self.assertRaises(oracle.Wrong):
            self.verify(lambda i, o, r, l: o[0].pop(3))

    def test_input_that_is_gone(self):
        with self.assertRaises(oracle.Wrong):
            self.verify(lambda i, o, r, l: i[1].pop(10))


class Signals(unittest.TestCase):
    """What was said is in what was published, and whatever else is said is noticed."""

    @staticmethod
    def records():
        """(soak, run, recommendation), of all campaigns."""
        for tried in RUNS["soaks"]:
            schema, run_ = tried.verifier.recommendation, tried.last
            for log in run_.logs[run_.shard.recommendations].values():
                for message in log:
                    yield tried, run_, oracle.decode_own(schema, 2, message)

    @classmethod
    def found(cls, wanted):
        """(soak, run, the id of a signal that a recommendation gives) in any of the campaigns."""
        for tried, run_, record in cls.records():
            signal_id = wanted(record)
            if signal_id:
                return tried, run_, signal_id
        raise AssertionError("none of the campaigns has such a recommendation")

    @staticmethod
    def verify(tried, run_, signals):
        shard, logs = run_.shard, run_.logs
        return tried.verifier.verify(shard.name, logs[shard.source], signals, logs[shard.order],
                                     logs[shard.recommendations], logs[shard.dead_letters])

    def changed(self, wanted, change):
        return self.changed_one(*self.found(wanted), change)

    def changed_one(self, tried, run_, signal_id, change):
        """Every revision of the signal says something else."""
        signals, schema = copy.deepcopy(run_.logs[run_.shard.signals]), oracle.contract("FraudSignal")
        for log in signals.values():
            for at, message in enumerate(log):
                if message.key == signal_id.encode() and (message.value or b"")[:5] == b"\0\0\0\0\x04":
                    log[at] = self.rewritten(schema, message, change)
        return self.verify(tried, run_, signals)

    @staticmethod
    def rewritten(schema, message, change):
        try:
            record = oracle.decode_exactly(schema, message.value[5:])
        except Exception:  # poison stays
            return message
        return rewritten(message, schema, change(record))

    @staticmethod
    def ended_by(why):
        def signal_of(record):
            change = record["change"]
            return change["signal_id"] if change and change["why"].startswith(why) else None
        return signal_of

    def test_another_answer_of_a_bank(self):
        report = self.changed(self.ended_by("OUTCOME_"),
                              lambda signal: dict(signal, outcome=dict(signal["outcome"], result="HELD")))
        self.assertTrue(report.faults)

    def test_another_withdrawal(self):
        def of_something_else(signal):
            return dict(signal, withdraws_signal_id="else") if signal["kind"] == "WITHDRAWAL" else \
                dict(signal, revision=1)
        report = self.changed(self.ended_by("SIGNAL_WITHDRAWN"), of_something_else)
        self.assertTrue(report.faults)

    def test_another_report(self):
        report = self.changed(lambda record: next((one for one in record["signal_ids"] if "report" in one), None),
                              lambda signal: dict(signal, confidence="REJECTED"))
        self.assertTrue(report.faults)

    @staticmethod
    @functools.cache
    def naming(run_):
        """Ids of the signals that name transfers, in any revision."""
        schema, found = oracle.contract("FraudSignal"), set()
        for message in (message for log in run_.logs[run_.shard.signals].values() for message in log):
            try:
                record = oracle.decode_own(schema, oracle.SIGNAL_ID, message)
            except Exception:  # poison
                continue
            if record["related_tx_ids"] or record["occurred_at"] is not None:
                found.add(record["signal_id"])
        return found

    @classmethod
    def of_one_report(cls):
        """(soak, run, id of a signal) by which alone an account has reported money in a recommendation: without it
        there is none, or another report is told of."""
        for tried, run_, record in cls.records():
            told = cls.naming(run_).intersection(record["signal_ids"])
            if oracle.is_traced(record) and len(told) == 1:
                yield tried, run_, told.pop()

    def test_other_transfers_in_an_incident(self):
        report = self.changed_one(*next(self.of_one_report()), lambda signal: dict(
            signal, related_tx_ids=["nobody-knows-it"], occurred_at=None))
        self.assertTrue(report.faults or report.lost or report.extra)

    def test_a_signal_that_is_gone(self):
        tried = RUNS["soaks"][0]
        signals = copy.deepcopy(tried.last.logs[tried.last.shard.signals])
        max(signals.values(), key=len).pop(10)
        with self.assertRaises(oracle.Wrong):
            self.verify(tried, tried.last, signals)

    def test_signals_that_were_not_taken(self):
        tried = RUNS["soaks"][0]
        signals = copy.deepcopy(tried.last.logs[tried.last.shard.signals])
        log = max(signals.values(), key=len)
        log.append(log[-1]._replace(offset=log[-1].offset + 1))
        self.assertTrue(self.verify(tried, tried.last, signals).faults)

    def test_something_came_of_them(self):
        self.assertGreaterEqual(sum(tried.answers for tried in RUNS["soaks"]), ANSWERS_MIN)
        self.assertGreaterEqual(sum(tried.told for tried in RUNS["soaks"]), TOLD_MIN)
        self.assertGreaterEqual(sum(tried.traced for tried in RUNS["soaks"]), TRACED_MIN)
        self.assertGreaterEqual(sum(tried.retracted for tried in RUNS["soaks"]), 1)
        self.assertGreaterEqual(sum(tried.taken_back for tried in RUNS["soaks"]), 1)


class Snapshots(unittest.TestCase):
    """What the starts made of them, and that another choice is noticed."""

    def setUp(self):
        self.soak = RUNS["soaks"][CAMPAIGNS.index(next(c for c in CAMPAIGNS if "snapshot" in c[1]))]
        self.run_ = copy.copy(self.soak.last)
        self.run_.engines = [copy.copy(engine) for engine in self.run_.engines]

    def faults(self):
        report = oracle.Report()
        self.run_.check_snapshots(report)
        return report.faults

    def engine(self):
        return next(engine for engine in self.run_.engines if engine.foretold and "event=restored" in engine.said())

    def test_they_were_loaded(self):
        self.assertGreaterEqual(sum(row.trials for row in self.soak.rows.values()), SNAPSHOT_TRIALS_MIN)
        self.assertGreater(self.soak.starts["from a snapshot"] + self.soak.starts["from a copy"], SNAPSHOT_TRIALS_MIN)
        self.assertEqual(self.faults(), [])

    def test_a_good_one_that_is_not_loaded(self):
        engine = self.engine()
        engine.lines = [line for line in engine.lines if "event=restored" not in line]
        self.assertTrue(self.faults())

    def test_a_good_one_that_is_refused(self):
        engine = self.engine()
        engine.foretold = None
        engine.lines = ['event=snapshot_refused name="x"', *engine.lines]
        self.assertTrue(self.faults())

    def test_a_spoilt_one_that_is_loaded(self):
        engine = self.engine()
        engine.foretold = None, [engine.foretold[0]]
        self.assertTrue(self.faults())


class Resources(unittest.TestCase):
    def test_memory_and_descriptors_stay_flat(self):
        self.assertEqual(RUNS["grown"], 0)


class Trials(unittest.TestCase):
    def test_no_trial_failed(self):
        for tried in RUNS["soaks"]:
            self.assertEqual(tried.failures, [])

    def test_every_row_of_the_table_has_its_bound(self):
        for tried in RUNS["soaks"]:
            for row in tried.rows.values():
                self.assertEqual(row.bound(), 3 / row.trials if row.trials > 3 else 1.0 if row.trials else None)


def run():
    directory = tempfile.mkdtemp(prefix="saqshy-soak-")
    RUNS["soaks"] = []
    clusters = soak.Clusters()
    try:
        for name, settings in zip("abcde", CAMPAIGNS, strict=True):
            RUNS["soaks"].append(campaign(clusters, os.path.join(directory, name), name, *settings))
            if name == LOOK_AFTER:
                RUNS["grown"] = RUNS["soaks"][0].look_at_resources()
    finally:
        clusters.stop()
    RUNS["last"] = RUNS["soaks"][0], RUNS["soaks"][0].last
    program = unittest.main(exit=False, verbosity=2)
    trials = sum(row.trials for tried in RUNS["soaks"] for row in tried.rows.values())
    print(f"trials on a real Kafka: {trials}", file=sys.stderr)
    with open(RAN, "w", encoding="ascii") as file:
        print(trials, file=file)
    if not program.result.wasSuccessful():
        print(f"kept: {directory}", file=sys.stderr)
        return 1
    shutil.rmtree(directory)
    return 0 if trials >= TRIALS_MIN else 1


def main():
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, soak.give_up)
    signal.alarm(TIMEOUT_S)
    if os.path.exists(RAN):
        os.unlink(RAN)
    why = soak.rk.why_no_kafka()
    if why is not None:
        print(f"no real Kafka here, nothing is tried: {why}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    return run()


if __name__ == "__main__":
    sys.exit(main())
