/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/freeze_book.h"

#include "detector/base/grow.h"
#include "detector/base/lookup.h"
#include "schemas/avro_text.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define NAME(name) #name,
const char *const freeze_action_symbols[ACTION_COUNT] = {ACTION_TABLE(NAME)};
const char *const freeze_priority_symbols[PRIORITY_URGENT + 1] = {PRIORITY_TABLE(NAME)};
const char *const freeze_state_symbols[RECOMMENDATION_EXPIRED + 1] = {
    RECOMMENDATION_STATE_TABLE(NAME)};
const char *const freeze_standing_symbols[FREEZE_WITHDRAWN + 1] = {FREEZE_STANDING_TABLE(NAME)};
#undef NAME

struct freeze_book {
    int64_t until_us;
    struct avro_text *text;
    struct freeze *items;
    size_t count, room;
    struct lookup lookup;
    uint64_t useless;
};

struct freeze_book *freeze_book_open(int64_t until_us, struct error *error) {
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    struct freeze_book *b = calloc(1, sizeof *b);
    assert(b != NULL && "out of memory");
    b->until_us = until_us;
    b->text = avro_text_open(schema, size, error);
    if (b->text != NULL) return b;
    freeze_book_close(b);
    return NULL;
}

void freeze_book_close(struct freeze_book *b) {
    if (b == NULL) return;
    for (size_t i = 0; i < b->count; i++) {
        free(b->items[i].account);
        free(b->items[i].bic);
        free(b->items[i].payee_id);
    }
    free(b->items);
    lookup_clear(&b->lookup);
    avro_text_close(b->text);
    free(b);
}

/* One record. */

/* Digits alone; what does not fit is INT64_MAX by strtoll. */
static bool read_revision(const char *text, int32_t *revision) {
    const long long number = strtoll(text, NULL, 10);
    if (text[strspn(text, "0123456789")] != '\0' || number < 1 || number > INT32_MAX) return false;
    *revision = (int32_t)number;
    return true;
}

bool freeze_id_read(const char *text, char id[RECOMMENDATION_ID_SIZE + 1], int32_t *revision) {
    const char *rest = text + RECOMMENDATION_ID_SIZE;
    *revision = 0;
    if (strspn(text, "0123456789abcdef") != RECOMMENDATION_ID_SIZE ||
        (*rest != '\0' && (*rest != '.' || !read_revision(rest + 1, revision))))
        return false;
    memcpy(id, text, RECOMMENDATION_ID_SIZE);
    id[RECOMMENDATION_ID_SIZE] = '\0';
    return true;
}

bool freeze_body(struct bytes value, struct bytes *body, const char **why) {
    int32_t schema_id = 0;
    *why = "it has no value";
    if (value.data == NULL) return false;
    *why = "it has no frame";
    if (!frame_parse(value, &schema_id, body, why)) return false;
    *why = "its frame names another schema";
    return schema_id == SCHEMA_ID_RECOMMENDATION;
}

struct taken {
    struct freeze freeze; /* owns nothing */
    struct text id, account, bic, payee_id;
};

static void take_number(struct freeze *f, const char *path, int64_t number) {
    static const struct {
        const char *path;
        size_t at;
    } longs[] = {
        {"at_risk_kzt_minor", offsetof(struct freeze, at_risk_tiyn)},
        {"hold_amount_kzt_minor", offsetof(struct freeze, hold_tiyn)},
        {"issued_at", offsetof(struct freeze, issued_us)},
        {"decide_by", offsetof(struct freeze, decide_by_us)},
        {"valid_until", offsetof(struct freeze, valid_until_us)},
    };
    for (size_t i = 0; i < sizeof longs / sizeof longs[0]; i++)
        if (strcmp(path, longs[i].path) == 0)
            memcpy((char *)f + longs[i].at, &number, sizeof number);
    if (strcmp(path, "hold_amount_kzt_minor") == 0) f->hold_present = true;
    if (strcmp(path, "revision") == 0) f->revision = (int32_t)number;
}

static void take_symbol(struct freeze *f, const char *path, int64_t symbol) {
    if (strcmp(path, "state") == 0) f->state = (enum recommendation_state)symbol;
    if (strcmp(path, "mode") == 0) f->mode = (enum mode)symbol;
    if (strcmp(path, "action") == 0) f->action = (enum action)symbol;
    if (strcmp(path, "priority") == 0) f->priority = (enum priority)symbol;
}

static void take_text(struct taken *t, const char *path, struct text text) {
    if (strcmp(path, "recommendation_id") == 0) t->id = text;
    if (strcmp(path, "target_account_token") == 0) t->account = text;
    if (strcmp(path, "addressee_bic") == 0) t->bic = text;
    if (strcmp(path, "payee_recommendation_id") == 0) t->payee_id = text;
}

