/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshot_file.h"

#include <stdlib.h>
#include <zstd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* LEVEL: of zstd. The levels from 1 on make a file a tenth smaller, in three times the time, and it
 * takes four times as long to read. */
enum { FORM = 1, LEVEL = -5 };

struct file_head {
    char magic[8];
    uint32_t form, zero;
};

static const struct file_head head_now = {"SAQSHYSN", FORM, 0};

struct chunk_head {
    uint32_t kind, number, size, stored;
    uint64_t hash;
};

/* Of the head's words and what is stored. */
static uint64_t hash_of(const struct chunk_head *head, const void *stored) {
    const uint64_t seed = XXH3_64bits(head, offsetof(struct chunk_head, hash));
    return XXH3_64bits_withSeed(stored, head->stored, seed);
}

static uint64_t chained(uint64_t chain, uint64_t hash) {
    return XXH3_64bits_withSeed(&hash, sizeof hash, chain);
}

/* Writing. */

struct snapshot_out {
    struct disk *disk;
    struct disk_file *file;
    uint32_t count;
    uint64_t bytes, chain;
    uint8_t *room;
    size_t room_size;
};

static bool append(struct snapshot_out *out, const void *bytes, size_t size, struct error *error) {
    out->bytes += size;
    return out->disk->ops->append(out->file, bytes, size, error);
}

struct snapshot_out *snapshot_out_create(struct disk *disk, const char *name, struct error *error) {
    struct snapshot_out *out = calloc(1, sizeof *out);
    if (out == NULL) {
        error_set(error, ERROR_FAILED, "no memory to write a snapshot");
        return NULL;
    }
    out->disk = disk;
    out->file = disk->ops->create(disk, name, error);
    if (out->file != NULL && append(out, &head_now, sizeof head_now, error)) return out;
    snapshot_out_close(out);
    return NULL;
}

/* The chunk as it is stored. */
static const void *compress(struct snapshot_out *out, const void *bytes, struct chunk_head *head) {
    const size_t most = ZSTD_compressBound(head->size);
    if (most > out->room_size) {
        free(out->room);
        out->room = malloc(most);
        out->room_size = out->room == NULL ? 0 : most;
    }
    const size_t stored =
        out->room == NULL ? head->size : ZSTD_compress(out->room, most, bytes, head->size, LEVEL);
    const bool shorter = !ZSTD_isError(stored) && stored < head->size;
    head->stored = shorter ? (uint32_t)stored : head->size;
    return shorter ? out->room : bytes;
}

bool snapshot_out_add(struct snapshot_out *out, enum snapshot_kind kind, const void *bytes,
                      size_t size, struct error *error) {
    if (size > SNAPSHOT_CHUNK_MAX)
        return error_set(error, ERROR_FAILED, "a piece of the snapshot of %zu bytes is too large",
                         size);
    struct chunk_head head = {.kind = kind, .number = out->count++, .size = (uint32_t)size};
    const void *stored = compress(out, bytes, &head);
    head.hash = hash_of(&head, stored);
    out->chain = chained(out->chain, head.hash);
    return append(out, &head, sizeof head, error) && append(out, stored, head.stored, error);
}

bool snapshot_out_finish(struct snapshot_out *out, struct error *error) {
    const uint64_t end[2] = {out->count, out->chain};
    return snapshot_out_add(out, SNAPSHOT_END, end, sizeof end, error) &&
           out->disk->ops->sync(out->file, error);
}

uint64_t snapshot_out_bytes(const struct snapshot_out *out) {
    return out->bytes;
}

void snapshot_out_close(struct snapshot_out *out) {
    if (out == NULL) return;
    if (out->file != NULL) out->disk->ops->close(out->file);
    free(out->room);
    free(out);
}

/* Reading. */

struct snapshot_in {
    struct disk *disk;
    struct disk_file *file;
    uint64_t at, chain;
    uint32_t count;
    struct snapshot_room stored, expanded, *last; /* last: the one that the chunk lies in */
};

static bool damaged(const struct snapshot_in *in, const char *what, struct error *error) {
    return error_set(error, ERROR_BAD_DATA, "damaged at byte %llu: %s", (unsigned long long)in->at,
                     what);
}

