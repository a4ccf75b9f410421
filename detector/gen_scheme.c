/* SPDX-License-Identifier: Apache-2.0 */
/* What droppers and those who run them do (docs/GENERATOR.md, "Typologies"). */
#include "detector/gen_internal.h"

static void plan_scam(struct gen *g, uint32_t dropper, int64_t at_s) {
    gen_plan(g, (struct plan_item){.time_s = at_s, .action = ACT_SCAM, .to = dropper, .bad = true});
}

/* A campaign lasts one to four days; each day a few victims within hours. */
void gen_campaign(struct gen *g, const struct plan_item *item) {
    const int64_t days = gen_between(g, 1, 4);
    for (int64_t day = 0; day < days; day++) {
        int64_t at_s = item->time_s + day * DAY_S + gen_between(g, 0, 2 * HOUR_S);
        for (int64_t victims = gen_between(g, 1, 6); victims > 0; victims--) {
            plan_scam(g, item->from, at_s);
            at_s += gen_between(g, 120, 5400);
        }
    }
    gen_plan(g, (struct plan_item){.time_s = item->time_s + (days + 1) * DAY_S,
                                   .action = ACT_EMPTY,
                                   .from = item->from,
                                   .bad = true});
}

static uint32_t find_victim(struct gen *g) {
    for (;;) {
        const uint32_t person = gen_below(g, g->options.accounts);
        const struct person *p = &g->people[person];
        const bool likely = p->role == ROLE_PENSIONER || gen_chance(g, 400);
        if (p->typology == GEN_HONEST && likely && p->role != ROLE_CHARITY) return person;
    }
}

static void courier(struct gen *g, uint32_t victim, int64_t at_s, int64_t amount) {
    gen_plan(g, (struct plan_item){.time_s = at_s,
                                   .action = ACT_PAY,
                                   .type = EVENT_TYPE_CASH_WITHDRAWAL,
                                   .from = victim,
                                   .to = NOBODY,
                                   .amount = amount,
                                   .call = true});
}

/* The bank stops the first tries; the victim is talked into undoing that. */
static int64_t refused_first(struct gen *g, struct plan_item transfer) {
    for (int64_t tries = gen_between(g, 1, 3); tries > 0; tries--) {
        transfer.status = gen_chance(g, 500) ? TX_STATUS_REFUSED : TX_STATUS_SUSPENDED;
        gen_plan(g, transfer);
        transfer.time_s += gen_between(g, 120, 1200);
    }
    return transfer.time_s;
}

void gen_scam(struct gen *g, const struct plan_item *item) {
    const uint32_t victim = find_victim(g);
    const bool loan = gen_chance(g, 400);
    int64_t at_s = item->time_s + gen_between(g, 30, 600);
    int64_t amount = gen_round(gen_amount(g, loan ? 600000 : 180000, 0.7));
    if (loan)
        gen_plan(g, (struct plan_item){.time_s = item->time_s,
                                       .action = ACT_PAY,
                                       .type = EVENT_TYPE_LOAN_DISBURSEMENT,
                                       .from = g->people[victim].home,
                                       .to = victim,
                                       .amount = amount});
    if (gen_chance(g, 60)) {
        courier(g, victim, at_s, amount);
        return;
    }
    struct plan_item transfer = {.time_s = at_s,
                                 .action = ACT_PAY,
                                 .type = EVENT_TYPE_P2P_TRANSFER,
                                 .from = victim,
                                 .to = item->to,
                                 .amount = amount,
                                 .bad = true,
                                 .call = gen_chance(g, 400)};
    if (gen_chance(g, 150)) transfer.time_s = refused_first(g, transfer);
    transfer.status = TX_STATUS_SETTLED;
    gen_plan(g, transfer);
}

static uint32_t other_dropper(struct gen *g, uint32_t dropper) {
    const uint32_t other = g->labels[gen_below(g, g->label_count)];
    return other == dropper || g->people[other].spent ? NOBODY : other;
}

/* How the money leaves; chosen a part at a time. */
static void plan_exit(struct gen *g, uint32_t dropper, int64_t at_s, int64_t amount) {
    const uint8_t typology = g->people[dropper].typology;
    const uint32_t drawn = gen_below(g, 100);
    struct plan_item out = {.time_s = at_s,
                            .action = ACT_PAY,
                            .from = dropper,
                            .to = NOBODY,
                            .amount = amount,
                            .bad = true};
    const uint32_t next = other_dropper(g, dropper);
    if (typology == GEN_CARD_FARM || drawn < 40) {
        out.type = EVENT_TYPE_CASH_WITHDRAWAL;
    } else if (drawn < 60 && typology != GEN_OPERATOR) {
        out.type = EVENT_TYPE_CRYPTO_PURCHASE;
        out.to = gen_exchange(g);
    } else if (drawn < 70 || next == NOBODY) {
        out.type = EVENT_TYPE_OTHER; /* abroad */
    } else {
        out.type = EVENT_TYPE_P2P_TRANSFER;
        out.to = next;
    }
    if (typology == GEN_OPERATOR && next != NOBODY) {
        out.type = EVENT_TYPE_P2P_TRANSFER;
        out.to = next;
    }
    gen_plan(g, out);
}

void gen_received(struct gen *g, uint32_t dropper) {
    const struct person *p = &g->people[dropper];
    const bool slow = p->typology == GEN_SLOW_FORWARDER;
    const int64_t kept = p->typology == GEN_OPERATOR ? 50 : gen_between(g, 10, 80);
    int64_t left = p->balance * (1000 - kept) / 1000;
    int64_t at_s = g->now_s;
    for (int part = 0; part < 4 && left > 5000 * KZT; part++) {
        const bool last = part == 3 || gen_chance(g, 350);
        const int64_t amount =
            last ? gen_round(left) : gen_round(left * gen_between(g, 30, 70) / 100);
        at_s += slow ? gen_between(g, HOUR_S, 5 * HOUR_S) : gen_between(g, 40, 540);
        plan_exit(g, dropper, at_s, amount);
        left -= amount;
    }
}

/* The end of a campaign: what is left goes, and the account falls silent. */
void gen_empty(struct gen *g, const struct plan_item *item) {
    struct person *p = &g->people[item->from];
    if (p->balance > 2000 * KZT)
        plan_exit(g, item->from, item->time_s + 1, gen_round(p->balance * 95 / 100));
    p->spent = true;
}
