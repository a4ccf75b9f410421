/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/trail.h"

#include "detector/base/grow.h"
#include "detector/base/lookup.h"
#include "detector/transaction.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define NONE TRAIL_NONE

/* Money of one credit and one mark, in a queue. It stays when it is spent: a reversal may fill it
 * again. */
struct segment {
    int64_t left;
    uint32_t part;       /* NONE: not traced */
    uint32_t lot;        /* the credit; NONE: the balance before first sight */
    uint32_t prev, next; /* in the queue */
};

struct queue {
    uint32_t head, tail; /* segments; NONE before first sight */
    uint32_t oldest;     /* nothing is left before this one */
    uint32_t newest_lot;
};

/* What one settled move took from one segment and was not given back. */
struct flow {
    int64_t amount;
    uint32_t from; /* NONE: unseen money, or of an account without a queue */
    uint32_t to;   /* NONE: to one without */
    uint32_t part; /* NONE: not traced */
    uint32_t prev; /* the one before, of the same deal */
};

/* One transaction between two accounts, whatever became of it. */
struct deal {
    uint32_t tx, payer, payee;
    uint32_t last; /* flow */
};

/* What is about to leave. */
struct piece {
    int64_t amount;
    uint32_t from, part;
};

struct trail {
    const struct trail_move *moves;
    size_t move_count;
    struct trail_limits limits;
    uint32_t *hops;     /* by account: the fewest that traced money may need; NONE: never */
    uint32_t *queue_of; /* by account: 0: none, else number + 1 */
    size_t accounts, reached;
    struct queue *queues;
    struct segment *segments;
    struct flow *flows;
    struct deal *deals;
    struct piece *pieces;
    struct trail_part *parts;
    struct trail_return *returns;
    size_t segment_count, segment_room, flow_count, flow_room, deal_count, deal_room;
    size_t piece_count, piece_room, part_count, part_room, return_count, return_room;
    struct lookup deal_lookup, move_lookup;
};

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The first pass. */

/* Where money leaves what can be followed. */
static enum trail_fate way_out(uint8_t type, bool to_account) {
    switch (type) {
    case EVENT_TYPE_CASH_WITHDRAWAL:
        return TRAIL_CASH;
    case EVENT_TYPE_CRYPTO_PURCHASE:
        return TRAIL_CRYPTO;
    case EVENT_TYPE_C2B_PAYMENT:
        return TRAIL_PURCHASE;
    case EVENT_TYPE_TAX_OR_UTILITY:
        return TRAIL_BILL;
    default:
        return to_account ? TRAIL_FOLLOWED : TRAIL_OUTSIDE;
    }
}

static void lower(uint32_t *hop, uint32_t to) {
    if (to < *hop) *hop = to;
}

/* Never too few: each limit is taken at its mildest. */
static void reach(struct trail *t) {
    int64_t until_s = INT64_MIN;
    for (size_t i = 0; i < t->move_count; i++) {
        const struct trail_move *m = &t->moves[i];
        if (m->status != TX_STATUS_SETTLED || m->payee == 0) continue;
        if (m->source) {
            lower(&t->hops[m->payee], 0);
            if (m->second + t->limits.seconds_max > until_s)
                until_s = m->second + t->limits.seconds_max;
        } else if (m->payer != 0 && t->hops[m->payer] < t->limits.hops_max &&
                   way_out(m->type, m->payee != 0) == TRAIL_FOLLOWED && m->second <= until_s &&
                   m->amount >= t->limits.floor_tiyn) {
            lower(&t->hops[m->payee], t->hops[m->payer] + 1);
        }
    }
}

static void open_queues(struct trail *t) {
    for (size_t a = 1; a <= t->accounts; a++)
        if (t->hops[a] != NONE) t->queue_of[a] = (uint32_t)++t->reached;
    t->queues = calloc(t->reached + 1, sizeof *t->queues);
    assert(t->queues != NULL && "out of memory");
    for (size_t q = 0; q < t->reached; q++)
        t->queues[q] = (struct queue){NONE, NONE, NONE, NONE};
}

/* Queues. */

static struct queue *queue_of(const struct trail *t, uint32_t account) {
    return t->queue_of[account] == 0 ? NULL : &t->queues[t->queue_of[account] - 1];
}

static uint32_t new_segment(struct trail *t, struct segment segment) {
    t->segments = grow(t->segments, t->segment_count, &t->segment_room, sizeof *t->segments);
    t->segments[t->segment_count] = segment;
    return (uint32_t)t->segment_count++;
}

