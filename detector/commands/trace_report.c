/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/trace_report.h"

#include "detector/base/grow.h"
#include "detector/commands/masked.h"

#include <string.h>

/* Sums for people stop at the largest number; those that are asserted are the trail's. */
static void add(int64_t *sum, int64_t amount) {
    if (__builtin_add_overflow(*sum, amount, sum)) *sum = INT64_MAX;
}

static int64_t net(const struct trail_part *part) {
    return part->amount - part->returned;
}

/* Rows. */

static void add_row(struct trace_report *r, struct trace_row row) {
    for (size_t i = r->row_count; i > 0 && r->rows[i - 1].move == row.move; i--) {
        struct trace_row *before = &r->rows[i - 1];
        if (before->hop != row.hop || before->fate != row.fate ||
            before->given_back != row.given_back)
            continue;
        add(&before->traced_tiyn, row.traced_tiyn);
        return;
    }
    r->rows = grow(r->rows, r->row_count, &r->row_room, sizeof *r->rows);
    r->rows[r->row_count++] = row;
}

static void add_part_row(struct trace_report *r, const struct trail_part *part) {
    const struct trail_move *m = &r->pass->moves[part->move];
    const bool back = part->fate == TRAIL_UNDONE;
    add_row(r, (struct trace_row){.move = part->move,
                                  .hop = part->hop,
                                  .from = back ? m->payee : m->payer,
                                  .to = back ? m->payer : m->payee,
                                  .fate = part->fate,
                                  .traced_tiyn = part->amount});
}

static void add_return_row(struct trace_report *r, const struct trail_return *given,
                           const struct trail_part *parts) {
    const struct trail_move *m = &r->pass->moves[given->move];
    add_row(r, (struct trace_row){.move = given->move,
                                  .hop = parts[given->part].hop,
                                  .from = m->payee,
                                  .to = m->payer,
                                  .fate = parts[given->part].fate,
                                  .given_back = true,
                                  .traced_tiyn = given->amount});
}

/* Parts and returns are each in the order of their moves. */
static void collect_rows(struct trace_report *r) {
    size_t parts = 0, returns = 0, p = 0, g = 0;
    const struct trail_part *part = trail_parts(r->trail, &parts);
    const struct trail_return *given = trail_returns(r->trail, &returns);
    while (p < parts || g < returns) {
        if (g == returns || (p < parts && part[p].move <= given[g].move))
            add_part_row(r, &part[p++]);
        else
            add_return_row(r, &given[g++], part);
    }
}

/* Accounts. */

static struct trace_sums *holder_sums(struct trace_report *r, uint32_t account, uint32_t hop,
                                      int64_t second) {
    const size_t known = r->holder_numbers.count;
    const uint32_t number = pairs_number(&r->holder_numbers, account, 0);
    r->holders = grow(r->holders, known, &r->holder_room, sizeof *r->holders);
    struct trace_holder *holder = &r->holders[number];
    if (number == known)
        *holder = (struct trace_holder){.account = account, .hop = hop, .first_s = second};
    if (hop < holder->hop) holder->hop = hop;
    return &holder->sums;
}

static struct trace_sums *node_sums(struct trace_report *r, uint32_t account, uint32_t hop,
                                    int64_t second) {
    const size_t known = r->node_numbers.count;
    const uint32_t number = pairs_number(&r->node_numbers, account, hop);
    r->nodes = grow(r->nodes, known, &r->node_room, sizeof *r->nodes);
    if (number == known)
        r->nodes[number] = (struct trace_node){.account = account, .hop = hop, .first_s = second};
    return &r->nodes[number].sums;
}

static void add_edge(struct trace_report *r, uint32_t from, uint32_t to, int64_t amount) {
    const size_t known = r->edge_numbers.count;
    const uint32_t number = pairs_number(&r->edge_numbers, from, to);
    r->edges = grow(r->edges, known, &r->edge_room, sizeof *r->edges);
    if (number == known) r->edges[number] = (struct trace_edge){from, to, 0};
    add(&r->edges[number].traced_tiyn, amount);
}

static uint32_t payee_of(const struct trace_report *r, const struct trail_part *part) {
    return r->pass->moves[part->move].payee;
}

static void count_coming(struct trace_sums *sums, const struct trail_part *part) {
    add(&sums->came, net(part));
    add(&sums->there, part->left);
}

