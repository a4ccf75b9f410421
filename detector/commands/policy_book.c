/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/policy_book.h"

#include "detector/base/digest.h"
#include "detector/base/grow.h"
#include "detector/commands/topic_scan.h"

#include <jansson.h>

enum { DIGITS_LEAST = 6 };

struct policy_book *policy_book_open(const struct options *options, struct error *error) {
    struct policy_book *b = calloc(1, sizeof *b);
    assert(b != NULL && "out of memory");
    b->options = *options;
    b->options.state_dir[0] = '\0';
    b->documents = documents_open(&b->options, error);
    if (b->documents != NULL) return b;
    policy_book_close(b);
    return NULL;
}

static void free_entry(struct policy_entry *e) {
    free(e->key);
    free(e->author);
    free(e->approver);
    free(e->reason);
    free(e->policy);
    free(e->model);
    free(e->policy_id);
    free(e->model_id);
    free(e->why);
}

static void free_ack(struct policy_ack *a) {
    free(a->shard);
    free(a->key);
    free(a->why);
    free(a->build);
}

void policy_book_close(struct policy_book *b) {
    if (b == NULL) return;
    for (size_t i = 0; i < b->count; i++)
        free_entry(&b->entries[i]);
    for (size_t i = 0; i < b->ack_count; i++)
        free_ack(&b->acks[i]);
    free(b->entries);
    free(b->acks);
    documents_close(b->documents);
    free(b);
}

static char *kept(const char *text, size_t size) {
    char *copy = strndup(text, size);
    assert(copy != NULL && "out of memory");
    return copy;
}

