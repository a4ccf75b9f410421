/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/out_file.h"

#include "detector/service/stop_signal.h"
#include "schemas/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAP_US = 20000, NAPS_A_SECOND = 1000000 / NAP_US };

static bool cannot(const struct out_file *out, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s", out->path, strerror(errno));
}

static bool lacks_reader(const char *path) {
    struct stat status;
    return errno == ENXIO && stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* Not by a call that blocks: no signal would end it. */
static int open_there(const char *path, int how) {
    int descriptor;
    for (int naps = 1; (descriptor = open(path, how | O_NONBLOCK, 0666)) < 0 && lacks_reader(path);
         naps++) {
        if (stop_signal_seen() != 0) return -1;
        if (naps == NAPS_A_SECOND)
            fprintf(stderr, "%s: waiting for somebody to read this pipe\n", path);
        usleep(NAP_US);
    }
    if (descriptor >= 0) fcntl(descriptor, F_SETFL, O_APPEND);
    return descriptor;
}

static bool is_standard(const struct out_file *out) {
    return out->may_be_standard && strcmp(out->path, "-") == 0;
}

bool out_file_open(struct out_file *out, struct error *error) {
    const int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    if (out->path == NULL) return true;
    if (is_standard(out)) {
        out->file = stdout;
        return true;
    }
    int descriptor = open(out->path, how | O_EXCL, 0666);
    out->made = descriptor >= 0;
    if (descriptor < 0) descriptor = open_there(out->path, how);
    if (descriptor < 0 && stop_signal_seen() != 0)
        return error_set(error, ERROR_INTERRUPTED, "stopped while nobody read %s", out->path);
    if (descriptor < 0) return cannot(out, error);
    out->file = fdopen(descriptor, "a");
    if (out->file != NULL) return true;
    close(descriptor);
    return error_set(error, ERROR_FAILED, "no memory to write %s", out->path);
}

static bool empty(struct out_file *out, struct error *error) {
    if (out->file != stdout && ftruncate(fileno(out->file), 0) != 0 &&
        errno != EINVAL) /* a pipe has no length */
        return cannot(out, error);
    out->made = false;
    return true;
}

bool out_file_begin(struct out_file *out, const char *head, struct error *error) {
    if (out->file == NULL) return true;
    if (!empty(out, error)) return false;
    fprintf(out->file, "%s\n", head);
    return true;
}

FILE *out_file_take(struct out_file *out, struct error *error) {
    if (!empty(out, error)) return NULL;
    FILE *file = out->file;
    out->file = NULL;
    return file;
}

struct ocf_writer *out_file_container(struct out_file *out, int32_t schema_id,
                                      struct error *error) {
    size_t size = 0;
    const char *schema = schema_shipped(schema_id, &size);
    FILE *file = out_file_take(out, error);
    return file == NULL ? NULL : ocf_begin(file, out->path, schema, size, error);
}

bool out_file_finish(struct out_file *out, struct error *error) {
    FILE *file = out->file;
    out->file = NULL;
    if (file == NULL) return true;
    const bool written = ferror(file) == 0;
    return (fclose(file) == 0 && written) || cannot(out, error);
}

void out_file_close(struct out_file *out) {
    if (out->file != NULL && out->file != stdout) fclose(out->file);
    if (out->made) unlink(out->path);
    out->file = NULL;
    out->made = false;
}
