/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/outcomes.h"

#include "detector/base/grow.h"
#include "detector/commands/names.h"

struct outcomes {
    struct names ids; /* texts of the entries' values */
    struct outcome *items;
    size_t room;
};

static bool is_later(const struct outcome *a, const struct outcome *b) {
    if (a->reported_us != b->reported_us) return a->reported_us > b->reported_us;
    return strcmp(a->entry->id, b->entry->id) > 0;
}

static void take(struct outcomes *o, const struct signal_entry *entry, const struct signal *s) {
    const struct outcome outcome = {.entry = entry,
                                    .reported_us = s->reported_at_us,
                                    .held_present = s->held_amount_present,
                                    .held_tiyn = s->held_amount_kzt_minor,
                                    .result = s->outcome_result,
                                    .source = s->source};
    const size_t before = o->ids.count;
    const uint32_t number = names_number(&o->ids, s->recommendation_id);
    o->items = grow(o->items, number, &o->room, sizeof *o->items);
    if (o->ids.count > before || is_later(&outcome, &o->items[number])) o->items[number] = outcome;
}

struct outcomes *outcomes_open(const struct signal_book *book, bool (*counts)(uint8_t result)) {
    struct outcomes *o = calloc(1, sizeof *o);
    assert(o != NULL && "out of memory");
    for (size_t i = 0; i < signal_book_count(book); i++) {
        const struct signal_entry *entry = signal_book_at(book, i);
        struct signal s;
        if (entry->withdrawn) continue;
        signal_book_signal(book, entry, &s);
        if (s.kind == SIGNAL_OUTCOME && s.confidence != CONFIDENCE_REJECTED &&
            !signal_is_citizens(&s) && (counts == NULL || counts(s.outcome_result)))
            take(o, entry, &s);
    }
    return o;
}

void outcomes_close(struct outcomes *o) {
    if (o == NULL) return;
    names_clear(&o->ids);
    free(o->items);
    free(o);
}

const struct outcome *outcomes_find(const struct outcomes *o, struct text recommendation_id) {
    const uint32_t number = o == NULL ? LOOKUP_NONE : names_find(&o->ids, recommendation_id);
    return number == LOOKUP_NONE ? NULL : &o->items[number];
}

size_t outcomes_count(const struct outcomes *o) {
    return o->ids.count;
}

const struct outcome *outcomes_at(const struct outcomes *o, size_t index) {
    return &o->items[index];
}
