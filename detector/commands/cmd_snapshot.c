/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/json_text.h"
#include "detector/commands/snapshot_show.h"
#include "detector/commands/text_columns.h"
#include "detector/snapshots.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { NAME_WIDTH = 46 };

struct inspect {
    const struct cli *cli;
    struct disk *disk;
    const char *path;
    size_t seen, bad;
    struct error why; /* of the first that is damaged, else of the first that is bad */
};

static uint64_t size_of(const struct inspect *i, const char *name) {
    char path[2048];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", i->path, name);
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static bool keep_manifest(struct snapshot_content *c, const struct unpack *u, struct error *error) {
    const size_t size = (size_t)(u->end - u->at);
    c->kept = malloc(size + 1);
    if (c->kept == NULL) return error_set(error, ERROR_FAILED, "no memory to read a snapshot");
    memcpy(c->kept, u->at, size);
    struct unpack kept = {c->kept, c->kept + size, false};
    return snapshot_manifest_unpack(&c->manifest, &kept) ||
           error_set(error, ERROR_BAD_DATA, "it has no manifest");
}

/* The manifest alone, or all of it. */
static bool read_content(const struct inspect *i, const char *name, bool all,
                         struct snapshot_content *c, struct error *error) {
    struct snapshot_in *in = snapshot_in_open(i->disk, name, error);
    enum snapshot_next next = SNAPSHOT_CHUNK;
    bool ok = in != NULL;
    *c = (struct snapshot_content){.kept = NULL};
    while (ok && next == SNAPSHOT_CHUNK && (all || c->chunks == 0)) {
        enum snapshot_kind kind;
        struct unpack bytes;
        next = snapshot_in_next(in, &kind, &bytes, error);
        ok = next != SNAPSHOT_BAD;
        if (!ok || next == SNAPSHOT_WHOLE) break;
        if (c->chunks++ == 0) {
            ok = kind == SNAPSHOT_MANIFEST ? keep_manifest(c, &bytes, error)
                                           : error_set(error, ERROR_BAD_DATA, "it has no manifest");
        }
        if (kind < SNAPSHOT_KINDS) c->bytes[kind] += (uint64_t)(bytes.end - bytes.at);
    }
    snapshot_in_close(in);
    return ok;
}

static void note(struct inspect *i, bool ok, const struct error *error) {
    const bool first = i->bad == 0;
    i->seen++;
    if (ok) return;
    i->bad++;
    if (first || (error->code == ERROR_BAD_DATA && i->why.code != ERROR_BAD_DATA)) i->why = *error;
}

static void print_row(json_t *row) {
    json_dumpf(row, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(row);
}

static void list_one(struct inspect *i, const char *name) {
    struct snapshot_content c;
    struct error error;
    char taken[SNAPSHOT_TIME_SIZE] = "-";
    const bool ok = read_content(i, name, false, &c, &error);
    if (ok) snapshot_time(c.manifest.taken_ms, taken);
    if (i->cli->json) {
        print_row(json_pack("{so si sI ss sI sI sb}", "name", json_text(name), "epoch",
                            (int)c.manifest.epoch, "sequence", (json_int_t)c.manifest.sequence,
                            "taken", taken, "accounts", (json_int_t)c.manifest.accounts, "bytes",
                            (json_int_t)size_of(i, name), "readable", ok));
    } else {
        columns_left(name, NAME_WIDTH, stdout);
        printf("%-20s  %11llu  %9.1f  ", taken, (unsigned long long)c.manifest.accounts,
               (double)size_of(i, name) / (1 << 20));
        printable_put(ok ? "" : error.text, stdout);
        putchar('\n');
    }
    note(i, ok, &error);
    free(c.kept);
}

static const char *word_for(enum error_code code) {
    return code == ERROR_BAD_DATA ? "damaged" : code == ERROR_CONFIG ? "foreign" : "not read";
}

static void verify_one(struct inspect *i, const char *name) {
    struct snapshot_content c;
    struct error error = {.code = ERROR_NONE};
    const bool ok = read_content(i, name, true, &c, &error);
    if (i->cli->json) {
        print_row(json_pack("{so sb so*}", "name", json_text(name), "whole", ok, "why",
                            ok ? NULL : json_text(error.text)));
    } else {
        printf("%-8s ", ok ? "whole" : word_for(error.code));
        printable_put(name, stdout);
        if (ok) printf("  %llu chunks", (unsigned long long)c.chunks);
        if (!ok) fputs("  (", stdout);
        if (!ok) printable_put(error.text, stdout);
        puts(ok ? "" : ")");
    }
    note(i, ok, &error);
    free(c.kept);
}

static bool show_one(struct inspect *i, const char *name, struct error *error) {
    struct snapshot_content c;
    const bool ok = read_content(i, name, true, &c, error);
    if (ok) (i->cli->json ? snapshot_show_json : snapshot_show_text)(name, &c, size_of(i, name));
    free(c.kept);
    return ok || error_prefix(error, "%s", name);
}

static bool each(struct inspect *i, void (*look)(struct inspect *, const char *),
                 struct error *error) {
    struct snapshot_name *names = NULL;
    size_t count = 0;
    if (i->cli->positional_count == 2) {
        look(i, i->cli->positional[1]);
        if (i->bad == 0) return true;
        *error = i->why;
        return error_prefix(error, "%s", i->cli->positional[1]);
    }
    const bool listed = snapshots_list_all(i->disk, &names, &count, error);
    for (size_t k = 0; listed && k < count; k++)
        look(i, names[k].text);
    free(names);
    if (!listed || i->bad == 0) return listed;
    return error_set(error, i->why.code, "%zu of %zu cannot be used; a start passes them over",
                     i->bad, i->seen);
}

/* Whoever asks whether a start could use them is not told yes where there are none. */
static bool verify(struct inspect *i, struct error *error) {
    if (!each(i, verify_one, error)) return false;
    return i->seen > 0 ||
           error_set(error, ERROR_INPUT_GONE,
                     "%s: there is no snapshot; a start that finds none elsewhere replays the "
                     "whole order log",
                     i->path);
}

static bool open_directory(struct inspect *i, struct error *error) {
    const char *given = cli_value(i->cli, "--dir");
    struct stat status;
    i->path = given != NULL ? given : i->cli->options.snapshot_dir;
    if (i->path[0] == '\0')
        return error_set(error, ERROR_USAGE, "no directory: give --dir DIR, or set snapshot.dir");
    if (stat(i->path, &status) != 0)
        return error_set(error, ERROR_IO, "%s: there is no such directory", i->path);
    i->disk = disk_posix_open(i->path, error);
    if (i->disk == NULL && error->code == ERROR_CONFIG) error->code = ERROR_IO;
    return i->disk != NULL;
}

static bool run(void *job, struct error *error) {
    struct inspect *i = job;
    const struct cli *cli = i->cli;
    const char *verb = cli->positional_count > 0 ? cli->positional[0] : "";
    if (!open_directory(i, error)) return false;
    if (strcmp(verb, "ls") == 0 && !cli->json)
        printf("%-44s  %-20s  %11s  %9s\n", "name", "taken", "accounts", "MiB");
    if (strcmp(verb, "ls") == 0) return each(i, list_one, error);
    if (strcmp(verb, "verify") == 0) return verify(i, error);
    if (strcmp(verb, "show") == 0 && cli->positional_count == 2)
        return show_one(i, cli->positional[1], error);
    return error_set(error, ERROR_USAGE, "usage: %s", cli->usage);
}

static void close_directory(void *job) {
    const struct inspect *i = job;
    if (i->disk != NULL) i->disk->ops->dispose(i->disk);
}

int cmd_snapshot(int argc, char **argv) {
    struct cli_flag flags[] = {{"--dir", "DIR", "the directory, in place of snapshot.dir", NULL}};
    struct cli cli = {.usage = "saqshy snapshot ls | verify [NAME] | show NAME [--dir DIR]",
                      .purpose = "Lists snapshots, checks every byte of them, shows what one is.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .positional_max = 2,
                      .wants_options = true};
    struct inspect i = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, close_directory, &i);
}
