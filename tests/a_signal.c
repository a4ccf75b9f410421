/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/a_signal.h"

enum { DAY = 86400, MICROS = 1000000 };

void signal_times(struct signal *s, int64_t from_s, int64_t until_s) {
    s->reported_at_s = s->valid_from_s = from_s;
    s->reported_at_us = s->valid_from_us = from_s * MICROS;
    s->valid_until_s = until_s;
    s->valid_until_us = until_s * MICROS;
    s->valid_until_present = true;
}

void signal_also(struct signal *s, enum subject_type type, const char *token,
                 enum subject_role role) {
    s->subjects[s->subject_count++] =
        (struct signal_subject){text_of(token), (uint8_t)type, (uint8_t)role};
}

struct signal a_signal(const char *id, enum subject_type type, const char *token, int64_t second) {
    struct signal s = {.signal_id = text_of(id),
                       .category = text_of("fraud"),
                       .revision = 1,
                       .kind = SIGNAL_INCIDENT,
                       .source = SOURCE_BANK,
                       .confidence = CONFIDENCE_REPORTED,
                       .list_colour = COLOUR_NULL};
    signal_times(&s, SIGNALS_START_S + second, SIGNALS_START_S + second + 10 * DAY);
    signal_also(&s, type, token, ROLE_DROPPER);
    return s;
}

struct signal a_signal_of(const char *id, enum signal_kind kind, enum signal_source source,
                          enum confidence confidence, const char *account) {
    struct signal s = a_signal(id, SUBJECT_ACCOUNT, account, 0);
    s.kind = (uint8_t)kind;
    s.source = (uint8_t)source;
    s.confidence = (uint8_t)confidence;
    if (kind == SIGNAL_LIST_ENTRY) s.list_colour = COLOUR_GREY;
    return s;
}

struct signal a_withdrawal(const char *id, const char *of, enum signal_source source) {
    struct signal s = a_signal(id, SUBJECT_ACCOUNT, "-", 0);
    s.kind = SIGNAL_WITHDRAWAL;
    s.source = (uint8_t)source;
    s.subject_count = 0;
    s.withdraws_signal_id = text_of(of);
    return s;
}
