/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshots.h"

#include "detector/base/grow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COPY_BYTES = 1 << 20, PART_ROOM = 32 };
#define ENDING ".snapshot"
#define PART ".part"
#define DAMAGED ".damaged"

void snapshot_name_set(struct snapshot_name *name, const char *shard, int32_t epoch,
                       int64_t sequence) {
    name->epoch = epoch;
    name->sequence = sequence;
    snprintf(name->text, sizeof name->text, "%s-%06" PRId32 "-%012" PRId64 ENDING, shard, epoch,
             sequence);
}

void snapshot_name_part(const struct snapshot_name *name, uint64_t tag,
                        char out[SNAPSHOT_NAME_SIZE]) {
    snprintf(out, SNAPSHOT_NAME_SIZE, "%.*s.%016" PRIx64 PART, SNAPSHOT_NAME_SIZE - PART_ROOM,
             name->text, tag);
}

static bool ends_with(const char *text, const char *ending) {
    const size_t size = strlen(text), length = strlen(ending);
    return size > length && strcmp(text + size - length, ending) == 0;
}

/* The two numbers behind the last hyphens. */
static bool parse(const char *text, struct snapshot_name *name) {
    const char *last = strrchr(text, '-');
    if (!ends_with(text, ENDING) || strlen(text) >= sizeof name->text || last == NULL) return false;
    const char *first = last;
    while (first > text && first[-1] != '-')
        first--;
    char *end = NULL;
    name->epoch = (int32_t)strtol(first, &end, 10);
    if (end != last) return false;
    name->sequence = strtoll(last + 1, &end, 10);
    strcpy(name->text, text);
    return strcmp(end, ENDING) == 0;
}

static bool is_of(const struct snapshot_name *name, const char *shard) {
    struct snapshot_name same;
    if (shard == NULL) return true;
    snapshot_name_set(&same, shard, name->epoch, name->sequence);
    return strcmp(same.text, name->text) == 0;
}

static bool is_newer(const struct snapshot_name *a, const struct snapshot_name *b) {
    if (a->epoch != b->epoch) return a->epoch > b->epoch;
    if (a->sequence != b->sequence) return a->sequence > b->sequence;
    return strcmp(a->text, b->text) < 0;
}

struct listing {
    const char *shard;
    struct snapshot_list *list;
};

static void take_name(void *context, const char *text) {
    const struct listing *listing = context;
    struct snapshot_list *list = listing->list;
    struct snapshot_name name;
    if (!parse(text, &name) || !is_of(&name, listing->shard)) return;
    size_t at = list->count;
    while (at > 0 && is_newer(&name, &list->names[at - 1]))
        at--;
    if (at == SNAPSHOTS_MAX) return;
    if (list->count < SNAPSHOTS_MAX) list->count++;
    memmove(&list->names[at + 1], &list->names[at], (list->count - 1 - at) * sizeof name);
    list->names[at] = name;
}

bool snapshots_list(struct disk *disk, const char *shard, struct snapshot_list *list,
                    struct error *error) {
    struct listing listing = {shard, list};
    list->count = 0;
    return disk->ops->list(disk, take_name, &listing, error);
}

struct all_names {
    struct snapshot_name *names;
    size_t count, room;
};

static void take_any(void *context, const char *text) {
    struct all_names *all = context;
    struct snapshot_name name;
    if (!parse(text, &name)) return;
    all->names = grow(all->names, all->count, &all->room, sizeof name);
    all->names[all->count++] = name;
}

static int newest_first(const void *a, const void *b) {
    return is_newer(a, b) ? -1 : is_newer(b, a);
}

bool snapshots_list_all(struct disk *disk, struct snapshot_name **names, size_t *count,
                        struct error *error) {
    struct all_names all = {.names = NULL};
    const bool ok = disk->ops->list(disk, take_any, &all, error);
    if (all.count > 1) qsort(all.names, all.count, sizeof *all.names, newest_first);
    *names = all.names;
    *count = all.count;
    return ok;
}

/* Names of this shard that end in .TAG.part or .damaged. */
struct leftovers {
    const char *shard;
    char names[SNAPSHOTS_MAX][SNAPSHOT_NAME_SIZE];
    size_t count;
};

