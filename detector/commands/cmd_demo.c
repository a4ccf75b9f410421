/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/broker/embedded_broker.h"
#include "detector/broker/kafka_port.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "detector/commands/demo_feed.h"
#include "detector/commands/demo_report.h"
#include "detector/commands/demo_view.h"
#include "detector/commands/gen_flags.h"
#include "detector/pipeline.h"
#include "detector/service/metrics.h"
#include "detector/service/stop_signal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { DRAW_US = 200000, DEFAULT_PER_S = 20000 };

struct demo {
    struct cli *cli;
    struct gen_options gen;
    int64_t per_s;
    struct embedded_broker *broker;
    struct port *port;
    struct pipeline *pipeline;
    struct demo_feed *feed;
    struct demo_view *view;
    struct demo_story *story;
    struct demo_bank *bank;
    struct demo_policy *policy;
    struct demo_tally tally;
    struct scoreboard *board;
    pthread_t engine;
    atomic_bool engine_ended;
    bool engine_ok;
    struct error engine_error;
    double seconds;
};

/* The demo brings its own broker, which ignores transactions. */
static bool open_broker(struct demo *d, struct error *error) {
    struct options *o = &d->cli->options;
    d->broker = embedded_broker_open(error);
    if (d->broker == NULL) return false;
    const char *const topics[] = {o->topic_transactions, o->topic_signals, o->topic_recommendations,
                                  o->topic_dead_letters, o->topic_order,   o->topic_policy};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        if (topics[i][0] != '\0' && !embedded_broker_create_topic(d->broker, topics[i], 1, error))
            return false;
    snprintf(o->bootstrap_servers, sizeof o->bootstrap_servers, "%s",
             embedded_broker_bootstrap(d->broker));
    snprintf(o->delivery, sizeof o->delivery, "at-least-once");
    snprintf(o->start_from, sizeof o->start_from, "earliest");
    return true;
}

static void show_broker(const struct demo *d) {
    const struct options *o = &d->cli->options;
    if (!d->cli->json) printf("bootstrap.servers=%s\n", o->bootstrap_servers);
    fflush(stdout);
    if (!d->cli->quiet)
        fprintf(stderr, "look with: kcat -b %s -C -t %s -f '%%k %%h\\n'\n", o->bootstrap_servers,
                o->topic_recommendations);
}

static void take(void *context, const struct recommendation *recommendation) {
    struct demo *d = context;
    scoreboard_take(d->board, recommendation);
    demo_story_advise(d->story, recommendation);
    demo_bank_take(d->bank, recommendation);
    demo_tally_advice(&d->tally, recommendation);
    demo_view_take(d->view, recommendation);
}

static void take_payer_side(void *context, const struct recommendation *recommendation) {
    struct demo *d = context;
    scoreboard_take_payer_side(d->board, recommendation);
    demo_tally_advice(&d->tally, recommendation);
    demo_view_take(d->view, recommendation);
}

static void *run_engine(void *context) {
    struct demo *d = context;
    d->engine_ok = pipeline_run(d->pipeline, &d->engine_error);
    atomic_store(&d->engine_ended, true);
    return NULL;
}

static void feed_ended(void *context) {
    struct demo *d = context;
    pipeline_stop(d->pipeline);
}

static void interrupt(void *context) {
    struct demo *d = context;
    demo_feed_stop(d->feed);
    pipeline_stop(d->pipeline);
}

static bool open_engine(struct demo *d, struct error *error) {
    d->port = kafka_port_open(&d->cli->options, error);
    if (d->port == NULL) return false;
    const struct pipeline_options pipeline = {.options = &d->cli->options,
                                              .port = d->port,
                                              .signals_by_time = true,
                                              .acknowledge = true,
                                              .on_recommendation = take,
                                              .on_payer_side = take_payer_side,
                                              .context = d,
                                              .on_decided = demo_tally_batch,
                                              .decided_context = &d->tally};
    d->pipeline = pipeline_open(&pipeline, error);
    d->board = scoreboard_new();
    d->story = demo_story_new();
    d->bank = demo_bank_new();
    d->view = demo_view_new(d->cli->quiet, &d->tally);
    return d->pipeline != NULL && (d->view != NULL || error_set(error, ERROR_FAILED, "no memory"));
}

static bool start(struct demo *d, struct error *error) {
    const int64_t half_s = (int64_t)d->gen.days * 86400 / 2;
    d->policy = demo_policy_open(&d->cli->options, d->gen.start_s + half_s, error);
    if (d->policy == NULL) return false;
    const struct demo_feed_options feed = {.gen = d->gen,
                                           .options = &d->cli->options,
                                           .story = d->story,
                                           .bank = d->bank,
                                           .policy = d->policy,
                                           .per_s = d->per_s,
                                           .ended = feed_ended,
                                           .context = d};
    d->feed = demo_feed_start(&feed, error);
    if (d->feed == NULL) return false;
    return (stop_signal_start(interrupt, d) &&
            pthread_create(&d->engine, NULL, run_engine, d) == 0) ||
           error_set(error, ERROR_FAILED, "the engine's thread cannot be started");
}

