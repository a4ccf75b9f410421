/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/accounts.h"

#include "detector/accounts_table.h"
#include "detector/base/log.h"
#include "detector/base/pages.h"
#include "detector/base/prefetch.h"

#include <assert.h>
#include <stdlib.h>

/* FETCH_LINES: of a record, as many as a core has misses in flight, about. */
enum { FIRST_BUCKETS = 4096, LINE = 64, FETCH_LINES = 16 };
#define TAG_MASK (~(account_place)UINT32_MAX)

static void prefault(struct accounts *a) {
    const uint64_t most = a->options.memory_limit / 2;
    const uint64_t bytes = a->options.prefault_bytes;
    const void *touched = slabs_prefault(&a->slabs, bytes < most ? bytes : most);
    if (!pages_are_huge(touched))
        log_warn("event=no_huge_pages next=\"expect slower look-ups; echo madvise > "
                 "/sys/kernel/mm/transparent_hugepage/enabled and start again\"");
}

struct accounts *accounts_open(const struct accounts_options *options, struct error *error) {
    struct accounts *a = calloc(1, sizeof *a);
    if (a == NULL) {
        error_set(error, ERROR_FAILED, "no memory for the account table");
        return NULL;
    }
    a->options = *options;
    limit_open(&a->limit, options->memory_limit);
    if (!slabs_open(&a->slabs, options->memory_limit, error) ||
        !account_index_open(&a->index, &a->slabs, FIRST_BUCKETS, error)) {
        accounts_close(a);
        return NULL;
    }
    prefault(a);
    return a;
}

void accounts_close(struct accounts *a) {
    if (a == NULL) return;
    account_index_close(&a->index);
    slabs_close(&a->slabs);
    account_numbers_close(&a->numbers);
    limit_close(&a->limit);
    free(a->changed);
    free(a);
}

void accounts_prefetch_index(const struct accounts *a, struct account_key key) {
    account_index_prefetch(&a->index, key);
}

uint32_t accounts_guess(const struct accounts *a, struct account_key key) {
    return account_index_guess(&a->index, key);
}

/* Two short loops, so that many misses of the address translation are under way at once: the first
 * touch of a record is one, and an instruction that fetches waits for it. */
void accounts_prefetch_records(const struct accounts *a, const uint32_t *references,
                               uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        prefetch(slabs_at(&a->slabs, references[i]));
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *ring = (const uint8_t *)(slabs_at(&a->slabs, references[i]) + 1);
        const size_t read = RING_EVENT_BYTES_READ * class_room(slabs_class(references[i]));
        const size_t most = (FETCH_LINES - 1) * LINE;
        for (size_t at = 0; at < (read < most ? read : most); at += LINE)
            prefetch(ring + at);
        if (read < most) prefetch(ring + read - 1);
    }
}

struct account *accounts_at(const struct accounts *a, const account_place *place) {
    return slabs_at(&a->slabs, (uint32_t)*place);
}

struct account *accounts_find(const struct accounts *a, struct account_key key) {
    const account_place *place = account_index_find(&a->index, key);
    return place == NULL ? NULL : accounts_at(a, place);
}

struct account *accounts_numbered(const struct accounts *a, uint32_t number) {
    const uint32_t reference = account_numbers_get(&a->numbers, number);
    return reference == 0 ? NULL : slabs_at(&a->slabs, reference);
}

void accounts_refer(struct accounts *a, uint32_t number, uint32_t reference) {
    if (number == 0) return;
    if (!account_numbers_set(&a->numbers, number, reference)) slabs_refuse(accounts_bytes_held(a));
}

void accounts_let_go(struct accounts *a, const struct account *account) {
    if ((account->flags & ACCOUNT_TAINTED) != 0)
        a->options.tainted_gone(a->options.tainted_context, account->number);
    accounts_refer(a, account->number, 0);
}

static void set_flags(struct accounts *a, struct account *account, uint8_t mask, uint8_t flags) {
    if (accounts_must_save(a, account))
        accounts_save_referred(a, account, account_numbers_get(&a->numbers, account->number));
    account->flags = (uint8_t)((account->flags & ~mask) | flags);
}

void accounts_set_tainted(struct accounts *a, struct account *account, bool tainted) {
    set_flags(a, account, ACCOUNT_TAINTED, tainted ? ACCOUNT_TAINTED : 0);
}

