/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/instant.h"
#include "detector/base/printable.h"
#include "detector/commands/backtest_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { TEXT_SIZE = 40, MINOR_UNITS = 100 };

/* Texts, each into the caller's room. */

static const char *rounded(double value, int digits, char out[TEXT_SIZE]) {
    if (!isfinite(value)) return "–";
    snprintf(out, TEXT_SIZE, "%.*f", digits, value);
    return out;
}

static const char *share(double value, char out[TEXT_SIZE]) {
    return rounded(100 * value, 1, out);
}

/* Anybody's text in one cell of a table, or one line. */
static void write_text(FILE *file, const char *text) {
    for (size_t size; size = strcspn(text, "|\\"), text[size] != '\0'; text += size + 1) {
        printable_put_text((struct text){text, (uint32_t)size}, file);
        fprintf(file, "\\%c", text[size]);
    }
    printable_put(text, file);
}

/* Parts. */

static void write_document(FILE *file, const char *what, const char *id, const char *sha256) {
    fprintf(file, "| %s | ", what);
    write_text(file, id);
    fprintf(file, ", %.12s… |\n", sha256);
}

static void write_head(FILE *file, const struct backtest_report *r) {
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    const struct backtest_figures *f = r->figures;
    fputs("# Backtest\n\n| | |\n| --- | --- |\n| input | ", file);
    write_text(file, r->input);
    fprintf(file, " |\n| its SHA-256 | %.12s… |\n| period | %s to %s UTC |\n",
            r->files->items[0].sha256, instant_text(f->begins_s, from),
            instant_text(f->period.to_s, to));
    for (size_t i = 1; i < r->files->count; i++) {
        const struct read_file *read = &r->files->items[i];
        write_document(file, read->what, read->path, read->sha256);
    }
    write_document(file, "model", model_id(r->model), model_sha256(r->model));
    write_document(file, "policy", policy_id(r->policy), policy_sha256(r->policy));
    fprintf(file, "| labelled | %s |\n",
            !f->labelled  ? "none: nothing can be said of who is bad"
            : f->by_event ? "of events"
                          : "of accounts");
    if (r->interrupted)
        fputs("\n**Interrupted:** these are the figures of what was scored until then.\n", file);
}

static void write_overlap(FILE *file, const struct fit_overlap *o) {
    if (o->count == 0) return;
    fprintf(file,
            "\n**Judged on what it was fitted on:** such figures promise too much. `--from %" PRId64
            "` begins where all these data end.\n\n"
            "| model | | its data ends, seconds since 1970 |\n| --- | --- | --: |\n",
            fit_overlap_end(o));
    for (size_t i = 0; i < o->count; i++) {
        fputs("| ", file);
        write_text(file, model_id(o->model[i]));
        fprintf(file, " | %.12s… | %" PRId64 " |\n", model_sha256(o->model[i]),
                model_fit_until(o->model[i]));
    }
}

static void write_load(FILE *file, const struct backtest_figures *f) {
    char text[TEXT_SIZE];
    int64_t most = 0;
    for (size_t i = 0; i < f->day_count; i++) {
        const int64_t all = f->days[i].opened + f->days[i].amended;
        if (all > most) most = all;
    }
    fprintf(file,
            "\n## Load\n\n"
            "%" PRId64 " recommendations (opened or amended) for %" PRId64 " accounts in %zu days: "
            "%s a day, %" PRId64 " on the fullest day.\n",
            f->advised.recommendations, f->advised.accounts, f->day_count,
            rounded(backtest_a_day(f), 1, text), most);
}

static void write_histogram(FILE *file, const struct backtest_figures *f) {
    fputs("\n## Logits\n\n| from | sides | accounts, by their highest |\n| --: | --: | --: |\n",
          file);
    for (size_t i = 0; i < f->bar_count; i++)
        fprintf(file, "| %" PRId64 " | %" PRId64 " | %" PRId64 " |\n", f->bars[i].low,
                f->bars[i].sides, f->bars[i].accounts);
}

