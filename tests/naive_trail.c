/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/naive_trail.h"

#include "detector/transaction.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COINS_MAX = 5000, TAKEN_MAX = 5000, ENDED_MAX = 5000, ACCOUNTS_MAX = 8 };

/* A place in a row where a coin lies or lay. */
struct coin {
    bool here;
    int lot;  /* the move that brought it; -1: there before all */
    int pile; /* coins of one lot and one track that came together */
    char track[NAIVE_TRACK_MAX];
};

struct row {
    struct coin coins[COINS_MAX];
    int count, newest_lot;
    bool seen;
};

/* A coin that a move took. */
struct taken {
    int move, from_pile, to_pile; /* -1: none */
    bool undone, traced, followed;
    int ended; /* index, or -1 */
    char track[NAIVE_TRACK_MAX];
};

struct naive_trail {
    const struct trail_move *moves;
    struct trail_limits limits;
    struct row rows[ACCOUNTS_MAX];
    struct taken taken[TAKEN_MAX];
    char ended[ENDED_MAX][NAIVE_TRACK_MAX];
    int taken_count, ended_count, piles;
};

static int source_of(const char *track) {
    return atoi(track);
}

static int hops_of(const char *track) {
    int hops = 0;
    for (; *track != '\0'; track++)
        hops += *track == '>';
    return hops;
}

static void see(struct naive_trail *n, uint32_t account, int64_t before) {
    struct row *row = &n->rows[account];
    if (account == 0 || row->seen) return;
    row->seen = true;
    row->newest_lot = -1;
    const int pile = n->piles++;
    assert(before < COINS_MAX);
    for (int64_t i = 0; i < before; i++)
        row->coins[row->count++] = (struct coin){true, -1, pile, ""};
}

static void put_last(struct row *row, struct coin coin) {
    assert(row->count < COINS_MAX);
    row->coins[row->count++] = coin;
}

static struct coin *first_here(struct row *row) {
    for (int i = 0; i < row->count; i++)
        if (row->coins[i].here) return &row->coins[i];
    return NULL;
}

static int fate_of(const struct naive_trail *n, const struct trail_move *m, const char *track,
                   int64_t traced) {
    if (m->source) return TRAIL_FOLLOWED;
    if (m->type == EVENT_TYPE_CASH_WITHDRAWAL) return TRAIL_CASH;
    if (m->type == EVENT_TYPE_CRYPTO_PURCHASE) return TRAIL_CRYPTO;
    if (m->type == EVENT_TYPE_C2B_PAYMENT) return TRAIL_PURCHASE;
    if (m->type == EVENT_TYPE_TAX_OR_UTILITY) return TRAIL_BILL;
    if (m->payee == 0) return TRAIL_OUTSIDE;
    if (hops_of(track) + 1 > (int)n->limits.hops_max) return TRAIL_HOP_LIMIT;
    if (m->second - n->moves[source_of(track)].second > n->limits.seconds_max)
        return TRAIL_TIME_LIMIT;
    return traced < n->limits.floor_tiyn ? TRAIL_FLOOR : TRAIL_FOLLOWED;
}

static void take_coins(struct naive_trail *n, int move) {
    const struct trail_move *m = &n->moves[move];
    for (int64_t i = 0; i < m->amount; i++) {
        assert(n->taken_count < TAKEN_MAX);
        struct taken *t = &n->taken[n->taken_count++];
        struct coin *coin = m->payer == 0 ? NULL : first_here(&n->rows[m->payer]);
        *t = (struct taken){.move = move, .from_pile = -1, .to_pile = -1, .ended = -1};
        if (coin == NULL) continue;
        coin->here = false;
        t->from_pile = coin->pile;
        memcpy(t->track, coin->track, sizeof t->track);
    }
}

