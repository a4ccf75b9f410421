/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"
#include "detector/commands/backtest_report.h"
#include "detector/commands/json_text.h"
#include "detector/commands/masked.h"
#include "detector/commands/tune_findings.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *whole(int64_t value) {
    return json_integer((json_int_t)value);
}

static json_t *numbers(const double *values, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, number(values[i]));
    return array;
}

static json_t *wholes(const int64_t *values, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, whole(values[i]));
    return array;
}

static json_t *document(const char *id, const char *sha256) {
    return json_pack("{ss ss}", "id", id, "sha256", sha256);
}

/* Bins of scores: the one before the first edge, then one from each edge on. */

static json_t *bins(const struct tune_findings *f) {
    const size_t room = f->edges.count + 1;
    int64_t *counts = calloc(3 * room, sizeof *counts);
    int64_t *accounts = counts, *bad = counts + room, *sides = counts + 2 * room;
    assert(counts != NULL && "out of memory");
    for (size_t i = 0; i < f->pass->account_count; i++) {
        const struct backtest_standing *standing = &f->standings[i];
        if (!backtest_counts(standing)) continue;
        const size_t bin = tune_edges_below(&f->edges, standing->score);
        accounts[bin]++;
        bad[bin] += backtest_is_bad(standing);
    }
    for (size_t i = 0; i < f->pass->side_count; i++) {
        const struct backtest_side *side = &f->pass->sides[i];
        if (!f->standings[side->account].left_out &&
            backtest_within(f->figures->period, side->time_s))
            sides[tune_edges_below(&f->edges, side->logit)]++;
    }
    json_t *json = json_pack("{so so so}", "accounts", wholes(accounts, room), "bad",
                             wholes(bad, room), "sides", wholes(sides, room));
    free(counts);
    return json;
}

/* Curves. */

static const struct {
    const char *name;
    size_t offset;
    bool labelled; /* says something only with labels */
} columns[] = {
    {"recommendations", offsetof(struct backtest_advised, recommendations), false},
    {"accounts", offsetof(struct backtest_advised, accounts), false},
    {"held", offsetof(struct backtest_advised, held_tiyn), false},
    {"found", offsetof(struct backtest_advised, found), true},
    {"wrong", offsetof(struct backtest_advised, wrong_freezes), true},
    {"caught", offsetof(struct backtest_advised, caught_tiyn), true},
};

static json_t *column(const struct tune_curve *curve, size_t count, size_t offset) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, (const char *)&curve->at[i] + offset, sizeof value);
        json_array_append_new(array, whole(value));
    }
    return array;
}

static json_t *band_ends(const struct band *bands, size_t count) {
    json_t *low = json_array(), *high = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(low, number(bands[i].low));
        json_array_append_new(high, number(bands[i].high));
    }
    return json_pack("[oo]", low, high);
}

/* `threshold` null: the model never comes to it. */
static json_t *curve(const struct tune_findings *f, enum action action) {
    const struct tune_curve *c = f->curves[action];
    const size_t count = f->edges.count;
    json_t *json = json_pack("{ss so so}", "action", backtest_action_name((int)action), "threshold",
                             number(policy_rule(f->policy, action)->threshold), "busiest",
                             wholes(c->busiest, count));
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (f->figures->labelled || !columns[i].labelled)
            json_object_set_new(json, columns[i].name, column(c, count, columns[i].offset));
    if (f->bands[action] != NULL) {
        json_object_set_new(json, "precision_band", band_ends(f->bands[action]->precision, count));
        json_object_set_new(json, "recall_band", band_ends(f->bands[action]->recall, count));
    }
    return json;
}

static json_t *curves(const struct tune_findings *f) {
    json_t *array = json_array();
    for (int a = 0; a < ACTION_COUNT; a++)
        if (f->curves[a] != NULL) json_array_append_new(array, curve(f, (enum action)a));
    return array;
}

/* Calibration and drift. */

static json_t *calibration(const struct backtest_figures *f) {
    json_t *array = json_array();
    for (int i = 0; i < BACKTEST_BINS; i++) {
        const struct backtest_bin *bin = &f->bins[i];
        json_array_append_new(array, json_pack("{so so so}", "sides", whole(bin->sides), "bad",
                                               whole(bin->bad), "mean",
                                               number(bin->probability_sum / (double)bin->sides)));
    }
    return array;
}

static json_t *drift(const struct tune_drift *d) {
    const size_t bins = d->then.count;
    if (bins == 0) return json_null();
    return json_pack("{ss so so so so so so so}", "against", d->of_model ? "model" : "input",
                     "from", numbers(d->then.from, bins), "then", wholes(d->then.rows, bins), "now",
                     wholes(d->now, bins), "accounts_then", whole(d->then.accounts), "accounts_now",
                     whole(d->accounts_now), "psi", number(d->psi), "bound", number(d->bound));
}

/* Accounts. */

/* Texts of terms are in the page once each: `*number` is a term's place there. */
struct words {
    json_t *array;
    uint32_t *place; /* by term; 0: not there yet, else place + 1 */
};