static void write_ranking(FILE *file, const struct backtest_figures *f) {
    char a[TEXT_SIZE], b[TEXT_SIZE], c[TEXT_SIZE], d[TEXT_SIZE];
    fprintf(file,
            "\n## Ranking\n\n"
            "%" PRId64 " of %" PRId64 " accounts turn bad in the period; %" PRId64 " of %" PRId64
            " scored sides are theirs from then on. %" PRId64
            " accounts were bad before and are left out; %" PRId64
            " turn bad without a scored side.\n\n"
            "* Average precision of accounts: **%s** (95 %% of resampled sets: %s to %s)\n"
            "* Average precision of sides: **%s**\n",
            f->bad_accounts, f->accounts, f->bad_sides, f->sides, f->left_out_accounts,
            f->bad_accounts_not_scored, rounded(f->account_ap, 4, a),
            rounded(f->account_ap_band.low, 4, b), rounded(f->account_ap_band.high, 4, c),
            rounded(f->side_ap, 4, d));
}

static void write_warning(FILE *file, const struct backtest_figures *f) {
    if (f->bad_accounts == 0)
        fputs("\n**Nobody turns bad in the period, by the labels:** its ranking cannot be judged, "
              "and wrong freezes below are all that were recommended.\n",
              file);
}

static void write_queues(FILE *file, const struct backtest_figures *f) {
    char bad[TEXT_SIZE], a[TEXT_SIZE], b[TEXT_SIZE], c[TEXT_SIZE], d[TEXT_SIZE], e[TEXT_SIZE];
    char g[TEXT_SIZE];
    fputs("\n| accounts looked at | bad | precision, % (95 %) | recall, % (95 %) |\n"
          "| --: | --: | --: | --: |\n",
          file);
    for (size_t i = 0; i < BACKTEST_QUEUES; i++) {
        const struct backtest_queue *q = &f->queues[i];
        fprintf(file, "| %" PRId64 " | %s | %s (%s to %s) | %s (%s to %s) |\n",
                backtest_queue_sizes[i], rounded(q->point.bad, 1, bad),
                share(q->point.precision, a), share(q->precision.low, b),
                share(q->precision.high, c), share(q->point.recall, d), share(q->recall.low, e),
                share(q->recall.high, g));
    }
}

static void write_threshold(FILE *file, const char *action, const char *what,
                            const struct backtest_threshold *t, const struct backtest_point *p) {
    char a[TEXT_SIZE], b[TEXT_SIZE], c[TEXT_SIZE];
    fprintf(file, "| %s | %s | %s | %.0f | %.0f | %s | %s |\n", action,
            rounded(t->probability, 3, a), what, p->taken, p->bad, share(p->precision, b),
            share(p->recall, c));
}

static void write_thresholds(FILE *file, const struct backtest_figures *f) {
    fputs("\n## At the policy's thresholds\n\n"
          "| action | probability | of | at or above | bad | precision, % | recall, % |\n"
          "| --- | --: | --- | --: | --: | --: | --: |\n",
          file);
    for (int action = 0; action < ACTION_COUNT; action++) {
        const struct backtest_threshold *t = &f->thresholds[action];
        if (!t->used) continue;
        write_threshold(file, backtest_action_name(action), "accounts", t, &t->accounts);
        write_threshold(file, backtest_action_name(action), "sides", t, &t->sides);
    }
}

