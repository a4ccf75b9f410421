/* SPDX-License-Identifier: Apache-2.0 */
/* The table as bytes, and back: signals by the lists of their days, each with its links. */
#include "detector/signals_table.h"

static void save_link(const struct signals *t, uint32_t reference, struct pack *p) {
    const struct link *link = link_at(t, reference);
    pack_u64(p, link->low);
    pack_u32(p, link->tag);
    pack_u32(p, reference & IN_CELL ? cell_at(t, reference & ~IN_CELL)->called_s : 0);
    pack_u8(p, link_mark(t, reference));
}

static void save_id(const struct signals *t, uint32_t number, struct pack *p) {
    const struct known *k = known_at(t, number);
    char text[SIGNAL_ID_SIZE];
    pack_u8(p, k->id_size);
    if (k->id_size == 0)
        pack_bytes(p, k->id, sizeof k->id);
    else
        pack_bytes(p, signals_id(t, number, text), k->id_size);
}

static void save_one(const struct signals *t, uint32_t number, uint32_t day, struct pack *p) {
    const struct known *k = known_at(t, number);
    save_id(t, number, p);
    pack_u32(p, day);
    pack_u32(p, k->from_s);
    pack_u32(p, k->until_s);
    pack_u32(p, k->forget_s);
    pack_u32(p, (uint32_t)k->revision);
    pack_bytes(p, &k->withdrawn_by, sizeof k->withdrawn_by);
    pack_u8(p, k->source);
    pack_u8(p, k->kind);
    pack_u8(p, k->confidence);
    pack_u8(p, k->colour);
    pack_u8(p, (uint8_t)(signals_held_cells(t, k) + (k->mark != 0)));
    if (k->mark != 0) save_link(t, number, p);
    for (uint32_t cell = k->more; cell != 0; cell = cell_at(t, cell)->more)
        save_link(t, cell | IN_CELL, p);
}

void signals_save(const struct signals *t, struct pack *p) {
    pack_u32(p, t->known.used);
    for (uint32_t day = 0; t->known.used > 0 && day < DAYS; day++)
        for (uint32_t number = t->days[day]; number != 0; number = known_at(t, number)->next)
            save_one(t, number, day, p);
}

/* Loading. */

struct loading {
    struct signals *t;
    uint32_t day, last; /* the signal before this one */
};

static bool is_plain(struct text text) {
    for (uint32_t i = 0; i < text.size; i++)
        if ((uint8_t)text.data[i] < 0x20 || text.data[i] == 0x7f) return false;
    return true;
}

/* 0: that is no id, or one that is here. */
static uint32_t load_id(struct signals *t, struct unpack *u) {
    struct signal_id id;
    const uint8_t size = unpack_u8(u);
    const uint8_t *at = unpack_space(u, size == 0 ? sizeof id.uuid : size);
    if (at == NULL || size > ID_TEXT_MAX || signal_blocks_left(&t->known) == 0) return 0;
    if (size == 0) {
        id = signal_id_of_uuid(at);
    } else {
        const struct text text = {(const char *)at, size};
        id = signal_id_of(text);
        if (id.is_uuid || !is_plain(text)) return 0;
    }
    if (signals_find(t, &id) != 0 || signal_blocks_left(&t->cells) < signal_id_cells(&id)) return 0;
    return signals_new(t, &id);
}

static bool holds(const struct known *k, uint32_t day) {
    const bool known = k->revision > 0;
    return day < DAYS && k->forget_s / DAY_S >= day && k->revision >= 0 &&
           k->withdrawn_by >> SOURCE_COUNT == 0 && k->source < SOURCE_COUNT &&
           k->kind < SIGNAL_KIND_COUNT && k->kind != SIGNAL_WITHDRAWAL &&
           k->confidence < CONFIDENCE_COUNT && k->colour <= COLOUR_NULL &&
           (!known || (k->from_s < k->until_s && k->until_s <= k->forget_s));
}

static bool load_link(struct signals *t, uint32_t number, struct unpack *u) {
    enum { MARKS = MARK_WEIGHT | MARK_SIM_BOX | MARK_CALLED | MARK_LOANS };
    struct binding b = {.key.low = unpack_u64(u)};
    b.key.high = (uint64_t)unpack_u32(u) << 32;
    b.called_s = unpack_u32(u);
    b.mark = unpack_u8(u);
    if (u->bad || b.mark == 0 || (b.mark & ~MARKS) != 0) return false;
    if (((b.mark & MARK_CALLED) != 0) != (b.called_s != 0)) return false;
    const bool takes_cell = known_at(t, number)->mark != 0 || b.called_s != 0;
    if (takes_cell && signal_blocks_left(&t->cells) == 0) return false;
    uint32_t weakest;
    const uint32_t head = signals_head(t, b.key);
    for (uint32_t at = head; at != 0; at = link_at(t, at)->next)
        if (link_signal(t, at) == number) return false;
    if (signals_alike(t, head, number, b.mark, &weakest, 0) >= SUBJECT_SOURCE_SIGNALS) return false;
    signals_bind(t, number, &b, 0);
    return true;
}

/* Behind the one before it, as it was in the list. */
static void append(struct loading *l, uint32_t number, uint32_t day) {
    if (l->last == 0 || day != l->day)
        signals_into_day(l->t, number, day);
    else
        known_at(l->t, l->last)->next = number;
    l->last = number;
    l->day = day;
}

static bool load_one(struct loading *l, struct unpack *u) {
    const uint32_t number = load_id(l->t, u);
    if (number == 0) return false;
    struct known *k = known_at(l->t, number);
    const uint32_t day = unpack_u32(u);
    k->from_s = unpack_u32(u);
    k->until_s = unpack_u32(u);
    k->forget_s = unpack_u32(u);
    k->revision = (int32_t)unpack_u32(u);
    unpack_bytes(u, &k->withdrawn_by, sizeof k->withdrawn_by);
    k->source = unpack_u8(u);
    k->kind = unpack_u8(u);
    k->confidence = unpack_u8(u);
    k->colour = unpack_u8(u);
    const uint8_t links = unpack_u8(u);
    if (u->bad || !holds(k, day) || (l->last != 0 && day < l->day)) return false;
    const bool says = k->revision > 0 && !known_is_withdrawn(k) && known_base(k) > 0;
    if (links > LINKS_MAX || (links > 0 && !says)) return false;
    append(l, number, day);
    for (uint8_t i = 0; i < links; i++)
        if (!load_link(l->t, number, u)) return false;
    return true;
}

bool signals_load(struct signals *t, struct unpack *u) {
    struct loading l = {.t = t};
    const uint32_t count = unpack_u32(u);
    bool ok = !u->bad && count <= t->max;
    for (uint32_t i = 0; ok && i < count; i++)
        ok = load_one(&l, u);
    return ok;
}
