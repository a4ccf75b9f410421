/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

FILE *files_open(const char *path, enum error_code code, struct error *error) {
    struct stat status;
    FILE *file = fopen(path, "r");
    int why = errno;
    if (file != NULL && (fstat(fileno(file), &status) != 0 || S_ISDIR(status.st_mode))) {
        why = EISDIR;
        fclose(file);
        file = NULL;
    }
    if (file == NULL) error_set(error, code, "%s: %s", path, strerror(why));
    return file;
}

static bool is_regular(FILE *file) {
    struct stat status;
    return fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
}

bool files_sha256(const char *path, char out[DIGEST_HEX_SIZE], struct error *error) {
    out[0] = '\0';
    if (path == NULL) return true;
    FILE *file = files_open(path, ERROR_IO, error);
    if (file == NULL) return false;
    const bool ok =
        is_regular(file)
            ? digest_sha256_file(file, out) || error_set(error, ERROR_IO, "%s cannot be read", path)
            : error_set(error, ERROR_USAGE, "%s is no file that can be read twice; save it as one",
                        path);
    fclose(file);
    return ok;
}

static const char *plain(const char *path) {
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return path;
}

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    const bool has_a = stat(a, &x) == 0, has_b = stat(b, &y) == 0;
    if (has_a && has_b) return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    return !has_a && !has_b && strcmp(plain(a), plain(b)) == 0;
}

static bool is_named(const char *path) {
    return path != NULL && strcmp(path, "-") != 0;
}

bool files_distinct(const char *const *names, const char *const *paths, size_t count,
                    struct error *error) {
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            if (is_named(paths[i]) && is_named(paths[k]) && same_file(paths[i], paths[k]))
                return error_set(error, ERROR_USAGE, "%s and %s are the same file, %s", names[i],
                                 names[k], paths[k]);
    return true;
}
