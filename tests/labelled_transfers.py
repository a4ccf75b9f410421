# SPDX-License-Identifier: Apache-2.0
"""Writes a CSV of 14 days for schemas/mappings/transfers.map: 60 of its accounts turn mules, and the transfers to them are labelled."""
import csv
import random
import sys

FIRST, DAY = 1767225600, 86400


def transfers():
    draw, honest, mules = random.Random(4), [f"h{i}" for i in range(300)], [f"m{i}" for i in range(60)]
    turns = {mule: draw.randrange(DAY, 13 * DAY) for mule in mules}
    sent = [(draw.randrange(14 * DAY), draw.choice(honest), draw.choice(honest + mules), draw.randrange(1, 90) * 100, 0)
            for _ in range(6000)]
    sent = [row for row in sent if row[1] != row[2] and row[0] < turns.get(row[2], 2**62)]
    for mule, turn in turns.items():
        for burst in range(8):
            at = turn + burst * 9000
            sent += [(at + n * 60, draw.choice(honest), mule, draw.randrange(900, 2000) * 100, 1) for n in range(6)]
            sent.append((at + 600, mule, draw.choice(honest), 500000, 0))
    return sorted(sent)


with open(sys.argv[1], "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow("event_id ts src_account dst_account amount type is_fraud".split())
    for number, (time, payer, payee, amount, bad) in enumerate(transfers()):
        table.writerow([f"e{number}", FIRST + time, payer, payee, amount, "TRANSFER", bad])
