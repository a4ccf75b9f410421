/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/generator/gen.h"

#include "detector/generator/gen_internal.h"

#include <stdlib.h>
#include <string.h>

const char *gen_typology_name(enum gen_typology typology) {
    static const char *const names[] = {"honest", "forwarder", "operator", "card_farm",
                                        "slow_forwarder"};
    return names[typology];
}

static void seed(struct gen *g) {
    uint64_t state = g->options.seed;
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t z = (state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        g->random[i] = z ^ (z >> 31);
    }
}

/* Room for late and repeated transactions: they grow with the rate, hence with the people. */
static bool make_room(struct gen *g) {
    const uint32_t slots = 256 + g->options.accounts / 2048;
    g->held = calloc(slots, sizeof *g->held);
    g->held_free = calloc(slots, sizeof *g->held_free);
    if (g->held == NULL || g->held_free == NULL) return false;
    for (; g->held_free_count < slots; g->held_free_count++)
        g->held_free[g->held_free_count] = g->held_free_count;
    return true;
}

static void plan_lives(struct gen *g) {
    for (uint32_t i = 0; i < g->options.accounts; i++)
        gen_plan(g, (struct plan_item){.time_s = g->options.start_s, .action = ACT_DAY, .from = i});
    for (uint32_t i = 0; i < g->label_count; i++)
        gen_plan(g, (struct plan_item){.time_s = g->people[g->labels[i]].campaign_s,
                                       .action = ACT_CAMPAIGN,
                                       .from = g->labels[i],
                                       .bad = true});
}

struct gen *gen_open(const struct gen_options *options, struct error *error) {
    if (options->accounts < 100 || options->accounts > 50000000 || options->days < 1 ||
        options->days > 3660 || options->dropper_per_mille > 500 ||
        options->start_s % DAY_S != 19 * HOUR_S) {
        error_set(error, ERROR_USAGE,
                  "100 to 50,000,000 accounts, 1 to 3,660 days, at most 500 ‰ of droppers, "
                  "starting at a midnight of UTC+5");
        return NULL;
    }
    struct gen *g = calloc(1, sizeof *g);
    if (g != NULL) {
        g->options = *options;
        g->end_s = options->start_s + (int64_t)options->days * DAY_S;
        g->now_s = options->start_s;
        seed(g);
        if (make_room(g) && gen_populate(g)) {
            plan_lives(g);
            gen_tell_mistakes(g);
            if (!g->failed) return g;
        }
    }
    gen_close(g);
    error_set(error, ERROR_FAILED, "no memory for %u accounts", options->accounts);
    return NULL;
}

void gen_close(struct gen *g) {
    if (g == NULL) return;
    free(g->queue.items);
    free(g->told.items);
    free(g->sayings);
    free(g->sayings_free);
    free(g->people);
    free(g->labels);
    free(g->held);
    free(g->held_free);
    free(g);
}

/* Holds a copy of the current transaction back: late, or published a second time. Its texts point
 * into `current`, to where it is copied back before it is handed out. False: no slot is free. */
static bool hold(struct gen *g, int64_t until_s) {
    if (g->held_free_count == 0) return false;
    const uint32_t slot = g->held_free[--g->held_free_count];
    g->held[slot] = g->current;
    const struct plan_item item = {.time_s = until_s, .action = ACT_EMIT, .held = slot};
    if (!gen_queue_push(&g->queue, item)) g->failed = true;
    return true;
}

static bool release(struct gen *g, const struct plan_item *item) {
    g->current = g->held[item->held];
    g->held_free[g->held_free_count++] = item->held;
    g->current.tx.ingest_time_s = item->time_s;
    g->current.tx.ingest_time_us = item->time_s * 1000000;
    return true;
}

static void taint(struct gen *g, const struct plan_item *item) {
    gen_tell_taint(g, item);
    struct person *payer = &g->people[item->from];
    if (payer->typology == GEN_HONEST) payer->past |= PAST_VICTIM;
    if (item->to == NOBODY) return; /* cash, abroad */
    struct person *p = &g->people[item->to];
    if (p->typology == GEN_HONEST) return;
    if (p->first_bad_s == 0) p->first_bad_s = item->time_s;
    gen_received(g, item->to, item->amount);
}

/* Some purchases are given back, and some transfers went to the wrong person. */
static void maybe_reverse(struct gen *g, struct plan_item item) {
    const bool purchase = item.type == EVENT_TYPE_C2B_PAYMENT;
    if (item.bad || (!purchase && item.type != EVENT_TYPE_P2P_TRANSFER)) return;
    if (!gen_chance(g, purchase ? 3 : 1)) return;
    item.time_s += gen_between(g, 600, 2 * DAY_S);
    item.status = TX_STATUS_REVERSED;
    gen_plan(g, item);
}

static bool post(struct gen *g, struct plan_item *item) {
    if (!gen_post(g, item, &g->current)) return false;
    if (item->status == TX_STATUS_SETTLED) {
        if (item->bad)
            taint(g, item);
        else
            gen_tell_payment(g, item);
        maybe_reverse(g, *item);
    }
    const uint32_t drawn = gen_below(g, 1000);
    if (drawn == 0) hold(g, g->now_s + gen_between(g, 1, 20));
    return drawn != 1 || !hold(g, g->now_s + gen_between(g, 60, 2 * HOUR_S));
}

/* True when a transaction is ready to be handed out. */
static bool happen(struct gen *g, struct plan_item *item) {
    switch ((enum happening)item->action) {
    case ACT_DAY:
        gen_live_a_day(g, item->from, item->time_s);
        gen_tell_day(g, item);
        return false;
    case ACT_PAY:
        return post(g, item);
    case ACT_CAMPAIGN:
        gen_campaign(g, item);
        return false;
    case ACT_SCAM:
        gen_scam(g, item);
        return false;
    case ACT_EMPTY:
        gen_empty(g, item);
        return false;
    case ACT_EMIT:
        return release(g, item);
    }
    return false;
}

bool gen_next(struct gen *g, struct transaction *tx, bool *bad) {
    struct plan_item item;
    while (!g->failed && gen_queue_pop(&g->queue, &item)) {
        g->now_s = item.time_s;
        if (!happen(g, &item)) continue;
        *tx = g->current.tx;
        *bad = g->current.bad;
        return true;
    }
    g->now_s = g->end_s;
    return false;
}

bool gen_failed(const struct gen *g) {
    return g->failed;
}

int64_t gen_now_s(const struct gen *g) {
    return g->now_s < g->end_s ? g->now_s : g->end_s;
}

int64_t gen_end_s(const struct gen *g) {
    return g->end_s;
}

uint32_t gen_label_count(const struct gen *g) {
    return g->label_count;
}

struct gen_label gen_label(const struct gen *g, uint32_t index) {
    const struct person *p = &g->people[g->labels[index]];
    struct gen_label label = {.typology = p->typology, .first_bad_s = p->first_bad_s};
    gen_token(g, "account", g->labels[index], label.account_token);
    return label;
}
