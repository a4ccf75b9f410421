/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine has traced, held to what the trail says. */
#include "tests/taint_stand.h"

#include "tests/rows.h"
#include "tests/sample.h"

#include <math.h>
#include <string.h>

/* Traced money of one credit, source and hop. */
struct line {
    uint32_t event, source, hop;
    int64_t amount, left;
};

struct lines {
    struct line line[4 * EVENTS_MAX];
    uint32_t count;
};

static struct line *line_of(struct lines *l, uint32_t event, uint32_t source, uint32_t hop) {
    for (uint32_t i = 0; i < l->count; i++)
        if (l->line[i].event == event && l->line[i].source == source && l->line[i].hop == hop)
            return &l->line[i];
    assert_true(l->count < 4 * EVENTS_MAX);
    l->line[l->count] = (struct line){event, source, hop, 0, 0};
    return &l->line[l->count++];
}

/* Of the reports in force. */
static struct trail *follow(void) {
    struct error error;
    struct trail_limits limits = stand.options.limits;
    limits.bytes_max = SIZE_MAX;
    for (uint32_t i = 0; i < stand.count; i++)
        stand.moves[i].source = false;
    for (uint32_t r = 0; r < stand.report_count; r++)
        for (uint32_t i = 0; stand.reports[r].in_force && i < stand.reports[r].count; i++)
            stand.moves[stand.reports[r].events[i]].source = true;
    struct trail *trail = trail_follow(stand.moves, stand.count, ACCOUNTS, &limits, &error);
    assert_non_null(trail);
    return trail;
}

static void lines_of_trail(struct lines *l) {
    l->count = 0;
    struct trail *trail = follow();
    size_t count = 0;
    const struct trail_part *parts = trail_parts(trail, &count);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].fate != TRAIL_FOLLOWED || parts[i].amount == 0) continue;
        struct line *line = line_of(l, parts[i].move, parts[parts[i].source].move, parts[i].hop);
        line->amount += parts[i].amount;
        line->left += parts[i].left;
    }
    trail_free(trail);
}

static uint32_t event_of(uint64_t ordinal) {
    for (uint32_t i = 0; i < stand.count; i++)
        if (stand.ordinals[i] == ordinal) return i;
    fail_msg("no event has this ordinal");
    return 0;
}

const struct account *account_named(uint32_t account) {
    return accounts_find(apply_accounts(stand.apply), account_key_of(text_of(names[account])));
}

static void lines_of_account(uint32_t name, struct lines *l) {
    static struct taint_stretch stretches[TAINT_MARKS_MAX];
    const struct taint *t = apply_taint(stand.apply);
    const struct account *account = account_named(name);
    if (account == NULL) return;
    const uint32_t count = taint_stretches(t, account->number, stretches);
    if (count > 0) assert_true((account->flags & ACCOUNT_TAINTED) != 0);
    struct line *of[TAINT_MARKS_MAX] = {NULL};
    for (uint32_t i = 0; i < count; i++) {
        const struct taint_stretch *s = &stretches[i];
        if (s->hop == TAINT_RETURNED) continue;
        of[i] = line_of(l, event_of(s->ordinal), event_of(t->source[s->source].ordinal), s->hop);
        of[i]->amount += s->amount;
    }
    struct taint_fifo fifo = t->payer; /* its limits and whom it asks */
    taint_fifo_run(&fifo, account, stretches, count, ring_of(account).count);
    for (uint32_t i = 0; i < fifo.segment_count; i++)
        if (fifo.segments[i].mark != TAINT_NONE)
            of[fifo.segments[i].mark]->left += fifo.segments[i].left;
}

