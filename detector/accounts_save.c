/* SPDX-License-Identifier: Apache-2.0 */
/* The account table as bytes, and back.
 *
 * The table goes on while it is saved. `save_begin` writes what is small at once, and from then on
 * a record that was not saved yet is saved before it is changed, moved or dropped; `save_step` goes
 * over the blocks for the rest. Each record is written with the block it had, and the holes are
 * what is left: what the table does next may depend on that. */
#include "detector/accounts_table.h"
#include "detector/base/prefetch.h"
#include "detector/panes.h"

#include <assert.h>
#include <stdlib.h>

/* GROUP: records whose lines are fetched at once. */
enum { GROUP = 16 };

/* Before each record: its reference and the tag of its entry in the index. */
enum { RECORD_HEAD = 2 * sizeof(uint32_t) };

static size_t record_bytes(const struct account *account) {
    const size_t panes = account->size_class == CLASS_PANES ? sizeof(struct panes) : 0;
    return RECORD_HEAD + sizeof *account + account->count * (size_t)RING_EVENT_BYTES + panes;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size) {
    memcpy(at, bytes, size);
    return at + size;
}

static const uint8_t *get(const uint8_t *at, void *bytes, size_t size) {
    memcpy(bytes, at, size);
    return at + size;
}

static void write_record(uint8_t *at, const struct account *account, uint32_t reference,
                         uint32_t tag) {
    const struct ring r = ring_of(account);
    struct account head = *account;
    head.side = 0;
    head.saved = 0;
    at = put(at, &reference, sizeof reference);
    at = put(at, &tag, sizeof tag);
    at = put(at, &head, sizeof head);
    at = put(at, r.second, r.count * sizeof *r.second);
    at = put(at, r.amount, r.count * sizeof *r.amount);
    at = put(at, r.counterparty, r.count * sizeof *r.counterparty);
    at = put(at, r.bits, r.count);
    at = put(at, r.kind, r.count);
    at = put(at, r.way, r.count);
    at = put(at, r.print, r.count);
    at = put(at, r.cold, r.count * sizeof *r.cold);
    if (account->size_class == CLASS_PANES) put(at, panes_of(account), sizeof(struct panes));
}

void accounts_save_record(struct accounts *a, struct account *account, uint32_t reference,
                          uint32_t tag) {
    account->saved = a->save.generation;
    uint8_t *at = a->save.sink.space(a->save.sink.context, record_bytes(account));
    if (at == NULL) {
        a->save.running = false;
        return;
    }
    write_record(at, account, reference, tag);
    a->save.records++;
}

void accounts_save_referred(struct accounts *a, struct account *account, uint32_t reference) {
    const uint64_t *place = account_index_place(&a->index, account->key, reference);
    accounts_save_record(a, account, reference, (uint32_t)(*place >> ENTRY_TAG_SHIFT));
}

/* Saving. */

static void pack_hand(struct pack *p, const struct hand *hand) {
    pack_u8(p, hand->size_class);
    pack_u32(p, hand->number);
}

static void pack_victims(struct pack *p, const struct victims *victims) {
    pack_u64(p, victims->bound);
    pack_u64(p, victims->room);
    pack_u64(p, victims->count);
    pack_bytes(p, victims->heap, victims->count * sizeof *victims->heap);
}

static void pack_limit(struct pack *p, const struct limit *l) {
    pack_u8(p, l->low);
    pack_u8(p, l->dropping);
    pack_u8(p, l->collecting);
    pack_u64(p, l->said);
    pack_u64(p, l->front_start);
    pack_hand(p, &l->hand);
    pack_victims(p, &l->front);
    pack_victims(p, &l->back);
    pack_victims(p, &l->pinned);
}

/* What has changed since the last upkeep: entries of the index by the block they name. */
static void pack_changed(struct pack *p, const struct accounts *a) {
    pack_u64(p, a->changed_count);
    for (size_t i = 0; i < a->changed_count; i++) {
        pack_u64(p, accounts_at(a, a->changed[i])->key);
        pack_u32(p, (uint32_t)*a->changed[i]);
    }
}

