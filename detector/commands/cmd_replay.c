/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/files.h"
#include "detector/base/steady.h"
#include "detector/broker/recording.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/offline_run.h"
#include "detector/commands/out_file.h"
#include "detector/commands/replay_feed.h"
#include "detector/commands/scoreboard.h"
#include "detector/service/metrics.h"
#include "detector/service/stop_signal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct replay {
    struct cli *cli;
    const char *labels;
    struct out_file out;
    struct offline_input input;
    bool engine_wanted, recorded_timestamps;
    struct pace pace;
    struct offline_run run;       /* of --engine */
    struct replay_source *source; /* without it */
    struct replay_feed *feed;
    struct scoreboard *board;
    double seconds; /* that the feed took */
};

/* Flags. */

static bool read_pace(struct replay *r, struct error *error) {
    const char *speed = cli_value(r->cli, "--speed");
    if (!cli_number(r->cli, "--rate", 1, INT32_MAX, &r->pace.per_s, error)) return false;
    if (speed == NULL) return true;
    if (r->pace.per_s > 0)
        return error_set(error, ERROR_USAGE, "--rate and --speed exclude each other");
    char *end = NULL;
    errno = 0;
    r->pace.speed = strtod(speed, &end);
    return (end != speed && *end == '\0' && errno == 0 && r->pace.speed >= 1e-3 &&
            r->pace.speed <= 1e9) ||
           error_set(error, ERROR_USAGE,
                     "--speed takes a number from 0.001 to 1000000000: how many "
                     "times faster than it was recorded");
}

static bool read_timestamps(struct replay *r, struct error *error) {
    const char *value = cli_value(r->cli, "--timestamps");
    if (value == NULL || strcmp(value, "now") == 0) return true;
    r->recorded_timestamps = strcmp(value, "recorded") == 0;
    return r->recorded_timestamps ||
           error_set(error, ERROR_USAGE, "--timestamps takes now or recorded, not %s", value);
}

/* A flag of the other kind of replay would be ignored, and its user misled. */
static bool refuse_strangers(const struct replay *r, struct error *error) {
    static const char *const of_engine[] = {"--labels", "--out", "--partitions", "--memory"};
    for (size_t i = 0; !r->engine_wanted && i < sizeof of_engine / sizeof of_engine[0]; i++)
        if (cli_value(r->cli, of_engine[i]) != NULL)
            return error_set(error, ERROR_USAGE, "%s is for --engine", of_engine[i]);
    if (r->engine_wanted && cli_value(r->cli, "--timestamps") != NULL)
        return error_set(error, ERROR_USAGE,
                         "--timestamps is for Kafka; the engine sees the recorded ones");
    return true;
}

static bool read_flags(struct replay *r, struct error *error) {
    const struct cli *cli = r->cli;
    r->out = (struct out_file){.path = cli_value(cli, "--out"), .may_be_standard = true};
    r->labels = cli_value(cli, "--labels");
    r->engine_wanted = cli_value(cli, "--engine") != NULL;
    if (!offline_input_read(cli, &r->input, error)) return false;
    const char *const names[] = {"--input", "--mapping", "--signals", "--labels", "--out"};
    const char *const paths[] = {r->input.path, r->input.mapping, r->input.signals, r->labels,
                                 r->out.path};
    return files_distinct(names, paths, sizeof paths / sizeof paths[0], error) &&
           refuse_strangers(r, error) && read_pace(r, error) && read_timestamps(r, error);
}

/* The engine. */

static bool save(struct replay *r, struct error *error) {
    const char *const topics[] = {r->cli->options.topic_recommendations};
    if (r->out.path == NULL) return true;
    FILE *file = out_file_take(&r->out, error);
    return file != NULL && recording_write(file, r->out.path, replay_engine_memory(r->run.engine),
                                           topics, 1, error);
}

static bool run_engine(struct replay *r, struct error *error) {
    r->board = scoreboard_new();
    if (r->labels != NULL && !scoreboard_load_labels(r->board, r->labels, error)) return false;
    const struct replay_engine_options engine = {.settings = &r->cli->options,
                                                 .on_recommendation = scoreboard_take,
                                                 .on_payer_side = scoreboard_take_payer_side,
                                                 .context = r->board,
                                                 .on_batch = scoreboard_note_batch,
                                                 .batch_context = r->board,
                                                 .pace = r->pace,
                                                 .quiet = r->cli->quiet};
    return out_file_open(&r->out, error) && offline_run_open(&r->run, &r->input, &engine, error) &&
           offline_run_go(&r->run, error) && save(r, error);
}

static void print_engine_json(const struct replay *r, const struct scoreboard_result *b) {
    const int64_t taken = replay_engine_taken(r->run.engine);
    printf("{\"interrupted\":%s,\"records\":%lld,\"followed\":%lld,\"seconds\":%.3f,"
           "\"records_per_s\":%.0f,\"accepted\":%llu,\"late\":%llu,\"duplicates\":%llu,"
           "\"dead_letters\":%lld,\"recommendations\":%lld,\"accounts_recommended\":%lld,"
           "\"to_payers\":%lld",
           stop_signal_seen() != 0 ? "true" : "false", (long long)taken,
           (long long)replay_engine_followed(r->run.engine), r->run.seconds,
           (double)taken / r->run.seconds,
           (unsigned long long)metrics_get_verdict(VERDICT_ACCEPTED),
           (unsigned long long)metrics_get_verdict(VERDICT_LATE),
           (unsigned long long)metrics_get_verdict(VERDICT_DUPLICATE),
           (long long)metrics_get(METRIC_DEAD_LETTERS), (long long)b->recommendations,
           (long long)b->accounts, (long long)b->to_payers);
    if (r->labels != NULL)
        printf(",\"labelled\":%lld,\"found\":%lld,\"bothered\":%lld,\"median_minutes\":%lld",
               (long long)b->labelled, (long long)b->found, (long long)(b->accounts - b->found),
               (long long)b->median_minutes);
    printf("}\n");
}