static char *kept_text(const char *text) {
    return kept(text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

/* Changes. */

bool policy_book_judge(struct policy_book *b, const struct policy_change *change, struct text key,
                       struct error *error) {
    if (b->options.policy_two_persons && !policy_change_by_two(change, error)) return false;
    return documents_propose(b->documents, change, key, error);
}

static void keep_documents(struct policy_entry *e, const struct policy_change *change) {
    if (change->policy != NULL) {
        e->policy = kept(change->policy, change->policy_size);
        e->policy_size = change->policy_size;
        digest_sha256_hex(e->policy, e->policy_size, e->policy_sha256);
    }
    if (change->model == NULL) return;
    e->model = kept(change->model, change->model_size);
    e->model_size = change->model_size;
    digest_sha256_hex(e->model, e->model_size, e->model_sha256);
}

/* Comes into force, and its ids are known. */
static void take_into_force(struct policy_book *b, struct policy_entry *e) {
    free(e->policy_id);
    free(e->model_id);
    e->policy_id = kept_text(e->policy == NULL ? NULL : policy_id(documents_next(b->documents)));
    e->model_id = kept_text(e->model == NULL ? NULL : model_id(documents_next_model(b->documents)));
    documents_change(b->documents);
}

static void take_change(struct policy_book *b, int32_t partition,
                        const struct port_record *record) {
    const char *name = record->key.data == NULL ? "" : (const char *)record->key.data;
    const struct text key = {name, record->key.size};
    struct error error;
    struct policy_change change;
    const bool read = policy_change_read(&change, record->value, &error);
    b->entries = grow(b->entries, b->count, &b->room, sizeof *b->entries);
    struct policy_entry *e = &b->entries[b->count++];
    *e = (struct policy_entry){.key = kept(key.data, key.size),
                               .author = kept_text(change.author),
                               .approver = kept_text(change.approver),
                               .reason = kept_text(change.reason),
                               .policy_id = kept_text(NULL),
                               .model_id = kept_text(NULL),
                               .partition = partition,
                               .offset = record->offset,
                               .timestamp_ms = record->timestamp_ms};
    if (read) keep_documents(e, &change);
    if (read && policy_book_judge(b, &change, key, &error))
        take_into_force(b, e);
    else
        e->why = kept_text(error.text);
    documents_tidy(b->documents);
    policy_change_free(&change);
}

/* Acknowledgements. */

static bool read_ack(const json_t *json, struct policy_ack *a) {
    const char *format, *shard, *result, *why, *build, *model, *policy;
    int partition;
    json_int_t offset;
    if (json_unpack((json_t *)json, "{s:s, s:s, s:s, s:s, s:s, s:{s:i, s:I}, s:{s:{s:s}, s:{s:s}}}",
                    "format", &format, "shard", &shard, "result", &result, "why", &why, "build",
                    &build, "position", "partition", &partition, "offset", &offset, "in_force",
                    "model", "sha256", &model, "policy", "sha256", &policy) != 0 ||
        strcmp(format, POLICY_ACK_FORMAT) != 0 || !digest_is_sha256_hex(model, strlen(model)) ||
        !digest_is_sha256_hex(policy, strlen(policy)))
        return false;
    *a = (struct policy_ack){.shard = kept_text(shard),
                             .why = kept_text(why),
                             .build = kept_text(build),
                             .active = strcmp(result, "ACTIVE") == 0,
                             .partition = partition,
                             .offset = offset};
    snprintf(a->model_sha256, sizeof a->model_sha256, "%s", model);
    snprintf(a->policy_sha256, sizeof a->policy_sha256, "%s", policy);
    return true;
}

static void take_ack(struct policy_book *b, const struct port_record *record) {
    json_t *json = json_loadb((const char *)record->value.data, record->value.size, 0, NULL);
    struct policy_ack ack;
    if (json == NULL || !read_ack(json, &ack)) {
        b->useless++;
    } else {
        ack.key = kept((const char *)record->key.data, record->key.size);
        ack.timestamp_ms = record->timestamp_ms;
        b->acks = grow(b->acks, b->ack_count, &b->ack_room, sizeof *b->acks);
        b->acks[b->ack_count++] = ack;
    }
    json_decref(json);
}

/* Reading. */

static bool take(void *context, int32_t partition, const struct port_record *record,
                 struct error *error) {
    struct policy_book *b = context;
    (void)error;
    if (record->value.data == NULL) return true;
    if (policy_change_is_note(record->key, record->value))
        take_ack(b, record);
    else
        take_change(b, partition, record);
    return true;
}

bool policy_book_read(struct policy_book *b, struct port *port, struct error *error) {
    const struct topic_scan scan = {port, b->options.topic_policy, take, b};
    return topic_scan_all(&scan, error);
}

/* Looking. */

typedef bool means(const char *id, const char *sha256, const char *name);

static bool by_sha256(const char *id, const char *sha256, const char *name) {
    (void)id;
    return strcmp(sha256, name) == 0;
}

static bool by_any(const char *id, const char *sha256, const char *name) {
    const size_t size = strlen(name);
    return sha256[0] != '\0' &&
           (strcmp(id, name) == 0 || (size >= DIGITS_LEAST && strncmp(sha256, name, size) == 0));
}

static const struct policy_entry *newest(const struct policy_book *b, means *is_meant,
                                         const char *name, bool *model) {
    for (size_t i = b->count; i-- > 0;) {
        const struct policy_entry *e = &b->entries[i];
        *model = !is_meant(e->policy_id, e->policy_sha256, name);
        if (!*model || is_meant(e->model_id, e->model_sha256, name)) return e;
    }
    return NULL;
}

const struct policy_entry *policy_book_find(const struct policy_book *b, const char *name,
                                            bool *model) {
    const bool whole = digest_is_sha256_hex(name, strlen(name));
    const struct policy_entry *e = whole ? newest(b, by_sha256, name, model) : NULL;
    return e != NULL ? e : newest(b, by_any, name, model);
}

bool policy_text_is_model(const char *json, size_t size) {
    static const char format[] = "saqshy-model/";
    json_t *document = json_loadb(json, size, 0, NULL);
    const char *said = json_string_value(json_object_get(document, "format"));
    const bool model = said != NULL && strncmp(said, format, sizeof format - 1) == 0;
    json_decref(document);
    return model;
}
