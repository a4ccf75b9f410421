/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/signal.h"

#include "detector/base/printable.h"

#define YEAR_2000_S 946684800
#define YEAR_2100_S 4102444800

#define X(name) #name,
const char *const signal_kind_symbols[SIGNAL_KIND_COUNT] = {SIGNAL_KIND_TABLE(X)};
const char *const signal_source_symbols[SOURCE_COUNT] = {SIGNAL_SOURCE_TABLE(X)};
const char *const subject_type_symbols[SUBJECT_TYPE_COUNT] = {SUBJECT_TYPE_TABLE(X)};
const char *const subject_role_symbols[ROLE_COUNT] = {SUBJECT_ROLE_TABLE(X)};
const char *const list_colour_symbols[COLOUR_NULL] = {LIST_COLOUR_TABLE(X)};
const char *const confidence_symbols[CONFIDENCE_COUNT] = {CONFIDENCE_TABLE(X)};
const char *const outcome_result_symbols[OUTCOME_COUNT] = {OUTCOME_RESULT_TABLE(X)};
#undef X

int64_t signal_until_s(const struct signal *s) {
    return s->valid_until_present ? s->valid_until_s : s->valid_from_s + SIGNAL_TERM_MAX_S;
}

bool signal_is_citizens(const struct signal *s) {
    return s->kind == SIGNAL_BOT_REPORT || s->source == SOURCE_CITIZEN_BOT;
}

/* Rules: each tells whether it is broken. */

static bool no_id(const struct signal *s) {
    return s->signal_id.size == 0;
}

/* Ids are keys, and shown as they are. */
static bool control_in_id(const struct signal *s) {
    return printable_has_control(s->signal_id) || printable_has_control(s->withdraws_signal_id);
}

static bool no_revision(const struct signal *s) {
    return s->revision < 1;
}

static bool unknown_kind(const struct signal *s) {
    return s->kind == SIGNAL_UNKNOWN;
}

static bool unknown_source(const struct signal *s) {
    return s->source == SOURCE_UNKNOWN;
}

static bool outside(int64_t second) {
    return second < YEAR_2000_S || second >= YEAR_2100_S;
}

static bool strange_time(const struct signal *s) {
    return outside(s->reported_at_s) || outside(s->valid_from_s) ||
           (s->valid_until_present && outside(s->valid_until_s)) ||
           (s->occurred_at_present && outside(s->occurred_at_s));
}

static bool occurred_later(const struct signal *s) {
    return s->occurred_at_present && s->occurred_at_s > s->reported_at_s + SIGNAL_FUTURE_S;
}

static bool no_term(const struct signal *s) {
    return s->valid_until_present && s->valid_until_s <= s->valid_from_s;
}

static bool long_term(const struct signal *s) {
    return s->valid_until_present && s->valid_until_s - s->valid_from_s > SIGNAL_TERM_MAX_S;
}

static bool withdraws_nothing(const struct signal *s) {
    return s->kind == SIGNAL_WITHDRAWAL && s->withdraws_signal_id.size == 0;
}

static bool withdraws_itself(const struct signal *s) {
    return s->kind == SIGNAL_WITHDRAWAL && text_equal(s->withdraws_signal_id, s->signal_id);
}

static bool withdraws_besides(const struct signal *s) {
    return s->kind != SIGNAL_WITHDRAWAL && s->withdraws_signal_id.size > 0;
}

static bool no_outcome(const struct signal *s) {
    return s->kind == SIGNAL_OUTCOME && (!s->outcome_present || s->recommendation_id.size == 0 ||
                                         s->outcome_result == OUTCOME_UNKNOWN);
}

static bool outcome_besides(const struct signal *s) {
    return s->kind != SIGNAL_OUTCOME && s->outcome_present;
}

/* A withdrawal is about a signal, an outcome about a recommendation. */
static bool speaks_of_subjects(const struct signal *s) {
    return s->kind != SIGNAL_WITHDRAWAL && s->kind != SIGNAL_OUTCOME;
}

static bool no_subjects(const struct signal *s) {
    return speaks_of_subjects(s) && s->subject_count == 0;
}

static bool empty_token(const struct signal *s) {
    for (uint32_t i = 0; i < s->subject_count; i++)
        if (s->subjects[i].token.size == 0) return true;
    return false;
}

static bool victim_and_not(const struct signal *s) {
    for (uint32_t i = 0; i < s->subject_count; i++)
        for (uint32_t j = i + 1; j < s->subject_count; j++) {
            const struct signal_subject *a = &s->subjects[i], *b = &s->subjects[j];
            if (a->type == b->type && (a->role == ROLE_VICTIM) != (b->role == ROLE_VICTIM) &&
                text_equal(a->token, b->token))
                return true;
        }
    return false;
}

