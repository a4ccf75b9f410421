/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/gen_flags.h"
#include "detector/commands/out_file.h"
#include "detector/service/stop_signal.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/ocf.h"

#include <string.h>

struct totals {
    int64_t records, bad, signals, droppers;
};

struct output {
    struct encoder *encoder;
    struct ocf_writer *records, *signals; /* signals NULL: they are not wanted */
    struct totals *totals;
};

static bool append(struct ocf_writer *writer, struct bytes framed, struct error *error) {
    return ocf_append(writer, (struct bytes){framed.data + FRAME_SIZE, framed.size - FRAME_SIZE},
                      error);
}

static bool write_signals(struct gen *gen, struct output *out, struct error *error) {
    struct signal signal;
    struct bytes framed;
    while (gen_next_signal(gen, &signal)) {
        if (!encode_signal(out->encoder, &signal, &framed, error) ||
            !append(out->signals, framed, error))
            return false;
        out->totals->signals++;
    }
    return true;
}

static bool write_record(const struct transaction *tx, struct output *out, struct error *error) {
    struct bytes framed;
    return encode_transaction(out->encoder, tx, &framed, error) &&
           append(out->records, framed, error);
}

static bool write_records(struct gen *gen, struct output *out, struct error *error) {
    struct progress *progress = progress_new("generating", gen_end_s(gen) - gen_now_s(gen));
    const int64_t start_s = gen_now_s(gen);
    struct totals *totals = out->totals;
    struct transaction tx;
    bool bad = false, ok = true;
    while (ok && stop_signal_seen() == 0 && gen_next(gen, &tx, &bad)) {
        ok = write_record(&tx, out, error) && write_signals(gen, out, error);
        totals->records++;
        totals->bad += bad;
        if (totals->records % 1024 == 0)
            progress_set(progress, gen_now_s(gen) - start_s, totals->records);
    }
    progress_end(progress);
    if (ok && gen_failed(gen)) return error_set(error, ERROR_FAILED, "no memory to go on");
    return ok && write_signals(gen, out, error);
}

/* Beside the feed. */

static bool write_labels(const struct gen *gen, struct out_file *out, struct totals *totals,
                         struct error *error) {
    if (!out_file_begin(out, "account_id,typology,first_bad_time", error)) return false;
    for (uint32_t i = 0; i < gen_label_count(gen); i++) {
        const struct gen_label label = gen_label(gen, i);
        if (label.first_bad_s == 0) continue;
        totals->droppers++;
        if (out->file != NULL)
            fprintf(out->file, "%s,%s,%lld\n", label.account_token,
                    gen_typology_name(label.typology), (long long)label.first_bad_s);
    }
    return out_file_finish(out, error);
}

static bool write_groups(const struct gen *gen, struct out_file *out, struct error *error) {
    if (out->file == NULL) return true;
    if (!out_file_begin(out, "account_id,group", error)) return false;
    for (uint32_t account = 0; account < gen_account_count(gen); account++) {
        char token[40];
        gen_account_token(gen, account, token);
        const char *group;
        for (uint32_t n = 0; (group = gen_group(gen, account, n)) != NULL; n++)
            fprintf(out->file, "%s,%s\n", token, group);
    }
    return out_file_finish(out, error);
}

/* The whole. */

static bool finish(struct ocf_writer *writer, bool ok, struct error *error) {
    struct error ignored;
    return writer == NULL ? ok : ocf_finish(writer, ok ? error : &ignored) && ok;
}

static bool write_feed(struct gen *gen, struct out_file *feed, struct out_file *signals,
                       struct totals *totals, struct error *error) {
    struct output out = {.encoder = encoder_open(error), .totals = totals};
    bool ok = out.encoder != NULL;
    if (ok) ok = (out.records = out_file_container(feed, SCHEMA_ID_TRANSACTION, error)) != NULL;
    if (ok && signals->path != NULL)
        ok = (out.signals = out_file_container(signals, SCHEMA_ID_SIGNAL, error)) != NULL;
    ok = ok && write_records(gen, &out, error);
    ok = finish(out.records, ok, error);
    ok = finish(out.signals, ok, error);
    encoder_close(out.encoder);
    return ok;
}