void compare(void) {
    static struct lines expected, actual;
    hold_all_to_twin();
    lines_of_trail(&expected);
    actual.count = 0;
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        lines_of_account(i, &actual);
    for (uint32_t i = 0; i < actual.count; i++) {
        const struct line *a = &actual.line[i],
                          *e = line_of(&expected, a->event, a->source, a->hop);
        if (a->amount != e->amount || a->left != e->left)
            fail_msg("event %u of %u source %u hop %u: %lld left %lld, not %lld left %lld",
                     a->event, stand.count, a->source, a->hop, (long long)a->amount,
                     (long long)a->left, (long long)e->amount, (long long)e->left);
    }
    assert_int_equal(actual.count, expected.count);
    stand.compared += actual.count;
}

static bool is_marked(uint32_t account) {
    return account != 0 && (account_named(account)->flags & ACCOUNT_BOUNDED) != 0;
}

/* The first event of `a` that `b` says another amount of, or `first`. */
static uint32_t first_that_differs(const struct lines *a, struct lines *b, uint32_t first) {
    for (uint32_t i = 0; i < a->count; i++) {
        const struct line *l = &a->line[i];
        if (l->event < first && line_of(b, l->event, l->source, l->hop)->amount != l->amount)
            first = l->event;
    }
    return first;
}

void compare_bounded(void) {
    static struct lines expected, actual;
    lines_of_trail(&expected);
    actual.count = 0;
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        lines_of_account(i, &actual);
    uint32_t first = first_that_differs(&expected, &actual, stand.count);
    first = first_that_differs(&actual, &expected, first);
    if (first == stand.count) return;
    const struct trail_move *m = &stand.moves[first];
    if (!is_marked(m->payer) && !is_marked(m->payee))
        fail_msg("event %u of %u differs, and nobody is marked", first, stand.count);
    stand.compared++;
}

int64_t there(uint32_t account) {
    static struct lines lines;
    int64_t left = 0;
    lines.count = 0;
    lines_of_account(account, &lines);
    for (uint32_t i = 0; i < lines.count; i++)
        left += lines.line[i].left;
    return left;
}

/* What the trail says of an account within windows up to a second. */
static struct taint_answer answer_of(const struct trail *trail, uint32_t account, int64_t second) {
    struct taint_answer answer = {.amount_72h = 0};
    bool seen[ACCOUNTS + 1] = {true};
    size_t count = 0;
    const struct trail_part *parts = trail_parts(trail, &count);
    for (size_t i = 0; i < count; i++) {
        const struct trail_move *m = &stand.moves[parts[i].move];
        if (parts[i].fate != TRAIL_FOLLOWED || parts[i].amount == 0 || m->payee != account)
            continue;
        if (stand.moves[parts[parts[i].source].move].second > rows_clock_s() - RING_KEEP_S)
            answer.there += parts[i].left;
        if (m->second > second || m->second <= second - (int64_t)3 * DAY_S) continue;
        answer.amount_72h += parts[i].amount;
        if (answer.hop == 0 || parts[i].hop < answer.hop - 1) answer.hop = parts[i].hop + 1;
        if (m->second <= second - DAY_S || seen[m->payer]) continue;
        seen[m->payer] = true;
        answer.payers_24h++;
    }
    return answer;
}

static bool is_in_force(const char *id) {
    for (uint32_t i = 0; i < stand.report_count; i++)
        if (stand.reports[i].in_force && strcmp(stand.reports[i].id, id) == 0) return true;
    return false;
}

/* Whoever had traced money is told by which reports that are known: in force, and none twice. */
static void hold_told(const struct taint_answer *expected, uint32_t side) {
    const struct batch *b = stand.batch;
    const uint32_t count = b->side[side].told;
    if (expected->hop != 0 && signals_count(stand.signals) > 0) assert_true(count > 0);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(is_in_force(b->told[side][i]));
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(b->told[side][i], b->told[side][j]);
    }
}

