# SPDX-License-Identifier: Apache-2.0
"""What a shard must have published, worked out from its input and its order log alone.

Shares no code with the engine: fastavro reads the records, the program `oracle` (the slow twins) keeps the
table of signals, traces reported money and scores, and what follows from that (admission, episodes, answers to
them, caps, expiry, the chain) is written here a second time, from docs/CONTRACTS.md, docs/SIGNALS.md,
models/README.md and the policy document.

    tests/python tests/oracle/oracle.py DUMP.avro SHARD SCHEMA_DIR     checks a dump that a trial has left
"""
import bisect
import functools
import hashlib
import heapq
import io
import json
import math
import os
import re
import struct
import subprocess
import sys
from collections import namedtuple
from datetime import date, datetime, timedelta, timezone

import fastavro

SOURCE_DIR = os.environ["SOURCE_DIR"]
ORACLE = os.environ.get("ORACLE") or os.path.join(os.environ["BUILD_DIR"], "tests", "oracle", "oracle")
MODEL = os.path.join(SOURCE_DIR, "models", "shipped-model.json")
POLICY = os.path.join(SOURCE_DIR, "models", "shipped-policy.json")
VALUE_BYTES_MAX = 65536
DORMANCY_DAYS = 180
INSTRUCTIONS_MAX = 20000
OWN_ID, SIGNAL_ID = 1, 4
TERM_MAX = 5 * 366 * 86400  # of a signal, seconds
SUBJECTS_MAX, TX_IDS_MAX = 32, 64
SECOND, DAY = 1000000, 86400
ZONE = timezone(timedelta(hours=5))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ACTIONS = ["UNKNOWN", "REVIEW_ONLY", "ASK_PAYER", "SUSPEND_INSTRUCTION", "HOLD_AMOUNT", "SUSPEND_EBANKING",
           "REFUSE_TO_PAYEE"]

PRIORITIES = ["LOW", "NORMAL", "HIGH", "URGENT"]
CONFIRMING, WITHDRAWING = ("REFUNDED", "CONFIRMED_FRAUD"), ("RELEASED", "FALSE_POSITIVE")
CLOSING = ("DECLINED", *CONFIRMING)
ENDING = (*CLOSING, *WITHDRAWING)
WEIGHING = ("INCIDENT", "LIST_ENTRY", "BOT_REPORT")  # kinds
NOT_COOLING = ("TRANSACTION_REVERSED", "MONEY_REVERSED", "SIGNAL_WITHDRAWN")
NO_LETTERS = (None, "LATE", "SIGNAL", "SIGNAL_RETIRED")  # verdicts

with open(os.path.join(SOURCE_DIR, "docs", "FEATURES.md"), encoding="utf-8") as table:
    FEATURES = re.findall(r"^\| `(\w+)` \|", table.read(), re.M)
RAPID_CASH_OUT_10M, TAINT_AMOUNT_72H = FEATURES.index("rapid_cash_out_10m"), FEATURES.index("taint_amount_72h")

Message = namedtuple("Message", "topic partition offset timestamp_ms key value headers")
Side = namedtuple("Side", "payee account logit unreported at_risk traced protected unreturned signal_ids grounds of_money "
                          "features")


class Wrong(AssertionError):
    """What was published is not what had to be."""


def check(holds, *what):
    if not holds:
        raise Wrong(" ".join(map(str, what)))


# Avro.

def plain(schema):
    """Without logical types: times are numbers."""
    if isinstance(schema, dict):
        return {key: plain(value) for key, value in schema.items() if key != "logicalType"}
    return [plain(item) for item in schema] if isinstance(schema, list) else schema


def read_schema(path):
    with open(path, encoding="utf-8") as file:
        return fastavro.parse_schema(plain(json.load(file)))


def contract(name):
    return read_schema(os.path.join(SOURCE_DIR, "schemas", name + ".avsc"))


def schemas_of(directory):
    """Writers' schemas by id."""
    found = {OWN_ID: contract("TransactionEvent")}
    for name in os.listdir(directory):
        if re.fullmatch(r"\d+\.avsc", name):
            found[int(name[:-5])] = read_schema(os.path.join(directory, name))
    return found


def decode_exactly(schema, body):
    stream = io.BytesIO(body)
    record = fastavro.schemaless_reader(stream, schema, None)
    if stream.read(1):
        raise ValueError("bytes are left over")
    return record


def decode_own(schema, schema_id, message):
    check(message.value[:5] == struct.pack(">bI", 0, schema_id), "frame of", message[:3])
    return decode_exactly(schema, message.value[5:])


# Admission.

def clock_of(event):
    """Microseconds; of a signal, when it was reported."""
    if "reported_at" in event:
        return event["reported_at"]
    return event["event_time"] if event.get("ingest_time") is None else event["ingest_time"]


def amount_of(event):
    amount = event.get("amount_kzt_minor")
    return event["amount_minor"] if amount is None else amount


def refusal(event, clock_s):
    """The verdict on a decoded record; None: accepted."""
    tenge, kzt = event["currency"] == "KZT", event.get("amount_kzt_minor")
    event_s, clock_now_s = event["event_time"] // SECOND, clock_of(event) // SECOND
    if not event["tx_id"] or not event["event_id"]:
        return "BAD_VALUE"
    if not event["payer"]["account_token"] and not event["payee"]["account_token"]:
        return "NO_ACCOUNT"
    if (kzt is None and not tenge) or (kzt is not None and tenge and kzt != event["amount_minor"]):
        return "BAD_CURRENCY"
    if amount_of(event) < 0 or event["amount_minor"] < 0:
        return "BAD_AMOUNT"
    if not all(946684800 <= s < 4102444800 for s in (event_s, clock_now_s)):
        return "BAD_TIME"
    if event_s > clock_now_s + 300:
        return "FUTURE_TIME"
    if clock_s is not None and event_s < clock_s - 7 * DAY:
        return "LATE"
    return None


def whole_seconds(time):
    return None if time is None else time // SECOND


