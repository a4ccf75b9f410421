/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/digest.h"
#include "detector/commands/policy_verbs.h"
#include "detector/commands/topic_send.h"
#include "models/document.h"

#include <stdlib.h>

struct publishing {
    struct port *port;
    const struct policy_query *query;
    struct policy_book *book;
    struct policy_change change;
    char *files[2]; /* their bytes */
    FILE *out;
};

/* The files. */

static bool take_file(struct publishing *p, int i, struct error *error) {
    struct policy_change *c = &p->change;
    const char *path = p->query->names[i];
    size_t size = 0;
    if (path == NULL) return true;
    p->files[i] = document_read(path, ERROR_IO, &size, error);
    if (p->files[i] == NULL) return false;
    const bool model = policy_text_is_model(p->files[i], size);
    if ((model ? c->model : c->policy) != NULL)
        return error_set(error, ERROR_USAGE, "both files are %s; one of each makes a change",
                         model ? "models" : "policies");
    *(model ? &c->model : &c->policy) = p->files[i];
    *(model ? &c->model_size : &c->policy_size) = size;
    return true;
}

static bool draft(struct publishing *p, struct error *error) {
    const struct policy_query *q = p->query;
    p->change = (struct policy_change){.author = q->author == NULL ? "" : q->author,
                                       .approver = q->approver == NULL ? "" : q->approver,
                                       .reason = q->reason == NULL ? "" : q->reason};
    return take_file(p, 0, error) && take_file(p, 1, error);
}

/* Judging. */

/* By the id of what is to come, whose key it is; the same bytes may come again. */
static bool check_id(const struct policy_book *b, const char *id, const char *sha256,
                     struct error *error) {
    for (size_t i = 0; i < b->count; i++) {
        const struct policy_entry *e = &b->entries[i];
        const bool other =
            (strcmp(e->policy_id, id) == 0 && strcmp(e->policy_sha256, sha256) != 0) ||
            (strcmp(e->model_id, id) == 0 && strcmp(e->model_sha256, sha256) != 0);
        if (other)
            return error_set(error, ERROR_BAD_DATA,
                             "another document is there by the id %s (offset %lld); give this one "
                             "an id of its own",
                             id, (long long)e->offset);
    }
    if (digest_is_sha256_hex(id, strlen(id)))
        return error_set(error, ERROR_BAD_DATA,
                         "an id must not be a SHA-256, by which another document may be asked for");
    return strncmp(id, POLICY_ACK_PREFIX, sizeof POLICY_ACK_PREFIX - 1) != 0 ||
           error_set(error, ERROR_BAD_DATA, "an id must not begin with %s", POLICY_ACK_PREFIX);
}

static bool check_ids(const struct publishing *p, struct error *error) {
    const struct policy *policy = documents_next(p->book->documents);
    const struct model *model = documents_next_model(p->book->documents);
    return (p->change.policy == NULL ||
            check_id(p->book, policy_id(policy), policy_sha256(policy), error)) &&
           (p->change.model == NULL ||
            check_id(p->book, model_id(model), model_sha256(model), error));
}

/* The key is not known before the document was read. */
static bool judge(struct publishing *p, struct text *key, struct error *error) {
    struct documents *d = p->book->documents;
    *key = (struct text){NULL, 0};
    if (!policy_book_judge(p->book, &p->change, *key, error)) return false;
    *key = text_of(p->change.policy != NULL ? policy_id(documents_next(d))
                                            : model_id(documents_next_model(d)));
    return check_ids(p, error);
}

static bool is_there(const struct documents *d) {
    return documents_are_published(d) &&
           strcmp(policy_sha256(documents_policy(d)), policy_sha256(documents_next(d))) == 0 &&
           strcmp(model_sha256(documents_model(d)), model_sha256(documents_next_model(d))) == 0;
}

/* Sending. */

static bool produce(const struct publishing *p, struct text key, struct error *error) {
    struct topic_send send = {.port = p->port,
                              .overtaken = "another `saqshy policy` has taken over; nothing of "
                                           "this one was published; start it again",
                              .again = "nothing was published; start it again"};
    size_t size = 0;
    char *value = policy_change_write(&p->change, &size, error);
    if (value == NULL) return false;
    const struct port_message message = {
        .topic = p->query->options->topic_policy,
        .timestamp_ms = p->query->timestamp_ms,
        .key = {(const uint8_t *)key.data, key.size},
        .value = {(const uint8_t *)value, (uint32_t)size},
    };
    const bool sent = p->query->dry_run ||
                      (topic_send_begin(&send, error) && topic_send(&send, &message, error) &&
                       topic_send_commit(&send, error));
    topic_send_abandon(&send);
    free(value);
    return sent;
}

static void say(const struct publishing *p, const char *result) {
    const struct documents *d = p->book->documents;
    const char *policy = policy_sha256(documents_next(d)),
               *model = model_sha256(documents_next_model(d));
    if (p->query->json) {
        json_t *row = json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s}}", "result", result, "policy",
                                "id", policy_id(documents_next(d)), "sha256", policy, "model", "id",
                                model_id(documents_next_model(d)), "sha256", model);
        json_dumpf(row, p->out, JSON_COMPACT);
        json_decref(row);
        fputc('\n', p->out);
    } else {
        fprintf(p->out, "%s: policy %.12s, model %.12s\n", result, policy, model);
    }
}

/* *there: what it says is in force already. */
static bool publish(struct publishing *p, bool *there, struct error *error) {
    struct text key;
    if (!p->query->dry_run && !p->port->ops->fence(p->port, error)) return false;
    p->book = policy_read_topic(p->port, p->query, error);
    if (p->book == NULL || !judge(p, &key, error)) return false;
    *there = is_there(p->book->documents);
    return *there || produce(p, key, error);
}

bool policy_publish(struct port *port, const struct policy_query *query, FILE *out,
                    struct error *error) {
    struct publishing p = {.port = port, .query = query, .out = out};
    bool there = false;
    const bool ok = draft(&p, error) && publish(&p, &there, error);
    if (ok)
        say(&p, there ? "already in force" : query->dry_run ? "would be published" : "published");
    policy_book_close(p.book);
    free(p.files[0]);
    free(p.files[1]);
    return ok;
}

bool policy_publish_change(struct port *port, const struct policy_query *query,
                           const struct policy_change *change, struct error *error) {
    struct publishing p = {.port = port, .query = query, .change = *change};
    bool there = false;
    const bool ok = publish(&p, &there, error);
    policy_book_close(p.book);
    return ok;
}
