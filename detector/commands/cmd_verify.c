/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/broker/kafka_port.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/verify.h"

#include <stdlib.h>
#include <string.h>

#define READER_ID "saqshy-verify"

struct verify {
    struct cli *cli;
    const char *file;
    struct offline_input input;
    bool replay_wanted, others_allowed;
    struct verify_output output;
    struct verify_reader *reader;
    struct verify_report report;
    struct verify_chain_counts counts;
    struct verify_shards shards;
    struct verify_replay replay;
    struct verify_copy copy; /* of what a broker has, to be replayed */
};

/* Flags. */

static bool read_flags(struct verify *v, struct error *error) {
    const struct cli *cli = v->cli;
    v->file = cli_value(cli, "--output");
    v->input.path = cli_value(cli, "--input");
    v->input.signals = cli_value(cli, "--signals");
    v->replay_wanted = cli_value(cli, "--replay") != NULL;
    v->others_allowed = cli_value(cli, "--other-shards") != NULL;
    v->output.beginning_may_lack = cli_value(cli, "--partial") != NULL;
    const char *const names[] = {"--output", "--input"};
    const char *const paths[] = {v->file, v->input.path};
    if (v->file == NULL && cli->options.bootstrap_servers[0] == '\0')
        return error_set(error, ERROR_USAGE,
                         "say what to verify: --output FILE, a recording, or bootstrap.servers");
    if (v->replay_wanted && (v->file != NULL || v->input.path != NULL))
        return error_set(error, ERROR_USAGE,
                         "--replay reads the input of the broker; of files, --input FILE is "
                         "replayed");
    if (v->input.signals != NULL && v->input.path == NULL)
        return error_set(error, ERROR_USAGE,
                         "--signals is for --input FILE; --replay reads those of the broker");
    /* One recording may hold both. */
    const bool one =
        v->file != NULL && v->input.path != NULL && strcmp(v->file, v->input.path) == 0;
    return (one || files_distinct(names, paths, 2, error)) &&
           cli_number(cli, "--partitions", 1, OFFLINE_PARTITIONS_MAX, &v->input.partitions,
                      error) &&
           cli_number(cli, "--memory", OFFLINE_MEMORY_LEAST, INT64_MAX, &v->input.memory_max,
                      error);
}

/* Reading. */

static bool is_replayed(const struct verify *v) {
    return v->input.path != NULL || v->replay_wanted;
}

/* The order log first, and its end once more when the output is here: what came meanwhile is newer,
 * and no finding. */
static bool fetch(struct verify *v, struct port *port, struct error *error) {
    const struct options *o = &v->cli->options;
    const struct inputs inputs = inputs_of(o);
    const char *topics[1 + INPUT_KINDS] = {o->topic_order};
    size_t count = 1;
    for (enum input_kind kind = 0; v->replay_wanted && kind < INPUT_KINDS; kind++) {
        int32_t partitions = 0;
        if (!inputs_ask(&inputs, port, kind, &partitions, error)) return false;
        if (partitions > 0) topics[count++] = inputs.topic[kind];
    }
    if (v->replay_wanted &&
        !verify_copy_make(&v->copy, port, topics, count, v->input.memory_max, error))
        return false;
    return verify_output_fetch(&v->output, port, error) &&
           (!is_replayed(v) ||
            verify_output_cover(&v->output, port, o->topic_order, o->shard_id, error));
}

static bool read_broker(struct verify *v, struct error *error) {
    struct options options = v->cli->options;
    snprintf(options.shard_id, sizeof options.shard_id, READER_ID);
    struct port *port = kafka_port_open(&options, error);
    const bool ok = port != NULL && fetch(v, port, error);
    if (port != NULL) port->ops->close(port);
    return ok;
}

static bool read_output(struct verify *v, struct error *error) {
    v->output.topic = v->cli->options.topic_recommendations;
    v->output.memory_max = v->input.memory_max;
    return verify_output_open(&v->output, error) &&
           (v->file != NULL ? verify_output_load(&v->output, v->file, error)
                            : read_broker(v, error));
}

/* Proving. */

static bool reproduce(struct verify *v, struct error *error) {
    v->replay = (struct verify_replay){
        .options = &v->cli->options, .input = v->input, .quiet = v->cli->quiet};
    if (v->replay_wanted) v->replay.input.path = v->copy.path;
    if (!verify_replay(&v->replay, &v->output, v->reader, &v->report, error)) return false;
    if (!v->others_allowed) verify_shards_report(&v->shards, &v->report);
    return true;
}

static json_t *replay_json(const struct verify_replay *r) {
    return json_pack("{sI sI sI sI sI}", "replayed", (json_int_t)r->records, "reproduced",
                     (json_int_t)r->reproduced, "followers", (json_int_t)r->followers, "newer",
                     (json_int_t)r->newer, "earlier", (json_int_t)r->earlier);
}

