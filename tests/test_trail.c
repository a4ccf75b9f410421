/* SPDX-License-Identifier: Apache-2.0 */
/* Where money went: by hand on small histories, and on random ones held to a computation that moves
 * coin by coin. */
#include "tests/chance.h"
#include "tests/naive_trail.h"
#include "tests/support.h"

#include "detector/trail.h"
#include "detector/transaction.h"

#include <stdio.h>
#include <string.h>

enum { MOVES_MAX = 64, A = 1, B, C, D, E, ACCOUNTS = 5, HOUR = 3600 };

static struct trail_move moves[MOVES_MAX];
static size_t move_count;
static struct trail_limits limits;
static struct trail *trail;
static const struct trail_part *parts;
static const struct trail_return *returns;
static size_t part_count, return_count;

static int set_up(void **state) {
    (void)state;
    move_count = 0;
    limits = (struct trail_limits){10, 72 * HOUR, 0, SIZE_MAX};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    trail_free(trail);
    trail = NULL;
    return 0;
}

static struct trail_move *move(uint32_t payer, uint32_t payee, int64_t amount) {
    moves[move_count] = (struct trail_move){.amount = amount,
                                            .second = (int64_t)move_count * 60,
                                            .payer = payer,
                                            .payee = payee,
                                            .tx = (uint32_t)move_count,
                                            .status = TX_STATUS_SETTLED,
                                            .type = EVENT_TYPE_P2P_TRANSFER};
    return &moves[move_count++];
}

static void source(uint32_t payer, uint32_t payee, int64_t amount) {
    move(payer, payee, amount)->source = true;
}

static void leave(uint32_t payer, int64_t amount, uint8_t type) {
    move(payer, 0, amount)->type = type;
}

/* Of the move `of`. */
static void reverse(size_t of, int64_t amount) {
    struct trail_move *m = move(moves[of].payer, moves[of].payee, amount);
    m->tx = moves[of].tx;
    m->type = moves[of].type;
    m->status = TX_STATUS_REVERSED;
}

static void follow(void) {
    struct error error;
    trail_free(trail);
    trail = trail_follow(moves, move_count, ACCOUNTS, &limits, &error);
    assert_non_null(trail);
    parts = trail_parts(trail, &part_count);
    returns = trail_returns(trail, &return_count);
}

static int64_t there(uint32_t account) {
    int64_t sum = 0;
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].fate == TRAIL_FOLLOWED && moves[parts[i].move].payee == account)
            sum += parts[i].left;
    return sum;
}

static int64_t ended(enum trail_fate fate) {
    int64_t sum = 0;
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].fate == fate && fate != TRAIL_FOLLOWED)
            sum += parts[i].amount - parts[i].returned;
    return sum;
}

/* By hand. */

static void the_first_money_leaves_first(void **state) {
    (void)state;
    move(A, B, 40)->payee_before = 10;
    source(C, B, 100);
    move(D, B, 30);
    leave(B, 90, EVENT_TYPE_CASH_WITHDRAWAL); /* 10 and 40 that were there, 40 of the source */
    move(B, E, 70);                           /* 60 of it, and 10 of D */
    follow();
    assert_int_equal(ended(TRAIL_CASH), 40);
    assert_int_equal(there(E), 60);
    assert_int_equal(there(B), 0);
    assert_int_equal(part_count, 3);
    assert_int_equal(parts[2].hop, 1);
}

static void money_keeps_its_order_over_accounts(void **state) {
    (void)state;
    move(A, B, 50);
    source(C, B, 50);
    move(B, D, 100);                          /* 50 of A, then 50 traced */
    leave(D, 60, EVENT_TYPE_CASH_WITHDRAWAL); /* all of A, 10 traced */
    follow();
    assert_int_equal(ended(TRAIL_CASH), 10);
    assert_int_equal(there(D), 40);
}

static void a_debit_beyond_all_lots_is_not_traced(void **state) {
    (void)state;
    source(A, B, 50);
    move(B, C, 80);
    follow();
    assert_int_equal(there(C), 50);
}