static uint32_t append(struct trail *t, struct queue *q, uint32_t lot, uint32_t part,
                       int64_t amount) {
    const uint32_t s = new_segment(t, (struct segment){amount, part, lot, q->tail, NONE});
    if (q->tail != NONE) t->segments[q->tail].next = s;
    if (q->head == NONE) q->head = q->oldest = s;
    q->tail = s;
    return s;
}

static void insert_before(struct trail *t, struct queue *q, uint32_t at, int64_t amount) {
    const struct segment there = t->segments[at];
    const uint32_t s = new_segment(t, (struct segment){amount, NONE, there.lot, there.prev, at});
    t->segments[at].prev = s;
    if (there.prev != NONE)
        t->segments[there.prev].next = s;
    else
        q->head = s;
}

/* The balance before first sight is the oldest lot. */
static struct queue *see(struct trail *t, uint32_t account, int64_t before) {
    struct queue *q = queue_of(t, account);
    if (q != NULL && q->head == NONE) append(t, q, NONE, NONE, before);
    return q;
}

/* Without a mark, to the newest lot. */
static void add_to_newest(struct trail *t, struct queue *q, int64_t amount) {
    if (amount > 0) append(t, q, q->newest_lot, NONE, amount);
}

static void refill(struct queue *q) {
    q->oldest = q->head;
}

/* Parts. */

static uint32_t new_part(struct trail *t, struct trail_part part) {
    t->parts = grow(t->parts, t->part_count, &t->part_room, sizeof *t->parts);
    if (part.parent == NONE) part.source = (uint32_t)t->part_count;
    part.newest_child = NONE;
    t->parts[t->part_count] = part;
    return (uint32_t)t->part_count++;
}

/* One for each move, parent and fate. */
static uint32_t child_of(struct trail *t, uint32_t move, uint32_t parent, enum trail_fate fate) {
    const struct trail_part *p = &t->parts[parent];
    const uint32_t newest = p->newest_child;
    if (newest != NONE && t->parts[newest].move == move && t->parts[newest].fate == fate)
        return newest;
    const uint32_t child = new_part(
        t,
        (struct trail_part){
            .move = move, .parent = parent, .source = p->source, .hop = p->hop + 1, .fate = fate});
    t->parts[parent].newest_child = child;
    return child;
}

enum trail_fate trail_fate_of(const struct trail_limits *limits, const struct trail_step *step) {
    const enum trail_fate out = way_out(step->type, step->to_account);
    if (step->source) return TRAIL_FOLLOWED;
    if (out != TRAIL_FOLLOWED) return out;
    if (step->hop >= limits->hops_max) return TRAIL_HOP_LIMIT;
    if (step->second > step->began_s + limits->seconds_max) return TRAIL_TIME_LIMIT;
    return step->traced < limits->floor_tiyn ? TRAIL_FLOOR : TRAIL_FOLLOWED;
}

static enum trail_fate fate_of(const struct trail *t, const struct trail_move *m, uint32_t parent,
                               int64_t traced) {
    const struct trail_part *p = &t->parts[parent];
    const struct trail_step step = {.second = m->second,
                                    .began_s = t->moves[t->parts[p->source].move].second,
                                    .traced = traced,
                                    .hop = p->hop,
                                    .type = m->type,
                                    .to_account = m->payee != 0,
                                    .source = m->source};
    return trail_fate_of(&t->limits, &step);
}

/* Settling. */

static void note_piece(struct trail *t, uint32_t from, uint32_t part, int64_t amount) {
    t->pieces = grow(t->pieces, t->piece_count, &t->piece_room, sizeof *t->pieces);
    t->pieces[t->piece_count++] = (struct piece){amount, from, part};
}

/* Takes from the front of a queue, which may be NULL. Returns what of it is traced. */
static int64_t spend(struct trail *t, struct queue *q, int64_t amount) {
    int64_t traced = 0;
    t->piece_count = 0;
    while (q != NULL && amount > 0 && q->oldest != NONE) {
        struct segment *s = &t->segments[q->oldest];
        const int64_t taken = smaller(s->left, amount);
        if (taken > 0) note_piece(t, q->oldest, s->part, taken);
        if (s->part != NONE) {
            t->parts[s->part].left -= taken;
            traced += taken;
        }
        s->left -= taken;
        amount -= taken;
        if (amount > 0 && s->next == NONE) break;
        if (amount > 0) q->oldest = s->next;
    }
    if (amount > 0) note_piece(t, NONE, NONE, amount);
    return traced;
}

