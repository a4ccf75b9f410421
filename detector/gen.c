/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/gen.h"

#include "detector/gen_internal.h"

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
        options->days > 3660 || options->start_s % DAY_S != 19 * HOUR_S) {
        error_set(error, ERROR_USAGE,
                  "100 to 50,000,000 accounts, 1 to 3,660 days, starting at a "
                  "midnight of UTC+5");
        return NULL;
    }
    struct gen *g = calloc(1, sizeof *g);
    if (g != NULL) {
        g->options = *options;
        g->end_s = options->start_s + (int64_t)options->days * DAY_S;
        g->now_s = options->start_s;
        seed(g);
        if (gen_populate(g)) {
            plan_lives(g);
            return g;
        }
    }
    gen_close(g);
    error_set(error, ERROR_FAILED, "no memory for %u accounts", options->accounts);
    return NULL;
}

void gen_close(struct gen *g) {
    if (g == NULL) return;
    free(g->queue.items);
    free(g->people);
    free(g->labels);
    free(g);
}

/* Holds a copy of the current transaction back: late, or published a second time. Its texts point
 * into `current`, to where it is copied back before it is handed out. */
static void hold(struct gen *g, int64_t until_s) {
    for (uint32_t slot = 0; slot < HELD_MAX; slot++) {
        if (g->held_used[slot]) continue;
        g->held_used[slot] = true;
        g->held[slot] = g->current;
        gen_plan(g, (struct plan_item){.time_s = until_s, .action = ACT_EMIT, .held = slot});
        return;
    }
}

static bool release(struct gen *g, const struct plan_item *item) {
    g->current = g->held[item->held];
    g->held_used[item->held] = false;
    g->current.tx.ingest_time_s = item->time_s;
    g->current.tx.ingest_time_us = item->time_s * 1000000;
    return true;
}

static bool post(struct gen *g, const struct plan_item *item) {
    if (!gen_post(g, item, &g->current)) return false;
    const bool settled = item->status == TX_STATUS_SETTLED;
    if (settled && item->to != NOBODY && item->bad && g->people[item->to].typology != GEN_HONEST) {
        if (g->people[item->to].first_bad_s == 0) g->people[item->to].first_bad_s = item->time_s;
        gen_received(g, item->to);
    }
    const uint32_t drawn = gen_below(g, 1000);
    if (drawn == 0) hold(g, g->now_s + gen_between(g, 1, 20)); /* the same event twice */
    if (drawn != 1) return true;
    hold(g, g->now_s + gen_between(g, 60, 2 * HOUR_S)); /* comes late */
    return false;
}

/* True when a transaction is ready to be handed out. */
static bool happen(struct gen *g, const struct plan_item *item) {
    switch ((enum action)item->action) {
    case ACT_DAY:
        gen_live_a_day(g, item->from, item->time_s);
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
    while (gen_queue_pop(&g->queue, &item)) {
        g->now_s = item.time_s;
        if (!happen(g, &item)) continue;
        *tx = g->current.tx;
        *bad = g->current.bad;
        return true;
    }
    g->now_s = g->end_s;
    return false;
}

int64_t gen_now_s(const struct gen *g) {
    return g->now_s;
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