static void lay_down(struct naive_trail *n, int move, struct taken *t, int64_t traced) {
    const struct trail_move *m = &n->moves[move];
    char mark[NAIVE_TRACK_MAX] = "", longer[2 * NAIVE_TRACK_MAX];
    if (t->track[0] != '\0') {
        const int fate = fate_of(n, m, t->track, traced);
        snprintf(longer, sizeof longer, "%s>%d", t->track, move);
        assert(strlen(longer) < sizeof t->track);
        strcpy(t->track, longer);
        t->traced = true;
        t->followed = fate == TRAIL_FOLLOWED;
        if (!t->followed) {
            t->ended = n->ended_count++;
            snprintf(n->ended[t->ended], NAIVE_TRACK_MAX, "%.50s:%d", t->track, fate);
        }
    } else if (m->source) {
        snprintf(t->track, sizeof t->track, "%d", move);
        t->traced = t->followed = true;
    }
    if (t->followed) strcpy(mark, t->track);
    if (m->payee == 0) return;
    struct row *row = &n->rows[m->payee];
    const struct coin *last = row->count == 0 ? NULL : &row->coins[row->count - 1];
    const bool joins = last != NULL && last->lot == move && strcmp(last->track, mark) == 0;
    struct coin coin = {true, move, joins ? last->pile : n->piles++, ""};
    strcpy(coin.track, mark);
    t->to_pile = coin.pile;
    put_last(row, coin);
}

static void settle(struct naive_trail *n, int move) {
    const struct trail_move *m = &n->moves[move];
    const int first = n->taken_count;
    int64_t traced = 0;
    see(n, m->payer, m->payer_before);
    take_coins(n, move);
    for (int i = first; i < n->taken_count; i++)
        traced += n->taken[i].track[0] != '\0';
    see(n, m->payee, m->payee_before);
    for (int i = first; i < n->taken_count; i++)
        lay_down(n, move, &n->taken[i], traced);
    n->rows[m->payee].newest_lot = move;
}

static struct coin *last_of_pile(struct row *row, int pile, bool here) {
    for (int i = row->count; i > 0; i--)
        if (row->coins[i - 1].pile == pile && row->coins[i - 1].here == here)
            return &row->coins[i - 1];
    return NULL;
}

static void put_before_pile(struct naive_trail *n, struct row *row, int pile) {
    int at = 0;
    while (row->coins[at].pile != pile)
        at++;
    assert(row->count < COINS_MAX);
    memmove(&row->coins[at + 1], &row->coins[at], (size_t)(row->count - at) * sizeof *row->coins);
    row->count++;
    row->coins[at] = (struct coin){true, row->coins[at + 1].lot, n->piles++, ""};
}

static void put_newest(struct naive_trail *n, struct row *row) {
    put_last(row, (struct coin){true, row->newest_lot, n->piles++, ""});
}

/* Returns whether the payee had it. */
static bool undo(struct naive_trail *n, struct taken *t) {
    const struct trail_move *m = &n->moves[t->move];
    struct coin *there =
        m->payee == 0 || t->to_pile < 0 ? NULL : last_of_pile(&n->rows[m->payee], t->to_pile, true);
    if (there != NULL) there->here = false;
    if (t->ended >= 0) n->ended[t->ended][0] = '\0';
    t->undone = true;
    if (m->payer == 0) return there != NULL;
    struct row *row = &n->rows[m->payer];
    if (t->from_pile < 0) {
        put_newest(n, row);
        return there != NULL;
    }
    int at = 0;
    while (row->coins[at].pile != t->from_pile)
        at++;
    const bool marked = row->coins[at].track[0] != '\0';
    if (!marked || !t->followed || there != NULL)
        last_of_pile(row, t->from_pile, false)->here = true;
    else
        put_before_pile(n, row, t->from_pile);
    return there != NULL;
}

static bool is_of(const struct naive_trail *n, const struct taken *t, const struct trail_move *m) {
    const struct trail_move *o = &n->moves[t->move];
    return o->tx == m->tx && o->payer == m->payer && o->payee == m->payee;
}

