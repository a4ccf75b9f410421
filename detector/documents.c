/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/documents.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHA256_DIGITS = 64, PATH_SIZE = 640 };

struct pair {
    struct model *model;
    struct policy *policy;
    struct pair *next;
};

struct documents {
    const char *dir;
    struct pair *pairs; /* the live one is the last */
    const struct pair *live, *in_force;
    bool use_live;
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

/* Keeping. */

static bool write_whole(const char *path, const char *json, size_t size) {
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0) return false;
    bool ok = write(file, json, size) == (ssize_t)size && fsync(file) == 0;
    const int why = errno;
    ok = close(file) == 0 && ok;
    if (!ok && why != 0) errno = why;
    return ok;
}

static bool sync_directory(const char *dir) {
    const int directory = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return false;
    const bool ok = fsync(directory) == 0;
    close(directory);
    return ok;
}

/* Whole or not at all: written beside its name, then renamed. */
static bool keep(const char *dir, const char *sha256, const char *json, size_t size,
                 struct error *error) {
    char path[PATH_SIZE], beside[PATH_SIZE + 8];
    if (dir[0] == '\0') return true;
    snprintf(path, sizeof path, "%s/%s.json", dir, sha256);
    snprintf(beside, sizeof beside, "%s.new", path);
    if (access(path, F_OK) == 0) return true;
    if (write_whole(beside, json, size) && rename(beside, path) == 0 && sync_directory(dir))
        return true;
    error_set(error, ERROR_IO, "state.dir: %s cannot be written: %s", path, strerror(errno));
    unlink(beside);
    return false;
}

static bool keep_pair(const struct documents *d, const struct pair *pair, struct error *error) {
    size_t size = 0;
    const char *json = model_json(pair->model, &size);
    if (!keep(d->dir, model_sha256(pair->model), json, size, error)) return false;
    json = policy_json(pair->policy, &size);
    return keep(d->dir, policy_sha256(pair->policy), json, size, error);
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
    struct pair *live = pair_new(error);
    if (d == NULL || live == NULL) goto fail;
    d->dir = options->state_dir;
    d->pairs = live;
    d->live = d->in_force = live;
    live->model = documents_load_model(options, error);
    if (live->model == NULL) goto fail;
    live->policy = documents_load_policy(options, live->model, error);
    if (live->policy != NULL && keep_pair(d, live, error)) return d;
fail:
    if (d == NULL || d->pairs == NULL) free_pair(live);
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

void documents_use_live(struct documents *d) {
    d->in_force = d->live;
    d->use_live = true;
}

bool documents_are_live(const struct documents *d) {
    return d->use_live;
}

/* Kept documents. */

static bool find_kept(const struct documents *d, struct text sha256, const char *what,
                      char path[PATH_SIZE], struct error *error) {
    snprintf(path, PATH_SIZE, "%s/%.*s.json", d->dir, (int)sha256.size, sha256.data);
    if (d->dir[0] != '\0' && access(path, R_OK) == 0) return true;
    return error_set(error, ERROR_CONFIG,
                     "the order log was made with another %s (%.*s…), which is not kept in "
                     "state.dir=%s; start with that one, put it there as %.*s.json, or take a new "
                     "shard.id",
                     what, 8, sha256.data, d->dir, (int)sha256.size, sha256.data);
}

static bool unchanged(struct text sha256, const char *found, const char *path,
                      struct error *error) {
    return text_equal(sha256, text_of(found)) ||
           error_set(error, ERROR_CONFIG, "%s was changed: its SHA-256 is %s", path, found);
}

static bool load_kept_model(const struct documents *d, struct text sha256, struct pair *pair,
                            struct error *error) {
    char path[PATH_SIZE];
    size_t size = 0;
    const char *live = model_json(d->live->model, &size);
    if (text_equal(sha256, text_of(model_sha256(d->live->model))))
        return (pair->model = model_parse(live, size, "the live model", error)) != NULL;
    return find_kept(d, sha256, "model", path, error) &&
           (pair->model = model_load(path, error)) != NULL &&
           unchanged(sha256, model_sha256(pair->model), path, error);
}

static bool load_kept_policy(const struct documents *d, struct text sha256, struct pair *pair,
                             struct error *error) {
    char path[PATH_SIZE];
    size_t size = 0;
    const char *live = policy_json(d->live->policy, &size);
    if (text_equal(sha256, text_of(policy_sha256(d->live->policy))))
        return (pair->policy = policy_parse(live, size, "the live policy", pair->model, error)) !=
               NULL;
    return find_kept(d, sha256, "policy", path, error) &&
           (pair->policy = policy_load(path, pair->model, error)) != NULL &&
           unchanged(sha256, policy_sha256(pair->policy), path, error);
}

static const struct pair *find_pair(const struct documents *d, struct text model_sha,
                                    struct text policy_sha) {
    for (const struct pair *pair = d->pairs; pair != NULL; pair = pair->next)
        if (text_equal(model_sha, text_of(model_sha256(pair->model))) &&
            text_equal(policy_sha, text_of(policy_sha256(pair->policy))))
            return pair;
    return NULL;
}

static bool is_sha256(struct text text) {
    if (text.size != SHA256_DIGITS) return false;
    for (uint32_t i = 0; i < text.size; i++)
        if (!isxdigit((unsigned char)text.data[i]) || isupper((unsigned char)text.data[i]))
            return false;
    return true;
}

bool documents_use(struct documents *d, struct text model_sha, struct text policy_sha,
                   struct error *error) {
    const struct pair *found = find_pair(d, model_sha, policy_sha);
    if (found == NULL) {
        if (!is_sha256(model_sha) || !is_sha256(policy_sha))
            return error_set(error, ERROR_BAD_DATA, "an order record without document hashes");
        struct pair *pair = pair_new(error);
        if (pair == NULL || !load_kept_model(d, model_sha, pair, error) ||
            !load_kept_policy(d, policy_sha, pair, error)) {
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
