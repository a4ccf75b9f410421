# SPDX-License-Identifier: Apache-2.0
"""The producer of the second input of a run: reports about the people of its feed and of transfers among them, drawn by
the seed, and answers to what the engine recommends, as a reader sees it."""
import collections
import threading
from datetime import timedelta

from confluent_kafka import Producer

import oracle
import real_kafka as rk

PARTITIONS = 2
REPORTS = 160
SENT_FIRST = REPORTS // 3  # before the feed begins
TOLD_AT = 0.9  # of the feed, when all reports were sent
DAY = oracle.DAY * oracle.SECOND
ENDS_AT = 4 * 3600 * oracle.SECOND  # of a day, UTC: what reports named is forgotten some hours later, not at midnight
BUSY = 60  # entries: who has more forgets transfers before they are reported
UNKNOWN_ID = 2001
STEP_S = 0.05
RESULTS = ("HELD", "PARTLY_HELD", "NO_FUNDS", "NO_FUNDS", "DECLINED", "RELEASED", "REFUNDED", "CONFIRMED_FRAUD",
           "CONFIRMED_FRAUD", "FALSE_POSITIVE", "FALSE_POSITIVE")
SIGNAL, RECOMMENDATION = oracle.contract("FraudSignal"), oracle.contract("FreezeRecommendation")


def micros(time):
    return (time - oracle.EPOCH) // timedelta(microseconds=1)


class Transfer:
    """That may be reported, and its place in the feed, from 0 to 1."""

    def __init__(self, event, place):
        self.tx_id, self.amount, self.time = event["tx_id"], oracle.amount_of(event), micros(event["event_time"])
        self.payer, self.payee = (event[side]["account_token"] for side in ("payer", "payee"))
        self.place = place


class Spoken:
    """Whom reports are about: those whom many pay come often."""

    def __init__(self, parts):
        events, all_of_them = parts[0], [event for part in parts for event in part]
        self.since = micros(min(event["event_time"] for event in events))
        entries = collections.Counter(event[side]["account_token"] for event in all_of_them
                                      for side in ("payer", "payee"))
        self.transfers = [Transfer(event, at / len(all_of_them)) for at, event in enumerate(all_of_them)
                          if event["event_type"] == "P2P_TRANSFER" and event["tx_status"] == "SETTLED" and
                          event["payer"]["account_token"] and event["payee"]["account_token"] and
                          entries[event["payee"]["account_token"]] <= BUSY]
        self.accounts, self.others = [], []
        for event in events:
            for party in (event["payer"], event["payee"]):
                self.others += [(kind, party[kind.lower() + "_token"]) for kind in ("PERSON", "PHONE")]
            self.others.append(("DEVICE", event["device_token"]))
            self.accounts.append(("ACCOUNT", event["payee"]["account_token"]))
        self.accounts = [one for one in self.accounts if one[1]]
        self.others = [one for one in self.others if one[1]]
        self.phones = [one for one in self.others if one[0] == "PHONE"]


def signal(signal_id, kind, source, confidence, reported_at, **fields):
    return dict({"signal_id": signal_id, "revision": 1, "kind": kind, "source": source, "category": "soak",
                 "subjects": [], "list_colour": None, "confidence": confidence, "related_tx_ids": [],
                 "amount_kzt_minor": None, "occurred_at": None, "reported_at": reported_at, "valid_from": reported_at,
                 "valid_until": None, "telecom": None, "outcome": None, "withdraws_signal_id": None}, **fields)


def message(record):
    return record["signal_id"].encode(), rk.encode(SIGNAL, record, rk.SIGNAL_ID)