static void take_leftover(void *context, const char *text) {
    struct leftovers *left = context;
    struct snapshot_name name;
    char whole[SNAPSHOT_NAME_SIZE];
    const char *ending = strrchr(text, '.');
    if (left->count == SNAPSHOTS_MAX || strlen(text) >= sizeof whole || ending == NULL ||
        (strcmp(ending, PART) != 0 && strcmp(ending, DAMAGED) != 0))
        return;
    snprintf(whole, sizeof whole, "%.*s", (int)(ending - text), text);
    char *tag = strcmp(ending, PART) == 0 ? strrchr(whole, '.') : NULL;
    if (tag != NULL && strcmp(tag, ENDING) != 0) *tag = '\0';
    if (parse(whole, &name) && is_of(&name, left->shard)) strcpy(left->names[left->count++], text);
}

bool snapshots_clear(struct disk *disk, const char *shard, struct error *error) {
    static _Thread_local struct leftovers left;
    left.shard = shard;
    left.count = 0;
    if (!disk->ops->list(disk, take_leftover, &left, error)) return false;
    for (size_t i = 0; i < left.count; i++)
        if (!disk->ops->remove(disk, left.names[i], error)) return false;
    return true;
}

/* The past. */

static bool is_own(const struct snapshot_past *past, const struct snapshot_name *name) {
    for (size_t i = 0; i < past->own_count; i++)
        if (past->own[i].epoch == name->epoch && past->own[i].sequence == name->sequence)
            return true;
    return false;
}

static bool is_past(const struct snapshot_past *past, const struct snapshot_name *name) {
    const bool begun = past->begun.text[0] != '\0';
    return is_own(past, name) || (begun && !is_newer(name, &past->begun));
}

/* Also of the copy of one that is in it already. */
static void note_own(struct snapshot_past *past, const struct snapshot_name *name) {
    enum { ROOM = sizeof past->own / sizeof past->own[0] };
    if (is_own(past, name)) return;
    if (past->own_count < ROOM) past->own_count++;
    memmove(&past->own[1], &past->own[0], (past->own_count - 1) * sizeof past->own[0]);
    past->own[0] = (struct snapshot_place){name->epoch, name->sequence};
}

static bool remove_old(struct disk *disk, const char *shard, const struct snapshot_past *past,
                       struct error *error) {
    static _Thread_local struct snapshot_list list;
    size_t kept = 0;
    if (!snapshots_list(disk, shard, &list, error)) return false;
    for (size_t i = 0; i < list.count; i++)
        if (is_past(past, &list.names[i]) && ++kept > SNAPSHOTS_KEPT &&
            !disk->ops->remove(disk, list.names[i].text, error))
            return false;
    return true;
}

bool snapshots_publish(struct disk *disk, const char *shard, const struct snapshot_name *name,
                       uint64_t tag, struct snapshot_past *past, struct error *error) {
    char part[SNAPSHOT_NAME_SIZE];
    snapshot_name_part(name, tag, part);
    if (!disk->ops->rename(disk, part, name->text, error) || !disk->ops->sync_names(disk, error))
        return false;
    note_own(past, name);
    return remove_old(disk, shard, past, error);
}

bool snapshots_set_aside(struct disk *disk, const struct snapshot_name *name, struct error *error) {
    char aside[SNAPSHOT_NAME_SIZE + sizeof DAMAGED];
    snprintf(aside, sizeof aside, "%s" DAMAGED, name->text);
    return disk->ops->rename(disk, name->text, aside, error) && disk->ops->sync_names(disk, error);
}

static bool copy_bytes(struct disk *from, struct disk_file *in, struct disk *to,
                       struct disk_file *out, struct error *error) {
    static _Thread_local uint8_t bytes[COPY_BYTES];
    size_t got = sizeof bytes;
    for (uint64_t at = 0; got == sizeof bytes; at += got)
        if (!from->ops->read(in, at, bytes, sizeof bytes, &got, error) ||
            !to->ops->append(out, bytes, got, error))
            return false;
    return to->ops->sync(out, error);
}

bool snapshots_copy(struct disk *from, struct disk *to, const char *shard,
                    const struct snapshot_name *name, uint64_t tag, struct snapshot_past *past,
                    struct error *error) {
    char part[SNAPSHOT_NAME_SIZE];
    snapshot_name_part(name, tag, part);
    if (!snapshots_clear(to, shard, error)) return false;
    struct disk_file *in = from->ops->open(from, name->text, error);
    if (in == NULL) return false;
    struct disk_file *out = to->ops->create(to, part, error);
    const bool copied = out != NULL && copy_bytes(from, in, to, out, error);
    from->ops->close(in);
    if (out != NULL) to->ops->close(out);
    return copied && snapshots_publish(to, shard, name, tag, past, error);
}