static void pack_slabs(struct pack *p, const struct slabs *s) {
    for (int c = 0; c < SIZE_CLASSES; c++)
        pack_u32(p, s->classes[c].top);
    pack_u64(p, s->deferred_count);
    pack_bytes(p, s->deferred, s->deferred_count * sizeof *s->deferred);
}

void accounts_save_begin(struct accounts *a, struct pack *p, const struct pack_sink *sink) {
    const struct account_index *x = &a->index;
    pack_u32(p, a->numbered);
    pack_u32(p, a->swept_numbered);
    pack_u32(p, a->grown_numbered);
    pack_u64(p, a->dropped);
    pack_u64(p, a->forgotten);
    pack_u64(p, a->looked_at);
    pack_u64(p, a->calls);
    pack_u64(p, a->index_entries);
    pack_u8(p, a->watched);
    pack_hand(p, &a->sweep);
    pack_hand(p, &a->sweep_heads);
    pack_u32(p, x->now.count);
    pack_u32(p, x->old.count);
    pack_u32(p, x->old.count == 0 ? 0 : x->hand);
    pack_u64(p, x->count);
    pack_slabs(p, &a->slabs);
    pack_changed(p, a);
    pack_limit(p, &a->limit);
    a->save = (struct accounts_save){.running = true,
                                     .generation = (uint8_t)(a->save.generation + 1),
                                     .records_due = x->count,
                                     .sink = *sink};
    for (int c = 0; c < SIZE_CLASSES; c++)
        a->save.tops[c] = a->slabs.classes[c].top;
    for (size_t i = 0; i < a->slabs.deferred_count; i++) /* they hold what is elsewhere now */
        slabs_at(&a->slabs, a->slabs.deferred[i])->saved = a->save.generation;
}

/* The next block of those that there were; false: that was the last. */
static bool next_block(struct accounts_save *save) {
    while (++save->hand.number > save->tops[save->hand.size_class]) {
        save->hand.number = 0;
        if (save->hand.size_class == CLASS_PANES) return false;
        save->hand.size_class++;
    }
    return true;
}

static bool is_due(const struct accounts *a, uint32_t reference) {
    return slabs_number(reference) <= a->slabs.classes[slabs_class(reference)].top &&
           !slabs_is_hole(&a->slabs, reference) &&
           slabs_at(&a->slabs, reference)->saved != a->save.generation;
}

static void save_group(struct accounts *a, const uint32_t *references, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t key = slabs_at(&a->slabs, references[i])->key;
        account_index_prefetch(&a->index, (struct account_key){.low = key});
    }
    for (uint32_t i = 0; i < count && a->save.running; i++)
        accounts_save_referred(a, slabs_at(&a->slabs, references[i]), references[i]);
}

bool accounts_save_step(struct accounts *a, uint32_t looks) {
    uint32_t references[GROUP], count = 0;
    bool more = true;
    while (a->save.running && more && looks > 0) {
        for (count = 0; count < GROUP && looks > 0 && (more = next_block(&a->save)); looks--) {
            const struct hand hand = a->save.hand;
            const struct slab *slab = &a->slabs.classes[hand.size_class];
            prefetch(slab->blocks + (hand.number + GROUP) * slab->bytes);
            const uint32_t reference = slabs_reference(hand.size_class, hand.number);
            if (is_due(a, reference)) references[count++] = reference;
        }
        save_group(a, references, count);
    }
    return more && a->save.running;
}

bool accounts_save_end(struct accounts *a) {
    const bool whole = a->save.running && a->save.records == a->save.records_due;
    a->save.running = false;
    return whole;
}

/* Loading. */

static void unpack_hand(struct unpack *u, struct hand *hand) {
    hand->size_class = unpack_u8(u);
    hand->number = unpack_u32(u);
    u->bad = u->bad || hand->size_class >= SIZE_CLASSES;
}

