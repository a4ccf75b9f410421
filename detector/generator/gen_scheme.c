/* SPDX-License-Identifier: Apache-2.0 */
/* What droppers and those who run them do (docs/GENERATOR.md, "Typologies"). */
#include "detector/generator/gen_internal.h"

static void plan_scam(struct gen *g, uint32_t dropper, int64_t at_s) {
    gen_plan(g, (struct plan_item){.time_s = at_s, .action = ACT_SCAM, .to = dropper, .bad = true});
}

static int64_t second_of_day(int64_t second) {
    return (second + 5 * HOUR_S) % DAY_S;
}

/* A campaign lasts one to four days; each day a few victims within hours, called by day. */
void gen_campaign(struct gen *g, const struct plan_item *item) {
    const int64_t days = gen_between(g, 1, 4);
    for (int64_t day = 0; day < days; day++) {
        int64_t at_s = item->time_s + day * DAY_S + gen_between(g, 0, 2 * HOUR_S);
        for (int64_t victims = gen_between(g, 1, 6); victims > 0; victims--) {
            if (second_of_day(at_s) > 21 * HOUR_S || second_of_day(at_s) < 8 * HOUR_S) break;
            plan_scam(g, item->from, at_s);
            at_s += gen_between(g, 120, 5400);
        }
    }
    if (g->people[item->from].typology == GEN_OPERATOR) return; /* has a life besides */
    gen_plan(g, (struct plan_item){.time_s = item->time_s + (days + 1) * DAY_S,
                                   .action = ACT_EMPTY,
                                   .from = item->from,
                                   .bad = true});
}

static bool is_victim(const struct gen *g, const struct person *p, bool likely) {
    return p->typology == GEN_HONEST && likely && p->role != ROLE_CHARITY &&
           p->role != ROLE_SPARE && p->opened_day <= gen_local_day(g->now_s);
}

/* Somebody with money, if one is found in some tries; pensioners more often than others. */
static uint32_t find_victim(struct gen *g) {
    uint32_t found = NOBODY;
    for (int tries = 0; tries < 64; tries++) {
        const uint32_t person = gen_below(g, g->options.accounts);
        const struct person *p = &g->people[person];
        const bool likely = p->role == ROLE_PENSIONER || gen_chance(g, 400);
        if (!is_victim(g, p, likely)) continue;
        found = person;
        if (p->balance > 80000 * KZT) return found;
    }
    return found;
}

/* A courier fetches the cash: no payee at all. */
static void courier(struct gen *g, struct plan_item transfer) {
    transfer.type = EVENT_TYPE_CASH_WITHDRAWAL;
    transfer.to = NOBODY;
    transfer.call = true;
    gen_plan(g, transfer);
}

/* The bank stops the first tries; the victim is talked into having the last one undone. */
static struct plan_item stopped_first(struct gen *g, struct plan_item transfer) {
    for (int64_t tries = gen_between(g, 0, 2); tries > 0; tries--) {
        transfer.status = gen_chance(g, 500) ? TX_STATUS_REFUSED : TX_STATUS_ATTEMPTED;
        gen_plan(g, transfer);
        transfer.time_s += gen_between(g, 120, 1200);
    }
    transfer.status = TX_STATUS_SUSPENDED;
    transfer.instruction = ++g->instructions;
    gen_plan(g, transfer);
    transfer.time_s += gen_between(g, 120, 3600);
    transfer.status = TX_STATUS_SETTLED;
    transfer.confirmed = true;
    return transfer;
}

/* What the victim is made to send: a fresh loan, or most of the balance; below thresholds where
 * the dropper is one of a farm. */
static int64_t draw_loot(struct gen *g, uint32_t victim, bool loan, bool farm) {
    int64_t amount = gen_amount(g, 600000, 0.7);
    const int64_t share = gen_between(g, 500, 950), cap = gen_between(g, 60000, 190000) * KZT;
    if (!loan) amount = g->people[victim].balance * share / 1000;
    return gen_round(farm && amount > cap ? cap : amount);
}

