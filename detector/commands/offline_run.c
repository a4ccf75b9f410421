/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/offline_run.h"

#include "detector/base/steady.h"
#include "detector/commands/signal_file.h"
#include "detector/import/mapping.h"
#include "detector/service/stop_signal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Signals. */

static struct {
    pthread_mutex_t lock;
    struct replay_engine *engine; /* the one that runs, or NULL */
    bool caught;
} running = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void stop_running(void *unused) {
    (void)unused;
    stop_signal_release();
    pthread_mutex_lock(&running.lock);
    if (running.engine != NULL) replay_engine_stop(running.engine);
    pthread_mutex_unlock(&running.lock);
}

static void set_running(struct replay_engine *engine) {
    pthread_mutex_lock(&running.lock);
    running.engine = engine;
    pthread_mutex_unlock(&running.lock);
}

static bool catch_signals(struct error *error) {
    if (!running.caught) running.caught = stop_signal_start(stop_running, NULL);
    return running.caught || error_set(error, ERROR_FAILED, "signals cannot be caught");
}

/* Input. */

/* Some commands hash the file before they read it, some read it twice. */
static bool is_no_pipe(const char *path) {
    struct stat status;
    return strcmp(path, "-") != 0 &&
           (stat(path, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

/* What is wrong with the mapping is found before any work. */
static bool read_mapping(struct offline_input *input, struct error *error) {
    if (input->mapping == NULL) return true;
    if (!is_no_pipe(input->path))
        return error_set(error, ERROR_USAGE,
                         "--input %s is no file that can be read twice; `saqshy import` reads it",
                         input->path);
    struct mapping *mapping = mapping_load(input->mapping, error);
    if (mapping == NULL) return false;
    input->has_labels = mapping->columns[MAPPING_LABEL][0] != '\0';
    mapping_free(mapping);
    return true;
}

bool offline_input_read(const struct cli *cli, struct offline_input *input, struct error *error) {
    *input = (struct offline_input){.path = cli_value(cli, "--input"),
                                    .mapping = cli_value(cli, "--mapping"),
                                    .signals = cli_value(cli, "--signals"),
                                    .partitions = 1,
                                    .memory_max = OFFLINE_MEMORY_DEFAULT};
    if (input->path == NULL)
        return error_set(error, ERROR_USAGE, "--input FILE is missing; usage: %s", cli->usage);
    return read_mapping(input, error) &&
           cli_number(cli, "--partitions", 1, OFFLINE_PARTITIONS_MAX, &input->partitions, error) &&
           cli_number(cli, "--memory", OFFLINE_MEMORY_LEAST, INT64_MAX, &input->memory_max, error);
}

bool offline_labels_open(const struct cli *cli, struct offline_input *input, struct labels **labels,
                         struct error *error) {
    const char *name = cli_value(cli, "--labels"), *outcomes = cli_value(cli, "--outcomes");
    *labels = NULL;
    if (name != NULL)
        return (*labels = labels_open_named(name, outcomes, &cli->options, error)) != NULL;
    if (outcomes != NULL)
        return error_set(error, ERROR_USAGE, "--outcomes FILE is of --labels " LABELS_OUTCOMES);
    if (input->has_labels) *labels = input->labels = labels_of_events();
    return true;
}

static struct replay_source *open_transactions(const struct offline_input *input,
                                               const struct options *options, struct error *error) {
    const struct replay_csv_options csv = {.path = input->path,
                                           .mapping = input->mapping,
                                           .labels = input->labels,
                                           .silent = input->read_before};
    return input->mapping == NULL ? replay_source_open(input->path, options, error)
                                  : replay_source_open_csv(&csv, options, error);
}

const char *offline_other_than_signals(const struct offline_input *input, const char *path) {
    const bool same = path != NULL && input->signals != NULL && strcmp(path, input->signals) == 0;
    return same ? NULL : path;
}

static bool add_signals(struct replay_source *source, const struct offline_input *input,
                        const struct options *options, struct error *error) {
    if (input->signals == NULL) return true;
    if (!replay_source_add_signals(source, input->signals, error)) return false;
    if (replay_source_signals(source) == 0 && !input->read_before)
        signal_file_warn_of_none(input->signals, options->topic_signals);
    return true;
}

struct replay_source *offline_source_open(const struct offline_input *input,
                                          const struct options *options, struct error *error) {
    struct replay_source *source = open_transactions(input, options, error);
    if (source == NULL || add_signals(source, input, options, error)) return source;
    replay_source_close(source);
    return NULL;
}

/* Running. */

bool offline_run_open(struct offline_run *run, const struct offline_input *input,
                      const struct replay_engine_options *wanted, struct error *error) {
    struct replay_engine_options options = *wanted;
    run->settings = *wanted->settings;
    if (run->settings.start_from[0] == '\0')
        snprintf(run->settings.start_from, sizeof run->settings.start_from, "earliest");
    run->source = offline_source_open(input, &run->settings, error);
    if (run->source == NULL) return false;
    options.settings = &run->settings;
    options.source = run->source;
    options.partitions = (int32_t)input->partitions;
    options.memory_max = input->memory_max;
    options.order_ignored = options.order_ignored || input->signals != NULL;
    run->engine = replay_engine_open(&options, error);
    return run->engine != NULL;
}

bool offline_run_go(struct offline_run *run, struct error *error) {
    if (!catch_signals(error)) return false;
    set_running(run->engine);
    const double started_s = steady_s();
    const bool ok = replay_engine_run(run->engine, error);
    run->seconds = steady_s() - started_s;
    set_running(NULL);
    return ok;
}

void offline_run_close(struct offline_run *run) {
    replay_engine_close(run->engine);
    replay_source_close(run->source);
    run->engine = NULL;
    run->source = NULL;
}
