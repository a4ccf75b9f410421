/* SPDX-License-Identifier: Apache-2.0 */
/* The table from bytes that signals_save.c wrote, or somebody else. */
#include "detector/base/printable.h"
#include "detector/signals_table.h"

#include <assert.h>

/* GROUP: signals whose lines are fetched at once, and lists that are followed at once. */
enum { GROUP = 16 };

/* False: that is no id. */
static bool read_id(struct unpack *u, struct signal_id *id) {
    const uint8_t size = unpack_u8(u);
    const uint8_t *at = unpack_space(u, size == 0 ? sizeof id->uuid : size);
    if (at == NULL || size > ID_TEXT_MAX) return false;
    const struct text text = {(const char *)at, size};
    *id = size == 0 ? signal_id_of_uuid(at) : signal_id_of(text);
    return size == 0 || (!id->is_uuid && !printable_has_control(text));
}

/* One as it was written. */
struct loaded {
    uint32_t number, link_count;
    struct signal_id id;
    struct known known; /* without id and links */
    struct binding links[LINKS_MAX];
};

static bool holds(const struct known *k) {
    const bool known = k->revision > 0;
    return k->revision >= 0 && k->withdrawn_by >> SOURCE_COUNT == 0 && k->source < SOURCE_COUNT &&
           k->kind < SIGNAL_KIND_COUNT && k->kind != SIGNAL_WITHDRAWAL &&
           k->confidence < CONFIDENCE_COUNT && k->colour <= COLOUR_NULL &&
           (!known || (k->from_s < k->until_s && k->until_s <= k->forget_s));
}

static bool read_link(struct unpack *u, struct binding *b) {
    enum { MARKS = MARK_WEIGHT | MARK_SIM_BOX | MARK_CALLED | MARK_LOANS };
    b->key.low = unpack_u64(u);
    b->key.high = (uint64_t)unpack_u32(u) << 32;
    b->called_s = unpack_u32(u);
    b->mark = unpack_u8(u);
    return !u->bad && b->mark != 0 && (b->mark & ~MARKS) == 0 &&
           ((b->mark & MARK_CALLED) != 0) == (b->called_s != 0);
}

static bool read_links(struct unpack *u, struct loaded *l) {
    const struct known *k = &l->known;
    const bool says = k->revision > 0 && !known_is_withdrawn(k) && known_base(k) > 0;
    l->link_count = unpack_u8(u);
    if (l->link_count > LINKS_MAX || (l->link_count > 0 && !says)) return false;
    for (uint32_t i = 0; i < l->link_count; i++)
        if (!read_link(u, &l->links[i])) return false;
    return !u->bad;
}

static bool read_one(struct unpack *u, struct loaded *l) {
    struct known *k = &l->known;
    l->number = unpack_u32(u);
    *k = (struct known){.next = unpack_u32(u)};
    if (!read_id(u, &l->id)) return false;
    k->from_s = unpack_u32(u);
    k->until_s = unpack_u32(u);
    k->forget_s = unpack_u32(u);
    k->revision = (int32_t)unpack_u32(u);
    unpack_bytes(u, &k->withdrawn_by, sizeof k->withdrawn_by);
    k->source = unpack_u8(u);
    k->kind = unpack_u8(u);
    k->confidence = unpack_u8(u);
    k->colour = unpack_u8(u);
    return !u->bad && holds(k) && read_links(u, l);
}

static void fetch(const struct signals *t, const struct loaded *l) {
    signal_index_prefetch(&t->ids, l->id.key);
    for (uint32_t i = 0; i < l->link_count; i++)
        signal_index_prefetch(&t->subjects, l->links[i].key);
}

/* False: it cannot be bound so, or is bound already. */
static bool put_link(struct signals *t, uint32_t number, const struct binding *b) {
    const bool takes_cell = known_at(t, number)->mark != 0 || b->called_s != 0;
    if (takes_cell && signal_blocks_left(&t->cells) == 0) return false;
    uint32_t weakest;
    const uint32_t head = signals_head(t, b->key);
    for (uint32_t at = head; at != 0; at = link_at(t, at)->next)
        if (link_signal(t, at) == number) return false;
    if (signals_alike(t, head, number, b->mark, &weakest, 0) >= SUBJECT_SOURCE_SIGNALS)
        return false;
    signals_bind_to(t, number, b, head);
    return true;
}

