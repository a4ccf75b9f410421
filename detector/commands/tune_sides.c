/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/tune_sides.h"

#include "detector/account.h"
#include "detector/base/grow.h"
#include "detector/episode_rules.h"

#include <assert.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { MICROSECONDS = 1000000 };

void tune_sides_close(struct tune_sides *s) {
    free(s->items);
    free(s->clock.seconds);
}

static void move_clock(struct tune_clock *clock, int64_t second) {
    if (clock->count > 0 && second <= clock->seconds[clock->count - 1]) return;
    clock->seconds = grow(clock->seconds, clock->count, &clock->room, sizeof *clock->seconds);
    clock->seconds[clock->count++] = second;
}

static struct tune_side side_of(const struct tune_sides *s, const struct batch *batch, uint32_t i) {
    const struct side *side = &batch->side[i];
    const struct transaction *tx = &batch->tx[side->event];
    const int64_t issued_us = tx->ingest_time_present ? tx->ingest_time_us : tx->event_time_us;
    const int64_t issued_s = issued_us / MICROSECONDS;
    const struct party *party = backtest_party(batch, side);
    const struct account_unspent unspent = account_unspent(side->account, tx->event_time_s);
    const int64_t clock_s = s->clock.seconds[s->clock.count - 1];
    return (struct tune_side){.logit = batch->logit[i],
                              .clock_s = clock_s,
                              .issued_s = issued_s,
                              .due_s = policy_valid_until_s(s->policy, issued_s),
                              .unspent_tiyn = unspent.p2p_tiyn,
                              .traced_tiyn = side->traced_tiyn,
                              .available_tiyn = episode_available_tiyn(s->policy, party, unspent),
                              .unreturned_s = unspent.unreturned_s,
                              .event_s = tx->event_time_s,
                              .tx = XXH3_64bits(tx->tx_id.data, tx->tx_id.size),
                              .number = side->account_number,
                              .reversed = tx->tx_status == TX_STATUS_REVERSED,
                              .allowed = policy_allows(s->policy, party->account_token, clock_s)};
}

void tune_sides_take(struct tune_sides *s, const struct backtest_pass *pass,
                     const struct batch *batch) {
    const struct backtest_side *known = &pass->sides[pass->side_count - batch->sides];
    uint32_t i = 0;
    for (uint32_t event = 0; event < batch->count; event++) {
        if (!verdict_is_dead_letter(batch->verdict[event]))
            move_clock(&s->clock, batch->clock_s[event]);
        for (; i < batch->sides && batch->side[i].event == event; i++) {
            s->items = grow(s->items, s->count, &s->room, sizeof *s->items);
            s->items[s->count] = side_of(s, batch, i);
            s->items[s->count++].account = known[i].account;
        }
    }
}

/* A counting sort, since the order within an account is the log's. */
void tune_sides_sort(struct tune_sides *s, const struct backtest_pass *pass) {
    size_t *begin = calloc(pass->account_count + 1, sizeof *begin);
    struct tune_side *sorted = calloc(s->count + 1, sizeof *sorted);
    assert(begin != NULL && sorted != NULL && "out of memory");
    for (size_t i = 0; i < s->count; i++)
        begin[s->items[i].account + 1]++;
    for (size_t i = 1; i <= pass->account_count; i++)
        begin[i] += begin[i - 1];
    for (size_t i = 0; i < s->count; i++)
        sorted[begin[s->items[i].account]++] = s->items[i];
    free(begin);
    free(s->items);
    s->items = sorted;
    s->room = s->count + 1;
}