static json_t *word(struct words *words, const struct model *model, uint32_t term) {
    if (words->place[term] == 0) {
        const struct model_term_text text = model_term_text(model, term);
        const bool plain = text.feature_b < 0;
        json_array_append_new(
            words->array, json_pack("{ss ss ss ss?}", "en", text.en, "ru", text.ru, "kk", text.kk,
                                    "unit", plain ? feature_table[text.feature_a].unit : NULL));
        words->place[term] = (uint32_t)json_array_size(words->array);
    }
    return json_integer(words->place[term] - 1);
}

static json_t *reasons(const struct tune_best *best, struct words *words,
                       const struct model *model) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < best->reason_count; i++)
        json_array_append_new(array, json_pack("[ooo]", word(words, model, best->reasons[i].term),
                                               number(best->values[i]),
                                               number(best->reasons[i].contribution)));
    return array;
}

static json_t *account(const struct tune_findings *f, size_t rank, struct words *words) {
    const uint32_t i = f->near.account[rank];
    const struct tune_best *best = &f->bests->items[i];
    const struct backtest_standing *standing = &f->standings[i];
    const struct backtest_account *known = &f->pass->accounts[i];
    char token[MASKED_SIZE];
    masked((struct text){known->token, known->token_size}, token);
    json_t *json =
        json_pack("{so ss so so so so so}", "rank", whole((int64_t)rank), "token", token, "logit",
                  number(best->logit), "probability",
                  number(model_probability(f->model, best->logit)), "time", whole(best->time_s),
                  "unspent", whole(best->unspent_tiyn), "reasons", reasons(best, words, f->model));
    if (f->figures->labelled)
        json_object_set_new(json, "bad", json_boolean(backtest_is_bad(standing)));
    return json;
}

static void add_accounts(json_t *json, const struct tune_findings *f) {
    struct words words = {json_array(), calloc(model_term_count(f->model) + 1, sizeof(uint32_t))};
    json_t *array = json_array();
    assert(words.place != NULL && "out of memory");
    for (size_t rank = 0; rank < f->near.count; rank++)
        if (f->near.is_near[rank]) json_array_append_new(array, account(f, rank, &words));
    json_object_set_new(json, "near", array);
    json_object_set_new(json, "words", words.array);
    free(words.place);
}

/* The whole. */

static json_t *policy_document(const struct policy *policy) {
    size_t size;
    const char *text = policy_json(policy, &size);
    return json_loadb(text, size, 0, NULL);
}

static json_t *head(const struct tune_findings *f) {
    const struct backtest_figures *figures = f->figures;
    return json_pack(
        "{ss ss so so so so so ss? s{so so so} sb s{so so so so so}}", "format", "saqshy-tune/1",
        "build", build_info_version(), "input", json_text(f->input), "inputs",
        read_files_json(f->files), "model", document(model_id(f->model), model_sha256(f->model)),
        "policy", document(policy_id(f->policy), policy_sha256(f->policy)), "document",
        policy_document(f->policy), "labels",
        !figures->labelled  ? NULL
        : figures->by_event ? "events"
                            : "accounts",
        "period", "from", whole(figures->begins_s), "to", whole(figures->period.to_s), "days",
        whole((int64_t)figures->day_count), "interrupted", f->interrupted, "counts", "accounts",
        whole((int64_t)f->near.count), "bad", whole(figures->bad_accounts), "sides",
        whole(figures->sides), "left_out", whole(figures->left_out_accounts), "received",
        whole(figures->received_bad_tiyn));
}

/* In JSON a `<` can only stand in a text. */
static char *without_less(const char *json) {
    static const char escaped[] = "\\u003c";
    size_t count = 0;
    for (const char *c = json; *c != '\0'; c++)
        count += *c == '<';
    char *out = malloc(strlen(json) + count * (sizeof escaped - 2) + 1), *end = out;
    assert(out != NULL && "out of memory");
    for (const char *c = json; *c != '\0'; c++) {
        if (*c == '<')
            end = stpcpy(end, escaped);
        else
            *end++ = *c;
    }
    *end = '\0';
    return out;
}

char *tune_json(const struct tune_findings *f) {
    json_t *json = head(f);
    assert(json != NULL && "a document");
    json_object_set_new(json, "fitted_on_period", fit_overlap_json(&f->overlap));
    json_object_set_new(json, "edges", numbers(f->edges.logit, f->edges.count));
    json_object_set_new(json, "probabilities", numbers(f->edges.probability, f->edges.count));
    json_object_set_new(json, "bins", bins(f));
    json_object_set_new(json, "curves", curves(f));
    if (f->figures->labelled) json_object_set_new(json, "calibration", calibration(f->figures));
    json_object_set_new(json, "drift", drift(&f->drift));
    add_accounts(json, f);
    char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
    json_decref(json);
    assert(text != NULL && "out of memory");
    char *safe = without_less(text);
    free(text);
    return safe;
}