static bool take(struct snapshot_in *in, void *bytes, size_t size, struct error *error) {
    size_t got = 0;
    if (!in->disk->ops->read(in->file, in->at, bytes, size, &got, error)) return false;
    if (got < size) return damaged(in, "it ends in the middle", error);
    in->at += size;
    return true;
}

struct snapshot_in *snapshot_in_open(struct disk *disk, const char *name, struct error *error) {
    struct snapshot_in *in = calloc(1, sizeof *in);
    struct file_head head;
    if (in == NULL) {
        error_set(error, ERROR_FAILED, "no memory to read a snapshot");
        return NULL;
    }
    in->disk = disk;
    in->last = &in->stored;
    in->file = disk->ops->open(disk, name, error);
    if (in->file == NULL || !take(in, &head, sizeof head, error)) goto fail;
    if (memcmp(&head, &head_now, sizeof head) == 0) return in;
    if (memcmp(head.magic, head_now.magic, sizeof head.magic) == 0)
        error_set(error, ERROR_CONFIG, "it is a snapshot of another form than this build's");
    else
        damaged(in, "it is no snapshot", error);
fail:
    snapshot_in_close(in);
    return NULL;
}

static bool make_room(struct snapshot_room *room, size_t size, struct error *error) {
    if (size <= room->size) return true;
    free(room->bytes);
    room->bytes = malloc(size);
    room->size = room->bytes == NULL ? 0 : size;
    return room->bytes != NULL || error_set(error, ERROR_FAILED, "no memory to read a snapshot");
}

static bool take_chunk(struct snapshot_in *in, struct chunk_head *head, struct error *error) {
    if (!take(in, head, sizeof *head, error)) return false;
    if (head->number != in->count || head->stored > head->size || head->size > SNAPSHOT_CHUNK_MAX)
        return damaged(in, "this is no piece of it", error);
    if (!make_room(&in->stored, head->stored + 1u, error) ||
        !take(in, in->stored.bytes, head->stored, error))
        return false;
    if (hash_of(head, in->stored.bytes) != head->hash)
        return damaged(in, "the checksum of what comes before is another", error);
    in->count++;
    return true;
}

static bool expand(struct snapshot_in *in, const struct chunk_head *head, struct unpack *bytes,
                   struct error *error) {
    in->last = &in->stored;
    if (head->stored < head->size) {
        if (!make_room(&in->expanded, head->size, error)) return false;
        const size_t size =
            ZSTD_decompress(in->expanded.bytes, head->size, in->stored.bytes, head->stored);
        if (size != head->size) return damaged(in, "what comes before does not expand", error);
        in->last = &in->expanded;
    }
    *bytes = (struct unpack){in->last->bytes, in->last->bytes + head->size, false};
    return true;
}

static bool is_whole(const struct snapshot_in *in, struct unpack end) {
    const uint64_t count = unpack_u64(&end), chain = unpack_u64(&end);
    return !end.bad && count + 1 == in->count && chain == in->chain;
}

enum snapshot_next snapshot_in_next(struct snapshot_in *in, enum snapshot_kind *kind,
                                    struct unpack *bytes, struct error *error) {
    struct chunk_head head;
    if (!take_chunk(in, &head, error) || !expand(in, &head, bytes, error)) return SNAPSHOT_BAD;
    *kind = (enum snapshot_kind)head.kind;
    if (*kind == SNAPSHOT_END) {
        if (is_whole(in, *bytes)) return SNAPSHOT_WHOLE;
        damaged(in, "pieces of it are missing", error);
        return SNAPSHOT_BAD;
    }
    in->chain = chained(in->chain, head.hash);
    return SNAPSHOT_CHUNK;
}

void snapshot_in_keep(struct snapshot_in *in, struct snapshot_room *room) {
    const struct snapshot_room kept = *in->last;
    *in->last = *room;
    *room = kept;
}

void snapshot_in_close(struct snapshot_in *in) {
    if (in == NULL) return;
    if (in->file != NULL) in->disk->ops->close(in->file);
    free(in->stored.bytes);
    free(in->expanded.bytes);
    free(in);
}
