/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/ocf.h"

#include "detector/base/digest.h"
#include "detector/base/regular_file.h"
#include "schemas/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Source: Avro 1.11 specification, "Object Container Files". */
enum { SYNC_SIZE = 16, BLOCK_BYTES = 1 << 16 };
static const uint8_t magic[4] = {'O', 'b', 'j', 1};

/* Writing. */

struct ocf_writer {
    FILE *file;
    const char *path;
    uint8_t sync[SYNC_SIZE];
    uint8_t *block;
    size_t used, room;
    int64_t records;
};

static void write_long(FILE *file, int64_t value) {
    uint8_t bytes[10];
    fwrite(bytes, 1, wire_put_long(bytes, value), file);
}

static void write_bytes(FILE *file, const void *data, size_t size) {
    write_long(file, (int64_t)size);
    fwrite(data, 1, size, file);
}

static bool fail_io(const char *path, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
}

static void close_file(FILE *file) {
    if (file != stdout) fclose(file);
}

struct ocf_writer *ocf_begin(FILE *file, const char *name, const char *schema_json, size_t size,
                             struct error *error) {
    struct ocf_writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        error_set(error, ERROR_FAILED, "no memory to write %s", name);
        close_file(file);
        return NULL;
    }
    w->path = name;
    w->file = file;
    uint8_t digest[DIGEST_SIZE];
    digest_sha256(schema_json, size, digest);
    memcpy(w->sync, digest, SYNC_SIZE);
    fwrite(magic, 1, sizeof magic, w->file);
    write_long(w->file, 2);
    write_bytes(w->file, "avro.codec", 10);
    write_bytes(w->file, "null", 4);
    write_bytes(w->file, "avro.schema", 11);
    write_bytes(w->file, schema_json, size);
    write_long(w->file, 0);
    fwrite(w->sync, 1, SYNC_SIZE, w->file);
    return w;
}

struct ocf_writer *ocf_create(const char *path, const char *schema_json, size_t size,
                              struct error *error) {
    FILE *file = fopen(path, "w");
    if (file == NULL) fail_io(path, error);
    return file == NULL ? NULL : ocf_begin(file, path, schema_json, size, error);
}

static bool flush_block(struct ocf_writer *w, struct error *error) {
    if (w->records > 0) {
        write_long(w->file, w->records);
        write_bytes(w->file, w->block, w->used);
        fwrite(w->sync, 1, SYNC_SIZE, w->file);
        w->records = 0;
        w->used = 0;
    }
    return ferror(w->file) == 0 || fail_io(w->path, error);
}

bool ocf_append(struct ocf_writer *w, struct bytes record, struct error *error) {
    if (w->used + record.size > w->room) {
        w->room = w->used + record.size + BLOCK_BYTES;
        uint8_t *block = realloc(w->block, w->room);
        if (block == NULL) return error_set(error, ERROR_FAILED, "no memory for a block");
        w->block = block;
    }
    if (record.size > 0) memcpy(w->block + w->used, record.data, record.size);
    w->used += record.size;
    w->records++;
    return w->used < BLOCK_BYTES || flush_block(w, error);
}

bool ocf_finish(struct ocf_writer *w, struct error *error) {
    if (w == NULL) return true;
    bool ok = flush_block(w, error);
    if (fflush(w->file) != 0 && ok) ok = fail_io(w->path, error);
    if (w->file != stdout && fclose(w->file) != 0 && ok) ok = fail_io(w->path, error);
    free(w->block);
    free(w);
    return ok;
}

/* Reading: the file is mapped, and every step is bounded by what is left of it. */

struct ocf_reader {
    char *path;
    uint8_t *map;
    size_t size;
    struct wire file; /* what is left of the file */
    struct bytes schema, sync, rest;
    int64_t records; /* left in the block */
};

static bool fail_at(const struct ocf_reader *r, const char *what, struct error *error) {
    return error_set(error, ERROR_BAD_DATA, "%s: %s at byte %lld", r->path, what,
                     (long long)ocf_position(r));
}

static bool fail_open(const char *path, struct error *error) {
    return error_set(error, ERROR_IO, "%s: %s%s", path, regular_file_why(),
                     errno == ESPIPE ? "; save it to one first" : "");
}

