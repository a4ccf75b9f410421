/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/made_signal.h"

#include <stdio.h>

enum { DAY_S = 86400, TERM_DAYS = 30, TERMS = 300 };

static uint32_t scattered(uint64_t number) {
    return (uint32_t)(number * 0x9e3779b97f4a7c15u >> 33);
}

static const char *name(const char *kind, uint64_t number, char out[MADE_TEXT]) {
    snprintf(out, MADE_TEXT, "%s-%016llx", kind, (unsigned long long)number * 0x9e3779b97f4a7c15u);
    return out;
}

const char *made_signal_account(uint64_t number, char token[MADE_TEXT]) {
    return name("account", number, token);
}

struct signal made_signal(uint64_t number, char texts[3][MADE_TEXT]) {
    struct signal s = {.revision = 1,
                       .kind = SIGNAL_INCIDENT,
                       .source = (uint8_t)(SOURCE_BANK + number % 3),
                       .confidence = CONFIDENCE_REPORTED,
                       .list_colour = COLOUR_NULL,
                       .valid_until_present = true};
    snprintf(texts[0], MADE_TEXT, "%08llx-0000-8000-8000-%012llx",
             (unsigned long long)(uint32_t)(number * 2654435761u), (unsigned long long)number);
    s.signal_id = text_of(texts[0]);
    s.valid_from_s = s.reported_at_s = MADE_START_S;
    s.valid_until_s = MADE_START_S + (TERM_DAYS + (int64_t)(scattered(number) % TERMS)) * DAY_S;
    s.subjects[0] = (struct signal_subject){text_of(made_signal_account(number, texts[1])),
                                            SUBJECT_ACCOUNT, ROLE_DROPPER};
    s.subjects[1] = (struct signal_subject){text_of(name("phone", number, texts[2])), SUBJECT_PHONE,
                                            ROLE_CALLER};
    s.subject_count = number % MADE_PAIR == 0 ? 2 : 1;
    return s;
}
