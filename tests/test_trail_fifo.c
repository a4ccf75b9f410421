/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's FIFO over a ring and the trail say the same of an account on which each credit is
 * traced for itself. */
#include "tests/chance.h"
#include "tests/one_account.h"
#include "tests/support.h"

#include "detector/fifo.h"
#include "detector/trail.h"
#include "detector/transaction.h"

#include <string.h>

enum { EVENTS = 60, HISTORIES = 500, ME = 1, OTHERS = EVENTS };

static struct trail_move moves[EVENTS];
static bool undone[EVENTS];
static struct account *account;
static struct fifo fifo;
static size_t count;
static int64_t money; /* of lots and opening balance */

static bool is_credit(size_t i) {
    return moves[i].payee == ME;
}

static void insert(size_t i, int64_t before) {
    const struct trail_move *m = &moves[i];
    const bool reversal = m->status == TX_STATUS_REVERSED;
    one_account_insert((struct ring_event){
        .second = m->second,
        .amount_tiyn = m->amount,
        .balance_present = before > 0,
        .balance_before_tiyn = before,
        .tx_hash = m->tx + 1,
        .bits = (uint8_t)((is_credit(i) ? BIT_CREDIT | BIT_P2P : BIT_DEBIT | BIT_CASH) |
                          (reversal ? BIT_REVERSAL : 0)),
        .kind = is_credit(i) ? KIND_IN : 0,
        .event_type = m->type});
    fifo_compute(account, &fifo);
}

static void add(bool credit, int64_t amount) {
    moves[count] =
        (struct trail_move){.amount = amount,
                            .second = 1767225600 + (int64_t)count,
                            .payer = credit ? (uint32_t)count + 2 : ME,
                            .payee = credit ? ME : 0,
                            .tx = (uint32_t)count,
                            .status = TX_STATUS_SETTLED,
                            .type = credit ? EVENT_TYPE_P2P_TRANSFER : EVENT_TYPE_CASH_WITHDRAWAL,
                            .source = credit};
    money += credit ? amount : -amount;
}

/* Once for each transaction, so that nothing joins another lot than its own. */
static bool add_reversal(struct chance *chance) {
    const size_t of = chance_below(chance, (uint32_t)count);
    if (undone[of] || moves[of].status == TX_STATUS_REVERSED) return false;
    moves[count] = moves[of];
    moves[count].status = TX_STATUS_REVERSED;
    moves[count].source = false;
    moves[count].second++;
    if (chance_is(chance, 50))
        moves[count].amount = 1 + chance_below(chance, (uint32_t)moves[of].amount);
    undone[of] = true;
    const int64_t left = fifo.lots[of].left, amount = moves[count].amount;
    money += is_credit(of) ? -(left < amount ? left : amount) : amount;
    return true;
}

static void next(struct chance *chance) {
    const uint32_t what = chance_below(chance, 100);
    if (what < 25 && count > 0 && add_reversal(chance)) return;
    if (what < 60 && money > 0) {
        const uint32_t most = money < 1000 ? (uint32_t)money : 1000;
        add(false, 1 + chance_below(chance, most));
    } else {
        add(true, 1 + chance_below(chance, 1000));
    }
}

static size_t compare(const struct trail *trail) {
    size_t part_count = 0, compared = 0;
    const struct trail_part *parts = trail_parts(trail, &part_count);
    for (size_t i = 0; i < part_count; i++) {
        if (parts[i].parent != TRAIL_NONE) continue;
        const struct fifo_lot *lot = &fifo.lots[parts[i].move];
        assert_int_equal(parts[i].left, lot->left);
        assert_int_equal(parts[i].amount - parts[i].returned - parts[i].left, lot->gone_cash);
        compared++;
    }
    return compared;
}

static void the_ring_and_the_trail_agree(void **state) {
    (void)state;
    const struct trail_limits limits = {10, INT64_C(1) << 32, 0, SIZE_MAX};
    struct error error;
    size_t compared = 0;
    for (uint64_t seed = 0; seed < HISTORIES; seed++) {
        struct chance chance = {seed};
        const int64_t opening = chance_below(&chance, 500);
        memset(undone, 0, sizeof undone);
        account = one_account();
        money = opening;
        for (count = 0; count < EVENTS; count++) {
            next(&chance);
            insert(count, count == 0 ? opening : 0);
        }
        (is_credit(0) ? &moves[0].payee_before : &moves[0].payer_before)[0] = opening;
        struct trail *trail = trail_follow(moves, count, OTHERS + 2, &limits, &error);
        assert_non_null(trail);
        compared += compare(trail);
        trail_free(trail);
    }
    assert_true(compared > HISTORIES * EVENTS / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_ring_and_the_trail_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
