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
    uint64_t order; /* those that were added before have smaller ones */
    uint32_t saved; /* by which saving; or it came after that one began */
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
    uint64_t next_order;
    struct entry *map; /* by names */
    struct entry *ids;
    struct payee *payees;
    struct episode_heap heap;
    uint32_t due;     /* while it is loaded: instructions in the end */
    uint32_t savings; /* ever begun */
    struct saving saving;
    struct entry *hand; /* the next that is looked at; NULL: none */
};

struct instructions *instructions_open(uint32_t max) {
    struct instructions *t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    t->max = max;
    if (episode_heap_open(&t->heap, max)) return t;
    free(t);
    return NULL;
}

static struct entry *entry_of(const struct instruction *instruction) {
    return (struct entry *)(uintptr_t)instruction; /* its first member */
}

static struct instruction *instruction_of(struct entry *entry) {
    return entry == NULL ? NULL : &entry->instruction;
}

void instructions_close(struct instructions *t) {
    if (t == NULL) return;
    (void)instructions_save_end(t);
    while (t->map != NULL)
        instructions_remove(t, &t->map->instruction);
    episode_heap_close(&t->heap);
    free(t);
}

/* What is saved before it is changed. */

static void save_one(struct instructions *t, struct entry *entry) {
    const struct episode *advice = &entry->instruction.advice;
    struct pack *p = saving_one(&t->saving);
    pack_u64(p, entry->order);
    pack_u8(p, (uint8_t)advice->state);
    pack_i64(p, advice->due_s);
    pack_bytes(p, advice->id, RECOMMENDATION_ID_SIZE);
    pack_text(p, advice->account_token);
    pack_text(p, advice->bic);
    pack_text(p, advice->tx_ids[0]);
    pack_text(p, text_of(entry->instruction.payee_id));
    episode_save_published(advice, p);
    saving_put(&t->saving);
    entry->saved = t->savings;
}

static bool is_due(const struct instructions *t, const struct entry *entry) {
    return t->saving.running && entry->saved != t->savings;
}

struct instruction *instructions_change(struct instructions *t,
                                        const struct instruction *instruction) {
    struct entry *entry = entry_of(instruction);
    if (is_due(t, entry)) save_one(t, entry);
    return &entry->instruction;
}

/* Finding. */

static uint64_t hash_of(struct text payer, struct text tx_id) {
    return XXH3_64bits_withSeed(tx_id.data, tx_id.size, XXH3_64bits(payer.data, payer.size));
}

const struct instruction *instructions_find(const struct instructions *t, struct text payer,
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

const struct instruction *instructions_find_id(const struct instructions *t, struct text id) {
    struct entry *entry = NULL;
    if (id.size == RECOMMENDATION_ID_SIZE) HASH_FIND(by_id, t->ids, id.data, id.size, entry);
    return instruction_of(entry);
}

static struct payee *find_payee(const struct instructions *t, const char *id) {
    struct payee *payee = NULL;
    HASH_FIND(hh, t->payees, id, RECOMMENDATION_ID_SIZE, payee);
    return payee;
}

const struct instruction *instructions_of_payee(const struct instructions *t,
                                                const char *payee_id) {
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
                         const char *payee_id, uint64_t order) {
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
    entry->order = order;
    entry->saved = t->savings;
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
    return instruction_of(add(t, opening, payee_id, t->next_order++));
}

void instructions_close_one(struct instructions *t, const struct instruction *found) {
    struct instruction *instruction = instructions_change(t, found);
    assert(instruction->advice.state == EPISODE_OPEN);
    leave_payee(t, entry_of(instruction));
    instruction->advice.state = EPISODE_COOLING;
}

void instructions_remove(struct instructions *t, const struct instruction *found) {
    struct instruction *instruction = instructions_change(t, found);
    struct entry *entry = entry_of(instruction);
    if (entry == t->hand) t->hand = entry->hh.next;
    if (instruction->advice.state == EPISODE_OPEN) leave_payee(t, entry);
    HASH_DELETE(hh, t->map, entry);
    HASH_DELETE(by_id, t->ids, entry);
    episode_heap_remove(&t->heap, &instruction->advice);
    free(entry->texts);
    free(entry);
}

const struct instruction *instructions_due(const struct instructions *t, int64_t clock_s) {
    return (const struct instruction *)episode_heap_due(&t->heap, clock_s); /* its first member */
}

uint32_t instructions_open_count(const struct instructions *t) {
    return t->open_count;
}

/* Saving. */

void instructions_save_begin(struct instructions *t, struct pack *head,
                             const struct pack_sink *sink) {
    pack_u32(head, t->heap.count);
    saving_begin(&t->saving, t->heap.count, sink);
    t->savings++;
    t->hand = t->map;
}

bool instructions_save_step(struct instructions *t, uint32_t looks) {
    for (; t->saving.running && t->hand != NULL && looks > 0; looks--) {
        struct entry *entry = t->hand;
        if (is_due(t, entry)) save_one(t, entry);
        t->hand = entry->hh.next;
    }
    return t->saving.running && t->hand != NULL;
}

bool instructions_save_end(struct instructions *t) {
    t->hand = NULL;
    return saving_end(&t->saving);
}

/* Loading. */

bool instructions_load_begin(struct instructions *t, struct unpack *head) {
    t->due = unpack_u32(head);
    return !head->bad && t->due <= t->max && t->heap.count == 0;
}

bool instructions_load_one(struct instructions *t, struct unpack *u) {
    const uint64_t order = unpack_u64(u);
    const uint8_t state = unpack_u8(u);
    struct episode_opening opening = {.due_s = unpack_i64(u)};
    opening.id = episode_load_id(u);
    opening.account_token = unpack_text(u);
    opening.bic = unpack_text(u);
    opening.tx_id = unpack_text(u);
    const struct text payee_id = unpack_text(u);
    if (u->bad || order == UINT64_MAX || state > EPISODE_COOLING ||
        opening.account_token.data == NULL || opening.tx_id.data == NULL ||
        payee_id.size != RECOMMENDATION_ID_SIZE ||
        memchr(payee_id.data, '\0', payee_id.size) != NULL || t->heap.count >= t->due)
        return false;
    struct entry *entry = add(t, &opening, payee_id.data, order);
    if (entry == NULL || !episode_load_published(&entry->instruction.advice, u)) return false;
    if (order >= t->next_order) t->next_order = order + 1;
    if (state == EPISODE_COOLING) instructions_close_one(t, &entry->instruction);
    return true;
}

static int compare_order(const struct entry *a, const struct entry *b) {
    return (a->order > b->order) - (a->order < b->order);
}

/* Each payee's come in the order they were added. */
bool instructions_load_end(struct instructions *t) {
    for (struct payee *payee = t->payees; payee != NULL; payee = payee->hh.next)
        DL_SORT(payee->first, compare_order);
    return t->heap.count == t->due;
}