/* `most`: bytes that they may take. */
static void unpack_victims(struct unpack *u, struct victims *victims, uint64_t most) {
    const uint64_t bound = unpack_u64(u), room = unpack_u64(u), count = unpack_u64(u);
    const size_t left = (size_t)(u->end - u->at) / sizeof *victims->heap;
    if (u->bad || count > left || count > room || room > most / sizeof *victims->heap) {
        u->bad = true;
        return;
    }
    victims_free(victims);
    *victims = (struct victims){.bound = bound, .room = room, .count = count};
    if (room == 0) return;
    victims->heap = malloc(room * sizeof *victims->heap);
    assert(victims->heap != NULL && "out of memory");
    unpack_bytes(u, victims->heap, count * sizeof *victims->heap);
}

static void unpack_limit(struct unpack *u, struct limit *l, uint64_t most) {
    l->low = unpack_u8(u) != 0;
    l->dropping = unpack_u8(u) != 0;
    l->collecting = unpack_u8(u) != 0;
    l->said = unpack_u64(u);
    l->front_start = unpack_u64(u);
    unpack_hand(u, &l->hand);
    unpack_victims(u, &l->front, most);
    unpack_victims(u, &l->back, most);
    unpack_victims(u, &l->pinned, most);
}

/* `most`: bytes that all blocks together may have. */
static bool unpack_slabs(struct unpack *u, struct slabs *s, uint64_t most) {
    for (int c = 0; c < SIZE_CLASSES && !u->bad; c++) {
        const uint32_t top = unpack_u32(u);
        const uint64_t bytes = (uint64_t)top * class_bytes((uint8_t)c);
        u->bad = u->bad || bytes > most || !slabs_restore(s, (uint8_t)c, top);
        most -= bytes;
    }
    const uint64_t deferred = unpack_u64(u);
    for (uint64_t i = 0; i < deferred && !u->bad; i++) {
        const uint32_t reference = unpack_u32(u), number = slabs_number(reference);
        u->bad = u->bad || number == 0 || number > s->classes[slabs_class(reference)].top;
        if (!u->bad) slabs_defer(s, reference);
    }
    return !u->bad;
}

/* Their places are found when the records are there. */
static void unpack_changed(struct unpack *u, struct accounts_load *load) {
    enum { ENTRY = 12 };
    load->changed_count = unpack_u64(u);
    if (load->changed_count > (size_t)(u->end - u->at) / ENTRY) {
        u->bad = true;
        return;
    }
    load->changed = unpack_space(u, load->changed_count * ENTRY);
}

bool accounts_load_begin(struct accounts *a, struct accounts_load *load, struct unpack *u,
                         struct error *error) {
    *load = (struct accounts_load){.records = 0};
    a->numbered = unpack_u32(u);
    a->swept_numbered = unpack_u32(u);
    a->grown_numbered = unpack_u32(u);
    a->dropped = unpack_u64(u);
    a->forgotten = unpack_u64(u);
    a->looked_at = unpack_u64(u);
    a->calls = unpack_u64(u);
    a->index_entries = unpack_u64(u);
    a->watched = unpack_u8(u) != 0;
    unpack_hand(u, &a->sweep);
    unpack_hand(u, &a->sweep_heads);
    const uint32_t now = unpack_u32(u), old = unpack_u32(u), hand = unpack_u32(u);
    load->records_due = unpack_u64(u);
    const uint64_t most = a->options.memory_limit;
    const uint64_t index = account_index_bytes_of(now) + account_index_bytes_of(old);
    if (u->bad || index > most || account_numbers_reserved_bytes(a->numbered) > most ||
        !account_index_may_be(now, old, hand))
        return false;
    if (!account_index_restore(&a->index, now, old, hand) ||
        !account_numbers_reserve(&a->numbers, a->numbered))
        return error_set(error, ERROR_FAILED, "no memory to load the accounts");
    if (!unpack_slabs(u, &a->slabs, most)) return false;
    unpack_changed(u, load);
    unpack_limit(u, &a->limit, most);
    return !u->bad;
}

/* A record in a chunk. */
struct loaded {
    struct account head;
    const uint8_t *rest; /* the columns of its ring, and its panes */
    uint32_t reference, tag;
};

/* It may be the head of a record in that block. */
static bool fits(const struct accounts *a, const struct account *head, uint32_t reference) {
    const struct slab *slab = &a->slabs.classes[slabs_class(reference)];
    const uint32_t number = slabs_number(reference);
    return head->number != 0 && head->number <= a->numbered &&
           head->size_class == slabs_class(reference) && number > 0 && number <= slab->top &&
           head->count <= RING_MAX &&
           (uint32_t)head->first + head->count <= class_room(head->size_class);
}

