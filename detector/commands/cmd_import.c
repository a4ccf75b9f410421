/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/import/csv_write.h"
#include "detector/import/import.h"
#include "detector/service/stop_signal.h"
#include "schemas/catalog.h"
#include "schemas/ocf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BAD_SHOWN = 10, LOOK_EVERY = 1024, INPUT_BUFFER = 1 << 16, LOOK_MS = 100 };

struct job {
    const struct cli *cli;
    const char *input, *out;
    struct mapping *mapping;
    int descriptor;
    bool cut; /* a stop came while the input was waited for: the row at hand may be half */
    FILE *file, *labels, *bad;
    struct csv *csv;
    struct import *import;
    struct ocf_writer *writer;
    int64_t records, bad_rows, out_of_order;
};

static void interrupt(void *unused) {
    (void)unused;
}

/* The input as a FILE: a stop ends it also while a pipe or a terminal brings nothing. */
static ssize_t read_input(void *context, char *buffer, size_t size) {
    struct job *job = context;
    struct pollfd ready = {.fd = job->descriptor, .events = POLLIN};
    while (poll(&ready, 1, LOOK_MS) == 0 && stop_signal_seen() == 0) {
    }
    job->cut = stop_signal_seen() != 0;
    return job->cut ? 0 : read(job->descriptor, buffer, size);
}

static bool open_file(struct job *job, struct error *error) {
    const cookie_io_functions_t operations = {.read = read_input};
    job->descriptor =
        strcmp(job->input, "-") == 0 ? STDIN_FILENO : open(job->input, O_RDONLY | O_CLOEXEC);
    if (job->descriptor < 0)
        return error_set(error, ERROR_IO, "%s: %s", job->input, strerror(errno));
    job->file = fopencookie(job, "r", operations);
    if (job->file == NULL) return error_set(error, ERROR_FAILED, "no memory to read");
    setvbuf(job->file, NULL, _IOFBF, INPUT_BUFFER);
    job->csv = csv_new(job->file);
    return job->csv != NULL || error_set(error, ERROR_FAILED, "no memory to read");
}

static void close_file(struct job *job) {
    csv_free(job->csv);
    if (job->file != NULL) fclose(job->file);
    if (job->descriptor > STDIN_FILENO) close(job->descriptor);
}

static void note_bad(struct job *job, const struct import_row *row) {
    job->bad_rows++;
    if (job->bad != NULL) {
        fprintf(job->bad, "%lld,", (long long)row->line);
        csv_write_field(job->bad, text_of(row->why));
        fputc('\n', job->bad);
    } else if (job->bad_rows <= BAD_SHOWN) {
        fprintf(stderr, "%s:%lld: %s\n", job->input, (long long)row->line, row->why);
    }
}

static bool note_record(struct job *job, const struct import_row *row, struct error *error) {
    job->records++;
    job->out_of_order += row->out_of_order;
    if (job->labels != NULL) {
        fprintf(job->labels, "%s,", row->event_id);
        csv_write_field(job->labels, text_of(row->label));
        fputc('\n', job->labels);
    }
    return ocf_append(job->writer, row->record, error);
}

/* Bytes of a regular file; 0 when it cannot be known. */
static int64_t size_of(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}

static bool import_rows(struct job *job, struct error *error) {
    struct progress *progress =
        job->cli->quiet ? NULL : progress_new("importing", size_of(job->descriptor));
    struct import_row row;
    enum import_outcome outcome = IMPORT_RECORD;
    bool ok = true;
    for (int64_t rows = 1; ok && stop_signal_seen() == 0; rows++) {
        outcome = import_next(job->import, &row, error);
        if (outcome == IMPORT_END || outcome == IMPORT_FAILED || job->cut) break;
        if (outcome == IMPORT_BAD) note_bad(job, &row);
        if (outcome == IMPORT_RECORD) ok = note_record(job, &row, error);
        if (rows % LOOK_EVERY == 0) progress_set(progress, csv_bytes(job->csv), rows);
    }
    progress_end(progress);
    return ok && outcome != IMPORT_FAILED;
}

static bool open_for_writing(const char *path, const char *head, FILE **file, struct error *error) {
    if (path == NULL) return true;
    *file = fopen(path, "w");
    if (*file == NULL) return error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
    fprintf(*file, "%s\n", head);
    return true;
}

static bool close_written(const char *path, FILE *file, struct error *error) {
    if (file == NULL) return true;
    const bool failed = ferror(file) != 0;
    return (fclose(file) == 0 && !failed) ||
           error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
}