static void take_leaf(void *context, const struct avro_leaf *leaf) {
    struct taken *t = context;
    if (strpbrk(leaf->path, ".[") != NULL) return;
    if (leaf->kind == AVRO_LEAF_NUMBER || leaf->kind == AVRO_LEAF_TIME)
        take_number(&t->freeze, leaf->path, leaf->number);
    else if (leaf->kind == AVRO_LEAF_SYMBOL)
        take_symbol(&t->freeze, leaf->path, leaf->number);
    else if (leaf->kind == AVRO_LEAF_TEXT)
        take_text(t, leaf->path, leaf->text);
    else if (leaf->kind == AVRO_LEAF_REAL && strcmp(leaf->path, "score") == 0)
        t->freeze.score = leaf->real;
    else if (leaf->kind == AVRO_LEAF_REAL && strcmp(leaf->path, "probability") == 0)
        t->freeze.probability = leaf->real;
}

static bool read_record(struct freeze_book *b, struct bytes value, struct taken *taken) {
    struct bytes body;
    const char *why = "";
    *taken = (struct taken){.bic = {NULL, 0}};
    if (!freeze_body(value, &body, &why) ||
        !avro_text_read(b->text, body, take_leaf, taken, &why) ||
        taken->id.size != RECOMMENDATION_ID_SIZE ||
        memchr(taken->id.data, '\0', taken->id.size) != NULL)
        return false;
    memcpy(taken->freeze.id, taken->id.data, taken->id.size);
    return true;
}

/* The book. */

static bool is_id(const void *items, uint32_t number, const void *wanted) {
    return strcmp(((const struct freeze *)items)[number].id, wanted) == 0;
}

static struct freeze *find_or_add(struct freeze_book *b, const char *id) {
    const uint64_t hash = XXH3_64bits(id, RECOMMENDATION_ID_SIZE);
    const uint32_t known = lookup_find(&b->lookup, hash, is_id, b->items, id);
    if (known != LOOKUP_NONE) return &b->items[known];
    b->items = grow(b->items, b->count, &b->room, sizeof *b->items);
    lookup_add(&b->lookup, hash, (uint32_t)b->count);
    struct freeze *freeze = &b->items[b->count++];
    *freeze = (struct freeze){.issued_us = INT64_MAX, .revision = INT32_MIN};
    memcpy(freeze->id, id, sizeof freeze->id);
    return freeze;
}

static char *copy_of(struct text text) {
    if (text.data == NULL) return NULL;
    char *copy = strndup(text.data, text.size);
    assert(copy != NULL && "out of memory");
    return copy;
}

/* In place of an earlier revision, but for when the first was issued. */
static void keep(struct freeze *freeze, const struct taken *taken) {
    const int64_t issued_us = freeze->issued_us;
    free(freeze->account);
    free(freeze->bic);
    free(freeze->payee_id);
    *freeze = taken->freeze;
    freeze->account = copy_of(taken->account);
    freeze->bic = copy_of(taken->bic);
    freeze->payee_id = copy_of(taken->payee_id);
    freeze->issued_us = issued_us;
}

void freeze_book_take(struct freeze_book *b, int32_t partition, int64_t offset,
                      struct bytes value) {
    struct taken taken;
    if (!read_record(b, value, &taken)) {
        b->useless++;
        return;
    }
    if (taken.freeze.issued_us > b->until_us) return;
    struct freeze *freeze = find_or_add(b, taken.freeze.id);
    if (taken.freeze.issued_us < freeze->issued_us) freeze->issued_us = taken.freeze.issued_us;
    if (taken.freeze.revision <= freeze->revision) return;
    taken.freeze.partition = partition;
    taken.freeze.offset = offset;
    keep(freeze, &taken);
}

static int by_priority(const void *a, const void *b) {
    const struct freeze *x = a, *y = b;
    if (x->priority != y->priority) return x->priority > y->priority ? -1 : 1;
    if (x->decide_by_us != y->decide_by_us) return x->decide_by_us < y->decide_by_us ? -1 : 1;
    if (x->at_risk_tiyn != y->at_risk_tiyn) return x->at_risk_tiyn > y->at_risk_tiyn ? -1 : 1;
    return strcmp(x->id, y->id);
}

void freeze_book_sort(struct freeze_book *b) {
    if (b->count > 1) qsort(b->items, b->count, sizeof *b->items, by_priority);
    lookup_clear(&b->lookup);
}

size_t freeze_book_count(const struct freeze_book *b) {
    return b->count;
}

const struct freeze *freeze_book_at(const struct freeze_book *b, size_t index) {
    return &b->items[index];
}

uint64_t freeze_book_useless(const struct freeze_book *b) {
    return b->useless;
}

enum freeze_standing freeze_standing(const struct freeze *f, int64_t now_us) {
    if (f->state == RECOMMENDATION_WITHDRAWN) return FREEZE_WITHDRAWN;
    if (f->state == RECOMMENDATION_EXPIRED) return FREEZE_EXPIRED;
    return f->valid_until_us > now_us ? FREEZE_OPEN : FREEZE_LAPSED;
}