void accounts_set_bounded(struct accounts *a, struct account *account, int64_t clock_s) {
    set_flags(a, account, ACCOUNT_BOUNDED, bounded_at(clock_s));
}

/* Heads are only taken here, and larger blocks only where rows are applied in their order: so a
 * block's number does not depend on how rows came in batches. */
account_place *accounts_locate(struct accounts *a, struct account_key key) {
    account_place *place = account_index_find(&a->index, key);
    if (place != NULL) return place;
    const uint32_t reference = slabs_take(&a->slabs, CLASS_HEAD);
    *slabs_at(&a->slabs, reference) =
        (struct account){.key = key.low, .size_class = CLASS_HEAD, .saved = a->save.generation};
    return account_index_add(&a->index, key, reference);
}

void accounts_note_change(struct accounts *a, account_place *place) {
    if (!a->watched) return;
    if (a->changed_count == a->changed_room) {
        a->changed_room = a->changed_room == 0 ? 4096 : 2 * a->changed_room;
        a->changed = realloc(a->changed, a->changed_room * sizeof *a->changed);
        assert(a->changed != NULL);
    }
    a->changed[a->changed_count++] = place;
}

struct account *accounts_resize(struct accounts *a, account_place *place, uint8_t size_class) {
    const uint32_t from = (uint32_t)*place, to = slabs_take(&a->slabs, size_class);
    struct account *account = slabs_at(&a->slabs, to);
    account_move(slabs_at(&a->slabs, from), account, size_class);
    *place = (*place & TAG_MASK) | to;
    accounts_refer(a, account->number, to);
    slabs_defer(&a->slabs, from);
    accounts_note_change(a, place);
    return account;
}

static void number(struct accounts *a, account_place *place, struct account *account,
                   int64_t clock_s) {
    assert(a->numbered < UINT32_MAX);
    account->number = ++a->numbered;
    accounts_refer(a, account->number, (uint32_t)*place);
    account->left_s = (uint32_t)clock_s;
    if (a->dropped > 0) account->flags |= ACCOUNT_COLD;
    accounts_note_change(a, place);
}

/* Nothing is left but who it is, and the block. */
static void forget(struct accounts *a, struct account *account) {
    accounts_let_go(a, account);
    if (account->size_class == CLASS_PANES)
        memset(account + 1, 0, class_bytes(CLASS_PANES) - sizeof *account);
    *account = (struct account){.key = account->key,
                                .size_class = account->size_class,
                                .side = account->side,
                                .saved = account->saved};
    a->forgotten++;
}

/* The class that the record should have while it is in use: an event is about to come in, so that a
 * ring that holds nothing keeps the smallest room. */
static uint8_t class_in_use(const struct account *account, int64_t clock_s) {
    const uint8_t wanted = class_wanted(account, clock_s);
    if (wanted != CLASS_HEAD) return wanted;
    return account->size_class == CLASS_HEAD ? CLASS_HEAD : CLASS_4;
}

struct account *accounts_touch(struct accounts *a, account_place *place, int64_t clock_s) {
    struct account *account = accounts_at(a, place);
    if (accounts_must_save(a, account))
        accounts_save_record(a, account, (uint32_t)*place, (uint32_t)(*place >> ENTRY_TAG_SHIFT));
    if (account->number != 0 && is_dormant(a, account, clock_s)) forget(a, account);
    if (account->number == 0) number(a, place, account, clock_s);
    account_expire(account, clock_s - RING_KEEP_S);
    const uint8_t wanted = class_in_use(account, clock_s);
    return wanted == account->size_class ? account : accounts_resize(a, place, wanted);
}

struct accounts_counts accounts_count(const struct accounts *a) {
    struct accounts_counts counts = {
        .accounts = a->index.count,
        .numbered = a->numbered,
        .dropped = a->dropped,
        .forgotten = a->forgotten,
        .looked_at = a->looked_at,
        .bytes = accounts_bytes_held(a),
        .index_bytes = account_index_bytes(&a->index),
    };
    for (int c = 0; c < SIZE_CLASSES; c++)
        counts.by_class[c] = slabs_live(&a->slabs, (uint8_t)c);
    return counts;
}