static void print_engine_summary(const struct replay *r, const struct scoreboard_result *b) {
    const int64_t taken = replay_engine_taken(r->run.engine);
    const int64_t followed = replay_engine_followed(r->run.engine);
    fprintf(stderr, "%s%lld records in %.1f s (%.0f/s); %lld recommendations for %lld accounts",
            stop_signal_seen() != 0 ? "interrupted; so far: " : "", (long long)taken,
            r->run.seconds, (double)taken / r->run.seconds, (long long)b->recommendations,
            (long long)b->accounts);
    if (b->to_payers > 0) fprintf(stderr, "; %lld more to payers", (long long)b->to_payers);
    if (followed > 0) fprintf(stderr, "; %lld records by the order log", (long long)followed);
    if (metrics_get(METRIC_DEAD_LETTERS) > 0)
        fprintf(stderr, "; %lld dead letters", (long long)metrics_get(METRIC_DEAD_LETTERS));
    if (r->labels != NULL) {
        fprintf(stderr, "\nfound %lld of %lld labelled accounts and bothered %lld others",
                (long long)b->found, (long long)b->labelled, (long long)(b->accounts - b->found));
        if (b->median_minutes >= 0)
            fprintf(stderr, "; half of those found within %lld min of their first bad event",
                    (long long)b->median_minutes);
    }
    if (r->labels == NULL)
        fprintf(stderr, "\nnext: saqshy replay --engine --input %s --labels LABELS.csv\n",
                r->input.path);
    else if (r->out.path == NULL)
        fprintf(stderr, "\nnext: saqshy replay --engine --input %s --out recommendations.avro\n",
                r->input.path);
    else
        fprintf(stderr, "\nnext: %s holds the recommendations as they go to Kafka\n", r->out.path);
}

/* Kafka. */

static void interrupt_feed(void *feed) {
    replay_feed_stop(feed);
}

static bool run_feed(struct replay *r, struct error *error) {
    r->source = offline_source_open(&r->input, &r->cli->options, error);
    if (r->source == NULL) return false;
    if (r->cli->options.bootstrap_servers[0] == '\0')
        return error_set(error, ERROR_CONFIG,
                         "bootstrap.servers is not set; name the brokers, or replay straight into "
                         "the engine with --engine");
    const struct replay_feed_options feed = {.settings = &r->cli->options,
                                             .source = r->source,
                                             .pace = r->pace,
                                             .recorded_timestamps = r->recorded_timestamps,
                                             .quiet = r->cli->quiet};
    r->feed = replay_feed_open(&feed, error);
    if (r->feed == NULL) return false;
    stop_signal_start(interrupt_feed, r->feed);
    const double started_s = steady_s();
    const bool ok = replay_feed_run(r->feed, error);
    r->seconds = steady_s() - started_s;
    return ok;
}

static void print_feed(const struct replay *r) {
    const long long sent = replay_feed_sent(r->feed);
    const bool interrupted = stop_signal_seen() != 0;
    const struct options *o = &r->cli->options;
    if (r->cli->json)
        printf("{\"interrupted\":%s,\"records\":%lld,\"seconds\":%.3f,\"records_per_s\":%.0f}\n",
               interrupted ? "true" : "false", sent, r->seconds, (double)sent / r->seconds);
    if (r->cli->quiet) return;
    fprintf(stderr,
            "%s%lld records delivered to %s in %.1f s (%.0f/s)\n"
            "next: saqshy run -X bootstrap.servers=%s -X start.from=earliest\n",
            interrupted ? "interrupted; so far: " : "", sent, o->topic_transactions, r->seconds,
            (double)sent / r->seconds, o->bootstrap_servers);
}

/* The command. */

static void summarise(const struct replay *r) {
    if (!r->engine_wanted) {
        print_feed(r);
        return;
    }
    const struct scoreboard_result result = scoreboard_result(r->board);
    if (r->cli->json) print_engine_json(r, &result);
    if (!r->cli->quiet) print_engine_summary(r, &result);
}

static bool run(void *job, struct error *error) {
    struct replay *r = job;
    if (!read_flags(r, error) || !(r->engine_wanted ? run_engine(r, error) : run_feed(r, error)))
        return false;
    summarise(r);
    return true;
}

static void close_replay(void *job) {
    struct replay *r = job;
    stop_signal_end();
    out_file_close(&r->out);
    offline_run_close(&r->run);
    replay_feed_close(r->feed);
    replay_source_close(r->source);
    scoreboard_free(r->board);
}

int cmd_replay(int argc, char **argv) {
    struct cli_flag flags[] = {
        OFFLINE_INPUT_FLAGS,
        {"--engine", NULL, "straight into the engine, without Kafka", NULL},
        {"--rate", "N", "records a second (as fast as it goes)", NULL},
        {"--speed", "X", "times the recorded pace", NULL},
        {"--timestamps", "now|recorded", "of records in Kafka; old ones die by retention (now)",
         NULL},
        {"--labels", "FILE", "engine: CSV of bad accounts and since when, or of labelled events",
         NULL},
        {"--out", "FILE", "engine: recording of the recommendations to write", NULL}};
    struct cli cli = {.usage = "saqshy replay --input FILE [--engine] [flags] [-X key=value]…",
                      .purpose = "Sends recorded events to Kafka, or straight into the engine, at "
                                 "any speed.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .wants_options = true,
                      .warns_only = true};
    struct replay r = {.cli = &cli};
    return cli_run(&cli, argc, argv, run, close_replay, &r);
}