static void write_recommended(FILE *file, const struct backtest_figures *f) {
    char median[TEXT_SIZE], p90[TEXT_SIZE];
    fprintf(file,
            "\n## Recommended accounts\n\n"
            "* bad: %" PRId64 "; honest (wrong freezes): %" PRId64 "\n"
            "* money held: %.2f KZT, of it of bad accounts %.2f KZT\n"
            "* of what bad accounts received: caught %.2f KZT, missed %.2f KZT; still there at a "
            "recommendation, "
            "whatever its action: %.2f KZT\n"
            "* minutes from the first bad credit to the first recommendation: median %s, nine in "
            "ten within "
            "%s\n\n"
            "| strongest action | accounts | bad |\n| --- | --: | --: |\n",
            f->advised.found, f->advised.wrong_freezes, (double)f->advised.held_tiyn / MINOR_UNITS,
            (double)f->advised.held_bad_tiyn / MINOR_UNITS,
            (double)f->advised.caught_tiyn / MINOR_UNITS,
            (double)(f->received_bad_tiyn - f->advised.caught_tiyn) / MINOR_UNITS,
            (double)f->advised.at_risk_bad_tiyn / MINOR_UNITS,
            rounded(f->minutes_median, 1, median), rounded(f->minutes_p90, 1, p90));
    for (int action = 0; action < ACTION_COUNT; action++)
        if (f->thresholds[action].used)
            fprintf(file, "| %s | %" PRId64 " | %" PRId64 " |\n", backtest_action_name(action),
                    f->advised.accounts_by_action[action], f->advised.bad_by_action[action]);
}

static void write_groups(FILE *file, const char *title, const char *const *names,
                         const int64_t *wrong, const int64_t *honest, size_t count) {
    char text[TEXT_SIZE];
    fprintf(file, "\n| %s | honest accounts | wrong freezes | %% |\n| --- | --: | --: | --: |\n",
            title);
    for (size_t i = 0; i < count; i++)
        if (honest[i] > 0)
            fprintf(file, "| %s | %" PRId64 " | %" PRId64 " | %s |\n", names[i], honest[i],
                    wrong[i], rounded(100 * (double)wrong[i] / (double)honest[i], 3, text));
}

static void write_wrong_freezes(FILE *file, const struct backtest_figures *f) {
    const struct backtest_advised *a = &f->advised;
    fputs("\n## Whom wrong freezes hit\n", file);
    write_groups(file, "age of the account", backtest_age_names, a->wrong_by_age, f->honest_by_age,
                 BACKTEST_AGES);
    write_groups(file, "kind of account", backtest_type_names, a->wrong_by_type, f->honest_by_type,
                 BACKTEST_TYPES);
    write_groups(file, "holder", backtest_holder_names, a->wrong_by_holder, f->honest_by_holder,
                 BACKTEST_HOLDERS);
}

static void write_shares(FILE *file, int64_t part, int64_t whole, const struct band *band) {
    char text[TEXT_SIZE], low[TEXT_SIZE], high[TEXT_SIZE];
    if (whole == 0)
        fputs(" | – | –", file);
    else
        fprintf(file, " | %" PRId64 " | %s (%s to %s)", part,
                share((double)part / (double)whole, text), share(band->low, low),
                share(band->high, high));
}

static void write_named_groups(FILE *file, const struct backtest_groups *g) {
    fputs("\n## By group\n\n"
          "| group | bad | found | % (95 %) | honest | wrong freezes | % (95 %) | of them hold or "
          "more |\n| --- | --: | --: | --: | --: | --: | --: | --: |\n",
          file);
    for (size_t i = 0; i < g->count; i++) {
        const struct backtest_group *group = &g->groups[i];
        int64_t held = 0;
        for (int action = ACTION_HOLD_AMOUNT; action < ACTION_COUNT; action++)
            held += group->wrong_by_action[action];
        fputs("| ", file);
        write_text(file, group->name);
        fprintf(file, " | %" PRId64, group->bad);
        write_shares(file, group->found, group->bad, &group->found_band);
        fprintf(file, " | %" PRId64, group->honest);
        write_shares(file, group->wrong, group->honest, &group->wrong_band);
        fprintf(file, " | %" PRId64 " |\n", held);
    }
    if (g->accounts_in_none > 0)
        fprintf(file, "\n%" PRId64 " judged accounts stand in no group.\n", g->accounts_in_none);
}

