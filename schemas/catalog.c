/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/catalog.h"

#include "detector/base/steady.h"
#include "schemas/schema_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SCHEMAS_MAX = 4096, ASK_AGAIN_MS = 1000 };

/* One id: a plan, or why it is refused. */
struct entry {
    int32_t id;
    struct plan *plan;
    char *why;
};

struct catalog {
    enum contract contract;
    char *dir; /* NULL: none */
    struct entry *entries;
    size_t count;
    int32_t asked_id; /* the unknown id that was looked for last, and when */
    int64_t asked_ms;
};

extern const unsigned char embedded_TransactionEvent[], embedded_FreezeRecommendation[],
    embedded_OrderRecord[], embedded_FraudSignal[], embedded_ShadowScore[];
extern const size_t embedded_TransactionEvent_size, embedded_FreezeRecommendation_size,
    embedded_OrderRecord_size, embedded_FraudSignal_size, embedded_ShadowScore_size;

const char *schema_shipped(int32_t schema_id, size_t *size) {
    switch (schema_id) {
    case SCHEMA_ID_TRANSACTION:
        *size = embedded_TransactionEvent_size;
        return (const char *)embedded_TransactionEvent;
    case SCHEMA_ID_RECOMMENDATION:
        *size = embedded_FreezeRecommendation_size;
        return (const char *)embedded_FreezeRecommendation;
    case SCHEMA_ID_ORDER:
        *size = embedded_OrderRecord_size;
        return (const char *)embedded_OrderRecord;
    case SCHEMA_ID_SIGNAL:
        *size = embedded_FraudSignal_size;
        return (const char *)embedded_FraudSignal;
    case SCHEMA_ID_SHADOW:
        *size = embedded_ShadowScore_size;
        return (const char *)embedded_ShadowScore;
    default:
        *size = 0;
        return NULL;
    }
}

static struct entry *find(const struct catalog *c, int32_t id) {
    for (size_t i = 0; i < c->count; i++)
        if (c->entries[i].id == id) return &c->entries[i];
    return NULL;
}

static struct entry compiled(enum contract contract, int32_t id, const char *json, size_t size) {
    struct error error = {.code = ERROR_NONE};
    struct entry entry = {.id = id, .plan = plan_compile_for(contract, json, size, &error)};
    if (entry.plan == NULL) entry.why = strdup(error.text);
    return entry;
}

static struct entry *add(struct catalog *c, int32_t id, const char *json, size_t size) {
    if (c->count == SCHEMAS_MAX) return NULL;
    struct entry *entries = realloc(c->entries, (c->count + 1) * sizeof *entries);
    if (entries == NULL) return NULL;
    c->entries = entries;
    struct entry *entry = &c->entries[c->count++];
    *entry = compiled(c->contract, id, json, size);
    return entry;
}

static struct entry *look_for(struct catalog *c, int32_t id) {
    size_t size = 0;
    char *text = c->dir == NULL ? NULL : schema_dir_read(c->dir, id, &size);
    const char *json = text;
    if (text == NULL) json = schema_shipped(id, &size);
    struct entry *entry = json == NULL ? NULL : add(c, id, json, size);
    free(text);
    return entry;
}

struct catalog *catalog_open_for(enum contract contract, const char *dir, struct error *error) {
    const int32_t id = contract == CONTRACT_SIGNAL ? SCHEMA_ID_SIGNAL : SCHEMA_ID_TRANSACTION;
    struct stat status;
    const bool with_dir = dir != NULL && dir[0] != '\0';
    const bool absent = with_dir && stat(dir, &status) != 0;
    if (absent || (with_dir && !S_ISDIR(status.st_mode))) {
        error_set(error, ERROR_CONFIG, "schema.dir=%s: %s", dir,
                  strerror(absent ? errno : ENOTDIR));
        return NULL;
    }
    struct catalog *c = calloc(1, sizeof *c);
    if (c != NULL && with_dir) c->dir = strdup(dir);
    if (c != NULL) c->contract = contract;
    const struct entry *shipped = c == NULL ? NULL : look_for(c, id);
    if (shipped != NULL && shipped->plan != NULL) return c;
    error_set(error, ERROR_CONFIG, "schema %d: %s", (int)id,
              shipped != NULL && shipped->why != NULL ? shipped->why : "no memory");
    catalog_close(c);
    return NULL;
}

struct catalog *catalog_open(const char *dir, struct error *error) {
    return catalog_open_for(CONTRACT_TRANSACTION, dir, error);
}

void catalog_close(struct catalog *c) {
    if (c == NULL) return;
    for (size_t i = 0; i < c->count; i++) {
        plan_free(c->entries[i].plan);
        free(c->entries[i].why);
    }
    free(c->entries);
    free(c->dir);
    free(c);
}

static bool asked_just_now(struct catalog *c, int32_t id) {
    const int64_t now_ms = steady_ms();
    if (c->asked_id == id && now_ms - c->asked_ms < ASK_AGAIN_MS) return true;
    c->asked_id = id;
    c->asked_ms = now_ms;
    return false;
}

/* The file of a refused id may have been half a copy; what is mended counts from now on. */
static void compile_again(struct catalog *c, struct entry *entry) {
    size_t size = 0;
    char *text = c->dir == NULL ? NULL : schema_dir_read(c->dir, entry->id, &size);
    if (text == NULL) return;
    free(entry->why);
    *entry = compiled(c->contract, entry->id, text, size);
    free(text);
}

enum catalog_answer catalog_plan(struct catalog *c, int32_t schema_id, const struct plan **plan,
                                 const char **why) {
    struct entry *entry = find(c, schema_id);
    const bool usable = entry != NULL && entry->plan != NULL;
    if (!usable && !asked_just_now(c, schema_id)) {
        if (entry == NULL)
            entry = look_for(c, schema_id);
        else
            compile_again(c, entry);
    }
    if (entry == NULL) return CATALOG_UNKNOWN;
    *plan = entry->plan;
    *why = entry->why;
    return entry->plan != NULL ? CATALOG_FOUND : CATALOG_REFUSED;
}
