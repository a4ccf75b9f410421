/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_run.h"

#include "detector/commands/backtest_scores.h"
#include "detector/commands/unreached.h"
#include "detector/documents.h"

/* Settings. */

static bool take_path(const char *path, char *option, size_t room, struct error *error) {
    if (path == NULL) return true;
    const int size = snprintf(option, room, "%s", path);
    return (size > 0 && (size_t)size < room) ||
           error_set(error, ERROR_USAGE, "a path has 1 to %zu bytes, not: \"%s\"", room - 1, path);
}

const char *backtest_run_path(const char *flag, const char *setting) {
    if (flag != NULL) return flag;
    return setting[0] == '\0' ? NULL : setting;
}

bool backtest_run_open(struct backtest_run *run, const struct options *settings, const char *model,
                       const char *policy, struct error *error) {
    struct options *o = &run->settings;
    *o = *settings;
    o->state_dir[0] = '\0';
    o->snapshot_dir[0] = '\0';
    o->snapshot_copy_dir[0] = '\0';
    o->judged_offline = true;
    o->topic_policy[0] = '\0';  /* what is given judges, not what a recording's topic says */
    o->memory_prefault_mib = 0; /* no record waits for its first page here */
    snprintf(o->start_from, sizeof o->start_from, "earliest");
    if (!take_path(model, o->model_path, sizeof o->model_path, error) ||
        !take_path(policy, o->policy_path, sizeof o->policy_path, error))
        return false;
    run->model = documents_load_model(o, error);
    if (run->model == NULL) return false;
    run->policy = documents_load_policy(o, run->model, error);
    if (run->policy == NULL) return false;
    unreached_warn(run->policy, run->model);
    if (!run->with_shadows) o->model_shadow[0] = '\0';
    run->shadows = shadows_open(o, run->policy, error);
    return run->shadows != NULL;
}

/* Running. */

static bool scores_are_written(const struct backtest_run *run, struct error *error) {
    return run->scores_file == NULL || ferror(run->scores_file) == 0 ||
           error_set(error, ERROR_IO, "the scores cannot be written; is the disk full?");
}

static bool take_batch(void *context, const struct batch *batch, struct error *error) {
    struct backtest_run *run = context;
    backtest_pass_take_batch(run->pass, batch);
    if (run->on_batch != NULL) run->on_batch(run->context, batch);
    if (run->scores != NULL) backtest_scores_rows(run->scores, batch);
    return scores_are_written(run, error);
}

static void close_scores(struct backtest_run *run) {
    backtest_scores_close(run->scores);
    run->scores = NULL;
}

bool backtest_run_go(struct backtest_run *run, const struct offline_input *input, bool quiet,
                     struct labels *labels, struct error *error) {
    run->pass = backtest_pass_new(labels);
    const struct replay_engine_options engine = {.settings = &run->settings,
                                                 .on_recommendation = backtest_pass_take_advice,
                                                 .context = run->pass,
                                                 .on_batch = take_batch,
                                                 .batch_context = run,
                                                 .order_ignored = true,
                                                 .quiet = quiet};
    if (!offline_run_open(&run->offline, input, &engine, error)) return false;
    if (run->scores_file != NULL)
        run->scores = backtest_scores_open(run->scores_file, run->model, run->shadows);
    const bool ok = offline_run_go(&run->offline, error);
    close_scores(run);
    return ok && scores_are_written(run, error);
}

void backtest_run_forget(struct backtest_run *run) {
    offline_run_close(&run->offline);
}

void backtest_run_close(struct backtest_run *run) {
    backtest_run_forget(run);
    close_scores(run);
    backtest_pass_free(run->pass);
    shadows_close(run->shadows);
    policy_free(run->policy);
    model_free(run->model);
}