static bool open_input(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    const char *path = cli_value(cli, "--mapping");
    if (path == NULL || job->input == NULL || job->out == NULL)
        return error_set(error, ERROR_USAGE, "%s FILE is missing; usage: %s",
                         path == NULL         ? "--mapping"
                         : job->input == NULL ? "--input"
                                              : "--out",
                         cli->usage);
    const char *const names[] = {"--mapping", "--input", "--out", "--labels-out", "--bad"};
    const char *const paths[] = {path, job->input, job->out, cli_value(cli, "--labels-out"),
                                 cli_value(cli, "--bad")};
    if (!files_distinct(names, paths, sizeof paths / sizeof paths[0], error)) return false;
    job->mapping = mapping_load(path, error);
    if (job->mapping == NULL) return false;
    if (cli_value(cli, "--labels-out") != NULL && job->mapping->columns[MAPPING_LABEL][0] == '\0')
        return error_set(error, ERROR_USAGE, "--labels-out: %s maps no label column", path);
    if (!open_file(job, error)) return false;
    job->import = import_open(job->mapping, job->csv, error);
    return job->import != NULL || error_prefix(error, "%s", job->input);
}

static bool open_output(struct job *job, struct error *error) {
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    if (!open_for_writing(cli_value(job->cli, "--labels-out"), "event_id,label", &job->labels,
                          error) ||
        !open_for_writing(cli_value(job->cli, "--bad"), "line,reason", &job->bad, error))
        return false;
    job->writer = ocf_create(job->out, schema, size, error);
    return job->writer != NULL;
}

static bool close_job(struct job *job, bool ok, struct error *error) {
    struct error ignored, *first = ok ? error : &ignored;
    ok = ocf_finish(job->writer, first) && ok;
    first = ok ? error : &ignored;
    ok = close_written(cli_value(job->cli, "--labels-out"), job->labels, first) && ok;
    first = ok ? error : &ignored;
    ok = close_written(cli_value(job->cli, "--bad"), job->bad, first) && ok;
    import_close(job->import);
    close_file(job);
    mapping_free(job->mapping);
    return ok;
}

/* Also when every row is bad: then it is the reason for the status. */
static void summarise(const struct job *job) {
    const bool interrupted = stop_signal_seen() != 0;
    const int64_t rows = job->records + job->bad_rows;
    const int64_t hidden = job->bad_rows - BAD_SHOWN;
    if (job->cli->json)
        printf("{\"interrupted\":%s,\"rows\":%lld,\"records\":%lld,\"bad_rows\":%lld,"
               "\"out_of_order\":%lld}\n",
               interrupted ? "true" : "false", (long long)rows, (long long)job->records,
               (long long)job->bad_rows, (long long)job->out_of_order);
    if (job->bad == NULL && hidden > 0)
        fprintf(stderr, "… and %lld bad rows more; --bad FILE lists all\n", (long long)hidden);
    if (job->cli->quiet) return;
    fprintf(stderr, "%s%lld records of %lld rows; %lld bad",
            interrupted ? "interrupted; written so far: " : "", (long long)job->records,
            (long long)rows, (long long)job->bad_rows);
    if (job->out_of_order > 0)
        fprintf(stderr, "; %lld earlier than one before them, kept in the order of the file",
                (long long)job->out_of_order);
    fprintf(stderr, "\nnext: saqshy replay --engine --input %s\n", job->out);
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    stop_signal_start(interrupt, NULL);
    job->input = cli_value(job->cli, "--input");
    job->out = cli_value(job->cli, "--out");
    bool ok = open_input(job, error) && open_output(job, error) && import_rows(job, error);
    ok = close_job(job, ok, error);
    if (!ok) return false;
    summarise(job);
    return job->records > 0 || stop_signal_seen() != 0 ||
           error_set(error, ERROR_BAD_DATA, "%s: %s", job->input,
                     job->bad_rows > 0 ? "every row is bad" : "there is no row");
}

int cmd_import(int argc, char **argv) {
    struct cli_flag flags[] = {
        {"--mapping", "FILE", "which column is what; `saqshy docs mapping` describes it", NULL},
        {"--input", "CSV", "file to read; -: stdin", NULL},
        {"--out", "FILE", "Avro object container file to write", NULL},
        {"--labels-out", "FILE", "CSV of event_id,label to write", NULL},
        {"--bad", "FILE", "CSV of line,reason of every bad row; otherwise ten on stderr", NULL}};
    struct cli cli = {.usage = "saqshy import --mapping FILE --input CSV --out FILE [flags]",
                      .purpose = "Turns any CSV into a feed of transactions, by a mapping file.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0]};
    struct job job = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, NULL, &job);
}
