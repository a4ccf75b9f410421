/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/judging.h"

#include "detector/commands/backtest_standing.h"
#include "detector/import/moment.h"
#include "detector/service/metrics.h"
#include "detector/service/stop_signal.h"

bool judging_from(const struct cli *cli, const struct model *model, int64_t *from_s,
                  struct error *error) {
    const char *from = cli_value(cli, "--from");
    *from_s = model_fit_until(model);
    const char *why = from == NULL ? NULL : moment_read(from, from_s);
    return why == NULL || error_set(error, ERROR_USAGE, "--from %s: %s", from, why);
}

void judging_warn_of_strangers(size_t known, size_t all, const char *what) {
    if (known < all)
        fprintf(stderr, "warning: %zu of %zu %s accounts are not in the input\n", all - known, all,
                what);
}

void judging_warn_of_late(void) {
    const uint64_t late = metrics_get_verdict(VERDICT_LATE);
    if (late > 0)
        fprintf(stderr,
                "warning: %llu records came more than a week after later ones and were left out "
                "(LATE); is the input in the order of time?\n",
                (unsigned long long)late);
}

void judging_warn_of_contradictions(const struct labels *labels) {
    const size_t count = labels == NULL ? 0 : labels_contradicted(labels);
    if (count > 0)
        fprintf(
            stderr,
            "warning: %zu events have both labels, 0 and 1, and count as 1; leave the rows that "
            "are wrong\n",
            count);
}

/* Labels that say nothing of this input would make every figure a lie. */
static bool check_labels(const struct cli *cli, const struct backtest_pass *pass,
                         const struct labels *labels, struct error *error) {
    size_t known = 0;
    if (labels == NULL) return true;
    for (size_t i = 0; i < pass->account_count; i++)
        known += labels_first_bad(labels, pass->accounts[i].token, pass->accounts[i].token_size) !=
                 INT64_MAX;
    if (known == 0 && cli_value(cli, "--labels") == NULL)
        return error_set(error, ERROR_BAD_DATA,
                         "%s: no label of a scored event is 1; --labels FILE takes others",
                         cli_value(cli, "--input"));
    if (known == 0)
        return error_set(error, ERROR_BAD_DATA,
                         "%s marks no account of %s; are its ids those of the input?",
                         cli_value(cli, "--labels"), cli_value(cli, "--input"));
    judging_warn_of_strangers(known, labels_accounts(labels), "labelled");
    judging_warn_of_contradictions(labels);
    return true;
}

static bool check_period(const struct cli *cli, const struct backtest_pass *pass, int64_t from_s,
                         struct error *error) {
    if (pass->side_count == 0)
        return error_set(error, ERROR_BAD_DATA, "%s: no event of it was scored",
                         cli_value(cli, "--input"));
    const int64_t end_s = backtest_period(pass, from_s).to_s;
    return from_s <= end_s ||
           error_set(error, ERROR_BAD_DATA,
                     "nothing is left to judge: the period begins at %lld%s, the last event is at "
                     "%lld; --from TIME names another beginning",
                     (long long)from_s,
                     cli_value(cli, "--from") == NULL ? ", where the model's data ends" : "",
                     (long long)end_s);
}

bool judging_check(const struct cli *cli, const struct backtest_pass *pass,
                   const struct labels *labels, int64_t from_s, struct error *error) {
    if (check_labels(cli, pass, labels, error) && check_period(cli, pass, from_s, error))
        return true;
    return stop_signal_seen() != 0 &&
           error_set(error, ERROR_INTERRUPTED, "stopped before there was anything to judge");
}
