/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/model_compare.h"
#include "detector/commands/policy_compare.h"
#include "detector/commands/policy_verbs.h"
#include "detector/policy_private.h"
#include "models/document.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

struct side {
    char *json;
    size_t size;
    bool model;
};

bool policy_is_file(const char *name) {
    return access(name, F_OK) == 0;
}

static bool take_file(struct side *side, const char *path, struct error *error) {
    side->json = document_read(path, ERROR_IO, &side->size, error);
    if (side->json == NULL) return false;
    side->model = policy_text_is_model(side->json, side->size);
    return true;
}

static bool take_published(struct side *side, const struct policy_book *book, const char *name,
                           struct error *error) {
    assert(book != NULL && "no file was named");
    const struct policy_entry *e = policy_book_find(book, name, &side->model);
    if (e == NULL)
        return error_set(error, ERROR_IO,
                         "%.128s is no file, and no document of this id or SHA-256 is in the "
                         "topic; see saqshy policy history",
                         name);
    side->size = side->model ? e->model_size : e->policy_size;
    side->json = document_copy(side->model ? e->model : e->policy, side->size);
    return true;
}

static bool take(struct side *side, const struct policy_book *book, const char *name,
                 struct error *error) {
    return policy_is_file(name) ? take_file(side, name, error)
                                : take_published(side, book, name, error);
}

/* Of the kind that the other side is of. */
static void take_in_force(struct side *side, const struct policy_book *book, bool model) {
    const char *json = model ? model_json(documents_model(book->documents), &side->size)
                             : policy_json(documents_policy(book->documents), &side->size);
    side->json = document_copy(json, side->size);
    side->model = model;
}

static bool compare_models(const struct side side[2], const struct policy_query *q, FILE *out,
                           bool *differ, struct error *error) {
    struct model *old = model_parse(side[0].json, side[0].size, "the old model", error);
    struct model *new =
        old == NULL ? NULL : model_parse(side[1].json, side[1].size, "the new model", error);
    if (new != NULL) *differ = model_compare(old, new, q->language, q->json, out);
    model_free(old);
    model_free(new);
    return new != NULL;
}

static bool compare_policies(const struct side side[2], const struct policy_query *q, FILE *out,
                             bool *differ, struct error *error) {
    json_t *old =
        document_parse(side[0].json, side[0].size, "the old policy", POLICY_FORMAT, error);
    json_t *new = old == NULL ? NULL
                              : document_parse(side[1].json, side[1].size, "the new policy",
                                               POLICY_FORMAT, error);
    if (new != NULL) *differ = policy_compare(old, new, q->json, out);
    json_decref(old);
    json_decref(new);
    return new != NULL;
}

static bool take_both(struct side side[2], const struct policy_book *book,
                      const struct policy_query *q, struct error *error) {
    if (q->names[1] != NULL)
        return take(&side[0], book, q->names[0], error) && take(&side[1], book, q->names[1], error);
    assert(book != NULL && "one name is compared with what is in force");
    if (!take(&side[1], book, q->names[0], error)) return false;
    take_in_force(&side[0], book, side[1].model);
    return true;
}

bool policy_diff(struct port *port, const struct policy_query *q, FILE *out, bool *differ,
                 struct error *error) {
    struct side side[2] = {{.json = NULL}};
    struct policy_book *book = port == NULL ? NULL : policy_read_topic(port, q, error);
    bool ok = (port == NULL || book != NULL) && take_both(side, book, q, error);
    if (ok && side[0].model != side[1].model)
        ok = error_set(error, ERROR_USAGE, "one of them is a model, the other a policy");
    if (ok)
        ok = side[0].model ? compare_models(side, q, out, differ, error)
                           : compare_policies(side, q, out, differ, error);
    policy_book_close(book);
    free(side[0].json);
    free(side[1].json);
    return ok;
}
