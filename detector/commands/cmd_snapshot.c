/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/printable.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/json_text.h"
#include "detector/commands/text_columns.h"
#include "detector/snapshot_file.h"
#include "detector/snapshot_manifest.h"
#include "detector/snapshots.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { NAME_WIDTH = 46 };

struct inspect {
    const struct cli *cli;
    struct disk *disk;
    const char *path;
    size_t seen, bad;
    struct error why; /* of the first that is damaged, else of the first that is bad */
};

/* What is in one, kind by kind. */
struct content {
    struct snapshot_manifest manifest; /* its texts are in `kept` */
    uint8_t *kept;
    uint64_t bytes[SNAPSHOT_KINDS], chunks;
};

static const char *const kind_names[SNAPSHOT_KINDS] = {
    [SNAPSHOT_MANIFEST] = "manifest",   [SNAPSHOT_STATE] = "state",
    [SNAPSHOT_TABLE] = "table",         [SNAPSHOT_RUNS] = "runs",
    [SNAPSHOT_ACCOUNTS] = "accounts",   [SNAPSHOT_SIGNALS] = "signals",
    [SNAPSHOT_DOCUMENTS] = "documents", [SNAPSHOT_SIGNAL_TABLE] = "signal_table",
    [SNAPSHOT_TAINT] = "reported",      [SNAPSHOT_ADVICE] = "advice",
};

static void time_text(int64_t ms, char out[32]) {
    const time_t second = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&second, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static uint64_t size_of(const struct inspect *i, const char *name) {
    char path[2048];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", i->path, name);
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static bool keep_manifest(struct content *c, const struct unpack *u, struct error *error) {
    const size_t size = (size_t)(u->end - u->at);
    c->kept = malloc(size + 1);
    if (c->kept == NULL) return error_set(error, ERROR_FAILED, "no memory to read a snapshot");
    memcpy(c->kept, u->at, size);
    struct unpack kept = {c->kept, c->kept + size, false};
    return snapshot_manifest_unpack(&c->manifest, &kept) ||
           error_set(error, ERROR_BAD_DATA, "it has no manifest");
}

/* The manifest alone, or all of it. */
static bool read_content(const struct inspect *i, const char *name, bool all, struct content *c,
                         struct error *error) {
    struct snapshot_in *in = snapshot_in_open(i->disk, name, error);
    enum snapshot_next next = SNAPSHOT_CHUNK;
    bool ok = in != NULL;
    *c = (struct content){.kept = NULL};
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
    struct content c;
    struct error error;
    char taken[32] = "-";
    const bool ok = read_content(i, name, false, &c, &error);
    if (ok) time_text(c.manifest.taken_ms, taken);
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
    struct content c;
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

static void print_text(const char *name, struct text value) {
    printf("%-16s ", name);
    printable_put_text(value, stdout);
    putchar('\n');
}

static void print_content(const struct inspect *i, const char *name, const struct content *c) {
    const struct snapshot_manifest *m = &c->manifest;
    char taken[32], clock[32];
    time_text(m->taken_ms, taken);
    time_text(m->engine_clock_s * 1000, clock);
    print_text("name", text_of(name));
    print_text("shard", m->shard);
    printf("%-16s %d.%lld (the first order record that is not in it)\n", "order", (int)m->epoch,
           (long long)m->sequence);
    printf("%-16s %llu\n", "input records", (unsigned long long)m->ordinal);
    printf("%-16s %016llx\n", "state hash", (unsigned long long)m->state_hash);
    print_text("taken", text_of(taken));
    print_text("engine clock", text_of(clock));
    print_text("build", m->build);
    printf("%-16s %u\n", "layout", (unsigned)m->layout);
    print_text("options", m->options_sha256);
    print_text("features", m->features_sha256);
    print_text("model", m->model_sha256);
    print_text("policy", m->policy_sha256);
    printf("%-16s %llu\n", "accounts", (unsigned long long)m->accounts);
    printf("%-16s %llu\n", "signals", (unsigned long long)m->signals);
    printf("%-16s %llu\n", "open episodes", (unsigned long long)m->episodes);
    printf("%-16s %llu in the file\n", "bytes", (unsigned long long)size_of(i, name));
    for (int k = SNAPSHOT_MANIFEST; k < SNAPSHOT_KINDS; k++)
        if (kind_names[k] != NULL)
            printf("%16s %llu %s\n", "", (unsigned long long)c->bytes[k], kind_names[k]);
    if (m->accounts > 0)
        printf("%-16s %.1f in the file\n", "bytes/account",
               (double)size_of(i, name) / (double)m->accounts);
}

static bool show_one(struct inspect *i, const char *name, struct error *error) {
    struct content c;
    const bool ok = read_content(i, name, true, &c, error);
    if (ok) print_content(i, name, &c);
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

static bool open_directory(struct inspect *i, struct error *error) {
    const char *given = cli_value(i->cli, "--dir");
    struct stat status;
    i->path = given != NULL ? given : i->cli->options.snapshot_dir;
    if (i->path[0] == '\0')
        return error_set(error, ERROR_USAGE, "no directory: give --dir DIR, or set snapshot.dir");
    if (stat(i->path, &status) != 0)
        return error_set(error, ERROR_CONFIG, "%s: there is no such directory", i->path);
    i->disk = disk_posix_open(i->path, error);
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
    if (strcmp(verb, "verify") == 0) return each(i, verify_one, error);
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