static void write_calibration(FILE *file, const struct backtest_figures *f) {
    char mean[TEXT_SIZE], rate[TEXT_SIZE];
    fputs("\n## Calibration\n\n"
          "| probability from | sides | mean probability | rate of bad |\n"
          "| --: | --: | --: | --: |\n",
          file);
    for (int i = 0; i < BACKTEST_BINS; i++) {
        const struct backtest_bin *bin = &f->bins[i];
        fprintf(file, "| %.1f | %" PRId64 " | %s | %s |\n", (double)i / BACKTEST_BINS, bin->sides,
                rounded(bin->probability_sum / (double)bin->sides, 4, mean),
                rounded((double)bin->bad / (double)bin->sides, 4, rate));
    }
}

static void write_comparison(FILE *file, const struct backtest_comparison *c, bool labelled) {
    char before[TEXT_SIZE], gain[TEXT_SIZE], low[TEXT_SIZE], high[TEXT_SIZE];
    fputs("\n## Against ", file);
    write_text(file, c->model_id);
    fprintf(file,
            ", %.12s…\n\n"
            "Recommended by the new model alone: %" PRId64 "; by the old one alone: %" PRId64
            "; compare.csv names them.\n",
            c->model_sha256, c->gained, c->lost);
    if (labelled)
        fprintf(file,
                "Of those gained %" PRId64 " are bad, of those lost %" PRId64
                ". Average precision of accounts was %s; gain: %s (95 %% "
                "of resampled sets: %s to %s).\n",
                c->gained_bad, c->lost_bad, rounded(c->account_ap, 4, before),
                rounded(c->account_ap_gain, 4, gain), rounded(c->account_ap_gain_band.low, 4, low),
                rounded(c->account_ap_gain_band.high, 4, high));
}

static void write_shadows(FILE *file, const struct backtest_shadows *s, bool labelled) {
    char account[TEXT_SIZE], low[TEXT_SIZE], high[TEXT_SIZE], side[TEXT_SIZE];
    if (s->count == 0) return;
    fputs("\n## Shadow models\n\n"
          "| model | | average precision of accounts | 95 % | of sides |\n"
          "| --- | --- | --: | --- | --: |\n",
          file);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct backtest_shadow *shadow = &s->shadow[i];
        fputs("| ", file);
        write_text(file, model_id(shadow->model));
        fprintf(file, " | %.12s… | %s | ", model_sha256(shadow->model),
                rounded(shadow->account_ap, 4, account));
        if (labelled)
            fprintf(file, "%s to %s", rounded(shadow->account_ap_band.low, 4, low),
                    rounded(shadow->account_ap_band.high, 4, high));
        fprintf(file, " | %s |\n", rounded(shadow->side_ap, 4, side));
    }
}

static void write_gates(FILE *file, const struct backtest_gates *g) {
    char figure[TEXT_SIZE];
    int rows = 0;
    for (int i = 0; i < BACKTEST_GATE_COUNT; i++) {
        const struct backtest_gate *gate = &g->gates[i];
        if (!gate->wanted) continue;
        if (rows++ == 0)
            fputs("\n## Gates\n\n| gate | bound | figure | |\n| --- | --: | --: | --- |\n", file);
        fprintf(file, "| %s | %.6g | %s | %s |\n", gate->name, gate->bound,
                rounded(gate->figure, 4, figure), gate->met ? "met" : "**not met**");
    }
}

void backtest_write_markdown(FILE *file, const struct backtest_report *r) {
    write_head(file, r);
    write_overlap(file, r->overlap);
    write_gates(file, r->gates);
    if (r->figures->labelled) {
        write_ranking(file, r->figures);
        write_warning(file, r->figures);
        write_queues(file, r->figures);
        write_thresholds(file, r->figures);
        write_recommended(file, r->figures);
        write_wrong_freezes(file, r->figures);
        if (r->groups != NULL) write_named_groups(file, r->groups);
        write_calibration(file, r->figures);
    }
    write_load(file, r->figures);
    if (r->comparison != NULL) write_comparison(file, r->comparison, r->figures->labelled);
    write_shadows(file, r->shadows, r->figures->labelled);
    write_histogram(file, r->figures);
}