static void count_leaving(struct trace_sums *sums, const struct trail_part *part) {
    switch (part->fate) {
    case TRAIL_FOLLOWED:
        add(&sums->passed_on, net(part));
        break;
    case TRAIL_HOP_LIMIT:
    case TRAIL_TIME_LIMIT:
    case TRAIL_FLOOR:
        add(&sums->cut_off, net(part));
        break;
    default:
        add(&sums->went_out, net(part));
    }
}

static uint32_t node_number(const struct trace_report *r, const struct trail_part *part) {
    return pairs_find(&r->node_numbers, payee_of(r, part), part->hop);
}

static void count_followed(struct trace_report *r, const struct trail_part *parts,
                           const struct trail_part *part) {
    const int64_t second = r->pass->moves[part->move].second;
    const uint32_t account = payee_of(r, part);
    count_coming(holder_sums(r, account, part->hop, second), part);
    count_coming(node_sums(r, account, part->hop, second), part);
    add(&r->there, part->left);
    add_edge(r, part->parent == TRAIL_NONE ? TRAIL_NONE : node_number(r, &parts[part->parent]),
             node_number(r, part), part->amount);
}

static void count_part(struct trace_report *r, const struct trail_part *parts,
                       const struct trail_part *part) {
    if (part->fate == TRAIL_FOLLOWED)
        count_followed(r, parts, part);
    else
        add(&r->ended[part->fate], net(part));
    if (part->parent == TRAIL_NONE) {
        add(&r->traced, part->amount);
        add(&r->returned, part->returned);
    } else {
        const struct trail_part *parent = &parts[part->parent];
        count_leaving(holder_sums(r, payee_of(r, parent), parent->hop, 0), part);
        count_leaving(node_sums(r, payee_of(r, parent), parent->hop, 0), part);
    }
}

static void count_sender(struct trace_report *r, const struct trace_row *row) {
    const size_t known = r->sender_numbers.count;
    const uint32_t number = pairs_number(&r->sender_numbers, row->from, 0);
    r->senders = grow(r->senders, known, &r->sender_room, sizeof *r->senders);
    if (number == known) r->senders[number] = (struct trace_sender){.account = row->from};
    r->senders[number].transfers++;
    add(&r->senders[number].traced_tiyn, row->traced_tiyn);
}

bool trace_report_open(struct trace_report *r, struct error *error) {
    const struct trace_pass *pass = r->pass;
    const uint32_t accounts = (uint32_t)pass->accounts.count;
    r->trail = trail_follow(pass->moves, pass->count, accounts, &r->limits, error);
    if (r->trail == NULL) return false;
    collect_rows(r);
    size_t count = 0;
    const struct trail_part *parts = trail_parts(r->trail, &count);
    for (size_t i = 0; i < count; i++)
        count_part(r, parts, &parts[i]);
    for (size_t i = 0; i < r->row_count; i++) {
        if (r->rows[i].hop == 0 && !r->rows[i].given_back) count_sender(r, &r->rows[i]);
        pairs_number(&r->payment_numbers, pass->moves[r->rows[i].move].tx, 0);
    }
    return true;
}

void trace_report_close(struct trace_report *r) {
    trail_free(r->trail);
    free(r->rows);
    free(r->holders);
    free(r->nodes);
    free(r->edges);
    free(r->senders);
    pairs_clear(&r->holder_numbers);
    pairs_clear(&r->node_numbers);
    pairs_clear(&r->edge_numbers);
    pairs_clear(&r->sender_numbers);
    pairs_clear(&r->payment_numbers);
}

/* Questions of writers. */

enum trace_word trace_report_of(const struct trace_report *r) {
    static const enum trace_word of[] = {[TRACED_TRANSACTION] = TRACE_OF_TRANSACTION,
                                         [TRACED_ACCOUNT] = TRACE_OF_ACCOUNT,
                                         [TRACED_INCIDENT] = TRACE_OF_INCIDENT};
    return of[r->subject->kind];
}

static bool is_asked_for(const struct trace_report *r, struct text token) {
    return r->subject->kind == TRACED_ACCOUNT && text_equal(token, text_of(r->subject->name));
}

const char *trace_report_token(const struct trace_report *r, uint32_t account,
                               char out[TRACE_NAME_SIZE]) {
    const struct text token = trace_pass_account(r->pass, account);
    if (r->full || is_asked_for(r, token))
        snprintf(out, TRACE_NAME_SIZE, "%.*s", (int)token.size,
                 token.data == NULL ? "" : token.data);
    else
        masked(token, out);
    return out;
}