class Reports:
    """Of a run; (messages, how many of them are poison)."""

    def __init__(self, spoken, chance):
        self.spoken, self.chance = spoken, chance
        self.known = []

    def subject(self, role):
        kind, token = self.chance.choice(self.spoken.accounts if self.chance.random() < 0.6 else self.spoken.others)
        return {"type": kind, "token": token, "role": role}

    def phone(self, role):
        return dict(zip(("type", "token", "role"), (*self.chance.choice(self.spoken.phones), role)))

    def term(self):
        """Most are in force for all of the feed, some begin or end within it."""
        begins = self.spoken.since + self.chance.choice((-DAY, -DAY, DAY // 2, DAY))
        return {"reported_at": begins, "valid_until": begins + self.chance.choice((DAY, 30 * DAY, 30 * DAY))}

    def term_of(self, transfer):
        """From soon after it; some end on the next day."""
        begins = transfer.time + self.chance.randint(1, 3600) * oracle.SECOND
        ends = (begins // DAY + 1) * DAY + ENDS_AT
        return {"reported_at": begins, "valid_from": begins,
                "valid_until": self.chance.choice((ends, begins + 30 * DAY))}

    def place(self, number):
        """How much of the feed was sent when report so-and-so is."""
        return TOLD_AT * max(0, number - SENT_FIRST) / (REPORTS - SENT_FIRST)

    def transfers(self, number):
        """Of one payee, up to three; most have happened for a while, some are yet to come."""
        place, all_of_them = self.place(number), self.spoken.transfers
        happened = [one for one in all_of_them if one.place < place - 0.02]
        if not happened or self.chance.random() < 0.1:
            happened = [one for one in all_of_them if one.place > place + 0.1] or all_of_them
        first = self.chance.choice(happened[-len(happened) // 3:])
        same = [one for one in happened if one.payee == first.payee]
        return self.chance.sample(same, min(len(same), self.chance.randint(1, 3)))

    def named(self, transfers):
        """What names them: ids, among which may be one that nobody knows; or the time, and mostly the amount, of one."""
        of, chance = transfers[0], self.chance
        if chance.random() < 0.2:
            return {"occurred_at": of.time, "amount_kzt_minor": chance.choice((of.amount, of.amount, None))}
        unknown = ["nobody-knows-it"] * (chance.random() < 0.2)
        return {"related_tx_ids": unknown + [one.tx_id for one in transfers], "amount_kzt_minor": of.amount}

    def parties(self, transfers):
        """By the payee, or by the victims."""
        if self.chance.random() < 0.7:
            return [{"type": "ACCOUNT", "token": transfers[0].payee,
                     "role": self.chance.choice(("DROPPER", "BENEFICIARY"))}]
        payers = sorted({one.payer for one in transfers})
        return [{"type": "ACCOUNT", "token": token, "role": "VICTIM"} for token in payers]

    def incident(self, number):
        """One that names transfers."""
        transfers, chance = self.transfers(number), self.chance
        return signal(f"report-{number}", "INCIDENT", chance.choice(("BANK", "POLICE", "POLICE", "HUB", "CITIZEN_BOT")),
                      chance.choice(("REPORTED", "CORROBORATED", "CONFIRMED", "CONFIRMED", "REJECTED")),
                      **dict({"subjects": self.parties(transfers)}, **self.named(transfers)),
                      **self.term_of(max(transfers, key=lambda one: one.time)))

    def report(self, number):
        if self.chance.random() < (0.1 if number < SENT_FIRST else 0.5):
            return self.incident(number)
        chance, kind = self.chance, self.chance.choice(("INCIDENT", "INCIDENT", "LIST_ENTRY", "LIST_ENTRY", "BOT_REPORT"))
        confidence = chance.choice(("REPORTED", "CORROBORATED", "CONFIRMED", "REJECTED"))
        colour = None if kind != "LIST_ENTRY" else "GREY" if confidence == "REPORTED" else "BLACK"
        subjects = [self.subject("DROPPER") for _ in range(chance.randint(1, 3))]
        return signal(f"report-{number}", kind, chance.choice(("BANK", "POLICE", "HUB", "CITIZEN_BOT")), confidence,
                      subjects=subjects, list_colour=colour, **self.term())

    def call(self, number):
        return signal(f"call-{number}", self.chance.choice(("FRAUD_CALL", "SIM_BOX")), "MOBILE_OPERATOR", "CONFIRMED",
                      subjects=[self.phone(self.chance.choice(("CALLER", "VICTIM")))],
                      telecom={"operator": "op", "slots": 8, "called_phone_token": self.phone("VICTIM")["token"]},
                      **self.term())

    def later(self, number):
        """A revision or a withdrawal of something that was said."""
        naming = [one for one in self.known if one["related_tx_ids"]]
        of = self.chance.choice(naming if naming and self.chance.random() < 0.5 else self.known)
        if self.chance.random() < 0.2 and of["related_tx_ids"]:  # it says less
            return dict(of, revision=of["revision"] + 1, related_tx_ids=of["related_tx_ids"][:-1])
        if self.chance.random() < 0.5:
            changed = self.report(number)
            return dict(changed, signal_id=of["signal_id"], revision=of["revision"] + self.chance.randint(0, 2))
        return signal(f"withdrawal-{number}", "WITHDRAWAL", self.chance.choice((of["source"], "HUB", "BANK")), "UNKNOWN",
                      of["reported_at"], withdraws_signal_id=of["signal_id"])

    def good(self, number):
        draw = self.chance.random()
        record = self.later(number) if self.known and draw < 0.2 else \
            self.call(number) if draw < 0.4 else self.report(number)
        if record["kind"] != "WITHDRAWAL":
            self.known.append(record)
        return message(record)

    def poison(self, good):
        key, value = good
        return key, self.chance.choice([b"not a signal", b"", value[:-3], value + b"\x00", value[:5] + b"\xff" * 40,
                                        value[:1] + UNKNOWN_ID.to_bytes(4, "big") + value[5:],
                                        message(signal("bad", "LIST_ENTRY", "BANK", "CONFIRMED", self.spoken.since))[1],
                                        message(signal("old", "OUTCOME", "BANK", "CONFIRMED", 1))[1]])

    def make(self):
        """Some come twice, and some keys are given up."""
        out, poisoned = [], 0
        for number in range(REPORTS):
            good = self.good(number)
            out.append(good)
            if self.chance.random() < 0.05:
                out.append(self.poison(good))
                poisoned += 1
            if self.chance.random() < 0.05:
                out.append(self.chance.choice((good, (good[0], None))))
        return out, poisoned


class Answers:
    """What a bank or somebody else says of a recommendation; to some nobody says anything."""

    def __init__(self, chance):
        self.chance, self.count, self.given = chance, 0, []

    def subjects(self, account):
        """Most name nobody, or the account; the others somebody else, or it as a victim's."""
        named = self.chance.choice((None, None, None, (account, "DROPPER"), (account, "VICTIM"), ("else", "DROPPER")))
        return [] if named is None else [{"type": "ACCOUNT", "token": named[0], "role": named[1]}]

    def taken_back(self, record):
        """By the hub, which may: signals that the advice names, mostly all of them."""
        named = record["signal_ids"]
        if not named or self.chance.random() < 0.7:
            return []
        self.count += 1
        return [message(signal(f"taken-back-{self.count}-{number}", "WITHDRAWAL", "HUB", "UNKNOWN", record["issued_at"],
                               withdraws_signal_id=of))
                for number, of in enumerate(named if self.chance.random() < 0.7 else named[:1])]

    def reported(self, record):
        """The police have heard of the transfers, from who was paid or from who paid."""
        trail = record["money_trail"][0]
        if not trail["from"] or not trail["to"] or self.chance.random() < 0.7:
            return []
        self.count += 1
        by_payer = self.chance.random() < 0.5
        begins = record["issued_at"]
        ends = self.chance.choice(((begins // DAY + 1) * DAY + ENDS_AT, begins + 30 * DAY))
        return [message(signal(
            f"incident-{self.count}", "INCIDENT", "POLICE", self.chance.choice(("REPORTED", "CONFIRMED")), begins,
            subjects=[{"type": "ACCOUNT", "token": trail["from" if by_payer else "to"],
                       "role": "VICTIM" if by_payer else "DROPPER"}],
            related_tx_ids=record["target_tx_ids"], valid_until=ends))]

    def to(self, record):
        if record["state"] not in ("ISSUED", "AMENDED"):
            return []
        return self.reported(record) + (self.taken_back(record) or self.unsaid(record) or self.answer(record))

    def unsaid(self, record):
        """One of the latest answers is withdrawn, most by who gave it or the hub, who may."""
        if not self.given or self.chance.random() < 0.8:
            return []
        self.count += 1
        of = self.chance.choice(self.given[-8:])
        return [message(signal(f"unsaid-{self.count}", "WITHDRAWAL", self.chance.choice((of["source"], "HUB", "POLICE")),
                               "UNKNOWN", record["issued_at"], withdraws_signal_id=of["signal_id"]))]

    def answer(self, record):
        if self.chance.random() < 0.4:
            return []
        self.count += 1
        answer = signal(f"answer-{self.count}", "OUTCOME",
                        self.chance.choice(("BANK", "BANK", "BANK", "HUB", "CITIZEN_BOT")),
                        self.chance.choice(("CONFIRMED", "CONFIRMED", "CONFIRMED", "CORROBORATED", "REJECTED")),
                        record["issued_at"], subjects=self.subjects(record["target_account_token"]),
                        valid_until=record["issued_at"] + 30 * DAY,
                        outcome={"recommendation_id": record["recommendation_id"], "held_amount_kzt_minor": None,
                                 "result": self.chance.choice(RESULTS)})
        again = dict(answer, revision=2, outcome=dict(answer["outcome"], result=self.chance.choice(RESULTS)))
        self.given.append(answer)
        return [message(answer)] + [message(again)] * (self.chance.random() < 0.2)


class Informant(threading.Thread):
    """Sends a third of the reports before it returns, the others as the feed is sent, whose share `sent` tells, and
    answers until it is ended."""

    def __init__(self, broker, topic, reports, answers, sent):
        super().__init__(daemon=True)
        self.topic, self.reports, self.answers, self.sent_of_feed = topic, reports, answers, sent
        self.heard, self.ends, self.reported, self.sent, self.acked = [], [0] * PARTITIONS, 0, 0, 0
        self.failed, self.ending = [], threading.Event()
        self.producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 1, "enable.idempotence": True,
                                  "log_level": 2})
        self.report(len(reports) * SENT_FIRST // REPORTS)
        self.producer.flush(60)
        self.start()

    def hear(self, value):
        """A recommendation, from any thread."""
        self.heard.append(value)

    def _delivered(self, error, delivered):
        if error is not None:
            self.failed.append(error)
            return
        self.acked += 1
        partition = delivered.partition()
        self.ends[partition] = max(self.ends[partition], delivered.offset() + 1)

    def send(self, key, value):
        self.producer.produce(self.topic, value, key, rk.murmur2_partition(key, PARTITIONS),
                              on_delivery=self._delivered)
        self.sent += 1

    def report(self, count):
        """The first so many are sent."""
        for key, value in self.reports[self.reported:count]:
            self.send(key, value)
        self.reported = max(self.reported, count)

    def answer(self):
        while self.heard:
            for key, value in self.answers.to(oracle.decode_exactly(RECOMMENDATION, self.heard.pop(0)[5:])):
                self.send(key, value)

    def run(self):
        first = self.reported
        try:
            while not self.ending.wait(STEP_S):
                share = min(1, self.sent_of_feed() / TOLD_AT)
                self.report(first + int(share * (len(self.reports) - first)))
                self.answer()
                self.producer.poll(0)
        except Exception as error:  # told by `end`
            self.failed.append(error)

    def end(self):
        """All that is to be known is there."""
        self.ending.set()
        self.join()
        self.report(len(self.reports))
        self.producer.flush(120)
        assert not self.failed and self.acked == self.sent, (self.failed[:3], self.acked, self.sent)
