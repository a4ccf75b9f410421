/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/instructions.h"

#include "detector/episode_parts.h"

#include <assert.h>
#include <stdlib.h>

#define uthash_fatal(message) assert(false && message)
#include <uthash.h>
#include <utlist.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct entry {
    struct instruction instruction;
    uint64_t names; /* hash of payer and tx_id */
    uint8_t *texts;
    struct entry *prev, *next; /* of the same payee */
    UT_hash_handle hh, by_id;
};

/* Those that are open and rest on one recommendation, oldest first. */
struct payee {
    char id[RECOMMENDATION_ID_SIZE + 1];
    struct entry *first;
    UT_hash_handle hh;
};

struct instructions {
    uint32_t max, open_count;
    struct entry *map; /* by names, in the order they were added */
    struct entry *ids;
    struct payee *payees;
    struct episode_heap heap;
};

struct instructions *instructions_open(uint32_t max) {
    struct instructions *t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    t->max = max;
    if (episode_heap_open(&t->heap, max)) return t;
    free(t);
    return NULL;
}

static struct entry *entry_of(struct instruction *instruction) {
    return (struct entry *)instruction; /* its first member */
}

static struct instruction *instruction_of(struct entry *entry) {
    return entry == NULL ? NULL : &entry->instruction;
}

void instructions_close(struct instructions *t) {
    if (t == NULL) return;
    while (t->map != NULL)
        instructions_remove(t, &t->map->instruction);
    episode_heap_close(&t->heap);
    free(t);
}

/* Finding. */

static uint64_t hash_of(struct text payer, struct text tx_id) {
    return XXH3_64bits_withSeed(tx_id.data, tx_id.size, XXH3_64bits(payer.data, payer.size));
}

struct instruction *instructions_find(const struct instructions *t, struct text payer,
                                      struct text tx_id) {
    if (t->map == NULL) return NULL;
    const uint64_t names = hash_of(payer, tx_id);
    struct entry *entry = NULL;
    HASH_FIND(hh, t->map, &names, sizeof names, entry);
    if (entry == NULL || !text_equal(entry->instruction.advice.account_token, payer) ||
        !text_equal(entry->instruction.advice.tx_ids[0], tx_id))
        return NULL;
    return &entry->instruction;
}

struct instruction *instructions_find_id(const struct instructions *t, struct text id) {
    struct entry *entry = NULL;
    if (id.size == RECOMMENDATION_ID_SIZE) HASH_FIND(by_id, t->ids, id.data, id.size, entry);
    return instruction_of(entry);
}

static struct payee *find_payee(const struct instructions *t, const char *id) {
    struct payee *payee = NULL;
    HASH_FIND(hh, t->payees, id, RECOMMENDATION_ID_SIZE, payee);
    return payee;
}

struct instruction *instructions_of_payee(const struct instructions *t, const char *payee_id) {
    const struct payee *payee = find_payee(t, payee_id);
    return payee == NULL ? NULL : instruction_of(payee->first);
}

/* Of a payee. */

static void join_payee(struct instructions *t, struct entry *entry) {
    struct payee *payee = find_payee(t, entry->instruction.payee_id);
    if (payee == NULL) {
        payee = calloc(1, sizeof *payee);
        assert(payee != NULL && "out of memory");
        memcpy(payee->id, entry->instruction.payee_id, sizeof payee->id);
        HASH_ADD(hh, t->payees, id, RECOMMENDATION_ID_SIZE, payee);
    }
    DL_APPEND(payee->first, entry);
    t->open_count++;
}

static void leave_payee(struct instructions *t, struct entry *entry) {
    struct payee *payee = find_payee(t, entry->instruction.payee_id);
    DL_DELETE(payee->first, entry);
    t->open_count--;
    if (payee->first != NULL) return;
    HASH_DELETE(hh, t->payees, payee);
    free(payee);
}

/* Coming and going. */

