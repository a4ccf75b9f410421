/* SPDX-License-Identifier: Apache-2.0 */
/* What became of recommendations, by the OUTCOME signals of a book: of each recommendation the one
 * that was reported last. A citizen's report, and what was rejected or withdrawn, is none. */
#pragma once

#include "detector/commands/signal_book.h"

struct outcome {
    const struct signal_entry *entry; /* the book's */
    int64_t reported_us;
    bool held_present;
    int64_t held_tiyn;
    uint8_t result; /* enum outcome_result */
    uint8_t source; /* enum signal_source */
};

struct outcomes;

/* `counts` says of a result whether it is looked at; NULL: each is. The book outlives it. */
struct outcomes *outcomes_open(const struct signal_book *book, bool (*counts)(uint8_t result));
void outcomes_close(struct outcomes *outcomes);
/* NULL: none. `outcomes` may be NULL. */
const struct outcome *outcomes_find(const struct outcomes *outcomes, struct text recommendation_id);
size_t outcomes_count(const struct outcomes *outcomes);
const struct outcome *outcomes_at(const struct outcomes *outcomes, size_t index);
