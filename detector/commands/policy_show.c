/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/policy_verbs.h"
#include "detector/commands/record_json.h"

#include <string.h>

enum { MILLIS = 1000 };

struct policy_book *policy_read_topic(struct port *port, const struct policy_query *query,
                                      struct error *error) {
    struct policy_book *book = policy_book_open(query->options, error);
    if (book == NULL || policy_book_read(book, port, error)) return book;
    policy_book_close(book);
    return NULL;
}

/* One document. */

static bool show_document(const struct policy_book *b, const struct policy_query *q, FILE *out,
                          struct error *error) {
    bool model = false;
    const struct policy_entry *e = policy_book_find(b, q->names[0], &model);
    if (e == NULL)
        return error_set(error, ERROR_FAILED,
                         "no document of the id or SHA-256 %.128s is in the topic; see saqshy "
                         "policy history",
                         q->names[0]);
    const size_t size = model ? e->model_size : e->policy_size;
    return fwrite(model ? e->model : e->policy, 1, size, out) == size ||
           error_set(error, ERROR_IO, "the document cannot be written");
}

/* What is in force. */

/* Acknowledgements come in the order in which a shard gave them: the last of each is what it has in
 * force, for one that is refused says so, too. */
static bool is_last_of_shard(const struct policy_book *b, size_t index) {
    for (size_t i = index + 1; i < b->ack_count; i++)
        if (strcmp(b->acks[i].shard, b->acks[index].shard) == 0) return false;
    return true;
}

static bool has_it(const struct policy_book *b, const struct policy_ack *a) {
    return strcmp(a->policy_sha256, policy_sha256(documents_policy(b->documents))) == 0 &&
           strcmp(a->model_sha256, model_sha256(documents_model(b->documents))) == 0;
}

static json_t *shard_json(const struct policy_book *b, const struct policy_ack *a) {
    char time[TIME_JSON_SIZE];
    return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "shard", a->shard, "as_the_topic_says",
                     (int)has_it(b, a), "policy_sha256", a->policy_sha256, "model_sha256",
                     a->model_sha256, "acknowledged_at", time_json(a->timestamp_ms * MILLIS, time),
                     "build", a->build);
}

static void show_json(const struct policy_book *b, FILE *out) {
    const struct documents *d = b->documents;
    json_t *shards = json_array();
    for (size_t i = 0; i < b->ack_count; i++)
        if (is_last_of_shard(b, i)) json_array_append_new(shards, shard_json(b, &b->acks[i]));
    json_t *row = json_pack(
        "{s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:o}", "by",
        documents_are_published(d) ? "topic" : "files", "policy", "id",
        policy_id(documents_policy(d)), "sha256", policy_sha256(documents_policy(d)), "model", "id",
        model_id(documents_model(d)), "sha256", model_sha256(documents_model(d)), "shards", shards);
    json_dumpf(row, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(row);
}

static void put_document(const char *what, const char *id, const char *sha256, FILE *out) {
    fprintf(out, "%-7s", what);
    printable_put(id, out);
    fprintf(out, "  sha256 %s\n", sha256);
}

static void show_text(const struct policy_book *b, FILE *out) {
    const struct documents *d = b->documents;
    char time[TIME_JSON_SIZE];
    if (!documents_are_published(d))
        fputs("The topic has put nothing into force; these are the files of this command's "
              "configuration.\n",
              out);
    put_document("policy", policy_id(documents_policy(d)), policy_sha256(documents_policy(d)), out);
    put_document("model", model_id(documents_model(d)), model_sha256(documents_model(d)), out);
    for (size_t i = 0; i < b->ack_count; i++) {
        const struct policy_ack *a = &b->acks[i];
        if (!is_last_of_shard(b, i)) continue;
        fputs("shard  ", out);
        printable_put(a->shard, out);
        fprintf(out, "  %s, policy %.12s, model %.12s, said %s\n",
                has_it(b, a) ? "has them in force" : "has others in force", a->policy_sha256,
                a->model_sha256, time_json(a->timestamp_ms * MILLIS, time));
    }
}

bool policy_show(struct port *port, const struct policy_query *q, FILE *out, struct error *error) {
    struct policy_book *book = policy_read_topic(port, q, error);
    bool ok = book != NULL;
    if (ok && q->names[0] != NULL)
        ok = show_document(book, q, out, error);
    else if (ok)
        (q->json ? show_json : show_text)(book, out);
    policy_book_close(book);
    return ok;
}