/* NULL: its id or the hash of its names is taken. */
static struct entry *add(struct instructions *t, const struct episode_opening *opening,
                         const char *payee_id) {
    struct entry *entry = calloc(1, sizeof *entry), *same_names = NULL;
    assert(entry != NULL && "out of memory");
    struct episode *advice = &entry->instruction.advice;
    entry->texts = episode_keep_texts(advice, opening);
    entry->names = hash_of(opening->account_token, opening->tx_id);
    memcpy(entry->instruction.payee_id, payee_id, RECOMMENDATION_ID_SIZE);
    HASH_FIND(hh, t->map, &entry->names, sizeof entry->names, same_names);
    if (same_names != NULL || instructions_find_id(t, text_of(advice->id)) != NULL) {
        free(entry->texts);
        free(entry);
        return NULL;
    }
    advice->due_s = opening->due_s;
    HASH_ADD(hh, t->map, names, sizeof entry->names, entry);
    HASH_ADD(by_id, t->ids, instruction.advice.id, RECOMMENDATION_ID_SIZE, entry);
    join_payee(t, entry);
    episode_heap_add(&t->heap, advice);
    return entry;
}

bool instructions_is_full(const struct instructions *t) {
    return t->heap.count == t->max;
}

struct instruction *instructions_add(struct instructions *t, const struct episode_opening *opening,
                                     const char *payee_id) {
    assert(!instructions_is_full(t));
    return instruction_of(add(t, opening, payee_id));
}

void instructions_close_one(struct instructions *t, struct instruction *instruction) {
    assert(instruction->advice.state == EPISODE_OPEN);
    leave_payee(t, entry_of(instruction));
    instruction->advice.state = EPISODE_COOLING;
}

void instructions_remove(struct instructions *t, struct instruction *instruction) {
    struct entry *entry = entry_of(instruction);
    if (instruction->advice.state == EPISODE_OPEN) leave_payee(t, entry);
    HASH_DELETE(hh, t->map, entry);
    HASH_DELETE(by_id, t->ids, entry);
    episode_heap_remove(&t->heap, &instruction->advice);
    free(entry->texts);
    free(entry);
}

struct instruction *instructions_due(const struct instructions *t, int64_t clock_s) {
    return (struct instruction *)episode_heap_due(&t->heap, clock_s); /* its first member */
}

uint32_t instructions_open_count(const struct instructions *t) {
    return t->open_count;
}

/* Saving and loading: in the order they were added. */

static void save_one(const struct instruction *instruction, struct pack *p) {
    const struct episode *advice = &instruction->advice;
    pack_u8(p, (uint8_t)advice->state);
    pack_i64(p, advice->due_s);
    pack_bytes(p, advice->id, RECOMMENDATION_ID_SIZE);
    pack_text(p, advice->account_token);
    pack_text(p, advice->bic);
    pack_text(p, advice->tx_ids[0]);
    pack_text(p, text_of(instruction->payee_id));
    episode_save_published(advice, p);
}

void instructions_save(const struct instructions *t, struct pack *p) {
    pack_u32(p, t->heap.count);
    for (const struct entry *entry = t->map; entry != NULL; entry = entry->hh.next)
        save_one(&entry->instruction, p);
}

static bool load_one(struct instructions *t, struct unpack *u) {
    const uint8_t state = unpack_u8(u);
    struct episode_opening opening = {.due_s = unpack_i64(u)};
    opening.id = episode_load_id(u);
    opening.account_token = unpack_text(u);
    opening.bic = unpack_text(u);
    opening.tx_id = unpack_text(u);
    const struct text payee_id = unpack_text(u);
    if (u->bad || state > EPISODE_COOLING || opening.account_token.data == NULL ||
        opening.tx_id.data == NULL || payee_id.size != RECOMMENDATION_ID_SIZE ||
        memchr(payee_id.data, '\0', payee_id.size) != NULL || instructions_is_full(t))
        return false;
    struct entry *entry = add(t, &opening, payee_id.data);
    if (entry == NULL || !episode_load_published(&entry->instruction.advice, u)) return false;
    if (state == EPISODE_COOLING) instructions_close_one(t, &entry->instruction);
    return true;
}

bool instructions_load(struct instructions *t, struct unpack *u) {
    for (uint32_t left = unpack_u32(u); left > 0 && !u->bad; left--)
        if (!load_one(t, u)) return false;
    return !u->bad;
}
