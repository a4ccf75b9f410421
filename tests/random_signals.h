/* SPDX-License-Identifier: Apache-2.0 */
/* Signals of any kind about few subjects, under few ids. */
#pragma once

#include "tests/chance.h"
#include "tests/signals_asked.h"

#include <stdio.h>

enum { IDS = 40, TOKENS = 5, TYPES = 6 };

static inline const char *random_id(struct chance *chance, char id[64]) {
    static const char *const forms[] = {"%u", "0f3d7b1e-5a2c-4e6d-9b8a-0000000000%02u",
                                        "0F3D7B1E-5A2C-4E6D-9B8A-0000000000%02u",
                                        "a longer id of a kind of its own, number %u"};
    const uint32_t number = chance_below(chance, IDS);
    snprintf(id, 64, forms[number % 4], number);
    return id;
}

static const char *const tokens[TOKENS] = {"a", "b", "c", "d", "e"};

/* In a crowd two sources speak of one account for long. */
static inline void crowd(struct chance *chance, struct signal *s) {
    s->kind = chance_is(chance, 80) ? SIGNAL_INCIDENT : SIGNAL_MULTI_LOAN_APPLICATION;
    s->source = (uint8_t)(SOURCE_BANK + (int)chance_below(chance, 2));
    s->confidence = (uint8_t)(CONFIDENCE_REPORTED + (int)chance_below(chance, 3));
    s->valid_until_present = true;
    s->valid_until_s = s->valid_from_s + (1 + (int64_t)chance_below(chance, 5)) * 3 * DAY;
    s->subject_count = 0;
    signal_also(s, SUBJECT_ACCOUNT, tokens[0], ROLE_DROPPER);
}

static inline struct signal random_signal(struct chance *chance, char ids[2][64], int64_t clock_s) {
    struct signal s = a_signal(random_id(chance, ids[0]), SUBJECT_ACCOUNT, tokens[0], 0);
    s.kind = (uint8_t)(1 + chance_below(chance, SIGNAL_KIND_COUNT - 1));
    s.source = (uint8_t)(1 + chance_below(chance, chance_is(chance, 50) ? 3 : SOURCE_COUNT - 1));
    s.confidence = (uint8_t)(1 + chance_below(chance, CONFIDENCE_COUNT - 1));
    s.revision = 1 + (int32_t)chance_below(chance, 4);
    s.list_colour = (uint8_t)(COLOUR_GREY + chance_below(chance, 2));
    s.outcome_result = (uint8_t)(OUTCOME_REFUNDED + chance_below(chance, 3));
    s.withdraws_signal_id = text_of(random_id(chance, ids[1]));
    const int64_t from_s = clock_s + (int64_t)chance_below(chance, 4 * DAY) - 3 * DAY;
    signal_times(&s, from_s, from_s + 1 + (int64_t)chance_below(chance, 6 * DAY));
    s.valid_until_present = chance_is(chance, 90);
    s.occurred_at_present = chance_is(chance, 50);
    s.occurred_at_s = from_s - (int64_t)chance_below(chance, DAY);
    if (chance_is(chance, 50)) s.called_phone_token = text_of(tokens[chance_below(chance, TOKENS)]);
    s.subject_count = 0;
    for (uint32_t i = chance_below(chance, 5); i > 0; i--)
        signal_also(&s, (enum subject_type)(1 + chance_below(chance, TYPES)),
                    tokens[chance_below(chance, TOKENS)],
                    (enum subject_role)(ROLE_VICTIM + (int)chance_below(chance, 3)));
    return s;
}
