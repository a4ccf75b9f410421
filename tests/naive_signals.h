/* SPDX-License-Identifier: Apache-2.0 */
/* The slow twin of detector/signals.h: a list of all signals, gone through for every question. It
 * knows no limit. */
#pragma once

#include "detector/signals.h"

struct naive_signals;

struct naive_signals *naive_signals_new(void);
void naive_signals_free(struct naive_signals *naive);
enum signal_effect naive_signals_apply(struct naive_signals *naive, const struct signal *signal,
                                       int64_t clock_s);

struct naive_subject {
    enum subject_type type;
    const char *token;
};

/* The references of the answer are numbers for naive_signals_id. */
void naive_signals_ask(const struct naive_signals *naive, const struct naive_subject *subjects,
                       size_t count, int64_t clock_s, struct signal_evidence *evidence);
const char *naive_signals_id(const struct naive_signals *naive, uint32_t reference);
bool naive_signals_is_citizens(const struct naive_signals *naive, uint32_t reference);