static void ways_out_end_the_trail(void **state) {
    (void)state;
    source(A, B, 100);
    leave(B, 10, EVENT_TYPE_CASH_WITHDRAWAL);
    move(B, C, 20)->type = EVENT_TYPE_CRYPTO_PURCHASE;
    move(B, C, 30)->type = EVENT_TYPE_C2B_PAYMENT;
    leave(B, 5, EVENT_TYPE_TAX_OR_UTILITY);
    leave(B, 15, EVENT_TYPE_P2P_TRANSFER);
    move(C, D, 50);
    follow();
    assert_int_equal(ended(TRAIL_CASH), 10);
    assert_int_equal(ended(TRAIL_CRYPTO), 20);
    assert_int_equal(ended(TRAIL_PURCHASE), 30);
    assert_int_equal(ended(TRAIL_BILL), 5);
    assert_int_equal(ended(TRAIL_OUTSIDE), 15);
    assert_int_equal(there(B), 20);
    assert_int_equal(there(D), 0);
    assert_int_equal(trail_reached(trail), 1);
}

static void own_transfers_are_followed_also_to_oneself(void **state) {
    (void)state;
    source(A, B, 100);
    move(B, C, 60)->type = EVENT_TYPE_OWN_TRANSFER;
    move(C, C, 60)->type = EVENT_TYPE_OWN_TRANSFER;
    follow();
    assert_int_equal(there(B), 40);
    assert_int_equal(there(C), 60);
    assert_int_equal(parts[2].hop, 2);
}

static void limits_leave_a_mark(void **state) {
    (void)state;
    limits = (struct trail_limits){1, HOUR, 5, SIZE_MAX};
    source(A, B, 100);
    move(B, C, 50);
    move(C, D, 20); /* a hop too many */
    move(B, D, 4);  /* below the floor */
    move(B, D, 10)->second = HOUR + 1;
    move(B, E, 6)->second = HOUR;
    follow();
    assert_int_equal(ended(TRAIL_HOP_LIMIT), 20);
    assert_int_equal(ended(TRAIL_FLOOR), 4);
    assert_int_equal(ended(TRAIL_TIME_LIMIT), 10);
    assert_int_equal(there(E), 6);
}

static void the_floor_is_of_what_is_traced_of_a_transfer(void **state) {
    (void)state;
    limits.floor_tiyn = 10;
    source(A, B, 6);
    source(C, B, 6);
    move(B, D, 12);
    source(A, E, 4);
    move(C, E, 100);
    move(E, D, 100); /* of it 4 are traced */
    follow();
    assert_int_equal(there(D), 12);
    assert_int_equal(ended(TRAIL_FLOOR), 4);
}

static void what_moves_nothing_moves_nothing(void **state) {
    (void)state;
    source(A, B, 100);
    move(B, C, 30)->status = TX_STATUS_REFUSED;
    move(B, C, 30)->status = TX_STATUS_ATTEMPTED;
    move(B, C, 40);
    *move(0, 0, 0) = moves[3]; /* the other bank's report, a minute off */
    moves[4].second += 60;
    *move(0, 0, 0) = moves[0];
    follow();
    assert_int_equal(there(B), 60);
    assert_int_equal(there(C), 40);
}

static void a_reversal_gives_back_what_is_still_there(void **state) {
    (void)state;
    source(A, B, 100);
    move(B, C, 100);
    leave(C, 30, EVENT_TYPE_CASH_WITHDRAWAL);
    reverse(1, 100);
    leave(B, 30, EVENT_TYPE_CRYPTO_PURCHASE); /* what replaces the 30 that are gone comes first */
    leave(B, 10, EVENT_TYPE_CRYPTO_PURCHASE);
    follow();
    assert_int_equal(ended(TRAIL_CASH), 30);
    assert_int_equal(ended(TRAIL_CRYPTO), 10);
    assert_int_equal(there(B), 60);
    assert_int_equal(there(C), 0);
    assert_int_equal(return_count, 1);
    assert_int_equal(returns[0].amount, 70);
    assert_int_equal(returns[0].move, 3);
}

static void a_reversal_gives_the_latest_back_first(void **state) {
    (void)state;
    move(A, B, 50);
    source(C, B, 50);
    move(B, D, 80); /* 50 of A, 30 traced */
    reverse(2, 20);
    follow();
    assert_int_equal(there(B), 40);
    assert_int_equal(there(D), 10);
}