def is_citizens(signal):
    return signal["kind"] == "BOT_REPORT" or signal["source"] == "CITIZEN_BOT"


def weighed(signal):
    """(type, token) of whom advice may rest on the signal, by name."""
    weighs = signal["kind"] in WEIGHING or (signal["kind"] == "OUTCOME" and
                                            signal["outcome"]["result"] == "CONFIRMED_FRAUD")
    if not weighs or is_citizens(signal) or signal["confidence"] in ("UNKNOWN", "REJECTED"):
        return set()
    return {(s["type"], s["token"]) for s in signal["subjects"]
            if s["role"] != "VICTIM" and s["type"] in ("ACCOUNT", "PERSON", "PHONE", "DEVICE")}


def bad_value(signal):
    """What docs/SIGNALS.md refuses with BAD_VALUE behind the years of its times."""
    kind, confidence, colour = signal["kind"], signal["confidence"], signal["list_colour"]
    begins, ends, outcome = signal["valid_from"] // SECOND, whole_seconds(signal["valid_until"]), signal["outcome"]
    occurred, named = whole_seconds(signal["occurred_at"]), signal["withdraws_signal_id"]
    subjects, speaks = signal["subjects"], kind not in ("WITHDRAWAL", "OUTCOME")
    victims = {(s["type"], s["token"]) for s in subjects if s["role"] == "VICTIM"}
    return any((
        occurred is not None and occurred > signal["reported_at"] // SECOND + 300,
        ends is not None and not 0 < ends - begins <= TERM_MAX,
        kind == "WITHDRAWAL" and named in (None, "", signal["signal_id"]),
        kind != "WITHDRAWAL" and named,
        kind == "OUTCOME" and (not outcome or not outcome["recommendation_id"] or outcome["result"] == "UNKNOWN"),
        kind != "OUTCOME" and outcome,
        speaks and not subjects,
        any(not s["token"] for s in subjects),
        any(s["role"] != "VICTIM" and (s["type"], s["token"]) in victims for s in subjects),
        speaks and confidence == "UNKNOWN",
        kind != "WITHDRAWAL" and ends is None and (confidence == "REPORTED" or is_citizens(signal)),
        (kind == "LIST_ENTRY") != (colour is not None) or colour == "UNKNOWN",
        colour == "BLACK" and confidence == "REPORTED",
    ))


def signal_refusal(signal, now_s):
    """The verdict on a decoded signal; None: it can be used."""
    ids = signal["signal_id"] + (signal["withdraws_signal_id"] or "")
    if not signal["signal_id"] or any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in ids) or \
            signal["revision"] < 1 or "UNKNOWN" in (signal["kind"], signal["source"]):
        return "BAD_VALUE"
    times = [whole_seconds(signal[name]) for name in ("reported_at", "valid_from", "valid_until", "occurred_at")]
    if not all(946684800 <= s < 4102444800 for s in times if s is not None):
        return "BAD_TIME"
    if bad_value(signal):
        return "BAD_VALUE"
    outcome = signal["outcome"] or {}
    if min(signal["amount_kzt_minor"] or 0, outcome.get("held_amount_kzt_minor") or 0) < 0:
        return "BAD_AMOUNT"
    if not all(signal["related_tx_ids"]):
        return "BAD_VALUE"
    return "FUTURE_TIME" if now_s and max(times[:2]) > now_s + 300 else None


