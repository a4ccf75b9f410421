/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/documents.h"

#include "detector/base/digest.h"
#include "detector/kept_documents.h"

#include <stdlib.h>

struct pair {
    struct model *model;
    struct policy *policy;
    struct pair *next;
};

struct documents {
    const char *dir;
    struct pair *pairs; /* that of the files is the last */
    const struct pair *files, *in_force;
    const struct pair *next; /* put into force by documents_change; NULL: none waits */
    bool use_live;
    bool published; /* what is in force since is of the topic */
};

struct model *documents_load_model(const struct options *options, struct error *error) {
    return options->model_path[0] == '\0' ? model_shipped(error)
                                          : model_load(options->model_path, error);
}

struct policy *documents_load_policy(const struct options *options, const struct model *model,
                                     struct error *error) {
    if (options->judged_offline) return policy_load_offline(options->policy_path, model, error);
    return options->policy_path[0] == '\0' ? policy_shipped(model, error)
                                           : policy_load(options->policy_path, model, error);
}

static bool keep_pair(const struct documents *d, const struct pair *pair, struct error *error) {
    return kept_documents_put_model(d->dir, pair->model, error) &&
           kept_documents_put_policy(d->dir, pair->policy, error);
}

/* Pairs. */

static void free_pair(struct pair *pair) {
    if (pair == NULL) return;
    policy_free(pair->policy);
    model_free(pair->model);
    free(pair);
}

static struct pair *pair_new(struct error *error) {
    struct pair *pair = calloc(1, sizeof *pair);
    if (pair == NULL) error_set(error, ERROR_FAILED, "no memory for model and policy");
    return pair;
}

struct documents *documents_open(const struct options *options, struct error *error) {
    struct documents *d = calloc(1, sizeof *d);
    struct pair *files = pair_new(error);
    if (d == NULL || files == NULL) goto fail;
    d->dir = options->state_dir;
    d->pairs = files;
    d->files = d->in_force = files;
    files->model = documents_load_model(options, error);
    if (files->model == NULL) goto fail;
    files->policy = documents_load_policy(options, files->model, error);
    if (files->policy != NULL && keep_pair(d, files, error)) return d;
fail:
    if (d == NULL || d->pairs == NULL) free_pair(files);
    documents_close(d);
    return NULL;
}

void documents_close(struct documents *d) {
    if (d == NULL) return;
    while (d->pairs != NULL) {
        struct pair *next = d->pairs->next;
        free_pair(d->pairs);
        d->pairs = next;
    }
    free(d);
}

const struct model *documents_model(const struct documents *d) {
    return d->in_force->model;
}

const struct policy *documents_policy(const struct documents *d) {
    return d->in_force->policy;
}

void documents_reset(struct documents *d) {
    d->in_force = d->files;
    d->next = NULL;
    d->use_live = d->published = false;
}

void documents_use_live(struct documents *d) {
    if (!d->published) d->in_force = d->files;
    d->use_live = true;
}

bool documents_are_live(const struct documents *d) {
    return d->use_live;
}

bool documents_are_published(const struct documents *d) {
    return d->published;
}

bool documents_are_of_files(const struct documents *d) {
    return d->in_force == d->files;
}

/* Documents by their hashes. */

static struct model *find_model(const struct documents *d, struct text sha256,
                                struct error *error) {
    size_t size = 0;
    const char *files = model_json(d->files->model, &size);
    if (text_equal(sha256, text_of(model_sha256(d->files->model))))
        return model_parse(files, size, "the model of the files", error);
    return kept_documents_model(d->dir, sha256, error);
}

static struct policy *find_policy(const struct documents *d, struct text sha256,
                                  const struct model *model, struct error *error) {
    size_t size = 0;
    const char *files = policy_json(d->files->policy, &size);
    if (text_equal(sha256, text_of(policy_sha256(d->files->policy))))
        return policy_parse(files, size, "the policy of the files", model, error);
    return kept_documents_policy(d->dir, sha256, model, error);
}

static bool load_pair(const struct documents *d, struct text model_sha, struct text policy_sha,
                      struct pair *pair, struct error *error) {
    pair->model = find_model(d, model_sha, error);
    if (pair->model != NULL) pair->policy = find_policy(d, policy_sha, pair->model, error);
    return pair->policy != NULL;
}

static const struct pair *find_pair(const struct documents *d, struct text model_sha,
                                    struct text policy_sha) {
    for (const struct pair *pair = d->pairs; pair != NULL; pair = pair->next)
        if (text_equal(model_sha, text_of(model_sha256(pair->model))) &&
            text_equal(policy_sha, text_of(policy_sha256(pair->policy))))
            return pair;
    return NULL;
}