/* "3: " or "S3: "; "": it is neither. */
static void put_label(const struct trace_report *r, uint32_t account, char out[16]) {
    const uint32_t holder = pairs_find(&r->holder_numbers, account, 0);
    const uint32_t sender = pairs_find(&r->sender_numbers, account, 0);
    out[0] = '\0';
    if (holder != LOOKUP_NONE)
        snprintf(out, 16, "%u: ", (unsigned)holder + 1);
    else if (sender != LOOKUP_NONE)
        snprintf(out, 16, "S%u: ", (unsigned)sender + 1);
}

const char *trace_report_long_name(const struct trace_report *r, uint32_t account,
                                   enum language language, char out[TRACE_NAME_SIZE]) {
    char label[16], token[TRACE_NAME_SIZE];
    put_label(r, account, label);
    trace_report_token(r, account, token);
    snprintf(out, TRACE_NAME_SIZE, "%s%.1000s", account == 0 ? "" : label,
             account == 0 ? trace_word(TRACE_NO_ACCOUNT, language) : token);
    return out;
}

const char *trace_report_name(const struct trace_report *r, uint32_t account,
                              enum language language, char out[TRACE_NAME_SIZE]) {
    char label[16], token[MASKED_SIZE];
    put_label(r, account, label);
    if (account == 0 || label[0] == '\0') return trace_report_long_name(r, account, language, out);
    snprintf(out, TRACE_NAME_SIZE, "%s%s", label,
             masked(trace_pass_account(r->pass, account), token));
    return out;
}

const char *trace_report_kind(const struct trace_report *r, const struct trace_row *row,
                              enum language language) {
    return explain_event_type(r->pass->moves[row->move].type, language);
}

const char *trace_report_outcome(const struct trace_row *row, enum language language) {
    return row->given_back ? trace_given_back(language) : trace_fate(row->fate, language);
}

void trace_report_hash(const struct trace_report *r, uint32_t move, char out[DIGEST_HEX_SIZE]) {
    const struct bytes value = r->pass->places[move].value;
    digest_sha256_hex(value.data, value.size, out);
}

bool trace_report_concerns(const struct trace_report *r, const struct trace_advice *advice) {
    if (advice->payment != TRAIL_NONE)
        return pairs_find(&r->payment_numbers, advice->payment, 0) != LOOKUP_NONE;
    return pairs_find(&r->holder_numbers, advice->account, 0) != LOOKUP_NONE ||
           pairs_find(&r->sender_numbers, advice->account, 0) != LOOKUP_NONE;
}

struct text trace_report_payment(const struct trace_report *r, const struct trace_advice *advice) {
    return r->pass->transactions.texts[advice->payment];
}

const struct trace_advice *trace_report_warning(const struct trace_report *r,
                                                const struct trace_row *row) {
    for (size_t i = 0; i < r->pass->advice_count; i++)
        if (r->pass->advice[i].payment == r->pass->moves[row->move].tx) return &r->pass->advice[i];
    return NULL;
}

/* What so much of a part adds to what is traced on an account. */
static int64_t moved(const struct trace_report *r, uint32_t account, const struct trail_part *parts,
                     const struct trail_part *part, int64_t amount) {
    int64_t sum = 0;
    if (part->fate == TRAIL_FOLLOWED && payee_of(r, part) == account) sum += amount;
    if (part->parent != TRAIL_NONE && payee_of(r, &parts[part->parent]) == account) sum -= amount;
    return sum;
}

int64_t trace_report_then(const struct trace_report *r, const struct trace_advice *advice) {
    size_t parts = 0, returns = 0;
    const struct trail_part *part = trail_parts(r->trail, &parts);
    const struct trail_return *given = trail_returns(r->trail, &returns);
    int64_t sum = 0;
    if (advice->move == TRAIL_NONE) return -1;
    for (size_t i = 0; i < parts && part[i].move <= advice->move; i++)
        add(&sum, moved(r, advice->account, part, &part[i], part[i].amount));
    for (size_t i = 0; i < returns && given[i].move <= advice->move; i++)
        add(&sum, -moved(r, advice->account, part, &part[given[i].part], given[i].amount));
    return sum;
}

const char *trace_report_percent(const struct trace_report *r, int64_t tiyn, char out[16]) {
    snprintf(out, 16, "%.1f", r->traced == 0 ? 0.0 : 100.0 * (double)tiyn / (double)r->traced);
    return out;
}
