/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/json_text.h"
#include "detector/commands/policy_verbs.h"
#include "detector/commands/record_json.h"

enum { MILLIS = 1000 };

static void put_named(const char *what, const char *id, const char *sha256, FILE *out) {
    if (sha256[0] == '\0') return;
    fprintf(out, "  %s ", what);
    printable_put(id[0] == '\0' ? "?" : id, out);
    fprintf(out, " %.12s", sha256);
}

static void put_words(const char *what, const char *words, FILE *out) {
    if (words[0] == '\0') return;
    fprintf(out, "  %s ", what);
    printable_put(words, out);
}

static bool is_of(const struct policy_ack *a, const struct policy_entry *e) {
    return a->partition == e->partition && a->offset == e->offset;
}

static void print_entry(const struct policy_book *b, const struct policy_entry *e, FILE *out) {
    char time[TIME_JSON_SIZE];
    fprintf(out, "%d/%lld %s", (int)e->partition, (long long)e->offset,
            time_json(e->timestamp_ms * MILLIS, time));
    put_named("policy", e->policy_id, e->policy_sha256, out);
    put_named("model", e->model_id, e->model_sha256, out);
    put_words("by", e->author, out);
    put_words("approved by", e->approver, out);
    put_words("because", e->reason, out);
    fputc('\n', out);
    for (size_t i = 0; i < b->ack_count; i++) {
        const struct policy_ack *a = &b->acks[i];
        if (!is_of(a, e)) continue;
        fprintf(out, "    %s ", a->active ? "ACTIVE in" : "REFUSED by");
        printable_put(a->shard, out);
        fprintf(out, " %s", time_json(a->timestamp_ms * MILLIS, time));
        put_words("", a->why, out);
        fputc('\n', out);
    }
    if (e->why != NULL) put_words("  this build refuses it:", e->why, out);
    if (e->why != NULL) fputc('\n', out);
}

static json_t *document_json(const char *id, const char *sha256) {
    return sha256[0] == '\0' ? json_null() : json_pack("{s:s, s:s}", "id", id, "sha256", sha256);
}

static json_t *acks_json(const struct policy_book *b, const struct policy_entry *e) {
    json_t *acks = json_array();
    for (size_t i = 0; i < b->ack_count; i++) {
        const struct policy_ack *a = &b->acks[i];
        char time[TIME_JSON_SIZE];
        if (!is_of(a, e)) continue;
        json_array_append_new(acks, json_pack("{s:s, s:s, s:s, s:s}", "shard", a->shard, "result",
                                              a->active ? "ACTIVE" : "REFUSED", "why", a->why, "at",
                                              time_json(a->timestamp_ms * MILLIS, time)));
    }
    return acks;
}

static void print_json(const struct policy_book *b, const struct policy_entry *e, FILE *out) {
    char time[TIME_JSON_SIZE];
    json_t *row =
        json_pack("{s:i, s:I, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o}", "partition",
                  (int)e->partition, "offset", (json_int_t)e->offset, "at",
                  time_json(e->timestamp_ms * MILLIS, time), "key", json_text(e->key), "author",
                  e->author, "approver", e->approver, "reason", e->reason, "policy",
                  document_json(e->policy_id, e->policy_sha256), "model",
                  document_json(e->model_id, e->model_sha256), "usable", e->why == NULL, "why",
                  json_text(e->why == NULL ? "" : e->why), "shards", acks_json(b, e));
    json_dumpf(row, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(row);
}

bool policy_history(struct port *port, const struct policy_query *q, FILE *out,
                    struct error *error) {
    struct policy_book *book = policy_read_topic(port, q, error);
    if (book == NULL) return false;
    for (size_t i = 0; i < book->count; i++)
        (q->json ? print_json : print_entry)(book, &book->entries[i], out);
    if (!q->json && !q->quiet) fprintf(stderr, "%zu changes\n", book->count);
    policy_book_close(book);
    return true;
}