static int64_t taken_as(enum verdict verdict) {
    return (int64_t)metrics_get_verdict(verdict);
}

static struct demo_numbers numbers(const struct demo *d) {
    return (struct demo_numbers){
        .start_s = d->gen.start_s,
        .end_s = d->gen.start_s + (int64_t)d->gen.days * 86400,
        .now_s = demo_feed_now_s(d->feed),
        .sent = demo_feed_sent(d->feed),
        .taken = metrics_get(METRIC_RECORDS),
        .signals = taken_as(VERDICT_SIGNAL),
        .documents = taken_as(VERDICT_DOCUMENT) + taken_as(VERDICT_DOCUMENT_REFUSED) +
                     taken_as(VERDICT_DOCUMENT_NOTE),
        .answered = demo_bank_given(d->bank),
        .ending = demo_story_ending(d->story),
        .policy = demo_policy_look(d->policy),
        .accounts = metrics_get(METRIC_ACCOUNTS),
        .dead_letters = metrics_get(METRIC_DEAD_LETTERS),
    };
}

static bool play(struct demo *d, struct error *error) {
    const double started_s = steady_s();
    if (!start(d, error)) return false;
    while (!atomic_load(&d->engine_ended)) {
        const struct demo_numbers n = numbers(d);
        demo_view_draw(d->view, &n);
        usleep(DRAW_US);
    }
    pthread_join(d->engine, NULL);
    d->seconds = steady_s() - started_s;
    demo_feed_stop(d->feed);
    const bool fed = demo_feed_join(d->feed, error);
    const struct demo_numbers n = numbers(d);
    demo_view_end(d->view, &n);
    demo_feed_label(d->feed, d->board);
    if (!d->engine_ok) *error = d->engine_error;
    return fed && d->engine_ok;
}

/* The end. */

static void linger(const struct demo *d) {
    if (cli_value(d->cli, "--broker") == NULL || stop_signal_seen() != 0 ||
        isatty(STDERR_FILENO) != 1 || isatty(STDIN_FILENO) != 1)
        return;
    fprintf(stderr, "the broker stays at %s until Ctrl-C\n", d->cli->options.bootstrap_servers);
    while (stop_signal_seen() == 0)
        usleep(DRAW_US);
}

static void report(const struct demo *d) {
    const struct scoreboard_result result = scoreboard_result(d->board);
    const struct demo_numbers n = numbers(d);
    const struct demo_report report = {.gen = &d->gen,
                                       .bootstrap_servers = d->cli->options.bootstrap_servers,
                                       .numbers = &n,
                                       .tally = &d->tally,
                                       .result = &result,
                                       .seconds = d->seconds,
                                       .interrupted = stop_signal_seen() != 0};
    if (d->cli->json) demo_report_json(&report, stdout);
    if (!d->cli->quiet) demo_report_text(&report, stderr);
}

static bool demo(struct demo *d, bool *interrupted, struct error *error) {
    if (!open_broker(d, error) || !open_engine(d, error)) return false;
    if (cli_value(d->cli, "--broker") != NULL) show_broker(d);
    if (!play(d, error)) return false;
    *interrupted = stop_signal_seen() != 0;
    report(d);
    linger(d);
    return true;
}

static void close_demo(struct demo *d) {
    stop_signal_end();
    demo_feed_close(d->feed);
    demo_policy_close(d->policy);
    pipeline_close(d->pipeline);
    if (d->port != NULL) d->port->ops->close(d->port);
    embedded_broker_close(d->broker);
    scoreboard_free(d->board);
    demo_view_free(d->view);
    demo_story_free(d->story);
    demo_bank_free(d->bank);
}

int cmd_demo(int argc, char **argv) {
    struct error error = {.code = ERROR_NONE};
    struct cli_flag flags[] = {
        GEN_FLAGS,
        {"--rate", "N", "transactions a second at most, 0: as fast as it goes (20k)", NULL},
        {"--broker", NULL, "print bootstrap.servers, so that kcat can look", NULL}};
    struct cli cli = {.usage = "saqshy demo [flags]",
                      .purpose = "Shows the engine at work: embedded broker, synthetic feed, live "
                                 "view. Needs no Kafka.",
                      .flags = flags,
                      .flag_count = sizeof flags / sizeof flags[0],
                      .wants_options = true};
    const enum cli_outcome outcome = cli_parse(&cli, argc, argv, &error);
    if (outcome != CLI_GO) return outcome == CLI_HELP_SHOWN ? 0 : cli_fail(&error);
    struct demo d = {.cli = &cli, .per_s = DEFAULT_PER_S};
    bool interrupted = false;
    if (strcmp(cli.options.log_level, "info") == 0) log_set_level(LOG_LEVEL_WARN);
    bool ok = gen_flags_read(&cli, &d.gen, &error) &&
              cli_number(&cli, "--rate", 0, INT32_MAX, &d.per_s, &error);
    d.gen.signals = cli.options.topic_signals[0] != '\0';
    ok = ok && demo(&d, &interrupted, &error);
    close_demo(&d);
    cli_free(&cli);
    if (!ok) return cli_fail(&error);
    return interrupted ? error_exit_status(ERROR_INTERRUPTED) : 0;
}