static void a_source_that_is_reversed_returns_to_its_payer(void **state) {
    (void)state;
    source(A, B, 100);
    leave(B, 40, EVENT_TYPE_CASH_WITHDRAWAL);
    reverse(0, 100);
    move(A, C, 100); /* is not traced anew */
    follow();
    assert_int_equal(parts[0].returned, 60);
    assert_int_equal(there(B) + there(C), 0);
    assert_int_equal(ended(TRAIL_CASH), 40);
}

static void a_withdrawal_that_is_undone_is_there_again(void **state) {
    (void)state;
    source(A, B, 100);
    leave(B, 100, EVENT_TYPE_CASH_WITHDRAWAL);
    reverse(1, 100);
    move(B, C, 80);
    follow();
    assert_int_equal(ended(TRAIL_CASH), 0);
    assert_int_equal(there(B), 20);
    assert_int_equal(there(C), 80);
}

static void a_reversal_of_what_is_not_known_takes_the_newest_lot(void **state) {
    (void)state;
    source(A, B, 100);
    reverse(0, 30);
    moves[1].tx = 77;
    follow();
    assert_int_equal(ended(TRAIL_UNDONE), 30);
    assert_int_equal(there(B), 70);
}

static void what_comes_back_is_not_traced_twice(void **state) {
    (void)state;
    source(A, B, 100);
    move(B, C, 100);
    source(C, B, 150); /* 100 are traced already */
    follow();
    assert_int_equal(there(B), 150);
    assert_int_equal(parts[0].amount, 100);
    int64_t sources = 0;
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].parent == TRAIL_NONE) sources += parts[i].amount;
    assert_int_equal(sources, 150);
}

static void memory_has_a_limit(void **state) {
    (void)state;
    struct error error;
    source(A, B, 100);
    limits.bytes_max = 1000;
    assert_null(trail_follow(moves, move_count, ACCOUNTS, &limits, &error));
    assert_int_equal(error.code, ERROR_FAILED);
    assert_non_null(strstr(error.text, "needs more than 1000 bytes at event 1 of 1"));
}

static void the_largest_amounts_do_not_overflow(void **state) {
    (void)state;
    limits.seconds_max = 0;
    move(A, B, INT64_MAX)->payee_before = INT64_MAX;
    source(A, B, INT64_MAX);
    move(B, C, INT64_MAX);
    move(B, C, INT64_MAX);
    move(B, C, INT64_MAX)->second = moves[1].second;
    reverse(4, INT64_MAX);
    follow();
    assert_int_equal(there(B), INT64_MAX);
}

/* At random. */

static const uint8_t types[] = {EVENT_TYPE_OWN_TRANSFER, EVENT_TYPE_CASH_WITHDRAWAL,
                                EVENT_TYPE_CRYPTO_PURCHASE, EVENT_TYPE_C2B_PAYMENT,
                                EVENT_TYPE_TAX_OR_UTILITY};

static uint32_t random_account(struct chance *chance) {
    return chance_is(chance, 5) ? 0 : 1 + chance_below(chance, ACCOUNTS);
}

static int64_t random_balance(struct chance *chance) {
    return chance_is(chance, 20) ? chance_below(chance, 8) : 0;
}

/* Most go on from where the last one went, so that trails get long. */
static void random_settled(struct chance *chance) {
    const uint32_t last = move_count == 0 ? 0 : moves[move_count - 1].payee;
    const uint32_t payer = chance_is(chance, 60) ? last : random_account(chance);
    struct trail_move *m = move(payer, random_account(chance), 1 + chance_below(chance, 20));
    m->second += (int64_t)chance_below(chance, 400) - 200; /* late and early */
    m->payer_before = random_balance(chance);
    m->payee_before = random_balance(chance);
    if (chance_is(chance, 30)) m->type = types[chance_below(chance, sizeof types)];
    m->source = m->payee != 0 && chance_is(chance, 15);
}

static void random_move(struct chance *chance) {
    const uint32_t what = chance_below(chance, 100);
    if (what < 65 || move_count == 0) {
        random_settled(chance);
        return;
    }
    const size_t of = chance_below(chance, (uint32_t)move_count);
    if (what < 85 && moves[of].status == TX_STATUS_SETTLED) {
        reverse(of, chance_is(chance, 60) ? moves[of].amount : 1 + chance_below(chance, 20));
        if (chance_is(chance, 10)) moves[move_count - 1].tx = 1000; /* of what is not known */
    } else if (what < 93) {
        *move(0, 0, 0) = moves[of]; /* another report */
        moves[move_count - 1].second++;
    } else {
        random_settled(chance);
        moves[move_count - 1].status = TX_STATUS_ATTEMPTED;
        moves[move_count - 1].source = false;
    }
}

