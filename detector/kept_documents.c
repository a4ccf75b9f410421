/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/kept_documents.h"

#include "detector/base/digest.h"
#include "detector/base/log.h"
#include "detector/base/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_SIZE = 640 };

/* Keeping. */

static bool write_all(int file, const char *json, size_t size) {
    while (size > 0) {
        const ssize_t written = write(file, json, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        json += written;
        size -= (size_t)written;
    }
    return true;
}

static bool write_whole(const char *path, const char *json, size_t size) {
    const int file = regular_file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    if (file < 0) return false;
    bool ok = write_all(file, json, size) && fsync(file) == 0;
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

static bool is_whole(const char *path, const char *sha256) {
    char found[DIGEST_HEX_SIZE];
    const int descriptor = regular_file_open(AT_FDCWD, path, O_RDONLY, 0);
    if (descriptor < 0) return false;
    FILE *file = fdopen(descriptor, "r");
    if (file == NULL) {
        close(descriptor);
        return false;
    }
    const bool same = digest_sha256_file(file, found) && strcmp(found, sha256) == 0;
    fclose(file);
    return same;
}

/* Whole or not at all: written beside its name, then renamed. One that is there and damaged would
 * be missed by the replay that needs it. */
static bool keep(const char *dir, const char *sha256, const char *json, size_t size,
                 struct error *error) {
    char path[PATH_SIZE], beside[PATH_SIZE + 8];
    if (dir[0] == '\0') return true;
    snprintf(path, sizeof path, "%s/%s.json", dir, sha256);
    snprintf(beside, sizeof beside, "%s.new", path);
    if (is_whole(path, sha256)) return true;
    if (access(path, F_OK) == 0)
        log_warn("event=document_damaged path=%s next=\"it is written anew\"", path);
    if (write_whole(beside, json, size) && rename(beside, path) == 0 && sync_directory(dir))
        return true;
    error_set(error, ERROR_IO, "state.dir: %s cannot be written: %s", path, regular_file_why());
    unlink(beside);
    return false;
}

bool kept_documents_put_model(const char *dir, const struct model *model, struct error *error) {
    size_t size = 0;
    const char *json = model_json(model, &size);
    return keep(dir, model_sha256(model), json, size, error);
}

bool kept_documents_put_policy(const char *dir, const struct policy *policy, struct error *error) {
    size_t size = 0;
    const char *json = policy_json(policy, &size);
    return keep(dir, policy_sha256(policy), json, size, error);
}

/* Finding. */

static bool can_be_read(const char *path) {
    const int file = regular_file_open(AT_FDCWD, path, O_RDONLY, 0);
    if (file >= 0) close(file);
    return file >= 0;
}

static bool find(const char *dir, struct text sha256, const char *what, char path[PATH_SIZE],
                 struct error *error) {
    snprintf(path, PATH_SIZE, "%s/%.*s.json", dir, (int)sha256.size, sha256.data);
    errno = 0;
    if (dir[0] != '\0' && can_be_read(path)) return true;
    if (errno == ESPIPE)
        return error_set(error, ERROR_IO, "state.dir: %s: %s", path, regular_file_why());
    return error_set(error, ERROR_CONFIG,
                     "the order log was made with another %s (%.*s…), which is not kept in "
                     "state.dir=%s; start with that one, put it there as %.*s.json, or take a new "
                     "shard.id",
                     what, 8, sha256.data, dir, (int)sha256.size, sha256.data);
}

static bool unchanged(struct text sha256, const char *found, const char *path,
                      struct error *error) {
    return text_equal(sha256, text_of(found)) ||
           error_set(error, ERROR_CONFIG, "%s was changed: its SHA-256 is %s", path, found);
}

struct model *kept_documents_model(const char *dir, struct text sha256, struct error *error) {
    char path[PATH_SIZE];
    if (!find(dir, sha256, "model", path, error)) return NULL;
    struct model *model = model_load(path, error);
    if (model == NULL || unchanged(sha256, model_sha256(model), path, error)) return model;
    model_free(model);
    return NULL;
}

struct policy *kept_documents_policy(const char *dir, struct text sha256, const struct model *model,
                                     struct error *error) {
    char path[PATH_SIZE];
    if (!find(dir, sha256, "policy", path, error)) return NULL;
    struct policy *policy = policy_load(path, model, error);
    if (policy == NULL || unchanged(sha256, policy_sha256(policy), path, error)) return policy;
    policy_free(policy);
    return NULL;
}
