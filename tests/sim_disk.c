/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim_disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 64, CHANGES_MAX = 256, NAME_SIZE = 600 };

/* What a name stands for; it lives while a name or a handle needs it, here: as long as the disk. */
struct content {
    struct content *next;
    uint8_t *bytes;
    size_t size, room;
    size_t safe;   /* bytes from the front that are synced */
    size_t synced; /* and those of which the disk has said so */
};

struct entry {
    char name[NAME_SIZE];
    struct content *content;
};

struct names {
    struct entry entries[FILES_MAX];
    size_t count;
};

struct sim_disk {
    struct sim_world *world;
    struct content *contents;
    /* As they are, and as they were after each change since they were synced, that first. */
    struct names now;
    struct names *before[CHANGES_MAX];
    size_t changes;
};

struct mount {
    struct disk disk;
    struct sim_disk *of;
    struct sim_port *process;
};

struct disk_file {
    struct mount *mount;
    struct content *content;
    size_t at;
};

static const struct disk_ops operations;

struct sim_disk *sim_disk_new(struct sim_world *world) {
    struct sim_disk *d = calloc(1, sizeof *d);
    assert(d != NULL);
    d->world = world;
    return d;
}

static void forget_changes(struct sim_disk *d) {
    while (d->changes > 0)
        free(d->before[--d->changes]);
}

void sim_disk_free(struct sim_disk *d) {
    if (d == NULL) return;
    forget_changes(d);
    while (d->contents != NULL) {
        struct content *content = d->contents;
        d->contents = content->next;
        free(content->bytes);
        free(content);
    }
    free(d);
}

struct sim_world *sim_disk_world(const struct disk *disk) {
    return disk->ops == &operations ? ((const struct mount *)disk)->of->world : NULL;
}

/* Names. */

static struct entry *find(struct names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->entries[i].name, name) == 0) return &names->entries[i];
    return NULL;
}

static void note_change(struct sim_disk *d) {
    assert(d->changes < CHANGES_MAX);
    struct names *copy = malloc(sizeof *copy);
    assert(copy != NULL);
    *copy = d->now;
    d->before[d->changes++] = copy;
}

static void take_away(struct names *names, struct entry *entry) {
    *entry = names->entries[--names->count];
}

static void give(struct names *names, const char *name, struct content *content) {
    struct entry *entry = find(names, name);
    if (entry == NULL) {
        assert(names->count < FILES_MAX);
        entry = &names->entries[names->count++];
        snprintf(entry->name, sizeof entry->name, "%s", name);
    }
    entry->content = content;
}

/* Power. */

static void tear(struct sim_world *w, struct content *content) {
    if (content->safe == content->size) return;
    w->injected[SIM_disk_torn]++;
    content->size = (size_t)sim_between(w, (int64_t)content->safe, (int64_t)content->size);
    if (content->size > content->safe && chance_is(&w->chance, 30))
        content->bytes[sim_between(w, (int64_t)content->safe, (int64_t)content->size - 1)] ^= 0x55;
    content->safe = content->synced = content->size;
}

/* Half written, and named so. */
static bool is_part(const char *name) {
    const size_t size = strlen(name), ending = strlen(".part");
    return size >= ending && strcmp(name + size - ending, ".part") == 0;
}

/* A snapshot with its name would be refused, and the older one go, if the power failed now. */
static void check_is_safe(const struct sim_disk *d, const struct entry *entry) {
    const struct content *content = entry->content;
    if (content->synced < content->size && !is_part(entry->name))
        sim_fail(d->world, "I4: %s has its name, and %zu of its %zu bytes are synced", entry->name,
                 content->synced, content->size);
}

void sim_disk_lose_power(struct sim_disk *d) {
    const size_t kept = (size_t)sim_between(d->world, 0, (int64_t)d->changes);
    if (kept < d->changes) {
        d->world->injected[SIM_disk_names_lost]++;
        d->now = *d->before[kept];
    }
    forget_changes(d);
    for (size_t i = 0; i < d->now.count; i++)
        check_is_safe(d, &d->now.entries[i]);
    for (struct content *content = d->contents; content != NULL; content = content->next)
        tear(d->world, content);
}

/* Calls. */

static bool fail(struct error *error, const char *name, const char *why) {
    return error_set(error, ERROR_IO, "%s: %s", name, why);
}

static bool enter(struct mount *m, struct error *error) {
    if (m->process == NULL) return true;
    struct sim_world *w = m->of->world;
    if (chance_is(&w->chance, 20)) sim_sleep(w, sim_between(w, 0, 5));
    if (!sim_port_is_dead(m->process) && sim_fault(w, SIM_crash_at_disk)) sim_port_kill(m->process);
    return !sim_port_is_dead(m->process) || fail(error, "disk", "the process is dead");
}

static bool harm(struct mount *m, enum sim_fault fault) {
    return m->process != NULL && sim_fault(m->of->world, fault);
}

static struct mount *mount_of(struct disk *disk) {
    return (struct mount *)disk;
}

static struct disk_file *handle(struct mount *m, struct content *content) {
    struct disk_file *file = calloc(1, sizeof *file);
    assert(file != NULL);
    *file = (struct disk_file){m, content, 0};
    return file;
}

static struct content *new_content(struct sim_disk *d) {
    struct content *content = calloc(1, sizeof *content);
    assert(content != NULL);
    content->next = d->contents;
    d->contents = content;
    return content;
}