void gen_scam(struct gen *g, const struct plan_item *item) {
    const uint32_t victim = find_victim(g);
    if (victim == NOBODY) return;
    const bool loan = gen_chance(g, 400);
    const bool farm = g->people[item->to].typology == GEN_CARD_FARM;
    struct plan_item transfer = {.time_s = item->time_s + gen_between(g, 30, 600),
                                 .action = ACT_PAY,
                                 .type = EVENT_TYPE_P2P_TRANSFER,
                                 .from = victim,
                                 .to = item->to,
                                 .bad = true};
    transfer.call = gen_chance(g, 400);
    transfer.amount = draw_loot(g, victim, loan, farm);
    if (loan)
        gen_pay(g, item->time_s, EVENT_TYPE_LOAN_DISBURSEMENT, gen_organisation(g, ROLE_LENDER),
                victim, transfer.amount);
    const bool fetched = gen_chance(g, 60);
    gen_tell_scam(g, item, victim, transfer.call || fetched, loan);
    if (fetched) {
        courier(g, transfer);
        return;
    }
    if (gen_chance(g, 150)) transfer = stopped_first(g, transfer);
    gen_plan(g, transfer);
}

/* The next account down the chain: a later one of the same crew, so that money never comes back. */
static uint32_t next_of_crew(struct gen *g, uint32_t dropper) {
    const struct person *p = &g->people[dropper];
    uint32_t found = NOBODY, seen = 0;
    for (uint32_t i = p->label + 1; i < g->label_count; i++) {
        const struct person *other = &g->people[g->labels[i]];
        if (other->crew != p->crew) break;
        if (other->typology == GEN_CARD_FARM || other->spent) continue;
        if (gen_below(g, ++seen) == 0) found = g->labels[i];
    }
    return found;
}

/* How a part of the money leaves. */
static void plan_exit(struct gen *g, uint32_t dropper, int64_t at_s, int64_t amount) {
    const uint8_t typology = g->people[dropper].typology;
    const uint32_t drawn = gen_below(g, 100), next = next_of_crew(g, dropper);
    struct plan_item out = {.time_s = at_s,
                            .action = ACT_PAY,
                            .type = EVENT_TYPE_CASH_WITHDRAWAL,
                            .from = dropper,
                            .to = NOBODY,
                            .amount = amount,
                            .bad = true};
    const bool operates = typology == GEN_OPERATOR;
    if (next != NOBODY && (operates || (typology != GEN_CARD_FARM && drawn < 30))) {
        out.type = EVENT_TYPE_P2P_TRANSFER;
        out.to = next;
    } else if (typology != GEN_CARD_FARM && !operates && drawn >= 80) {
        out.type = EVENT_TYPE_CRYPTO_PURCHASE;
        out.to = gen_organisation(g, ROLE_EXCHANGE);
    } else if (typology != GEN_CARD_FARM && !operates && drawn >= 70) {
        out.type = EVENT_TYPE_OTHER; /* abroad */
    }
    gen_plan(g, out);
}

enum { ROUND_S = 2 * HOUR_S, ROUND_LENGTH_S = 900 };

/* A casher goes round with all the cards of a farm; the others act on their own. */
static int64_t exit_time(struct gen *g, const struct person *p, int64_t after_s) {
    switch ((enum gen_typology)p->typology) {
    case GEN_CARD_FARM: {
        const int64_t round_s = (after_s / ROUND_S + 1) * ROUND_S;
        return round_s + gen_between(g, 0, ROUND_LENGTH_S);
    }
    case GEN_SLOW_FORWARDER:
        return after_s + gen_between(g, HOUR_S, 5 * HOUR_S);
    default:
        return after_s + gen_between(g, 40, 540);
    }
}

void gen_received(struct gen *g, uint32_t dropper, int64_t amount) {
    const struct person *p = &g->people[dropper];
    const bool farm = p->typology == GEN_CARD_FARM;
    const int64_t kept = p->typology == GEN_OPERATOR ? 50 : gen_between(g, 10, 80);
    int64_t left = amount * (1000 - kept) / 1000, at_s = g->now_s;
    for (int part = 0; part < 4 && left >= 1000 * KZT; part++) {
        const int64_t share = gen_between(g, 30, 70);
        const bool last = farm || part == 3 || left < 20000 * KZT || gen_chance(g, 350);
        const int64_t part_amount = gen_round(last ? left : left * share / 100);
        at_s = exit_time(g, p, at_s);
        plan_exit(g, dropper, at_s, part_amount);
        if (last) return;
        left -= part_amount;
    }
}

/* The end of a campaign: what is left goes, and the account falls silent. */
void gen_empty(struct gen *g, const struct plan_item *item) {
    struct person *p = &g->people[item->from];
    if (p->balance > 2000 * KZT)
        plan_exit(g, item->from, item->time_s + 1, gen_round(p->balance * 95 / 100));
    p->spent = true;
}