/* False: there is no such place for it, or it is here already. */
static bool put_one(struct signals *t, const struct loaded *l) {
    if (signals_find(t, &l->id) != 0 || signal_blocks_left(&t->cells) < signal_id_cells(&l->id) ||
        !signal_blocks_take_hole(&t->known, l->number))
        return false;
    *known_at(t, l->number) = l->known;
    signals_new(t, l->number, &l->id);
    for (uint32_t i = 0; i < l->link_count; i++)
        if (!put_link(t, l->number, &l->links[i])) return false;
    return true;
}

/* The lines that one needs come while those before it are read. */
static bool load_group(struct signals *t, struct unpack *u) {
    struct loaded group[GROUP];
    uint32_t count = 0;
    for (; count < GROUP && u->at < u->end; count++) {
        if (!read_one(u, &group[count])) return false;
        fetch(t, &group[count]);
    }
    for (uint32_t i = 0; i < count; i++)
        if (!put_one(t, &group[i])) return false;
    return true;
}

/* Where the lists of the days begin, day by day. */
static bool load_heads(struct signals *t, struct unpack *u) {
    for (uint32_t day, least = 0; u->at < u->end; least = day + 1) {
        day = unpack_u32(u);
        const uint32_t number = unpack_u32(u);
        if (u->bad || day < least || day >= DAYS || number == 0) return false;
        t->days[day] = number;
        if (least == 0) t->day = day;
    }
    return true;
}

bool signals_load_begin(struct signals *t, struct signals_load *load, struct unpack *head) {
    const uint32_t top = unpack_u32(head);
    load->signals = unpack_u32(head);
    load->subjects = unpack_u32(head);
    if (head->bad || load->signals > top || load->subjects > t->subjects.most ||
        (load->signals == 0 && load->subjects > 0) || !signal_blocks_restore(&t->known, top))
        return false;
    signal_index_reserve(&t->ids, load->signals);
    signal_index_reserve(&t->subjects, load->subjects);
    return load_heads(t, head);
}

bool signals_load_records(struct signals *t, struct unpack *records) {
    while (records->at < records->end)
        if (!load_group(t, records)) return false;
    return true;
}

/* One that is here, is in no other list, and does not end before the day. */
static bool may_be_in(const struct signals *t, uint32_t number, uint32_t day,
                      const struct holes *seen) {
    return number <= t->known.top && !holes_has(&t->known.holes, number) &&
           !holes_has(seen, number) && known_at(t, number)->forget_s / DAY_S >= day;
}

/* Where a list has been followed to. */
struct walk {
    uint32_t day, number; /* 0: to its end */
};

/* The next list from a day on, if there is one. */
static struct walk walk_from(const struct signals *t, uint32_t *day) {
    while (*day < DAYS && t->days[*day] == 0)
        ++*day;
    if (*day == DAYS) return (struct walk){.number = 0};
    const struct walk walk = {*day, t->days[*day]};
    ++*day;
    return walk;
}

static bool see_next(const struct signals *t, struct walk *w, struct holes *seen) {
    if (!may_be_in(t, w->number, w->day, seen)) return false;
    holes_add(seen, w->number);
    w->number = known_at(t, w->number)->next;
    prefetch(known_at(t, w->number));
    return true;
}

/* Several lists are followed at once, as each step waits for memory. */
static bool see_lists(const struct signals *t, struct holes *seen) {
    struct walk walks[GROUP] = {{0, 0}};
    uint32_t day = t->day;
    for (bool going = true; going;) {
        going = false;
        for (int i = 0; i < GROUP; i++) {
            if (walks[i].number == 0) walks[i] = walk_from(t, &day);
            if (walks[i].number == 0) continue;
            if (!see_next(t, &walks[i], seen)) return false;
            going = true;
        }
    }
    return true;
}

/* Each signal is in one list. */
bool signals_load_end(struct signals *t, const struct signals_load *load) {
    struct holes seen = {.count = 0};
    bool ok = holes_reserve(&seen, t->known.top + 1);
    assert(ok && "out of memory");
    ok = t->known.used == load->signals && t->subjects.count == load->subjects;
    ok = ok && see_lists(t, &seen);
    ok = ok && seen.count == t->known.used;
    holes_free(&seen);
    return ok;
}