static struct disk_file *create(struct disk *disk, const char *name, struct error *error) {
    struct mount *m = mount_of(disk);
    if (!enter(m, error)) return NULL;
    if (harm(m, SIM_disk_full)) {
        fail(error, name, "no space left");
        return NULL;
    }
    struct entry *old = find(&m->of->now, name);
    if (old != NULL) {
        old->content->size = old->content->safe = old->content->synced = 0;
        return handle(m, old->content);
    }
    struct content *content = new_content(m->of);
    note_change(m->of);
    give(&m->of->now, name, content);
    return handle(m, content);
}

/* At the handle's own place: two processes may write to one file. */
static void write_at(struct disk_file *file, const void *bytes, size_t size) {
    struct content *c = file->content;
    if (file->at + size > c->room) {
        c->room = 2 * (file->at + size);
        c->bytes = realloc(c->bytes, c->room);
        assert(c->bytes != NULL);
    }
    if (file->at > c->size) memset(c->bytes + c->size, 0, file->at - c->size);
    if (size > 0) memcpy(c->bytes + file->at, bytes, size);
    if (file->at < c->safe) c->safe = file->at;
    if (file->at < c->synced) c->synced = file->at;
    file->at += size;
    if (file->at > c->size) c->size = file->at;
}

static bool append(struct disk_file *file, const void *bytes, size_t size, struct error *error) {
    struct mount *m = file->mount;
    if (!enter(m, error)) return false;
    if (harm(m, SIM_disk_full)) {
        write_at(file, bytes, size / 2);
        return fail(error, "append", "no space left");
    }
    write_at(file, bytes, size);
    return true;
}

static bool sync_file(struct disk_file *file, struct error *error) {
    if (!enter(file->mount, error)) return false;
    if (harm(file->mount, SIM_disk_sync_failed)) return fail(error, "sync", "input/output error");
    file->content->synced = file->content->size;
    if (!harm(file->mount, SIM_disk_lied)) file->content->safe = file->content->size;
    return true;
}

static struct disk_file *open_file(struct disk *disk, const char *name, struct error *error) {
    struct mount *m = mount_of(disk);
    if (!enter(m, error)) return NULL;
    const struct entry *entry = find(&m->of->now, name);
    if (entry != NULL) return handle(m, entry->content);
    fail(error, name, "no such file");
    return NULL;
}

static void flip_a_bit(struct sim_world *w, struct content *content) {
    const uint8_t bit = (uint8_t)(1 << chance_below(&w->chance, 8));
    content->bytes[sim_between(w, 0, (int64_t)content->size - 1)] ^= bit;
}

static bool read_file(struct disk_file *file, uint64_t offset, void *bytes, size_t size,
                      size_t *got, struct error *error) {
    struct mount *m = file->mount;
    struct content *c = file->content;
    if (!enter(m, error)) return false;
    if (harm(m, SIM_disk_read_failed)) return fail(error, "read", "input/output error");
    if (c->size > 0 && harm(m, SIM_disk_bit_flipped)) flip_a_bit(m->of->world, c);
    const size_t left = offset < c->size ? c->size - (size_t)offset : 0;
    *got = left < size ? left : size;
    if (*got > 0) memcpy(bytes, c->bytes + offset, *got);
    return true;
}

static void close_file(struct disk_file *file) {
    free(file);
}

static bool rename_file(struct disk *disk, const char *from, const char *to, struct error *error) {
    struct mount *m = mount_of(disk);
    if (!enter(m, error)) return false;
    struct entry *entry = find(&m->of->now, from);
    if (entry == NULL) return fail(error, from, "no such file");
    struct content *content = entry->content;
    note_change(m->of);
    take_away(&m->of->now, entry);
    give(&m->of->now, to, content);
    check_is_safe(m->of, find(&m->of->now, to));
    return true;
}

static bool remove_file(struct disk *disk, const char *name, struct error *error) {
    struct mount *m = mount_of(disk);
    if (!enter(m, error)) return false;
    struct entry *entry = find(&m->of->now, name);
    if (entry == NULL) return fail(error, name, "no such file");
    note_change(m->of);
    take_away(&m->of->now, entry);
    return true;
}

static bool sync_names(struct disk *disk, struct error *error) {
    struct mount *m = mount_of(disk);
    if (!enter(m, error)) return false;
    if (harm(m, SIM_disk_sync_failed)) return fail(error, "directory", "input/output error");
    if (!harm(m, SIM_disk_lied)) forget_changes(m->of);
    return true;
}

static bool list(struct disk *disk, void (*each)(void *context, const char *name), void *context,
                 struct error *error) {
    struct mount *m = mount_of(disk);
    if (!enter(m, error)) return false;
    for (size_t i = 0; i < m->of->now.count; i++)
        each(context, m->of->now.entries[i].name);
    return true;
}

static void dispose(struct disk *disk) {
    free(disk);
}

static const struct disk_ops operations = {
    .create = create,
    .append = append,
    .sync = sync_file,
    .open = open_file,
    .read = read_file,
    .close = close_file,
    .rename = rename_file,
    .remove = remove_file,
    .sync_names = sync_names,
    .list = list,
    .dispose = dispose,
};

struct disk *sim_disk_mount(struct sim_disk *d, struct sim_port *process) {
    struct mount *m = calloc(1, sizeof *m);
    assert(m != NULL);
    m->disk.ops = &operations;
    m->of = d;
    m->process = process;
    return &m->disk;
}
