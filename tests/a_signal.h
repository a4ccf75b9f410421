/* SPDX-License-Identifier: Apache-2.0 */
/* Signals for tests. */
#pragma once

#include "detector/signal.h"

#define SIGNALS_START_S INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

/* An INCIDENT of a BANK, REPORTED, about one subject, in force for ten days from `second` after
 * SIGNALS_START_S on. Texts are borrowed. */
struct signal a_signal(const char *id, enum subject_type type, const char *token, int64_t second);
/* The same, of another kind, source and confidence. A LIST_ENTRY is grey. */
struct signal a_signal_of(const char *id, enum signal_kind kind, enum signal_source source,
                          enum confidence confidence, const char *account);
void signal_times(struct signal *signal, int64_t from_s, int64_t until_s);
void signal_also(struct signal *signal, enum subject_type type, const char *token,
                 enum subject_role role);
/* By `source`, in force like a_signal. */
struct signal a_withdrawal(const char *id, const char *of, enum signal_source source);