class Reader:
    """Records to events and verdicts, with the engine clock."""

    def __init__(self, schemas):
        self.schemas, self.clock_s = schemas, None
        self.signal_schemas = {SIGNAL_ID: contract("FraudSignal")}

    @staticmethod
    def decode(schemas, message):
        """(event or None, verdict or None)"""
        value = message.value
        if len(value) > VALUE_BYTES_MAX:
            return None, "OVERSIZE"
        if len(value) < 5 or value[0] != 0:
            return None, "NOT_FRAMED"
        schema = schemas.get(struct.unpack(">I", value[1:5])[0])
        check(schema is not None, "an unknown schema that the order log does not name", message[:3])
        try:
            return decode_exactly(schema, value[5:]), None
        except Exception:  # whatever a decoder says of broken bytes
            return None, "MALFORMED"

    def take_signal(self, message, exception):
        """The same; what can be used is a SIGNAL."""
        if exception is not None:
            return None, exception
        if message.value is None:
            return None, "SIGNAL_RETIRED"
        signal, verdict = self.decode(self.signal_schemas, message)
        if verdict is not None:
            return None, verdict
        if len(signal["subjects"]) > SUBJECTS_MAX or len(signal["related_tx_ids"]) > TX_IDS_MAX:
            return None, "MALFORMED"
        verdict = signal_refusal(signal, max(self.clock_s or 0, message.timestamp_ms // 1000))
        return signal, verdict or "SIGNAL"

    def take(self, message, exception):
        """(event or None, verdict or None)"""
        if exception is not None:
            return None, exception
        if message.value is None:
            return None, "TOMBSTONE"
        event, verdict = self.decode(self.schemas, message)
        if verdict is not None:
            return None, verdict
        verdict = refusal(event, self.clock_s)
        if verdict is None and 0 < message.timestamp_ms // 1000 + DAY < clock_of(event) // SECOND:
            verdict = "FUTURE_TIME"
        if verdict is None:
            self.clock_s = max(self.clock_s or 0, clock_of(event) // SECOND)
        return event, verdict


# The order.

Row = namedtuple("Row", "message event verdict clock_s order")


def logs_of(*inputs):
    """By topic and partition."""
    found = {}
    for logs in inputs:
        for topic in {message.topic for log in logs.values() for message in log}:
            found.update({(topic, partition): log for partition, log in logs.items()})
    return found


def rows_of(inputs, signals, orders, schemas):
    """Every record of the inputs in the order the log says, with its verdict; the log checked for gaps."""
    reader, position, rows = Reader(schemas), {}, []
    logs, of_signals = logs_of(inputs, signals), {topic for topic, _ in logs_of(signals)}
    for number, order in enumerate(orders):
        check(order["sequence"] == number and order["epoch"] == 0, "order record", number, "is", order["sequence"])
        check(order["first_ordinal"] == len(rows), "ordinals of order record", number)
        exceptions = {(e["topic"], e["partition"], e["offset"]): e["reason"] for e in order["exceptions"]}
        for run in order["runs"]:
            place, end = (run["topic"], run["partition"]), run["next_offset"]
            check(place in logs, "a run of another input", run)
            if place not in position:
                position[place] = end
                continue
            check(end > position[place], "a run goes back", run, position)
            log, take = logs[place], reader.take_signal if place[0] in of_signals else reader.take
            at = bisect.bisect_left(log, position[place], key=lambda m: m.offset)
            while at < len(log) and log[at].offset < end:
                message = log[at]
                event, verdict = take(message, exceptions.pop((*place, message.offset), None))
                rows.append(Row(message, event, verdict, reader.clock_s or 0, number))
                at += 1
            position[place] = end
        check(not exceptions, "exceptions of no record", exceptions)
        check(order["engine_clock_s"] == (reader.clock_s or 0), "engine clock of order record", number)
    return rows, position


def field(value):
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def fields_of(event):
    fields = [event["tx_id"], event["event_time"] // SECOND, amount_of(event), event["tx_status"],
              event["event_type"], event.get("country_to"), event["payee_alias_type"], event.get("active_call"),
              event.get("remote_access"), event.get("device_token")]
    for party in (event["payer"], event["payee"]):
        fields += [party["account_token"], party.get("person_token"), party.get("phone_token"),
                   party.get("balance_after_minor"), party.get("account_opened_on"),
                   whole_seconds(party.get("credential_changed_at")), party.get("phone_owner_mismatch")]
    return fields


def fields_of_signal(signal):
    fields = [signal["signal_id"], signal["revision"], signal["kind"], signal["source"], signal["confidence"],
              signal["list_colour"], (signal["outcome"] or {}).get("result"), signal["valid_from"] // SECOND,
              whole_seconds(signal["valid_until"]), whole_seconds(signal["occurred_at"]), signal["amount_kzt_minor"],
              (signal["telecom"] or {}).get("called_phone_token"), signal["withdraws_signal_id"],
              len(signal["related_tx_ids"]), *signal["related_tx_ids"]]
    for subject in signal["subjects"]:
        fields += [subject["type"], subject["role"], subject["token"]]
    return fields


def line_of(ordinal, row):
    kind, fields = ("S", fields_of_signal) if row.verdict == "SIGNAL" else ("T", fields_of)
    texts = [field(value) for value in (kind, ordinal, row.clock_s, *fields(row.event))]
    check(not any("\t" in text or "\n" in text for text in texts), "a field that the dump cannot hold", texts)
    return "\t".join(texts) + "\n"


@functools.lru_cache(maxsize=2)
def run_oracle(dump, least_logit):
    """Of the same rows it says the same."""
    return subprocess.run([ORACLE, MODEL, str(DORMANCY_DAYS), repr(least_logit)], input=dump, check=True,
                          stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout


def score(rows, least_logit):
    """Sides by the index of their row, the rows that are duplicates, those that are attempts of what has moved, and
    what became of signals, and which of them are revisions that name a transfer that they named before."""
    accepted = [i for i, row in enumerate(rows) if row.verdict in (None, "SIGNAL")]
    sides, marked, effects, still = {}, {"D": set(), "M": set()}, {}, set()
    for line in run_oracle("".join(line_of(i, rows[i]) for i in accepted), least_logit).splitlines():
        number, kind, *rest = line.split("\t")
        index = accepted[int(number)]
        if kind in marked:
            marked[kind].add(index)
        elif kind == "S":
            effects[index] = rest[0]
            if rest[1] == "1":
                still.add(index)
        else:
            account, logit, unreported, at_risk, traced, protected, unreturned, *told, features = *rest[:10], rest[10:]
            sides.setdefault(index, []).append(
                Side(kind == "E", int(account), float.fromhex(logit), float.fromhex(unreported), int(at_risk),
                     int(traced), int(protected), int(unreturned),
                     *(list(filter(None, ids.split(","))) for ids in told), features))
    return sides, marked["D"], marked["M"], effects, still


# Probabilities.

class Calibration:
    """Logistic, or straight lines between points and level beyond the ends (models/README.md)."""

    def __init__(self, document):
        self.points = document.get("points")

    def probability(self, logit):
        if self.points is None:
            return 1 / (1 + math.exp(-logit))
        upper = bisect.bisect_right([x for x, _ in self.points], logit)
        if upper in (0, len(self.points)):
            return self.points[max(upper - 1, 0)][1]
        (x, p), (next_x, next_p) = self.points[upper - 1:upper + 1]
        return p + (logit - x) / (next_x - x) * (next_p - p)

    def logit(self, probability):
        """The lowest that has it."""
        if self.points is None:
            return math.log(probability / (1 - probability))
        upper = next((i for i, (_, p) in enumerate(self.points) if p >= probability), None)
        if upper is None:
            return math.inf
        if upper == 0:
            return -math.inf
        (x, p), (next_x, next_p) = self.points[upper - 1:upper + 1]
        return x + (probability - p) / (next_p - p) * (next_x - x)


# The policy.

class Policy:
    def __init__(self, path, calibration):
        with open(path, "rb") as file:
            text = file.read()
        self.sha256, self.document = hashlib.sha256(text).hexdigest(), json.loads(text)
        self.rules = {ACTIONS.index(name): dict(rule, threshold=calibration.logit(rule["probability"]))
                      for name, rule in self.document["actions"].items()}
        self.payer_rules = {ACTIONS.index(name): rule for name, rule in self.document.get("payer_side", {}).items()}
        self.allowed = {entry["account_token"]: self.day_start(entry["expires"]) for entry in self.document["allow"]}

    @staticmethod
    def day_start(text):
        return int(datetime.combine(date.fromisoformat(text), datetime.min.time(), ZONE).timestamp())

    def least(self):
        return min(rule["threshold"] for rule in self.rules.values())

    def action(self, logit):
        return max((a for a, rule in self.rules.items() if logit >= rule["threshold"]), default=0)

    def payer_action(self, payee_action):
        return max((a for a, rule in self.payer_rules.items() if payee_action >= ACTIONS.index(rule["payee_action"])),
                   default=0)

    def allows(self, token, clock_s):
        return clock_s < self.allowed.get(token, -1)

    def works(self, day):
        if day.isoformat() in self.document.get("working_weekends", []):
            return True
        return day.weekday() < 5 and day.isoformat() not in self.document.get("holidays", [])

    def valid_until(self, issued_s):
        day = datetime.fromtimestamp(issued_s, ZONE).date()
        left = self.document["max_hold_business_days"]
        if self.document.get("hold_counts_from") == "ISSUE_DAY" and self.works(day):
            left -= 1
        while left > 0:
            day += timedelta(days=1)
            left -= self.works(day)
        return self.day_start((day + timedelta(days=1)).isoformat())


# Episodes.

class Episode:
    payee_id = None

    def __init__(self, row, party, account, due_s, kind="freeze"):
        named = "\0".join(["saqshy/1", kind, party["account_token"], row.event["tx_id"], row.event["event_id"],
                           str(row.event["event_time"])])
        self.id = hashlib.sha256(named.encode()).hexdigest()[:32]
        self.account, self.token, self.bic = account, party["account_token"], party["bank_bic"]
        self.txs, self.due_s, self.valid_until = [row.event["tx_id"]], due_s, due_s * SECOND
        self.open, self.revision, self.at_risk, self.action = True, 0, 0, 0
        self.emptied = self.confirmed = False  # a bank has found nothing since the last revision; the fraud
        self.answer, self.lapsed = None, False  # id of the OUTCOME that made it so; what closed it was taken back
        self.grounds, self.stands_alone = [], False  # signals that it rests on; some entry needs none
        self.party, self.of_money = set(), []  # whom they spoke of; those that spoke of money that came
        self.earliest_s = math.inf  # event time of any revision
        self.said = None  # the revision before

    def add(self, tx_id):
        if tx_id in self.txs:
            return
        if len(self.txs) == 4:
            self.txs.pop()
        self.txs.append(tx_id)

    def change(self, record, why, signal_id):
        """What differs from the revision before, why, and by whose answer; None in the first."""
        if self.said is None:
            return None
        names = ["state", "action", "priority", "target_tx_ids", "hold_amount_kzt_minor", "at_risk_kzt_minor"]
        return {"what": [name for name in names if record[name] != self.said[name]], "why": why,
                "signal_id": signal_id}


class Instruction(Episode):
    """Of the paying side; it rests on the episode of the payee, whose score and term it has."""

    def __init__(self, row, payee, action, rule):
        super().__init__(row, row.event["payer"], None, payee.due_s, "instruction")
        self.payee_id, self.action, self.priority, self.rule = payee.id, action, rule["priority"], payee.rule
        self.at_risk, self.score = amount_of(row.event), payee.score


class Judge:
    """Walks the rows; collects what is to be published, in order."""

    def __init__(self, policies, model):
        self.policies, self.model, self.policy = policies, model, None  # by order record
        self.clock_s, self.hour, self.taken = -1, None, {}
        self.episodes, self.out = {}, []  # by account
        self.dues, self.flagged = [], {}  # when an episode is over, of any time; the open or confirmed one of a token
        self.issued = set()  # ids
        self.answers = self.retracted = 0  # that something came of; advice that went with its signal
        self.taken_back = 0  # answers that were undone
        self.instructions, self.payer_taken = {}, {}  # by payer and tx_id, in the order they were advised on
        self.instruction_due_s = math.inf

    def walk(self, rows, sides, duplicates, moved, effects, still):
        for index, row in enumerate(rows):
            self.policy = self.policies[row.order]
            if row.verdict in (None, "LATE"):
                self.move_clock(row)
            self.expire(row)
            if row.verdict == "SIGNAL":
                self.take_back(row, effects.get(index))
            if effects.get(index) in ("ADDED", "REVISED"):
                self.hear(row)
            self.retract(row, effects.get(index), index in still)
            for side in sides.get(index, []):
                self.judge(row, side)
            if row.verdict is None:
                self.take_instruction(row, index in duplicates, index in moved)
        return self.out

    def move_clock(self, row):
        self.clock_s = max(self.clock_s, row.clock_s)
        if self.clock_s // 3600 != self.hour:
            self.hour, self.taken, self.payer_taken = self.clock_s // 3600, {}, {}

    def expire(self, row):
        while self.dues and self.dues[0][0] <= self.clock_s:
            due_s, episode_id, account = heapq.heappop(self.dues)
            first = self.episodes.get(account)
            if first is None or (first.due_s, first.id) != (due_s, episode_id):
                continue
            if first.open:
                self.end(first, "EXPIRED", "TERM_OVER", row)
            else:
                del self.episodes[account]
                self.unflag(first)
        self.expire_instructions(row)

    def unflag(self, episode):
        if self.flagged.get(episode.token) is episode:
            del self.flagged[episode.token]

    def await_due(self, episode):
        heapq.heappush(self.dues, (episode.due_s, episode.id, episode.account))

    @staticmethod
    def fits(rule, action, bic, taken):
        return (taken.get(action, 0) < rule["per_hour"] and
                taken.get((bic, action), 0) < rule.get("per_hour_per_bank", math.inf))

    def room(self, wanted, least, bic, rules, taken, side=None):
        """What is URGENT by its rule, or would be published as such, is never held back."""
        for action in range(wanted, least - 1, -1):
            rule = rules.get(action)
            if rule is None:
                continue
            becomes = rule["priority"] if side is None else self.priority(rule["priority"], side)
            if "URGENT" in (rule["priority"], becomes) or self.fits(rule, action, bic, taken):
                return action
        return 0

    @staticmethod
    def take(taken, action, bic):
        for key in (action, (bic, action)):
            taken[key] = taken.get(key, 0) + 1

    def judge(self, row, side):
        episode = self.episodes.get(side.account)
        if episode is not None and not episode.open and self.clock_s >= episode.due_s:
            episode = self.episodes.pop(side.account) and None
        if row.event["tx_status"] == "REVERSED":
            if episode is not None and episode.open:
                self.reverse(row, side, episode)
            return
        party = row.event["payee" if side.payee else "payer"]
        wanted = self.policy.action(side.logit)
        closed = episode is not None and not episode.open
        if wanted == 0:  # then a credit is not suspect, and reported money is, where advice stands
            side = side._replace(at_risk=side.traced)
            if episode is None or closed or not self.has_grown(episode, side):
                return
        if (closed and not episode.lapsed) or self.policy.allows(party["account_token"], self.clock_s):
            return
        if episode is None or not episode.open:
            self.begin(row, side, party, wanted)
        else:
            self.amend(row, side, episode, wanted)

    def reverse(self, row, side, episode):
        if side.unreturned > episode.earliest_s - DAY:
            return
        if episode.txs[0] == row.event["tx_id"]:
            self.end(episode, "WITHDRAWN", "TRANSACTION_REVERSED", row)
        elif episode.at_risk > 0 and not episode.emptied and self.policy.action(side.logit) == 0:
            self.end(episode, "WITHDRAWN", "MONEY_REVERSED", row)

    def begin(self, row, side, party, wanted):
        due_s = self.policy.valid_until(clock_of(row.event) // SECOND)
        episode = Episode(row, party, side.account, due_s)
        if episode.id in self.issued:
            return
        action = (self.room(wanted, 1, party["bank_bic"], self.policy.rules, self.taken, side)
                  if due_s > self.clock_s else 0)
        if action == 0:
            return
        self.episodes[side.account] = self.flagged[episode.token] = episode
        self.issued.add(episode.id)
        self.await_due(episode)
        self.note_grounds(episode, row, side)
        self.publish(episode, "ISSUED", action, row, side)

    @staticmethod
    def has_grown(episode, side):
        before = 0 if episode.emptied else episode.at_risk
        return side.at_risk > before and 4 * (side.at_risk - before) >= before

    def amend(self, row, side, episode, wanted):
        self.note_grounds(episode, row, side)
        grown, stronger = self.has_grown(episode, side), wanted > episode.action
        if not stronger and not grown:
            return
        strongest = wanted if stronger else episode.action  # more money is told of, whatever the entry's own score
        least = episode.action if grown else episode.action + 1
        action = self.room(strongest, least, episode.bic, self.policy.rules, self.taken, side)
        if action == 0:
            return
        episode.add(row.event["tx_id"])
        more = "MONEY_AGAIN" if episode.emptied else "MORE_MONEY"
        self.publish(episode, "AMENDED", action, row, side, "STRONGER_ACTION" if action > episode.action else more)

    def publish(self, episode, state, action, row, side, why=None):
        self.take(self.taken, action, episode.bic)
        episode.action, episode.at_risk, episode.score = action, side.at_risk, side.logit
        episode.emptied = False
        episode.earliest_s = min(episode.earliest_s, row.event["event_time"] // SECOND)
        episode.rule = self.policy.rules[action]
        episode.priority = self.priority(episode.rule["priority"], side)
        episode.decide_by = self.decide_by(episode, row)
        hold = self.hold(row, side) if action >= ACTIONS.index("HOLD_AMOUNT") else 0
        self.say(episode, state, why, row, hold or None, [self.hop(row.event)],
                 [None if value in ("nan", "-nan") else float.fromhex(value) for value in side.features],
                 signal_ids=side.signal_ids)

    def note_grounds(self, episode, row, side):
        if side.grounds:
            episode.grounds, episode.of_money = side.grounds, side.of_money
            episode.party = self.party(row.event, side)
        if self.policy.action(side.unreported) > 0:
            episode.stands_alone = True

    @staticmethod
    def party(event, side):
        of = event["payee" if side.payee else "payer"]
        named = {(kind, of.get(kind.lower() + "_token")) for kind in ("ACCOUNT", "PERSON", "PHONE")}
        return named if side.payee else named | {("DEVICE", event.get("device_token"))}

    def decide_by(self, episode, row):
        within = self.policy.document["decide_within_minutes"] * 60 * SECOND
        return min(clock_of(row.event) + within, episode.valid_until)

    @staticmethod
    def priority(of_policy, side):
        """A step lower where no money is left, a step higher where it leaves fast."""
        step = PRIORITIES.index(of_policy)
        if side.at_risk == 0:
            return PRIORITIES[max(step - 1, 0)]
        fast = float.fromhex(side.features[RAPID_CASH_OUT_10M])
        return PRIORITIES[min(step + (fast >= 0.5), len(PRIORITIES) - 1)]

    def hold(self, row, side):
        """No more than the balance without wages, pensions and benefits, where the policy protects any, and without
        what it leaves to everybody."""
        balance = row.event["payee" if side.payee else "payer"].get("balance_after_minor")
        if balance is None:
            return side.at_risk
        kept = side.protected if self.policy.document["protected_flows"] else 0
        return max(0, min(side.at_risk, balance - max(kept, self.policy.document.get("left_available_minor", 0))))

    @staticmethod
    def hop(event):
        return {"hop": 1, "tx_id": event["tx_id"], "from": event["payer"]["account_token"],
                "to": event["payee"]["account_token"], "amount_minor": amount_of(event),
                "event_time": event["event_time"]}

    def cool(self, episode, cool_s):
        episode.open, episode.due_s, episode.grounds = False, self.clock_s + cool_s, []
        episode.answer = None
        if not episode.confirmed:
            self.unflag(episode)
        self.await_due(episode)

    def end(self, episode, state, why, row, signal_id=None):
        self.say(episode, state, why, row, None, [], [], signal_id)
        self.cool(episode, 0 if why in NOT_COOLING else self.cool_down_s())
        if state == "WITHDRAWN":
            self.lift(episode, "PAYEE_WITHDRAWN", row)

    def lift(self, episode, why, row):
        for instruction in list(self.instructions.values()):
            if instruction.open and instruction.payee_id == episode.id:
                self.end_instruction(instruction, "WITHDRAWN", why, row)

    def cool_down_s(self):
        return self.policy.document["cool_down_hours"] * 3600

    # Answers.

    @staticmethod
    def is_about(signal, token):
        named = [s["token"] for s in signal["subjects"] if s["type"] == "ACCOUNT" and s["role"] != "VICTIM"]
        return not named or token in named

    @staticmethod
    def is_answer(signal):
        return signal["kind"] == "OUTCOME" and not is_citizens(signal) and signal["confidence"] != "REJECTED"

    def take_back(self, row, effect):
        """An answer that is withdrawn, or says something else now, is undone; what was published stays."""
        signal = row.event
        if effect == "ADDED":  # under the id of one that has ended
            for episode in (e for e in self.episodes.values() if e.answer == signal["signal_id"]):
                episode.answer = None
        withdrawn = effect == "WITHDRAWN" and signal["kind"] == "WITHDRAWAL"
        if not withdrawn and effect != "REVISED":
            return
        gone = signal["withdraws_signal_id"] if withdrawn else signal["signal_id"]
        for episode in [e for e in self.episodes.values() if e.answer == gone]:
            if not withdrawn and self.stays(signal, episode):
                continue
            self.taken_back += 1
            confirmed, episode.lapsed = episode.confirmed, not episode.open
            episode.emptied, episode.confirmed, episode.answer = False, False, None
            if confirmed:
                self.unflag(episode)
                self.lift(episode, "PAYEE_WITHDRAWN", row)

    def stays(self, signal, episode):
        """A later revision does something to the episode as well."""
        results = (*ENDING, "NO_FUNDS") if episode.open else ENDING
        return self.is_answer(signal) and signal["outcome"]["recommendation_id"] == episode.id and \
            self.is_about(signal, episode.token) and signal["outcome"]["result"] in results

    def hear(self, row):
        signal = row.event
        if not self.is_answer(signal):
            return
        of, result = signal["outcome"]["recommendation_id"], signal["outcome"]["result"]
        episode = next((e for e in self.episodes.values() if e.id == of), None)
        if episode is None:
            self.hear_of_instruction(row, of, result)
        elif not self.is_about(signal, episode.token):
            return
        elif not episode.open:
            if self.hear_late(episode, result, row):
                self.answers += 1
                episode.answer = signal["signal_id"]
        else:
            self.answers += 1
            if result == "NO_FUNDS":
                episode.emptied = True
            elif result in CLOSING:
                episode.confirmed = result in CONFIRMING
                self.cool(episode, self.cool_down_s())
                if result == "DECLINED":
                    self.lift(episode, "PAYEE_DECLINED", row)
            elif result in WITHDRAWING:
                self.end(episode, "WITHDRAWN", "OUTCOME_" + result, row, signal["signal_id"])
            if result in (*ENDING, "NO_FUNDS"):
                episode.answer = signal["signal_id"]

    def hear_late(self, episode, result, row):
        """What closed it was taken back, and this closes it anew; or it was not fraud, says the bank that had
        confirmed it."""
        if episode.lapsed and result in ENDING:
            episode.lapsed, episode.confirmed = False, result in CONFIRMING
            if episode.confirmed:
                self.flagged[episode.token] = episode
            self.cool(episode, self.cool_down_s())
            return True
        if not episode.confirmed or result not in ("DECLINED", *WITHDRAWING):
            return False
        episode.confirmed = False
        self.unflag(episode)
        self.lift(episode, "PAYEE_DECLINED" if result == "DECLINED" else "PAYEE_WITHDRAWN", row)
        return True

    def hear_of_instruction(self, row, of, result):
        instruction = next((i for i in self.instructions.values() if i.id == of), None)
        if instruction is None or not instruction.open:
            return
        self.answers += 1
        if result in CLOSING:
            instruction.open = False
        elif result in WITHDRAWING:
            self.end_instruction(instruction, "WITHDRAWN", "OUTCOME_" + result, row, row.event["signal_id"])

    def retract(self, row, effect, still_traced):
        """What rests on a signal that counts no more, or not of it, from this row on goes with it."""
        signal, gone, still = row.event, None, set()
        if effect == "WITHDRAWN" and signal["kind"] == "WITHDRAWAL":
            gone = signal["withdraws_signal_id"]
        elif effect == "REVISED":
            gone, still = signal["signal_id"], weighed(signal)
        left = [e for e in self.episodes.values() if gone in e.grounds and not e.party & still and
                not (still_traced and gone in e.of_money)]
        for episode in sorted(left, key=lambda e: e.id):
            if episode.grounds == [gone] and not episode.stands_alone:
                self.retracted += 1
                self.end(episode, "WITHDRAWN", "SIGNAL_WITHDRAWN", row, signal["signal_id"])
            else:
                episode.grounds = [ground for ground in episode.grounds if ground != gone]
        if effect == "ADDED":  # under the id of one that has ended: nothing rests on it
            for episode in self.episodes.values():
                episode.grounds = [ground for ground in episode.grounds if ground != signal["signal_id"]]

    # The paying side.

    def take_instruction(self, row, duplicate, moved):
        event, status = row.event, row.event["tx_status"]
        key = (event["payer"]["account_token"], event["tx_id"])
        if not key[0] or not event["payee"]["account_token"]:
            return
        found = self.instructions.get(key)
        why = {"SETTLED": "INSTRUCTION_SETTLED", "REFUSED": "INSTRUCTION_REFUSED",
               "REVERSED": "TRANSACTION_REVERSED"}.get(status)
        if found is not None:
            if found.open and why is not None:
                self.end_instruction(found, "WITHDRAWN", why, row)
        elif not moved and (status == "SUSPENDED" or (status == "ATTEMPTED" and not duplicate)):
            self.begin_instruction(row, key)

    def begin_instruction(self, row, key):
        token = row.event["payee"]["account_token"]
        payee = self.flagged.get(token)
        wanted = 0 if payee is None else self.policy.payer_action(payee.action)
        if wanted == 0 or any(self.policy.allows(who, self.clock_s) for who in (token, key[0])):
            return
        bic = row.event["payer"]["bank_bic"]
        action = self.room(wanted, 1, bic, self.policy.payer_rules, self.payer_taken)
        if action == 0:
            return
        instruction = Instruction(row, payee, action, self.policy.payer_rules[action])
        if instruction.id in self.issued:
            return
        self.take(self.payer_taken, action, bic)
        check(len(self.instructions) < INSTRUCTIONS_MAX, "more instructions than instructions.max")
        self.instructions[key] = instruction
        self.issued.add(instruction.id)
        instruction.decide_by = self.decide_by(instruction, row)
        self.instruction_due_s = min(self.instruction_due_s, instruction.due_s)
        self.say(instruction, "ISSUED", None, row, None, [self.hop(row.event)], [])

    def end_instruction(self, instruction, state, why, row, signal_id=None):
        self.say(instruction, state, why, row, None, [], [], signal_id)
        instruction.open = False

    def expire_instructions(self, row):
        if self.clock_s < self.instruction_due_s:
            return
        due = [i for i in self.instructions.values() if i.due_s <= self.clock_s]
        for instruction in sorted(due, key=lambda i: (i.due_s, i.id)):
            if instruction.open:
                self.end_instruction(instruction, "EXPIRED", "TERM_OVER", row)
            del self.instructions[instruction.token, instruction.txs[0]]
        self.instruction_due_s = min((i.due_s for i in self.instructions.values()), default=math.inf)

    def moment(self, row):
        """A signal may have been reported before the advice that it is about was issued."""
        if "reported_at" in row.event:
            return max(clock_of(row.event), self.clock_s * SECOND)
        return clock_of(row.event)

    def say(self, episode, state, why, row, hold, trail, features, signal_id=None, signal_ids=()):
        episode.revision += 1
        record = {
            "recommendation_id": episode.id, "revision": episode.revision, "state": state, "mode": "LIVE",
            "action": ACTIONS[episode.action], "priority": episode.priority, "addressee_bic": episode.bic,
            "target_account_token": episode.token, "target_tx_ids": list(episode.txs),
            "hold_amount_kzt_minor": hold, "at_risk_kzt_minor": episode.at_risk,
            "issued_at": self.moment(row), "decide_by": episode.decide_by, "valid_until": episode.valid_until,
            "max_hold_business_days": self.policy.document["max_hold_business_days"], "score": episode.score,
            "probability": self.model["calibration"].probability(episode.score), "threshold": episode.rule["threshold"],
            "money_trail": trail, "protected_flows": self.policy.document["protected_flows"],
            "human_decision_required": True, "model_id": self.model["id"], "model_sha256": self.model["sha256"],
            "policy_id": self.policy.document["id"], "policy_sha256": self.policy.sha256,
            "feature_vector": features, "input_topic": row.message.topic,
            "input_partition": row.message.partition, "input_offset": row.message.offset,
            "payee_recommendation_id": episode.payee_id, "signal_ids": list(signal_ids)}
        record["change"] = episode.change(record, why, signal_id)
        episode.said = record
        self.out.append((row, record))


# What was published.

NEARLY = {"probability", "threshold"}  # the engine has its own exp and log


def near(a, b):
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def same(name, expected, found):
    if name in NEARLY:
        return near(expected, found)
    if name == "feature_vector":
        return len(expected) == len(found) and all(map(near, expected, found))
    return expected == found


def difference(expected, found):
    """The first field that differs; None: none does."""
    for name, value in expected.items():
        if not same(name, value, found[name]):
            return f"{name}: {value} was due, {found[name]} was published"
    if sum(reason["contribution"] for reason in found["reasons"]) != found["score"]:
        return "the contributions do not add up to the score"
    return None


def is_traced(record):
    """Reported money came to the account within the 72 h before."""
    return bool(record["feature_vector"]) and record["feature_vector"][TAINT_AMOUNT_72H] > 0


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


def place_of(message):
    return message.topic, message.partition, message.offset


class Report:
    def __init__(self):
        self.rows = self.expected = self.lost = self.repeated = self.extra = 0
        self.signals = self.answers = self.told = 0  # used; that changed something; recommendations that name any
        self.retracted = 0  # advice that went with its signal
        self.traced = 0  # recommendations for accounts that traced money came to
        self.taken_back = 0  # answers that were undone
        self.faults = []

    def fault(self, *what):
        self.faults.append(" ".join(map(str, what)))


class Verifier:
    """Checks a shard's topics, as read_committed messages by partition, sorted by offset."""

    def __init__(self, schemas, policy_paths=(POLICY,), model_path=MODEL):
        self.schemas = schemas
        self.recommendation, self.order = contract("FreezeRecommendation"), contract("OrderRecord")
        with open(model_path, "rb") as file:
            text = file.read()
        document = json.loads(text)
        calibration = Calibration(document["calibration"])
        self.model = {"sha256": hashlib.sha256(text).hexdigest(), "id": document["id"], "calibration": calibration}
        self.policies = {policy.sha256: policy for policy in (Policy(path, calibration) for path in policy_paths)}

    def verify(self, shard, inputs, signals, orders, recommendations, letters):
        """I1, I3 (the log's part), I7 and the chain."""
        report = Report()
        logged = [decode_own(self.order, 3, m) for m in sorted(
            (m for log in orders.values() for m in log if m.key == shard.encode()), key=lambda m: m.offset)]
        check(logged, "the order log of", shard, "is empty")
        rows, position = rows_of(inputs, signals, logged, self.schemas)
        report.rows = len(rows)
        report.signals = sum(row.verdict == "SIGNAL" for row in rows)
        for place, log in logs_of(inputs, signals).items():
            end = log[-1].offset + 1 if log else 0
            if position.get(place, 0) != end:
                report.fault(*place, "taken up to", position.get(place), "of", end)
        check(all(order["model_sha256"] == self.model["sha256"] for order in logged), "another model")
        policies = [self.policies[order["policy_sha256"]] for order in logged]
        scored = score(rows, min(policy.least() for policy in policies) - 1e-9)
        judge = Judge(policies, self.model)
        due = judge.walk(rows, *scored)
        report.answers, report.retracted, report.taken_back = judge.answers, judge.retracted, judge.taken_back
        report.told = sum(bool(record["signal_ids"]) for _, record in due)
        report.traced = sum(map(is_traced, (record for _, record in due)))
        self.compare(report, due, recommendations, logged)
        self.compare_letters(report, rows, letters)
        return report

    def compare(self, report, due, recommendations, logged):
        report.expected = len(due)
        expected = {partition: [] for partition in recommendations}
        for row, record in due:
            key = record["target_account_token"].encode()
            expected[murmur2_partition(key, len(recommendations))].append((row, record))
        for partition, log in recommendations.items():
            found = [decode_own(self.recommendation, 2, message) for message in log]
            self.count(report, [r for _, r in expected[partition]], found)
            for number, (wanted, got) in enumerate(zip(expected[partition], found)):
                differs = difference(wanted[1], got)
                if differs is None and got["build"] != logged[wanted[0].order]["build"]:
                    differs = "build is not that of its order record"
                if differs is not None:
                    report.fault("recommendation", number, "of partition", partition, "-", differs)
                    break
            self.chain(report, partition, log, found)
            self.outputs(report, partition, [row for row, _ in expected[partition]], log, logged)

    @staticmethod
    def count(report, expected, found):
        """As multisets of id and revision."""
        owed = [(r["recommendation_id"], r["revision"]) for r in expected]
        have = [(r["recommendation_id"], r["revision"]) for r in found]
        report.lost += len(set(owed) - set(have))
        report.repeated += len(have) - len(set(have))
        report.extra += len(set(have) - set(owed))
        if owed != have and set(owed) == set(have) and len(have) == len(set(have)):
            report.fault("other order of recommendations")

    @staticmethod
    def chain(report, partition, log, found):
        previous = bytes(32)
        for number, (message, record) in enumerate(zip(log, found)):
            if record["sequence"] != number or record["previous_hash"] != previous:
                report.fault("the chain of partition", partition, "breaks at", number)
                return
            if message.key != record["target_account_token"].encode():
                report.fault("key of", number, "in partition", partition)
            if dict(message.headers).get("ce_id") != f"{record['recommendation_id']}.{record['revision']}".encode():
                report.fault("ce_id of", number, "in partition", partition)
            previous = hashlib.sha256(message.value[5:]).digest()

    @staticmethod
    def outputs(report, partition, rows, log, logged):
        """What each order record says of the partition: how many, and the last one's hash."""
        numbers = [row.order for row in rows]
        for order in logged:
            place = next(o for o in order["outputs"] if o["partition"] == partition)
            count = bisect.bisect_right(numbers, order["sequence"])
            last = bytes(32)
            if 0 < count <= len(log):
                last = hashlib.sha256(log[count - 1].value[5:]).digest()
            if place["next_sequence"] != count or place["last_hash"] != last:
                report.fault("order record", order["sequence"], "on output partition", partition, ":",
                             place["next_sequence"], "recommendations,", count, "are due")
                return

    @staticmethod
    def compare_letters(report, rows, letters):
        due = sorted((*place_of(row.message), row.verdict) for row in rows if row.verdict not in NO_LETTERS)
        values = {place_of(row.message): row.message for row in rows}
        have = []
        for message in (m for log in letters.values() for m in log):
            headers = dict(message.headers)
            place = (headers["__connect.errors.topic"].decode(), int(headers["__connect.errors.partition"]),
                     int(headers["__connect.errors.offset"]))
            have.append((*place, headers["saqshy.dlq.reason"].decode()))
            original = values.get(place)
            if original is None or (message.key, message.value) != (original.key, original.value):
                report.fault("dead letter", place, "has other bytes than its record")
        if sorted(have) != due:
            lost, extra = sorted(set(due) - set(have)), sorted(set(have) - set(due))
            report.fault("dead letters:", len(due), "due,", len(have), "found; lost", lost[:3], "extra", extra[:3])


# A dump on disk.

def by_partition(messages):
    out = {}
    for message in messages:
        out.setdefault(message.partition, []).append(message)
    return {partition: sorted(log, key=lambda m: m.offset) for partition, log in out.items()}


def main():
    path, shard, schema_dir = sys.argv[1:]
    topics = {}
    with open(path, "rb") as file:
        for record in fastavro.reader(file):
            record["headers"] = [(h["name"], h["value"]) for h in record["headers"]]
            topics.setdefault(record["topic"].rsplit(".", 1)[1], []).append(Message(**record))
    logs = {name: by_partition(messages) for name, messages in topics.items()}
    outputs = {partition: logs.get("rec", {}).get(partition, []) for partition in logs["tx"]}
    report = Verifier(schemas_of(schema_dir)).verify(shard, logs["tx"], logs.get("signals", {}), logs["order"], outputs,
                                                     logs.get("dlq", {}))
    print(f"{report.rows} records, {report.signals} signals, {report.expected} recommendations due; lost {report.lost}, "
          f"repeated {report.repeated}, extra {report.extra}")
    print(*report.faults, sep="\n")
    return 1 if report.faults or report.lost or report.repeated or report.extra else 0


if __name__ == "__main__":
    sys.exit(main())
