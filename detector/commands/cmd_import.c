/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/mapped_csv.h"
#include "detector/commands/out_file.h"
#include "detector/import/csv_cell.h"
#include "detector/import/csv_write.h"
#include "detector/service/stop_signal.h"
#include "schemas/catalog.h"
#include "schemas/ocf.h"

enum { LOOK_EVERY = 1024 };

struct job {
    const struct cli *cli;
    const char *input;
    struct out_file out, labels, bad;
    struct mapping *mapping;
    struct mapped_csv *csv;
    struct ocf_writer *writer;
};

static void note_bad(struct job *job, const struct import_row *row) {
    if (job->bad.file == NULL) {
        mapped_csv_show(job->csv, row);
        return;
    }
    fprintf(job->bad.file, "%lld,", (long long)row->line);
    csv_write_cell(job->bad.file, text_of(row->why));
    fputc('\n', job->bad.file);
}

static bool note_record(struct job *job, const struct import_row *row, struct error *error) {
    if (job->labels.file != NULL) {
        fprintf(job->labels.file, "%s,", row->event_id);
        csv_write_field(job->labels.file, text_of(row->label));
        fputc('\n', job->labels.file);
    }
    return ocf_append(job->writer, row->record, error);
}

static bool import_rows(struct job *job, struct error *error) {
    struct progress *progress =
        job->cli->quiet ? NULL : progress_new("importing", mapped_csv_size(job->csv));
    struct import_row row;
    enum import_outcome outcome = IMPORT_RECORD;
    bool ok = true;
    for (int64_t rows = 1; ok; rows++) {
        outcome = mapped_csv_next(job->csv, &row, error);
        if (outcome == IMPORT_END || outcome == IMPORT_FAILED) break;
        if (outcome == IMPORT_BAD) note_bad(job, &row);
        if (outcome == IMPORT_RECORD) ok = note_record(job, &row, error);
        if (rows % LOOK_EVERY == 0) progress_set(progress, mapped_csv_position(job->csv), rows);
    }
    progress_end(progress);
    return ok && outcome != IMPORT_FAILED;
}

static bool open_input(struct job *job, struct error *error) {
    const struct cli *cli = job->cli;
    const char *path = cli_value(cli, "--mapping");
    if (path == NULL || job->input == NULL || job->out.path == NULL)
        return error_set(error, ERROR_USAGE, "%s FILE is missing; usage: %s",
                         path == NULL         ? "--mapping"
                         : job->input == NULL ? "--input"
                                              : "--out",
                         cli->usage);
    const char *const names[] = {"--mapping", "--input", "--out", "--labels-out", "--bad"};
    const char *const paths[] = {path, job->input, job->out.path, cli_value(cli, "--labels-out"),
                                 cli_value(cli, "--bad")};
    if (!files_distinct(names, paths, sizeof paths / sizeof paths[0], error)) return false;
    job->mapping = mapping_load(path, error);
    if (job->mapping == NULL) return false;
    if (cli_value(cli, "--labels-out") != NULL && job->mapping->columns[MAPPING_LABEL][0] == '\0')
        return error_set(error, ERROR_USAGE, "--labels-out: %s maps no label column", path);
    job->csv = mapped_csv_open(job->input, job->mapping, error);
    return job->csv != NULL;
}

static bool open_output(struct job *job, struct error *error) {
    job->labels.path = cli_value(job->cli, "--labels-out");
    job->bad.path = cli_value(job->cli, "--bad");
    if (!out_file_open(&job->labels, error) || !out_file_open(&job->bad, error) ||
        !out_file_open(&job->out, error))
        return false;
    job->writer = out_file_container(&job->out, SCHEMA_ID_TRANSACTION, error);
    return job->writer != NULL && out_file_begin(&job->labels, "event_id,label", error) &&
           out_file_begin(&job->bad, "line,reason", error);
}

/* What is written until a fault is whole, too. */
static bool finish_output(struct job *job, bool ok, struct error *error) {
    struct error ignored, *first = ok ? error : &ignored;
    ok = ocf_finish(job->writer, first) && ok;
    first = ok ? error : &ignored;
    ok = out_file_finish(&job->labels, first) && ok;
    first = ok ? error : &ignored;
    return out_file_finish(&job->bad, first) && ok;
}

/* Also when every row is bad: then it is the reason for the status. */
static void summarise(const struct job *job) {
    const bool interrupted = stop_signal_seen() != 0;
    const struct mapped_csv_counts counts = mapped_csv_counts(job->csv);
    if (job->cli->json)
        printf("{\"interrupted\":%s,\"rows\":%lld,\"records\":%lld,\"bad_rows\":%lld,"
               "\"out_of_order\":%lld}\n",
               interrupted ? "true" : "false", (long long)counts.rows, (long long)counts.records,
               (long long)counts.bad_rows, (long long)counts.out_of_order);
    mapped_csv_show_rest(job->csv, "--bad FILE lists all");
    if (job->cli->quiet) return;
    fprintf(stderr, "%s%lld records of %lld rows; %lld bad",
            interrupted ? "interrupted; written so far: " : "", (long long)counts.records,
            (long long)counts.rows, (long long)counts.bad_rows);
    if (counts.out_of_order > 0)
        fprintf(stderr, "; %lld earlier than one before them, kept in the order of the file",
                (long long)counts.out_of_order);
    fprintf(stderr, "\nnext: saqshy replay --engine --input %s\n", job->out.path);
}

static bool run(void *context, struct error *error) {
    struct job *job = context;
    stop_signal_watch();
    job->input = cli_value(job->cli, "--input");
    job->out = (struct out_file){.path = cli_value(job->cli, "--out"), .may_be_standard = true};
    const bool ok = open_input(job, error) && open_output(job, error) && import_rows(job, error);
    if (!finish_output(job, ok, error)) return false;
    summarise(job);
    return mapped_csv_check(job->csv, error);
}

static void close_job(void *context) {
    struct job *job = context;
    out_file_close(&job->labels);
    out_file_close(&job->bad);
    out_file_close(&job->out);
    mapped_csv_close(job->csv);
    mapping_free(job->mapping);
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
    return cli_run(&cli, argc, argv, run, close_job, &job);
}