static bool is_deal(const void *deals, uint32_t number, const void *wanted) {
    const struct deal *a = (const struct deal *)deals + number, *b = wanted;
    return a->tx == b->tx && a->payer == b->payer && a->payee == b->payee;
}

/* That of a move; it is made where it is not there yet. */
static struct deal *deal_of(struct trail *t, const struct trail_move *m) {
    const struct deal wanted = {m->tx, m->payer, m->payee, NONE};
    const uint32_t key[] = {m->tx, m->payer, m->payee};
    const uint64_t hash = XXH3_64bits(key, sizeof key);
    uint32_t number = lookup_find(&t->deal_lookup, hash, is_deal, t->deals, &wanted);
    if (number == LOOKUP_NONE) {
        t->deals = grow(t->deals, t->deal_count, &t->deal_room, sizeof *t->deals);
        number = (uint32_t)t->deal_count++;
        t->deals[number] = wanted;
        lookup_add(&t->deal_lookup, hash, number);
    }
    return &t->deals[number];
}

static uint32_t part_of(struct trail *t, uint32_t move, const struct piece *piece, int64_t traced,
                        uint32_t *source) {
    const struct trail_move *m = &t->moves[move];
    if (piece->part != NONE)
        return child_of(t, move, piece->part, fate_of(t, m, piece->part, traced));
    if (m->source && *source == NONE)
        *source = new_part(t, (struct trail_part){.move = move, .parent = NONE});
    return *source;
}

static void arrive(struct trail *t, uint32_t move, struct queue *payee, const struct piece *piece,
                   uint32_t part) {
    struct deal *deal = deal_of(t, &t->moves[move]);
    const bool followed = part != NONE && t->parts[part].fate == TRAIL_FOLLOWED;
    assert(!followed || payee != NULL);
    uint32_t to = NONE;
    if (payee != NULL) {
        const uint32_t mark = followed ? part : NONE;
        const struct segment *tail = &t->segments[payee->tail];
        to = payee->tail;
        if (tail->lot != move || tail->part != mark)
            to = append(t, payee, move, mark, piece->amount);
        else
            t->segments[to].left += piece->amount;
    }
    if (part != NONE) t->parts[part].amount += piece->amount;
    if (followed) t->parts[part].left += piece->amount;
    t->flows = grow(t->flows, t->flow_count, &t->flow_room, sizeof *t->flows);
    t->flows[t->flow_count] = (struct flow){piece->amount, piece->from, to, part, deal->last};
    deal->last = (uint32_t)t->flow_count++;
}

static void settle(struct trail *t, uint32_t move) {
    const struct trail_move *m = &t->moves[move];
    struct queue *payer = see(t, m->payer, m->payer_before);
    const int64_t traced = spend(t, payer, m->amount);
    struct queue *payee = see(t, m->payee, m->payee_before);
    uint32_t source = NONE;
    for (size_t i = 0; i < t->piece_count; i++)
        arrive(t, move, payee, &t->pieces[i], part_of(t, move, &t->pieces[i], traced, &source));
    if (payee != NULL) payee->newest_lot = move;
}

/* Reversing. */

static void note_return(struct trail *t, uint32_t move, uint32_t part, int64_t amount) {
    t->parts[part].returned += amount;
    if (t->return_count > 0 && t->returns[t->return_count - 1].move == move &&
        t->returns[t->return_count - 1].part == part) {
        t->returns[t->return_count - 1].amount += amount;
        return;
    }
    t->returns = grow(t->returns, t->return_count, &t->return_room, sizeof *t->returns);
    t->returns[t->return_count++] = (struct trail_return){amount, move, part};
}

/* Out of the payee's money, as far as it is there. Returns how much was. */
static int64_t take_from(struct trail *t, const struct flow *f, int64_t amount) {
    if (f->to == NONE) return 0;
    struct segment *s = &t->segments[f->to];
    const int64_t taken = smaller(s->left, amount);
    s->left -= taken;
    if (s->part != NONE) t->parts[s->part].left -= taken;
    return taken;
}