static bool map_file(struct ocf_reader *r, struct error *error) {
    struct stat status;
    const int file = regular_file_open(AT_FDCWD, r->path, O_RDONLY, 0);
    if (file < 0) return fail_open(r->path, error);
    if (fstat(file, &status) != 0) {
        close(file);
        return fail_io(r->path, error);
    }
    r->size = (size_t)status.st_size;
    r->map = r->size == 0 ? NULL : mmap(NULL, r->size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (r->map == MAP_FAILED) {
        r->map = NULL;
        return fail_io(r->path, error);
    }
    if (r->size == 0) return error_set(error, ERROR_BAD_DATA, "%s is empty", r->path);
    r->file = (struct wire){r->map, r->map + r->size};
    return true;
}

static bool take_entry(struct ocf_reader *r, struct error *error) {
    struct text key;
    struct bytes value;
    if (!wire_text(&r->file, &key) || !wire_bytes(&r->file, &value))
        return fail_at(r, "a broken header", error);
    if (text_equal(key, text_of("avro.schema"))) r->schema = value;
    const struct text codec = {(const char *)value.data, value.size};
    if (text_equal(key, text_of("avro.codec")) && !text_equal(codec, text_of("null")))
        return error_set(error, ERROR_BAD_DATA, "%s: codec %.*s; only null is read here", r->path,
                         (int)(codec.size < 32 ? codec.size : 32), codec.data);
    return true;
}

static bool read_header(struct ocf_reader *r, struct error *error) {
    struct bytes start;
    if (!wire_fixed(&r->file, sizeof magic, &start) || memcmp(start.data, magic, sizeof magic) != 0)
        return error_set(error, ERROR_BAD_DATA, "%s is no Avro container file", r->path);
    for (;;) {
        int64_t count, block_bytes;
        if (!wire_long(&r->file, &count)) return fail_at(r, "a broken header", error);
        if (count == 0) break;
        if (count < 0 && !wire_long(&r->file, &block_bytes))
            return fail_at(r, "a broken header", error);
        for (; count != 0; count += count < 0 ? 1 : -1)
            if (!take_entry(r, error)) return false;
    }
    if (r->schema.data == NULL) return fail_at(r, "no schema in the header", error);
    return wire_fixed(&r->file, SYNC_SIZE, &r->sync) || fail_at(r, "a cut header", error);
}

struct ocf_reader *ocf_open(const char *path, struct error *error) {
    struct ocf_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        error_set(error, ERROR_FAILED, "no memory to read %s", path);
        return NULL;
    }
    r->path = strdup(path);
    if (r->path == NULL)
        error_set(error, ERROR_FAILED, "no memory to read %s", path);
    else if (map_file(r, error) && read_header(r, error))
        return r;
    ocf_close(r);
    return NULL;
}

struct bytes ocf_schema(const struct ocf_reader *r) {
    return r->schema;
}

int64_t ocf_size(const struct ocf_reader *r) {
    return (int64_t)r->size;
}

int64_t ocf_position(const struct ocf_reader *r) {
    return r->file.at - r->map;
}

int64_t ocf_record_position(const struct ocf_reader *r) {
    return r->rest.data == NULL ? ocf_position(r) : r->rest.data - r->map;
}

static bool open_block(struct ocf_reader *r, struct error *error) {
    struct bytes sync;
    if (!wire_long(&r->file, &r->records) || r->records <= 0 || !wire_bytes(&r->file, &r->rest) ||
        !wire_fixed(&r->file, SYNC_SIZE, &sync))
        return fail_at(r, "a broken or cut block", error);
    if (memcmp(sync.data, r->sync.data, SYNC_SIZE) != 0)
        return fail_at(r, "a wrong sync marker", error);
    return r->rest.size > 0 || fail_at(r, "an empty block", error);
}

bool ocf_next(struct ocf_reader *r, uint32_t used, struct bytes *rest, struct error *error) {
    if (used > r->rest.size) return fail_at(r, "a record past its block", error);
    if (used > 0) {
        r->rest.data += used;
        r->rest.size -= used;
        r->records--;
    }
    const bool done = r->rest.size == 0;
    if (done != (r->records == 0)) return fail_at(r, "a wrong record count", error);
    if (done && r->file.at < r->file.end && !open_block(r, error)) return false;
    *rest = r->rest;
    return true;
}

void ocf_close(struct ocf_reader *r) {
    if (r == NULL) return;
    if (r->map != NULL) munmap(r->map, r->size);
    free(r->path);
    free(r);
}

const char *ocf_library(void) {
    return AVRO_C_VERSION;
}