static bool no_confidence(const struct signal *s) {
    return speaks_of_subjects(s) && s->confidence == CONFIDENCE_UNKNOWN;
}

static bool no_end(const struct signal *s) {
    return s->kind != SIGNAL_WITHDRAWAL && !s->valid_until_present &&
           (s->confidence == CONFIDENCE_REPORTED || signal_is_citizens(s));
}

static bool no_colour(const struct signal *s) {
    return s->kind == SIGNAL_LIST_ENTRY &&
           (s->list_colour == COLOUR_NULL || s->list_colour == COLOUR_UNKNOWN);
}

static bool colour_besides(const struct signal *s) {
    return s->kind != SIGNAL_LIST_ENTRY && s->list_colour != COLOUR_NULL;
}

static bool black_by_report(const struct signal *s) {
    return s->list_colour == COLOUR_BLACK && s->confidence == CONFIDENCE_REPORTED;
}

static bool negative_amount(const struct signal *s) {
    return s->amount_kzt_minor < 0 || s->held_amount_kzt_minor < 0;
}

static bool empty_tx_id(const struct signal *s) {
    for (uint32_t i = 0; i < s->tx_id_count; i++)
        if (s->related_tx_ids[i].size == 0) return true;
    return false;
}

static const struct {
    bool (*broken)(const struct signal *);
    enum verdict verdict;
    const char *why;
} rules[] = {
    {no_id, VERDICT_BAD_VALUE, "signal_id is empty"},
    {control_in_id, VERDICT_BAD_VALUE, "an id of a signal has a control character"},
    {no_revision, VERDICT_BAD_VALUE, "revision is less than 1"},
    {unknown_kind, VERDICT_BAD_VALUE, "the kind is not known here"},
    {unknown_source, VERDICT_BAD_VALUE, "the source is not known here"},
    {strange_time, VERDICT_BAD_TIME, "a time of the signal lies outside the years 2000 to 2100"},
    {occurred_later, VERDICT_BAD_VALUE, "occurred_at is more than 5 minutes after reported_at"},
    {no_term, VERDICT_BAD_VALUE, "valid_until is not after valid_from"},
    {long_term, VERDICT_BAD_VALUE, "valid_until is more than 5 years after valid_from"},
    {withdraws_nothing, VERDICT_BAD_VALUE, "a WITHDRAWAL without withdraws_signal_id"},
    {withdraws_itself, VERDICT_BAD_VALUE, "a WITHDRAWAL withdraws itself"},
    {withdraws_besides, VERDICT_BAD_VALUE, "withdraws_signal_id in a signal that is no WITHDRAWAL"},
    {no_outcome, VERDICT_BAD_VALUE, "an OUTCOME without recommendation or result"},
    {outcome_besides, VERDICT_BAD_VALUE, "an outcome in a signal that is no OUTCOME"},
    {no_subjects, VERDICT_BAD_VALUE, "no subjects"},
    {empty_token, VERDICT_BAD_VALUE, "a subject without a token"},
    {victim_and_not, VERDICT_BAD_VALUE, "a subject is a victim and something else"},
    {no_confidence, VERDICT_BAD_VALUE, "the confidence is not known here"},
    {no_end, VERDICT_BAD_VALUE, "REPORTED, or a citizen's report, without valid_until"},
    {no_colour, VERDICT_BAD_VALUE, "a LIST_ENTRY without its colour"},
    {colour_besides, VERDICT_BAD_VALUE, "list_colour in a signal that is no LIST_ENTRY"},
    {black_by_report, VERDICT_BAD_VALUE, "a black LIST_ENTRY that is only REPORTED"},
    {negative_amount, VERDICT_BAD_AMOUNT, "an amount of the signal is negative"},
    {empty_tx_id, VERDICT_BAD_VALUE, "an empty related_tx_id"},
};

enum verdict signal_admit(const struct signal *s, int64_t now_s, const char **why) {
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].broken(s)) {
            *why = rules[i].why;
            return rules[i].verdict;
        }
    const int64_t latest_s =
        s->reported_at_s > s->valid_from_s ? s->reported_at_s : s->valid_from_s;
    if (now_s == 0 || latest_s <= now_s + SIGNAL_FUTURE_S) return VERDICT_ACCEPTED;
    *why = "reported_at or valid_from is more than 5 minutes ahead";
    return VERDICT_FUTURE_TIME;
}