/* To where it was, `marked` of it with its mark. */
static void give_back(struct trail *t, struct queue *payer, const struct flow *f, int64_t amount,
                      int64_t marked) {
    if (payer == NULL) return;
    if (f->from == NONE) {
        add_to_newest(t, payer, amount);
        return;
    }
    const uint32_t mark = t->segments[f->from].part;
    if (mark == NONE) marked = amount;
    t->segments[f->from].left += marked;
    if (mark != NONE) t->parts[mark].left += marked;
    if (amount > marked) insert_before(t, payer, f->from, amount - marked);
    refill(payer);
}

/* What has ended comes back whole; what was followed, as far as it has not gone on. Returns what
 * the payee had of it. */
static int64_t undo(struct trail *t, uint32_t move, struct queue *payer, struct flow *f,
                    int64_t amount) {
    const int64_t taken = take_from(t, f, amount);
    const bool followed = f->part != NONE && t->parts[f->part].fate == TRAIL_FOLLOWED;
    const int64_t marked = followed ? taken : amount;
    f->amount -= amount;
    if (f->part != NONE && marked > 0) note_return(t, move, f->part, marked);
    give_back(t, payer, f, amount, marked);
    return taken;
}

/* Nobody knows which of a lot it is: the latest. Traced money ends here. */
static void take_from_lot(struct trail *t, uint32_t move, uint32_t last, int64_t amount) {
    const uint32_t lot = t->segments[last].lot;
    for (uint32_t s = last; s != NONE && t->segments[s].lot == lot && amount > 0;
         s = t->segments[s].prev) {
        const int64_t taken = smaller(t->segments[s].left, amount);
        const uint32_t part = t->segments[s].part;
        t->segments[s].left -= taken;
        amount -= taken;
        if (part == NONE || taken == 0) continue;
        t->parts[part].left -= taken;
        const uint32_t ended = child_of(t, move, part, TRAIL_UNDONE);
        t->parts[ended].amount += taken;
    }
}

/* The last segment of what the deal brought, else of the newest lot; NONE: that is empty. */
static uint32_t end_of_lot(const struct trail *t, const struct queue *q, const struct deal *deal) {
    if (deal->last == NONE) return t->segments[q->tail].lot == q->newest_lot ? q->tail : NONE;
    uint32_t segment = t->flows[deal->last].to;
    const uint32_t lot = t->segments[segment].lot;
    for (uint32_t next = t->segments[segment].next; next != NONE && t->segments[next].lot == lot;
         next = t->segments[segment].next)
        segment = next;
    return segment;
}

/* The debit's flows, the latest first: `seen` those out of lots, then those of unseen money.
 * Returns how much is left of `rest`. */
static int64_t undo_flows(struct trail *t, uint32_t move, struct queue *payer, bool seen,
                          int64_t rest, int64_t *taken) {
    for (uint32_t i = deal_of(t, &t->moves[move])->last; i != NONE && rest > 0;
         i = t->flows[i].prev) {
        struct flow *f = &t->flows[i];
        if ((f->from != NONE) != seen || f->amount == 0) continue;
        const int64_t back = smaller(f->amount, rest);
        *taken += undo(t, move, payer, f, back);
        rest -= back;
    }
    return rest;
}

static void drop_undone(struct trail *t, struct deal *deal) {
    while (deal->last != NONE && t->flows[deal->last].amount == 0 &&
           t->flows[deal->last].prev != NONE)
        deal->last = t->flows[deal->last].prev;
}

static void reverse(struct trail *t, uint32_t move) {
    const struct trail_move *m = &t->moves[move];
    struct queue *payer = see(t, m->payer, m->payer_before);
    struct queue *payee = see(t, m->payee, m->payee_before);
    struct deal *deal = deal_of(t, m);
    int64_t taken = 0;
    int64_t rest = undo_flows(t, move, payer, true, m->amount, &taken);
    rest = undo_flows(t, move, payer, false, rest, &taken);
    if (payer != NULL) add_to_newest(t, payer, rest);
    const uint32_t end = payee == NULL ? NONE : end_of_lot(t, payee, deal);
    if (end != NONE) take_from_lot(t, move, end, m->amount - taken);
    drop_undone(t, deal);
}

/* The second pass. */

static bool is_move(const void *moves, uint32_t number, const void *wanted) {
    const struct trail_move *a = (const struct trail_move *)moves + number, *b = wanted;
    return a->tx == b->tx && a->payer == b->payer && a->payee == b->payee &&
           a->amount == b->amount && a->type == b->type && a->status == b->status;
}