static void take_from_lot(struct naive_trail *n, int move, int lot, int64_t amount) {
    struct row *row = &n->rows[n->moves[move].payee];
    for (int i = row->count; i > 0 && amount > 0; i--) {
        const struct coin coin = row->coins[i - 1];
        if (!coin.here || coin.lot != lot) continue;
        row->coins[i - 1].here = false;
        amount--;
        if (coin.track[0] != '\0')
            snprintf(n->ended[n->ended_count++], NAIVE_TRACK_MAX, "%.40s>%d:%d", coin.track, move,
                     TRAIL_UNDONE);
    }
}

static void reverse(struct naive_trail *n, int move) {
    const struct trail_move *m = &n->moves[move];
    int64_t rest = m->amount, missing = m->amount;
    int lot = n->rows[m->payee].newest_lot;
    see(n, m->payer, m->payer_before);
    see(n, m->payee, m->payee_before);
    if (n->rows[m->payee].newest_lot == -1) lot = -1;
    for (int i = 0; i < n->taken_count; i++)
        if (is_of(n, &n->taken[i], m)) lot = n->taken[i].move;
    for (int seen = 1; seen >= 0; seen--)
        for (int i = n->taken_count; i > 0 && rest > 0; i--) {
            struct taken *t = &n->taken[i - 1];
            if (!is_of(n, t, m) || t->undone || (t->from_pile >= 0) != seen) continue;
            missing -= undo(n, t);
            rest--;
        }
    for (; rest > 0 && m->payer != 0; rest--)
        put_newest(n, &n->rows[m->payer]);
    if (m->payee != 0) take_from_lot(n, move, lot, missing);
}

static bool is_repeated(const struct trail_move *moves, size_t move) {
    for (size_t i = 0; i < move; i++)
        if (moves[i].tx == moves[move].tx && moves[i].payer == moves[move].payer &&
            moves[i].payee == moves[move].payee && moves[i].amount == moves[move].amount &&
            moves[i].type == moves[move].type && moves[i].status == moves[move].status)
            return true;
    return false;
}

struct naive_trail *naive_trail_follow(const struct trail_move *moves, size_t count,
                                       uint32_t accounts, const struct trail_limits *limits) {
    struct naive_trail *n = calloc(1, sizeof *n);
    assert(n != NULL && accounts < ACCOUNTS_MAX);
    n->moves = moves;
    n->limits = *limits;
    for (size_t i = 0; i < count; i++) {
        const struct trail_move *m = &moves[i];
        if (m->status != TX_STATUS_SETTLED && m->status != TX_STATUS_REVERSED)
            see(n, m->payer, m->payer_before);
        else if (is_repeated(moves, i))
            continue;
        else if (m->status == TX_STATUS_SETTLED)
            settle(n, (int)i);
        else
            reverse(n, (int)i);
    }
    return n;
}

void naive_trail_free(struct naive_trail *n) {
    free(n);
}

int64_t naive_trail_count(const struct naive_trail *n, const char *track) {
    int64_t count = 0;
    for (int a = 0; a < ACCOUNTS_MAX; a++)
        for (int i = 0; i < n->rows[a].count; i++)
            count += n->rows[a].coins[i].here && strcmp(n->rows[a].coins[i].track, track) == 0;
    for (int i = 0; i < n->ended_count; i++)
        count += strcmp(n->ended[i], track) == 0;
    return count;
}

int64_t naive_trail_marked(const struct naive_trail *n) {
    int64_t count = 0;
    for (int a = 0; a < ACCOUNTS_MAX; a++)
        for (int i = 0; i < n->rows[a].count; i++)
            count += n->rows[a].coins[i].here && n->rows[a].coins[i].track[0] != '\0';
    for (int i = 0; i < n->ended_count; i++)
        count += n->ended[i][0] != '\0';
    return count;
}