bool documents_use(struct documents *d, struct text model_sha, struct text policy_sha,
                   struct error *error) {
    const struct pair *found = find_pair(d, model_sha, policy_sha);
    if (found == NULL) {
        if (!digest_is_sha256_hex(model_sha.data, model_sha.size) ||
            !digest_is_sha256_hex(policy_sha.data, policy_sha.size))
            return error_set(error, ERROR_BAD_DATA, "an order record without document hashes");
        struct pair *pair = pair_new(error);
        if (pair == NULL || !load_pair(d, model_sha, policy_sha, pair, error)) {
            free_pair(pair);
            return false;
        }
        pair->next = d->pairs;
        d->pairs = pair;
        found = pair;
    }
    d->in_force = found;
    d->use_live = false;
    return true;
}

/* Documents that are handed in. */

struct texts {
    const char *model, *policy;
    size_t model_size, policy_size;
};

/* The pair of these bytes, that which is there if there is one; NULL on failure. */
static const struct pair *take_pair(struct documents *d, const struct texts *t,
                                    struct error *error) {
    struct pair *pair = pair_new(error);
    if (pair == NULL) return NULL;
    pair->model = model_parse(t->model, t->model_size, "the model", error);
    if (pair->model != NULL)
        pair->policy = policy_parse(t->policy, t->policy_size, "the policy", pair->model, error);
    if (pair->policy == NULL) {
        free_pair(pair);
        return NULL;
    }
    const struct pair *there =
        find_pair(d, text_of(model_sha256(pair->model)), text_of(policy_sha256(pair->policy)));
    if (there != NULL) {
        free_pair(pair);
        return there;
    }
    pair->next = d->pairs;
    d->pairs = pair;
    return pair;
}

/* The topic is compacted: under another key a change would stand beside those it follows. */
static bool check_key(const struct policy_change *change, const struct pair *pair, struct text key,
                      struct error *error) {
    const char *id = change->policy != NULL ? policy_id(pair->policy) : model_id(pair->model);
    return key.data == NULL || text_equal(key, text_of(id)) ||
           error_set(error, ERROR_CONFIG,
                     "the record's key is to be the id of the %s, %s; saqshy policy publish "
                     "writes it so",
                     change->policy != NULL ? "policy" : "model", id);
}

bool documents_propose(struct documents *d, const struct policy_change *change, struct text key,
                       struct error *error) {
    struct texts t = {change->model, change->policy, change->model_size, change->policy_size};
    if (t.model == NULL) t.model = model_json(d->in_force->model, &t.model_size);
    if (t.policy == NULL) t.policy = policy_json(d->in_force->policy, &t.policy_size);
    const struct pair *pair = take_pair(d, &t, error);
    if (pair == NULL || !check_key(change, pair, key, error) || !keep_pair(d, pair, error))
        return false;
    d->next = pair;
    return true;
}

const struct policy *documents_next(const struct documents *d) {
    return d->next == NULL ? NULL : d->next->policy;
}

const struct model *documents_next_model(const struct documents *d) {
    return d->next == NULL ? NULL : d->next->model;
}

void documents_change(struct documents *d) {
    d->in_force = d->next;
    d->next = NULL;
    d->published = true;
}

void documents_tidy(struct documents *d) {
    for (struct pair **place = &d->pairs; *place != NULL;) {
        struct pair *pair = *place;
        if (pair == d->files || pair == d->in_force || pair == d->next) {
            place = &pair->next;
            continue;
        }
        *place = pair->next;
        free_pair(pair);
    }
}

void documents_save(const struct documents *d, struct pack *p) {
    size_t model_size = 0, policy_size = 0;
    const char *model = model_json(d->in_force->model, &model_size);
    const char *policy = policy_json(d->in_force->policy, &policy_size);
    pack_u8(p, d->published);
    pack_text(p, (struct text){model, (uint32_t)model_size});
    pack_text(p, (struct text){policy, (uint32_t)policy_size});
}

bool documents_load(struct documents *d, struct unpack *u, struct error *error) {
    const bool published = unpack_u8(u) != 0;
    const struct text model = unpack_text(u), policy = unpack_text(u);
    if (u->bad || u->at != u->end || model.data == NULL || policy.data == NULL)
        return error_set(error, ERROR_BAD_DATA, "its documents are not what this build writes");
    const struct texts t = {model.data, policy.data, model.size, policy.size};
    const struct pair *pair = take_pair(d, &t, error);
    if (pair == NULL || !keep_pair(d, pair, error)) return false;
    d->in_force = pair;
    d->published = published;
    d->use_live = false;
    return true;
}
