/* SPDX-License-Identifier: Apache-2.0 */
/* The table as bytes while it goes on.
 *
 * `save_begin` writes where the days' lists begin, and from then on a signal that was not saved yet
 * is saved before it is changed or dropped; `save_step` goes over the blocks for the rest. Each is
 * written with its block and the next of its day, so that lists and holes come back as they were.
 */
#include "detector/signals_table.h"

#include <assert.h>
#include <stdlib.h>

/* AHEAD: blocks whose lines are fetched before they are read. */
enum { AHEAD = 8 };

static void write_link(const struct signals *t, uint32_t reference, struct pack *p) {
    const struct link *link = link_at(t, reference);
    pack_u64(p, link->low);
    pack_u32(p, link->tag);
    pack_u32(p, reference & IN_CELL ? cell_at(t, reference & ~IN_CELL)->called_s : 0);
    pack_u8(p, link_mark(t, reference));
}

static void write_id(const struct signals *t, uint32_t number, struct pack *p) {
    const struct known *k = known_at(t, number);
    char text[SIGNAL_ID_SIZE];
    pack_u8(p, k->id_size);
    if (k->id_size == 0)
        pack_bytes(p, k->id, sizeof k->id);
    else
        pack_bytes(p, signals_id(t, number, text), k->id_size);
}

/* In an order that makes the same of them when they are bound anew: the own one, then the cells, of
 * which the last to be bound comes first. */
static void write_links(const struct signals *t, uint32_t number, struct pack *p) {
    const struct known *k = known_at(t, number);
    uint32_t cells[LINKS_MAX], count = 0;
    for (uint32_t cell = k->more; cell != 0; cell = cell_at(t, cell)->more)
        cells[count++] = cell;
    pack_u8(p, (uint8_t)(count + (k->mark != 0)));
    if (k->mark != 0) write_link(t, number, p);
    while (count > 0)
        write_link(t, cells[--count] | IN_CELL, p);
}

static void write_one(const struct signals *t, uint32_t number, struct pack *p) {
    const struct known *k = known_at(t, number);
    pack_u32(p, number);
    pack_u32(p, k->next);
    write_id(t, number, p);
    pack_u32(p, k->from_s);
    pack_u32(p, k->until_s);
    pack_u32(p, k->forget_s);
    pack_u32(p, (uint32_t)k->revision);
    pack_bytes(p, &k->withdrawn_by, sizeof k->withdrawn_by);
    pack_u8(p, k->source);
    pack_u8(p, k->kind);
    pack_u8(p, k->confidence);
    pack_u8(p, k->colour);
    write_links(t, number, p);
}

static void save_one(struct signals *t, uint32_t number) {
    write_one(t, number, saving_one(&t->save.saving));
    saving_put(&t->save.saving);
}

static bool is_due(const struct signals_save *s, uint32_t number) {
    return number > s->hand && number <= s->top && !holes_has(&s->done, number);
}

void signals_save_now(struct signals *t, uint32_t number) {
    if (!is_due(&t->save, number)) return;
    holes_add(&t->save.done, number);
    save_one(t, number);
}

void signals_save_skip(struct signals *t, uint32_t number) {
    if (t->save.saving.running && is_due(&t->save, number)) holes_add(&t->save.done, number);
}

void signals_save_free(struct signals *t) {
    holes_free(&t->save.done);
    saving_free(&t->save.saving);
    t->save = (struct signals_save){.hand = 0};
}

void signals_save_begin(struct signals *t, struct pack *head, const struct pack_sink *sink) {
    pack_u32(head, t->known.top);
    pack_u32(head, t->known.used);
    pack_u32(head, t->subjects.count);
    for (uint32_t day = t->day; day < DAYS; day++) {
        if (t->days[day] == 0) continue;
        pack_u32(head, day);
        pack_u32(head, t->days[day]);
    }
    signals_save_free(t);
    t->save.top = t->known.top;
    saving_begin(&t->save.saving, t->known.used, sink);
    const bool ok = holes_reserve(&t->save.done, t->known.top + 1);
    assert(ok && "out of memory");
}

/* The first cell of its links. */
static void fetch(const struct signals *t, uint32_t number) {
    const uint32_t cell = number <= t->known.top ? known_at(t, number)->more : 0;
    if (cell != 0) prefetch(cell_at(t, cell));
}

bool signals_save_step(struct signals *t, uint32_t looks) {
    struct signals_save *s = &t->save;
    for (; s->saving.running && s->hand < s->top && looks > 0; looks--) {
        const uint32_t number = s->hand + 1;
        fetch(t, number + AHEAD);
        if (is_due(s, number) && !holes_has(&t->known.holes, number)) save_one(t, number);
        s->hand = number;
    }
    return s->saving.running && s->hand < s->top;
}

bool signals_save_end(struct signals *t) {
    const bool whole = saving_end(&t->save.saving);
    signals_save_free(t);
    return whole;
}