static bool read_record(const struct accounts *a, struct unpack *u, struct loaded *record) {
    record->reference = unpack_u32(u);
    record->tag = unpack_u32(u);
    unpack_bytes(u, &record->head, sizeof record->head);
    if (u->bad || !fits(a, &record->head, record->reference)) return false;
    record->rest = unpack_space(u, record_bytes(&record->head) - RECORD_HEAD - sizeof record->head);
    return record->rest != NULL;
}

/* The lines that the record is written to: of a large one the first. */
static void fetch_lines(const struct accounts *a, const struct loaded *record) {
    enum { LINE = 64, LINES = 4 };
    const size_t bytes = class_bytes(record->head.size_class);
    const uint8_t *block = (const uint8_t *)slabs_at(&a->slabs, record->reference);
    account_index_prefetch(&a->index, (struct account_key){.low = record->head.key});
    account_numbers_prefetch(&a->numbers, record->head.number);
    for (size_t at = 0; at < bytes && at < LINE * LINES; at += LINE)
        prefetch(block + at);
}

static const uint8_t *read_ring(const uint8_t *at, struct account *account) {
    const struct ring r = ring_of(account);
    at = get(at, r.second, r.count * sizeof *r.second);
    at = get(at, r.amount, r.count * sizeof *r.amount);
    at = get(at, r.counterparty, r.count * sizeof *r.counterparty);
    at = get(at, r.bits, r.count);
    at = get(at, r.kind, r.count);
    at = get(at, r.way, r.count);
    at = get(at, r.print, r.count);
    return get(at, r.cold, r.count * sizeof *r.cold);
}

/* False: another record has the block, or the index is no place for it. */
static bool put_record(struct accounts *a, struct accounts_load *load,
                       const struct loaded *record) {
    struct account *account = slabs_at(&a->slabs, record->reference);
    const uint32_t number = record->head.number;
    if (account->number != 0 || accounts_numbered(a, number) != NULL) return false;
    *account = record->head;
    accounts_refer(a, number, record->reference);
    load->tainted += (account->flags & ACCOUNT_TAINTED) != 0;
    account->saved = a->save.generation;
    const uint8_t *at = read_ring(record->rest, account);
    if (account->size_class == CLASS_PANES) get(at, panes_of(account), sizeof(struct panes));
    const struct account_key key = {account->key, (uint64_t)record->tag << 32};
    return account_index_load(&a->index, key, record->reference,
                              account->number <= a->grown_numbered);
}

static bool load_group(struct accounts *a, struct accounts_load *load, struct unpack *u) {
    struct loaded group[GROUP];
    uint32_t count = 0;
    for (; count < GROUP && u->at < u->end; count++) {
        if (!read_record(a, u, &group[count])) return false;
        fetch_lines(a, &group[count]);
    }
    for (uint32_t i = 0; i < count; i++)
        if (!put_record(a, load, &group[i])) return false;
    load->records += count;
    return true;
}

bool accounts_load_records(struct accounts *a, struct accounts_load *load, struct unpack *u) {
    while (u->at < u->end)
        if (!load_group(a, load, u)) return false;
    return true;
}

static bool find_changed(struct accounts *a, const struct accounts_load *load) {
    struct unpack u = {load->changed, load->changed + 12 * load->changed_count, false};
    for (size_t i = 0; i < load->changed_count; i++) {
        const uint64_t key = unpack_u64(&u);
        const uint32_t reference = unpack_u32(&u);
        uint64_t *place = account_index_loaded(&a->index, key, reference);
        if (place == NULL) return false;
        accounts_note_change(a, place);
    }
    return true;
}

bool accounts_load_end(struct accounts *a, const struct accounts_load *load) {
    if (load->records != load->records_due) return false;
    for (int c = 0; c < SIZE_CLASSES; c++)
        if (!slabs_restore_holes(&a->slabs, (uint8_t)c)) return false;
    return load->changed_count == 0 || find_changed(a, load);
}