static bool is_repeated(struct trail *t, uint32_t move) {
    const struct trail_move *m = &t->moves[move];
    const uint64_t key[] = {(uint64_t)m->amount, (uint64_t)m->tx << 32 | m->payer,
                            (uint64_t)m->payee << 32 | (uint64_t)m->status << 8 | m->type};
    const uint64_t hash = XXH3_64bits(key, sizeof key);
    if (lookup_find(&t->move_lookup, hash, is_move, t->moves, m) != LOOKUP_NONE) return true;
    lookup_add(&t->move_lookup, hash, move);
    return false;
}

static void take(struct trail *t, uint32_t move) {
    const struct trail_move *m = &t->moves[move];
    if (t->queue_of[m->payer] == 0 && t->queue_of[m->payee] == 0) return;
    if (m->status != TX_STATUS_SETTLED && m->status != TX_STATUS_REVERSED)
        see(t, m->payer, m->payer_before);
    else if (!is_repeated(t, move))
        m->status == TX_STATUS_SETTLED ? settle(t, move) : reverse(t, move);
}

size_t trail_bytes(const struct trail *t) {
    return sizeof *t + (t->accounts + 1) * (sizeof *t->hops + sizeof *t->queue_of) +
           (t->reached + 1) * sizeof *t->queues + t->segment_room * sizeof *t->segments +
           t->flow_room * sizeof *t->flows + t->deal_room * sizeof *t->deals +
           t->piece_room * sizeof *t->pieces + t->part_room * sizeof *t->parts +
           t->return_room * sizeof *t->returns + lookup_bytes(&t->deal_lookup) +
           lookup_bytes(&t->move_lookup);
}

/* Nothing is lost and nothing is made. */
static void check_sums(const struct trail *t) {
    int64_t *open = calloc(t->part_count + 1, sizeof *open);
    assert(open != NULL && "out of memory");
    for (size_t i = 0; i < t->part_count; i++) {
        const struct trail_part *p = &t->parts[i];
        open[i] += p->fate == TRAIL_FOLLOWED ? p->amount - p->returned - p->left : 0;
        if (p->parent != NONE) open[p->parent] -= p->amount - p->returned;
    }
    for (size_t i = 0; i < t->part_count; i++)
        assert(open[i] == 0 && "traced money does not add up");
    free(open);
}

static struct trail *new_trail(const struct trail_move *moves, size_t count, uint32_t accounts,
                               const struct trail_limits *limits) {
    struct trail *t = calloc(1, sizeof *t);
    assert(t != NULL && count < NONE && "out of memory");
    t->moves = moves;
    t->move_count = count;
    t->accounts = accounts;
    t->limits = *limits;
    t->hops = malloc(((size_t)accounts + 1) * sizeof *t->hops);
    t->queue_of = calloc((size_t)accounts + 1, sizeof *t->queue_of);
    assert(t->hops != NULL && t->queue_of != NULL && "out of memory");
    memset(t->hops, 0xff, ((size_t)accounts + 1) * sizeof *t->hops);
    return t;
}

struct trail *trail_follow(const struct trail_move *moves, size_t count, uint32_t accounts,
                           const struct trail_limits *limits, struct error *error) {
    struct trail *t = new_trail(moves, count, accounts, limits);
    reach(t);
    open_queues(t);
    for (size_t i = 0; i < count; i++) {
        take(t, (uint32_t)i);
        if (trail_bytes(t) <= limits->bytes_max) continue;
        error_set(
            error, ERROR_FAILED,
            "the trail needs more than %zu bytes at event %zu of %zu; give it more, or follow "
            "less far: fewer hops or hours, a higher floor",
            limits->bytes_max, i + 1, count);
        trail_free(t);
        return NULL;
    }
    check_sums(t);
    return t;
}

void trail_free(struct trail *t) {
    if (t == NULL) return;
    lookup_clear(&t->deal_lookup);
    lookup_clear(&t->move_lookup);
    free(t->hops);
    free(t->queue_of);
    free(t->queues);
    free(t->segments);
    free(t->flows);
    free(t->deals);
    free(t->pieces);
    free(t->parts);
    free(t->returns);
    free(t);
}

const struct trail_part *trail_parts(const struct trail *t, size_t *count) {
    *count = t->part_count;
    return t->parts;
}

const struct trail_return *trail_returns(const struct trail *t, size_t *count) {
    *count = t->return_count;
    return t->returns;
}

size_t trail_reached(const struct trail *t) {
    return t->reached;
}