static void hold_side(const struct trail *trail, uint32_t side) {
    const struct batch *b = stand.batch;
    const struct trail_move *m = &stand.moves[stand.count - 1];
    const uint32_t account = b->side[side].role == SIDE_PAYER ? m->payer : m->payee;
    if (m->payer == m->payee && b->side[side].role == SIDE_PAYER) return; /* the debit before */
    const struct taint_answer expected = answer_of(trail, account, m->second);
    double values[FEATURE_COUNT];
    batch_vector(b, side, values);
    assert_true(values[FEATURE_taint_amount_72h] == (double)expected.amount_72h);
    assert_true(values[FEATURE_collector_fan_in_24h] == (double)expected.payers_24h);
    assert_true(expected.hop == 0 ? isnan(values[FEATURE_taint_hop])
                                  : values[FEATURE_taint_hop] == (double)expected.hop);
    /* What a reversal gives back is known behind its payer's side. */
    if (m->status != TX_STATUS_REVERSED || b->side[side].role == SIDE_PAYEE)
        assert_int_equal(b->side[side].traced_tiyn, expected.there);
    hold_told(&expected, side);
    assert_false(b->side[side].taint_approximate);
    stand.vectors += expected.hop != 0;
}

void hold_vectors(void) {
    const bool bounded = taint_count(apply_taint(stand.apply)).bounded > 0;
    if (stand.batch->sides == 0 || bounded || stand.cut) return;
    struct trail *trail = follow();
    for (uint32_t side = 0; side < stand.batch->sides; side++)
        hold_side(trail, side);
    trail_free(trail);
}

/* The twin. */

/* It knows no bound of the walk or the tables. */
static bool is_comparable(void) {
    const bool bounded = taint_count(apply_taint(stand.apply)).bounded > 0;
    return !stand.untold && (!bounded || stand.busy);
}

void hold_revision_to_twin(uint32_t row, bool still) {
    if (is_comparable()) assert_int_equal(stand.batch->still_traced[row], still);
}

void hold_to_twin(uint32_t row, const struct naive_traced sides[2]) {
    const struct batch *b = stand.batch;
    if (!is_comparable()) return;
    for (uint32_t i = 0; i < b->sides; i++) {
        const struct naive_traced *expected = &sides[b->side[i].role == SIDE_PAYEE];
        double values[FEATURE_COUNT];
        if (b->side[i].event != row) continue;
        batch_vector(b, i, values);
        assert_true(values[FEATURE_taint_amount_72h] == (double)expected->amount_72h);
        assert_true(values[FEATURE_collector_fan_in_24h] == (double)expected->payers_24h);
        assert_true(expected->hop == 0 ? isnan(values[FEATURE_taint_hop])
                                       : values[FEATURE_taint_hop] == (double)expected->hop);
        if (b->tx[row].tx_status != TX_STATUS_REVERSED)
            assert_int_equal(b->side[i].traced_tiyn, expected->there);
    }
}

static void hold_reports(uint32_t account_number, const struct naive_traced *expected) {
    struct account_key keys[NAIVE_TOLD_MAX];
    char id[SIGNAL_ID_SIZE];
    const uint32_t count =
        taint_reports(apply_taint(stand.apply), account_number, keys, NAIVE_TOLD_MAX);
    assert_int_equal(count, expected->told_count);
    for (uint32_t i = 0; i < count; i++)
        assert_string_equal(signals_id_of(stand.signals, keys[count - 1 - i], id),
                            expected->told[i]);
}

void hold_all_to_twin(void) {
    const int64_t second = SAMPLE_START_S + stand.second;
    if (!is_comparable()) return;
    for (uint32_t i = 1; i <= ACCOUNTS; i++) {
        const struct account *account = account_named(i);
        const struct naive_traced expected = naive_tracing_ask(stand.twin, i, second);
        struct taint_answer answer = {.amount_72h = 0};
        if (account == NULL) continue;
        taint_ask((struct taint *)(uintptr_t)apply_taint(stand.apply), account->number, second,
                  rows_clock_s(), &answer);
        assert_int_equal(answer.amount_72h, expected.amount_72h);
        assert_int_equal(answer.hop, expected.hop);
        assert_int_equal(answer.payers_24h, expected.payers_24h);
        assert_int_equal(answer.there, expected.there);
        hold_reports(account->number, &expected);
    }
}
