/* SPDX-License-Identifier: Apache-2.0 */
/* A table of signals and what it answers, in few words. */
#pragma once

#include "detector/signals_table.h"
#include "tests/a_signal.h"
#include "tests/support.h"

enum { HOUR = 3600, DAY = 24 * HOUR };
#define NOW SIGNALS_START_S

static inline struct signals *table_of(uint32_t max) {
    const struct signals_options options = {.max = max};
    struct error error;
    struct signals *t = signals_open(&options, &error);
    assert_non_null(t);
    return t;
}

static inline struct signals *table(void) {
    return table_of(1 << 16);
}

static inline struct signal_evidence ask(const struct signals *t, enum subject_type type,
                                         const char *token, int64_t clock_s) {
    const struct account_key key = subject_key_of(type, text_of(token));
    struct signal_evidence evidence;
    signals_prefetch(t, key);
    signals_ask(t, &key, 1, clock_s, &evidence);
    return evidence;
}

static inline struct signal_evidence of(const struct signals *t, const char *account,
                                        int64_t clock_s) {
    return ask(t, SUBJECT_ACCOUNT, account, clock_s);
}

static inline enum signal_effect apply(struct signals *t, struct signal s) {
    return signals_apply(t, &s, NOW);
}

static inline struct signal_evidence of_enemy(const struct signals *t, const char *token,
                                              int64_t clock_s) {
    const struct account_key keys[] = {subject_key_of(SUBJECT_ACCOUNT, text_of(token)),
                                       subject_key_of(SUBJECT_PERSON, text_of(token)),
                                       subject_key_of(SUBJECT_PHONE, text_of(token)),
                                       subject_key_of(SUBJECT_DEVICE, text_of(token))};
    struct signal_evidence e;
    signals_ask(t, keys, 4, clock_s, &e);
    return e;
}
