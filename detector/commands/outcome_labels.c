/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/outcome_labels.h"

#include "detector/commands/outcomes.h"

#include <assert.h>
#include <stdlib.h>

enum { MICROS = 1000000 };

struct outcome_labels {
    struct signal_book *book;
    struct outcomes *outcomes;
    bool *placed; /* by number of the outcome */
};

static bool is_label(uint8_t result) {
    return result == OUTCOME_CONFIRMED_FRAUD || result == OUTCOME_FALSE_POSITIVE ||
           result == OUTCOME_RELEASED;
}

static bool load(struct outcome_labels *l, const char *path, const struct options *options,
                 struct error *error) {
    const struct signal_book_options book = {
        .topic = options->topic_signals,
        .schema_dir = options->schema_dir,
        .value_bytes_max = (uint32_t)options->value_bytes_max,
    };
    uint64_t records = 0;
    l->book = signal_book_open(&book, error);
    if (l->book == NULL ||
        !signal_book_load(l->book, path, options->topic_signals, &records, error))
        return false;
    l->outcomes = outcomes_open(l->book, is_label);
    l->placed = calloc(outcomes_count(l->outcomes) + 1, sizeof *l->placed);
    assert(l->placed != NULL && "out of memory");
    return outcomes_count(l->outcomes) > 0 ||
           error_set(error, ERROR_BAD_DATA,
                     "%s: of %llu signals none is an OUTCOME with CONFIRMED_FRAUD, FALSE_POSITIVE "
                     "or RELEASED; topic.signals names the topic of a recording",
                     path, (unsigned long long)records);
}

struct outcome_labels *outcome_labels_open(const char *path, const struct options *options,
                                           struct error *error) {
    struct outcome_labels *l = calloc(1, sizeof *l);
    assert(l != NULL && "out of memory");
    if (load(l, path, options, error)) return l;
    outcome_labels_close(l);
    return NULL;
}

void outcome_labels_close(struct outcome_labels *l) {
    if (l == NULL) return;
    outcomes_close(l->outcomes);
    signal_book_close(l->book);
    free(l->placed);
    free(l);
}

static struct text account_of(const struct signal *s) {
    for (uint32_t i = 0; i < s->subject_count; i++)
        if (s->subjects[i].type == SUBJECT_ACCOUNT && s->subjects[i].role != ROLE_VICTIM)
            return s->subjects[i].token;
    return (struct text){NULL, 0};
}

void outcome_labels_tell(struct outcome_labels *l,
                         void (*bad)(void *context, struct text account, int64_t second),
                         void *context) {
    for (size_t i = 0; i < outcomes_count(l->outcomes); i++) {
        const struct outcome *outcome = outcomes_at(l->outcomes, i);
        struct signal s;
        if (outcome->result != OUTCOME_CONFIRMED_FRAUD) continue;
        signal_book_signal(l->book, outcome->entry, &s);
        const struct text account = account_of(&s);
        if (account.data == NULL || !s.occurred_at_present) continue;
        bad(context, account, s.occurred_at_s);
        l->placed[i] = true;
    }
}

int64_t outcome_labels_first_bad(struct outcome_labels *l, const struct recommendation *r) {
    const struct outcome *outcome =
        r->mode == MODE_LIVE && r->state == RECOMMENDATION_ISSUED
            ? outcomes_find(l->outcomes, (struct text){r->id, RECOMMENDATION_ID_SIZE})
            : NULL;
    struct signal s;
    if (outcome == NULL || outcome->result != OUTCOME_CONFIRMED_FRAUD) return INT64_MAX;
    signal_book_signal(l->book, outcome->entry, &s);
    l->placed[outcome - outcomes_at(l->outcomes, 0)] = true;
    return s.occurred_at_present ? s.occurred_at_s : r->issued_at_us / MICROS;
}

struct outcome_label_counts outcome_labels_count(const struct outcome_labels *l) {
    struct outcome_label_counts counts = {0};
    for (size_t i = 0; i < outcomes_count(l->outcomes); i++) {
        const bool fraud = outcomes_at(l->outcomes, i)->result == OUTCOME_CONFIRMED_FRAUD;
        counts.fraud += fraud;
        counts.good += !fraud;
        counts.unplaced += fraud && !l->placed[i];
    }
    return counts;
}