static void print_json(const struct verify *v) {
    json_t *row =
        json_pack("{sb sI sI sI so sI}", "ok", (int)(v->report.findings == 0), "recommendations",
                  (json_int_t)v->counts.recommendations, "chains", (json_int_t)v->counts.chains,
                  "begun_late", (json_int_t)v->counts.begun_late, "other_shards",
                  verify_shards_json(&v->shards), "findings", (json_int_t)v->report.findings);
    if (is_replayed(v)) json_object_update_new(row, replay_json(&v->replay));
    json_dumpf(row, stdout, JSON_PRESERVE_ORDER | JSON_COMPACT);
    putchar('\n');
    json_decref(row);
}

static void print_summary(const struct verify *v) {
    const struct verify_chain_counts *c = &v->counts;
    if (v->report.findings > VERIFY_FINDINGS_SHOWN)
        printf("and %lld more findings\n", (long long)v->report.findings - VERIFY_FINDINGS_SHOWN);
    printf("%s: %lld recommendation%s in %lld chain%s (one a shard and partition)%s\n",
           v->output.topic, (long long)c->recommendations, c->recommendations == 1 ? "" : "s",
           (long long)c->chains, c->chains == 1 ? "" : "s",
           v->report.findings == 0 ? ": no gap, no repeat, every hash that of the one before" : "");
    if (c->begun_late > 0)
        printf("%lld of the chains begin late: what came before is not here, and not proven\n",
               (long long)c->begun_late);
    verify_shards_print(&v->shards);
    if (is_replayed(v))
        printf("%lld reproduced byte for byte by replay of %lld records\n",
               (long long)v->replay.reproduced, (long long)v->replay.records);
    else
        printf("next: with the input beside it, --input FILE or --replay, every byte is proven\n");
    if (v->replay.followers > 0)
        printf("%lld more differ in nothing but the hash of the one before them\n",
               (long long)v->replay.followers);
    if (v->replay.earlier > 0)
        printf(
            "%lld are of before the last rebuild, and were not replayed: of them the chain alone "
            "is proven\n",
            (long long)v->replay.earlier);
    if (v->replay.may_lack_signals && v->input.path != NULL)
        printf("the input holds no signals: if there were any beside it, name them by --signals\n");
    if (v->replay.newer > 0)
        printf("%lld are newer than the order log as it was read, and were not compared\n",
               (long long)v->replay.newer);
}

static bool run(void *job, struct error *error) {
    struct verify *v = job;
    v->report.json = v->cli->json;
    if (!read_flags(v, error) || !read_output(v, error)) return false;
    v->reader = verify_reader_open(error);
    if (v->reader == NULL || !verify_shards_open(&v->shards, v->cli->options.shard_id, error) ||
        !verify_chain(&v->output, v->reader, &v->report, &v->counts, &v->shards, error) ||
        (is_replayed(v) && !reproduce(v, error)))
        return false;
    if (v->cli->json)
        print_json(v);
    else if (!v->cli->quiet)
        print_summary(v);
    return v->report.findings == 0 ||
           error_set(error, ERROR_BAD_DATA, "%lld finding%s; the first: %s",
                     (long long)v->report.findings, v->report.findings == 1 ? "" : "s",
                     v->report.first);
}

static void close_verify(void *job) {
    struct verify *v = job;
    verify_reader_close(v->reader);
    verify_shards_close(&v->shards);
    verify_output_close(&v->output);
    verify_copy_close(&v->copy);
}

int cmd_verify(int argc, char **argv) {
    struct cli_flag flags[] = {
        {"--output", "FILE", "recording of the recommendations (the topic of a broker)", NULL},
        {"--input", "FILE", "transactions, or a recording of them and the order log: replayed",
         NULL},
        OFFLINE_SIGNALS_FLAG,
        {"--replay", NULL, "replay the input and the order log of the broker", NULL},
        {"--partial", NULL, "the beginning may be missing", NULL},
        {"--other-shards", NULL, "other shards may write to the topic: no finding", NULL},
        {"--partitions", "N", "of an input that names none (1)", NULL},
        {"--memory", "BYTES", "records are held in memory, at most (4G)", NULL}};
    struct cli cli = {.usage = "saqshy verify [--output FILE] [--input FILE | --replay] [flags] "
                               "[-X key=value]…",
                      .purpose = "Proves of published recommendations that none is missing, "
                                 "repeated or changed, and that a replay gives the same bytes.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .wants_options = true,
                      .warns_only = true};
    struct verify v = {.cli = &cli,
                       .copy = {.descriptor = -1},
                       .input = {.partitions = 1, .memory_max = OFFLINE_MEMORY_DEFAULT}};
    return cli_run(&cli, argc, argv, run, close_verify, &v);
}