static bool write_all(const struct cli *cli, struct gen *gen, struct totals *totals,
                      struct error *error) {
    struct out_file feed = {.path = cli_value(cli, "--out"), .may_be_standard = true};
    struct out_file labels = {.path = cli_value(cli, "--labels")};
    struct out_file groups = {.path = cli_value(cli, "--groups")};
    struct out_file signals = {.path = cli_value(cli, "--signals")};
    const bool ok = out_file_open(&labels, error) && out_file_open(&groups, error) &&
                    out_file_open(&signals, error) && out_file_open(&feed, error) &&
                    write_feed(gen, &feed, &signals, totals, error) &&
                    write_labels(gen, &labels, totals, error) && write_groups(gen, &groups, error);
    out_file_close(&labels);
    out_file_close(&groups);
    out_file_close(&signals);
    out_file_close(&feed);
    return ok;
}

static bool check_paths(const struct cli *cli, struct error *error) {
    const char *const names[] = {"--out", "--labels", "--groups", "--signals"};
    const char *paths[4];
    for (size_t i = 0; i < 4; i++)
        paths[i] = cli_value(cli, names[i]);
    if (paths[0] == NULL)
        return error_set(error, ERROR_USAGE, "--out FILE is missing; usage: %s", cli->usage);
    for (size_t i = 1; i < 4; i++)
        if (paths[i] != NULL && strcmp(paths[i], "-") == 0)
            return error_set(error, ERROR_USAGE, "%s takes a file: only --out may be - for stdout",
                             names[i]);
    return files_distinct(names, paths, 4, error);
}

static bool generate(const struct cli *cli, struct totals *totals, struct error *error) {
    struct gen_options options;
    if (!check_paths(cli, error) || !gen_flags_read(cli, &options, error)) return false;
    options.signals = cli_value(cli, "--signals") != NULL;
    struct gen *gen = gen_open(&options, error);
    const bool ok = gen != NULL && write_all(cli, gen, totals, error);
    gen_close(gen);
    return ok;
}

static void summarise(const struct cli *cli, const struct totals *totals) {
    const char *out = cli_value(cli, "--out"), *signals = cli_value(cli, "--signals");
    if (cli->json)
        printf("{\"records\":%lld,\"bad_records\":%lld,\"droppers\":%lld,\"signals\":%lld}\n",
               (long long)totals->records, (long long)totals->bad, (long long)totals->droppers,
               (long long)totals->signals);
    if (cli->quiet) return;
    fprintf(stderr, "%s%lld transactions, %lld of them in schemes of %lld droppers",
            stop_signal_seen() != 0 ? "interrupted; written so far: " : "",
            (long long)totals->records, (long long)totals->bad, (long long)totals->droppers);
    if (signals != NULL) fprintf(stderr, "; %lld signals", (long long)totals->signals);
    fprintf(stderr, "\nnext: saqshy replay --engine --input %s\n", out);
}

static bool run(void *job, struct error *error) {
    struct totals totals = {0};
    stop_signal_watch();
    if (!generate(job, &totals, error)) return false;
    summarise(job, &totals);
    return true;
}

int cmd_gen(int argc, char **argv) {
    struct cli_flag flags[] = {GEN_FLAGS,
                               {"--out", "FILE", "Avro object container file to write", NULL},
                               {"--labels", "FILE", "CSV of the droppers to write", NULL},
                               {"--groups", "FILE", "CSV of who is who to write", NULL},
                               {"--signals", "FILE", "container file of signals to write", NULL}};
    struct cli cli = {.usage = "saqshy gen --out FILE [--labels FILE] [flags]",
                      .purpose = "Writes a labelled synthetic feed; the same seed, the same bytes.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0]};
    return cli_run(&cli, argc, argv, run, NULL, &cli);
}