/* "3>7>9" of a part, and ":FATE" where it ended. */
static void track_of(uint32_t part, char out[256]) {
    char before[256] = "";
    const struct trail_part *p = &parts[part];
    if (p->parent != TRAIL_NONE) track_of(p->parent, before);
    snprintf(out, 256, "%.200s%s%u", before, before[0] == '\0' ? "" : ">", (unsigned)p->move);
}

static int64_t compare(const struct naive_trail *naive) {
    int64_t marked = 0;
    for (uint32_t i = 0; i < part_count; i++) {
        const bool followed = parts[i].fate == TRAIL_FOLLOWED;
        const int64_t now = followed ? parts[i].left : parts[i].amount - parts[i].returned;
        char track[256];
        track_of(i, track);
        if (!followed)
            snprintf(track + strlen(track), sizeof track - strlen(track), ":%d", parts[i].fate);
        assert_int_equal(now, naive_trail_count(naive, track));
        marked += now;
    }
    assert_int_equal(marked, naive_trail_marked(naive));
    return marked;
}

static void check_conserved(void) {
    int64_t in = 0, out = 0;
    for (size_t i = 0; i < part_count; i++) {
        const struct trail_part *p = &parts[i];
        if (p->parent == TRAIL_NONE) in += p->amount - p->returned;
        out += p->fate == TRAIL_FOLLOWED ? p->left : p->amount - p->returned;
        assert_true(p->amount > 0 && p->left >= 0 && p->returned >= 0);
        assert_true(p->returned <= p->amount && p->left <= p->amount);
        assert_true(p->parent == TRAIL_NONE || p->parent < i);
    }
    assert_int_equal(in, out);
}

static void a_random_history_is_followed_as_coin_by_coin(void **state) {
    (void)state;
    enum { HISTORIES = 2000 };
    int64_t marked = 0, undone = 0, deep = 0, fates[TRAIL_FATE_COUNT] = {0};
    for (uint64_t seed = 0; seed < HISTORIES; seed++) {
        struct chance chance = {seed};
        move_count = 0;
        limits = (struct trail_limits){1 + chance_below(&chance, 10),
                                       chance_is(&chance, 30) ? 900 : 72 * HOUR,
                                       chance_below(&chance, 6), SIZE_MAX};
        while (move_count < 10 + seed % 50)
            random_move(&chance);
        follow();
        struct naive_trail *naive = naive_trail_follow(moves, move_count, ACCOUNTS, &limits);
        marked += compare(naive);
        naive_trail_free(naive);
        check_conserved();
        undone += (int64_t)return_count;
        for (size_t i = 0; i < part_count; i++) {
            fates[parts[i].fate]++;
            deep += parts[i].hop > 3;
        }
    }
    assert_true(marked > 20 * HISTORIES && undone > HISTORIES / 2 && deep > HISTORIES / 5);
    for (int f = 0; f < TRAIL_FATE_COUNT; f++)
        assert_true(fates[f] > HISTORIES / 20);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        test(the_first_money_leaves_first),
        test(money_keeps_its_order_over_accounts),
        test(a_debit_beyond_all_lots_is_not_traced),
        test(ways_out_end_the_trail),
        test(own_transfers_are_followed_also_to_oneself),
        test(limits_leave_a_mark),
        test(the_floor_is_of_what_is_traced_of_a_transfer),
        test(what_moves_nothing_moves_nothing),
        test(a_reversal_gives_back_what_is_still_there),
        test(a_reversal_gives_the_latest_back_first),
        test(a_source_that_is_reversed_returns_to_its_payer),
        test(a_withdrawal_that_is_undone_is_there_again),
        test(a_reversal_of_what_is_not_known_takes_the_newest_lot),
        test(what_comes_back_is_not_traced_twice),
        test(memory_has_a_limit),
        test(the_largest_amounts_do_not_overflow),
        test(a_random_history_is_followed_as_coin_by_coin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
