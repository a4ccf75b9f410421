/* SPDX-License-Identifier: Apache-2.0 */
/* Training by its parts: bins, the fit against its own conditions, calibration, and the whole on
 * rows whose truth is known. */
#include "models/exact_math.h"
#include "models/train/alike.h"
#include "models/train/boost.h"
#include "models/train/cholesky.h"
#include "models/train/train.h"
#include "models/train/trust.h"
#include "models/train/words.h"
#include "models/train/write.h"
#include "tests/chance.h"
#include "tests/support.h"

#include "models/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS = 360, EACH = 20, FIRST_BAD = 100 };

/* An account is bad from the middle of its rows on when it is one of every sixth; then its money is
 * soon gone, and many pay it. */
struct world {
    struct row_store rows;
    int64_t first_bad_s[ACCOUNTS];
};

static double uniform(struct chance *chance) {
    return (double)chance_below(chance, 1000000) / 1e6;
}

static void add_row(struct world *w, struct chance *chance, uint32_t account, int64_t time_s) {
    double x[FEATURE_COUNT];
    const bool bad = time_s >= w->first_bad_s[account];
    for (int f = 0; f < FEATURE_COUNT; f++)
        x[f] = 0;
    x[FEATURE_rapid_cash_out_1h] = bad ? 0.5 + uniform(chance) / 2 : uniform(chance);
    x[FEATURE_payers_24h] = floor((bad ? 12 : 6) * uniform(chance));
    x[FEATURE_cash_gap] = uniform(chance) < 0.5 ? NAN : 3600 * uniform(chance);
    x[FEATURE_in_amount_24h] = floor(1e7 * uniform(chance));
    assert_true(row_store_add(&w->rows, (struct row){time_s, account}, x, 1));
}

static struct world *world(void) {
    struct world *w = calloc(1, sizeof *w);
    struct chance chance = {.state = 7};
    assert_non_null(w);
    for (uint32_t a = 0; a < ACCOUNTS; a++)
        w->first_bad_s[a] = a % 6 == 0 ? FIRST_BAD + (int64_t)(a % EACH) * 100 : INT64_MAX;
    for (int64_t i = 0; i < EACH; i++)
        for (uint32_t a = 0; a < ACCOUNTS; a++)
            add_row(w, &chance, a, i * 100);
    return w;
}

static void poison(struct world *w, int feature, double (*value)(struct world *, size_t)) {
    for (size_t i = 0; i < w->rows.count; i++)
        w->rows.chunk[i / ROW_CHUNK]->feature[feature][i % ROW_CHUNK] = value(w, i);
}

static struct train_input input_of(struct world *w) {
    return (struct train_input){.rows = &w->rows,
                                .first_bad_s = w->first_bad_s,
                                .accounts = ACCOUNTS,
                                .from_s = 0,
                                .until_s = INT64_MAX};
}

static const struct train_options usual = {
    .seed = 1, .terms_max = 32, .sample = 100000, .monotone = true};

static const struct train_options quick = {
    .seed = 1, .terms_max = 8, .sample = 100000, .monotone = true};

static struct trained *trained_on(struct world *w, const struct train_options *options) {
    struct trained *out = calloc(1, sizeof *out);
    struct error error = {.code = ERROR_NONE};
    const struct train_input input = input_of(w);
    assert_non_null(out);
    if (!train(&input, options, out, &error)) fail_msg("%s", error.text);
    free(w);
    return out;
}

static struct trained *trained_with(const struct train_options *options) {
    return trained_on(world(), options);
}

/* What the usual options give: several look at it. */
static struct trained *usually;

static int train_usually(void **state) {
    (void)state;
    usually = trained_with(&usual);
    return 0;
}

static int forget(void **state) {
    (void)state;
    free(usually);
    return 0;
}

static void a_linear_system_is_solved(void **state) {
    double a[9] = {4, 0, 0, 2, 5, 0, 1, 3, 6}, b[3] = {9, 21, 25}; /* x = 1, 2, 3 */
    double indefinite[4] = {1, 0, 2, 1}, any[2] = {1, 1};
    (void)state;
    b[0] = 4 * 1 + 2 * 2 + 1 * 3;
    b[1] = 2 * 1 + 5 * 2 + 3 * 3;
    b[2] = 1 * 1 + 3 * 2 + 6 * 3;
    assert_true(cholesky_solve(a, 3, b));
    for (int i = 0; i < 3; i++)
        assert_true(fabs(b[i] - (i + 1)) < 1e-12);
    assert_false(cholesky_solve(indefinite, 2, any));
}

static void calibration_rises(void **state) {
    enum { COUNT = 20000 };
    struct scored_row *rows = calloc(COUNT, sizeof *rows);
    struct chance chance = {.state = 3};
    struct isotonic fitted;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        rows[i].logit = 8 * uniform(&chance) - 4;
        rows[i].weight = 1;
        rows[i].bad = uniform(&chance) < 1 / (1 + exact_exp(-rows[i].logit));
    }
    isotonic_fit(rows, COUNT, &fitted);
    assert_true(fitted.count > 8);
    for (uint32_t i = 0; i < fitted.count; i++) {
        const double truth = 1 / (1 + exact_exp(-fitted.logit[i]));
        assert_true(fabs(fitted.probability[i] - truth) < 0.06);
        assert_true(i == 0 || (fitted.logit[i] > fitted.logit[i - 1] &&
                               fitted.probability[i] > fitted.probability[i - 1]));
    }
    isotonic_fit(rows, 10, &fitted);
    assert_int_equal(fitted.count, 0); /* too few to tell */
    free(rows);
}

static void bins_hold_what_lies_between_edges(void **state) {
    struct world *w = world();
    struct bins *bins = calloc(1, sizeof *bins);
    struct binned binned = {.count = 0};
    uint8_t *bad = calloc(w->rows.count, 1);
    (void)state;
    assert_non_null(bad);
    assert_non_null(bins);
    for (size_t i = 0; i < w->rows.count; i++)
        bad[i] = row_store_row(&w->rows, i)->time_s >=
                 w->first_bad_s[row_store_row(&w->rows, i)->account];
    assert_true(bins_learn(bins, &w->rows, bad) && bins_apply(bins, &w->rows, bad, &binned));
    assert_int_equal(bins->edges[FEATURE_in_count_1h], 0); /* always 0: nothing to tell apart */
    assert_int_equal(bins->edges[FEATURE_payers_24h], 11); /* 1 … 11 */
    for (int f = 0; f < FEATURE_COUNT; f++) {
        const uint8_t *bins_of_rows = binned.bin[f];
        assert_non_null(bins_of_rows);
        if (bins_of_rows == NULL) return;
        for (size_t i = 0; i < w->rows.count; i++) {
            const double x = row_store_feature(&w->rows, i, f);
            const uint8_t bin = bins_of_rows[i];
            assert_true(isnan(x) == (bin == 0));
            if (bin == 0) continue;
            assert_true(bin == 1 || x >= bins->edge[f][bin - 2]);
            assert_true(bin == bins->edges[f] + 1 || x < bins->edge[f][bin - 1]);
        }
    }
    binned_free(&binned);
    row_store_free(&w->rows);
    free(bad);
    free(bins);
    free(w);
}

/* What is new stands at a level of the feature table, nine rows in ten; the rest has faded by an
 * eighth. A third has nothing. */
static double fades(struct world *w, size_t i) {
    const double *levels = feature_table[FEATURE_list_evidence].levels;
    const size_t level = i / 3 % (FEATURE_LEVELS_MAX - 1); /* the highest never */
    (void)w;
    return i % 3 == 0 ? 0 : i % 10 == 0 ? levels[level] * 7 / 8 : levels[level];
}

static int bin_in(const struct bins *bins, double x) {
    int bin = 1;
    for (uint32_t e = 0; e < bins->edges[FEATURE_list_evidence]; e++)
        bin += bins->edge[FEATURE_list_evidence][e] <= x;
    return bin;
}

/* A step that holds of something new holds of it for a sixth of its way down, whatever most rows
 * have. */
static void what_fades_from_a_level_is_still_at_it_for_a_while(void **state) {
    static const double expected[] = {0.05, 0.15, 0.25, 0.35, 0.45, 0.55};
    const double *levels = feature_table[FEATURE_list_evidence].levels;
    struct world *w = world();
    struct bins *bins = calloc(1, sizeof *bins);
    uint8_t *bad = calloc(w->rows.count, 1);
    (void)state;
    poison(w, FEATURE_list_evidence, fades);
    assert_true(bad != NULL && bins != NULL && bins_learn(bins, &w->rows, bad));
    assert_int_equal(bins->edges[FEATURE_list_evidence], sizeof expected / sizeof *expected);
    assert_memory_equal(bins->edge[FEATURE_list_evidence], expected, sizeof expected);
    assert_int_equal(bin_in(bins, 0), 1);
    for (int l = 0; l < FEATURE_LEVELS_MAX - 1; l++) {
        const double below = l == 0 ? 0 : levels[l - 1];
        const int fresh = bin_in(bins, levels[l]);
        assert_true(fresh > bin_in(bins, below));
        assert_int_equal(fresh, bin_in(bins, levels[l] - (levels[l] - below) * 0.16));
    }
    row_store_free(&w->rows);
    free(bad);
    free(bins);
    free(w);
}

/* Terms and rows to fit on. */
struct problem {
    struct binned binned;
    struct train_term term[64];
    uint32_t count;
};

static struct problem *problem(bool monotone) {
    struct world *w = world();
    struct bins *bins = calloc(1, sizeof *bins);
    struct problem *p = calloc(1, sizeof *p);
    uint8_t *bad = calloc(w->rows.count, 1);
    assert_non_null(bad);
    assert_non_null(bins);
    for (size_t i = 0; i < w->rows.count; i++)
        bad[i] = row_store_row(&w->rows, i)->time_s >=
                 w->first_bad_s[row_store_row(&w->rows, i)->account];
    assert_true(bins_learn(bins, &w->rows, bad) && bins_apply(bins, &w->rows, bad, &p->binned));
    const struct boost_options boost = {
        .terms_max = 64, .seed = 5, .monotone = monotone, .support = 20};
    assert_true(boost_propose(&p->binned, &boost, p->term, &p->count));
    assert_true(p->count >= 16);
    row_store_free(&w->rows);
    free(bad);
    free(bins);
    free(w);
    return p;
}

static void close_problem(struct problem *p) {
    binned_free(&p->binned);
    free(p);
}

/* The gradient of one weight, computed on its own. */
static double gradient(const struct problem *p, const double *weights, uint32_t term, double l2) {
    double sum = 0, total = 0;
    double *logits = calloc(p->binned.count, sizeof *logits);
    uint8_t *values = calloc(p->binned.count, 1);
    assert_true(fit_logits(&p->binned, p->term, p->count, weights, logits));
    term_values(&p->term[term], &p->binned, 0, p->binned.count, values);
    for (size_t i = 0; i < p->binned.count; i++) {
        const double q = 1 / (1 + exact_exp(-logits[i]));
        sum += p->binned.weight[i] * (q - p->binned.bad[i]) * values[i];
        total += p->binned.weight[i];
    }
    free(logits);
    free(values);
    return sum / total + l2 * weights[term + 1];
}

static void check_fit(bool monotone, double l2) {
    struct problem *p = problem(monotone);
    double weights[65];
    struct fit_result result;
    const struct fit_options options = {.l2 = l2, .tolerance = 1e-10};
    uint32_t held = 0;
    fit_start(&p->binned, p->count, weights);
    assert_true(fit_logistic(&p->binned, p->term, p->count, &options, weights, &result));
    assert_true(result.converged);
    for (uint32_t i = 0; i < p->count; i++) {
        const double g = gradient(p, weights, i, l2);
        const double sign = p->term[i].sign;
        assert_true(monotone || sign == 0);
        assert_true(weights[i + 1] * sign >= 0);
        if (sign != 0 && weights[i + 1] == 0) {
            assert_true(g * sign > -1e-9);
            held++;
        } else
            assert_true(fabs(g) < 1e-9);
    }
    assert_true(!monotone || held > 0);
    close_problem(p);
}

static void a_free_fit_ends_where_the_gradient_is_zero(void **state) {
    (void)state;
    check_fit(false, 1e-4);
    check_fit(false, 1e-6);
}

static void a_fit_with_signs_ends_at_its_conditions(void **state) {
    (void)state;
    check_fit(true, 1e-4);
    check_fit(true, 1e-6);
}

static void what_is_told_apart_is_learned(void **state) {
    const struct trained *t = usually;
    (void)state;
    assert_true(t->fit.converged);
    assert_int_equal(t->bad_accounts, 60);
    for (int n = 0; n < TRAIN_FOLDS; n++) {
        const double precision = t->trial[t->chosen].precision[n];
        assert_true(precision > 0.8);
        assert_true(t->band[n].low < precision && precision < t->band[n].high);
    }
    assert_true(fabs(t->loss_rounded - t->fit.loss) < 1e-9);
    assert_true(t->loss_proposed <= t->loss_merged + 1e-6);
    assert_true(t->scores.count > 1);
    int64_t rows = 0;
    for (size_t bin = 0; bin < t->scores.count; bin++)
        rows += t->scores.rows[bin];
    assert_int_equal(rows, t->rows);
    assert_int_equal(t->scores.accounts, ACCOUNTS);
}

static double validated(const struct train_trial *trial) {
    return (trial->precision[0] + trial->precision[1]) / 2;
}

/* Boosting stops where validation says: of what it proposes in order, the best number is kept. */
static void how_far_boosting_goes_is_what_validation_says(void **state) {
    const struct trained *t = usually;
    (void)state;
    assert_int_equal(t->trials, TRAIN_SIZES * TRAIN_PENALTIES);
    const struct train_trial *chosen = &t->trial[t->chosen];
    for (uint32_t i = 0; i < t->trials; i++) {
        const struct train_trial *trial = &t->trial[i];
        assert_int_equal(trial->terms, usual.terms_max >> (i / TRAIN_PENALTIES));
        assert_true(validated(trial) <= validated(chosen));
        if (validated(trial) == validated(chosen)) assert_true(trial->terms >= chosen->terms);
    }
    assert_true(t->count <= chosen->terms);
    assert_true(chosen->terms < usual.terms_max);
}

/* Raising a risk never lowers the score, whatever the other features are. */
static void the_score_never_falls_as_a_risk_rises(void **state) {
    const struct trained *t = usually;
    (void)state;
    assert_true(t->count > 0);
    for (uint32_t i = 0; i < t->count; i++) {
        int8_t sign = 0;
        assert_true(term_sign(&t->term[i], &sign));
        assert_true(t->weight[i + 1] * sign >= 0);
    }
}

static void the_document_is_what_the_engine_accepts(void **state) {
    const struct trained *t = usually;
    const struct train_story story = {.id = "a-test",
                                      .input_sha256 = "0",
                                      .labels_sha256 = "0",
                                      .fit_until_s = 2000,
                                      .options = &usual};
    struct error error = {.code = ERROR_NONE};
    char *first = train_write(t, &story);
    (void)state;
    assert_non_null(first);
    struct model *model = model_parse(first, strlen(first), "a test", &error);
    if (model == NULL) fail_msg("%s", error.text);
    assert_int_equal(model_term_count(model), t->count);
    assert_memory_equal(model_training_scores(model), &t->scores, sizeof t->scores);
    struct trained *again = trained_with(&usual);
    char *second = train_write(again, &story);
    assert_string_equal(first, second);
    model_free(model);
    free(first);
    free(second);
    free(again);
}

/* Poison. */

/* 0 or 1 by whether the row is bad. */
static double tells_all(struct world *w, size_t i) {
    const struct row *row = row_store_row(&w->rows, i);
    return row->time_s >= w->first_bad_s[row->account];
}

static double is_null(struct world *w, size_t i) {
    (void)w;
    (void)i;
    return NAN;
}

static double is_constant(struct world *w, size_t i) {
    (void)w;
    (void)i;
    return 1e300;
}

static double is_often_infinite(struct world *w, size_t i) {
    (void)w;
    return i % 3 == 0 ? INFINITY : i % 3 == 1 ? -INFINITY : (double)(i % 100);
}

static bool uses(const struct trained *t, int feature) {
    for (uint32_t i = 0; i < t->count; i++)
        for (int p = 0; p < t->term[i].parts; p++)
            if (t->term[i].part[p].feature == feature) return true;
    return false;
}

static void columns_that_say_nothing_are_passed_over(void **state) {
    struct world *w = world();
    (void)state;
    poison(w, FEATURE_in_count_24h, is_null);
    poison(w, FEATURE_out_count_24h, is_constant);
    poison(w, FEATURE_in_count_7d, is_often_infinite);
    struct trained *t = trained_on(w, &quick);
    assert_true(t->fit.converged && isfinite(t->loss_rounded));
    assert_false(uses(t, FEATURE_in_count_24h) || uses(t, FEATURE_out_count_24h));
    assert_true(t->trial[t->chosen].precision[0] > 0.8);
    for (int f = 0; f < FEATURE_COUNT; f++)
        for (uint32_t e = 0; e < t->bins.edges[f]; e++)
            assert_true(isfinite(t->bins.edge[f][e]));
    free(t);
}

/* Of half of the bad accounts and some honest rows; nobody reported the others. */
static double is_listed(struct world *w, size_t i) {
    const uint32_t account = row_store_row(&w->rows, i)->account;
    return account % 12 == 0 ? tells_all(w, i) : i % 41 == 0 ? 0.3 : 0;
}

static double is_near_a_victim(struct world *w, size_t i) {
    const bool bad = row_store_row(&w->rows, i)->account % 18 == 0 && tells_all(w, i) != 0;
    if (!bad && i % 31 != 0) return NAN;
    return (double)((bad ? 1 : 3) + i % 2);
}

/* Whatever the other features are: what nobody has reported is in no term. */
static void nobody_is_the_better_for_not_being_reported(void **state) {
    struct world *w = world();
    bool reported = false;
    (void)state;
    poison(w, FEATURE_list_evidence, is_listed);
    poison(w, FEATURE_taint_hop, is_near_a_victim);
    struct trained *t = trained_on(w, &usual);
    for (uint32_t i = 0; i < t->count; i++)
        for (int p = 0; p < t->term[i].parts; p++) {
            const struct literal *part = &t->term[i].part[p];
            assert_false(literal_is_absence(part));
            if (!literal_is_reported(part)) continue;
            assert_int_equal(part->kind,
                             part->feature == FEATURE_taint_hop ? LITERAL_BELOW : LITERAL_ABOVE);
            assert_true(t->weight[i + 1] > 0);
            reported = true;
        }
    assert_true(reported && uses(t, FEATURE_taint_hop) && uses(t, FEATURE_list_evidence));
    free(t);
}

/* On 3,000 rows of which reports raise the score by `by`, where `worth` would be right. */
static double trust_of(double by, double worth, size_t count) {
    static const struct isotonic logistic = {.count = 0};
    struct raised_row *rows = calloc(count, sizeof *rows);
    struct chance chance = {.state = 11};
    for (size_t i = 0; i < count; i++) {
        const double logit = 4 * uniform(&chance) - 4;
        const bool bad = uniform(&chance) < 1 / (1 + exact_exp(-logit - worth));
        rows[i] = (struct raised_row){logit, by, bad};
    }
    const double share = trust_find(rows, count, &logistic);
    free(rows);
    return share;
}

static void reports_are_believed_as_far_as_they_were_right(void **state) {
    (void)state;
    assert_true(trust_of(3, 3, 3000) >= 15.0 / 16);
    assert_true(fabs(trust_of(4, 2, 3000) - 0.5) < 0.1);
    assert_true(trust_of(3, 0, 3000) <= 1.0 / 16);
    assert_true(trust_of(1, 3, 3000) == 1);   /* never more than what was fitted */
    assert_true(trust_of(300, 0, 3000) == 0); /* a probability of 1 is a finite loss */
    assert_true(trust_of(3, 0, 60) == 1);     /* too few to tell */
}

static struct trained *trained_on_reports(double (*list)(struct world *, size_t)) {
    struct world *w = world();
    poison(w, FEATURE_list_evidence, list);
    return trained_on(w, &usual);
}

/* Right at first; from the first validation on it names honest accounts. */
static double turns_to_lies(struct world *w, size_t i) {
    if (row_store_row(&w->rows, i)->time_s < 1000) return is_listed(w, i);
    return row_store_row(&w->rows, i)->account % 5 == 1;
}

static void what_is_reported_leaves_calibration_and_behaviour_as_they_are(void **state) {
    struct trained *t = trained_on_reports(is_listed);
    const uint32_t count = usually->count;
    (void)state;
    assert_memory_equal(&t->calibration, &usually->calibration, sizeof t->calibration);
    assert_true(t->count > count);
    assert_memory_equal(t->term, usually->term, count * sizeof *t->term);
    assert_memory_equal(t->weight, usually->weight, (count + 1) * sizeof *t->weight);
    assert_true(t->raised.rows > t->raised.bad_rows && t->raised.bad_rows > 0);
    assert_true(t->raised.share > 0.75);
    assert_int_equal(usually->raised.rows, 0);
    assert_true(fabs(t->loss_rounded - t->fit.loss) < 1e-9);
    free(t);
}

static void reports_that_turn_out_wrong_add_less(void **state) {
    struct trained *t = trained_on_reports(turns_to_lies);
    (void)state;
    assert_true(t->raised.share == 0 && !uses(t, FEATURE_list_evidence));
    free(t);
}

/* The penalty keeps the weights of what is told apart without an error finite. */
static void kinds_that_are_apart_have_finite_weights(void **state) {
    struct world *w = world();
    (void)state;
    poison(w, FEATURE_payers_24h, tells_all);
    struct trained *t = trained_on(w, &quick);
    assert_true(t->fit.converged && t->loss_rounded < 0.01);
    for (uint32_t i = 0; i <= t->count; i++)
        assert_true(fabs(t->weight[i]) < 100);
    for (int n = 0; n < TRAIN_FOLDS; n++)
        assert_true(t->trial[t->chosen].precision[n] > 0.999 && t->band[n].low > 0.999);
    free(t);
}

static struct binned twice(const struct binned *once) {
    struct binned both = {.count = 2 * once->count};
    const size_t room = both.count + 64;
    for (int f = 0; f < FEATURE_COUNT; f++)
        both.bin[f] = calloc(room, 1);
    both.bad = calloc(room, 1);
    both.weight = calloc(room, sizeof(double));
    for (size_t i = 0; i < both.count; i++) {
        for (int f = 0; f < FEATURE_COUNT; f++)
            both.bin[f][i] = once->bin[f][i / 2];
        both.bad[i] = once->bad[i / 2];
        both.weight[i] = once->weight[i / 2];
    }
    return both;
}

static void rows_that_come_twice_weigh_the_same(void **state) {
    struct problem *p = problem(true);
    struct binned both = twice(&p->binned);
    const struct fit_options options = {.l2 = 1e-4, .tolerance = 1e-10};
    struct fit_result result;
    double once[65], again[65];
    (void)state;
    fit_start(&p->binned, p->count, once);
    fit_start(&both, p->count, again);
    assert_true(fit_logistic(&p->binned, p->term, p->count, &options, once, &result));
    assert_true(fit_logistic(&both, p->term, p->count, &options, again, &result));
    assert_true(result.converged);
    for (uint32_t i = 0; i <= p->count; i++)
        assert_true(fabs(once[i] - again[i]) < 1e-7);
    binned_free(&both);
    close_problem(p);
}

static void rows_of_one_kind_have_a_start(void **state) {
    struct problem *p = problem(false);
    double weights[65];
    (void)state;
    memset(p->binned.bad, 0, p->binned.count);
    fit_start(&p->binned, p->count, weights);
    assert_true(isfinite(weights[0]) && weights[0] < -5);
    memset(p->binned.bad, 1, p->binned.count);
    fit_start(&p->binned, p->count, weights);
    assert_true(isfinite(weights[0]) && weights[0] > 5);
    close_problem(p);
}

/* A term that another stands for, in each way there is. */
static void alike_terms_are_found(void **state) {
    struct problem *p = problem(false);
    const struct literal near = {FEATURE_in_amount_24h, LITERAL_ABOVE, 90},
                         nearer = {FEATURE_in_amount_24h, LITERAL_ABOVE, 91},
                         below = {FEATURE_in_amount_24h, LITERAL_BELOW, 90},
                         far = {FEATURE_in_amount_24h, LITERAL_ABOVE, 150},
                         never = {FEATURE_in_count_1h, LITERAL_NULL, 0};
    const struct literal implied[] = {nearer, {FEATURE_in_amount_24h, LITERAL_ABOVE, 20}};
    struct train_term terms[] = {term_of(&near, 1),  term_of(&nearer, 1), term_of(&far, 1),
                                 term_of(&below, 1), term_of(implied, 2), term_of(&never, 1)};
    const bool expected[] = {false, true, false, true, true, true};
    bool alike[6];
    (void)state;
    assert_true(alike_find(&p->binned, terms, 6, alike));
    assert_memory_equal(alike, expected, sizeof alike);
    terms[0].sign = 1; /* may not weigh what the second may */
    terms[3].sign = -1;
    assert_true(alike_find(&p->binned, terms, 6, alike));
    assert_false(alike[1]);
    assert_true(alike[3]);
    close_problem(p);
}

static void refuse_with(struct world *w, const struct train_options *options, const char *why) {
    struct trained *out = calloc(1, sizeof *out);
    struct error error = {.code = ERROR_NONE};
    const struct train_input input = input_of(w);
    assert_false(train(&input, options, out, &error));
    assert_int_equal(error.code, ERROR_BAD_DATA);
    if (strstr(error.text, why) == NULL) fail_msg("%s", error.text);
    row_store_free(&w->rows);
    free(out);
    free(w);
}

static void refuse(struct world *w, const char *why) {
    refuse_with(w, &quick, why);
}

static void what_teaches_nothing_is_refused(void **state) {
    struct world *w = world();
    (void)state;
    for (uint32_t a = 5 * 6; a < ACCOUNTS; a++)
        w->first_bad_s[a] = INT64_MAX;
    refuse(w, "5 accounts");
    w = world();
    for (uint32_t a = 0; a < ACCOUNTS; a++)
        w->first_bad_s[a] = 0;
    refuse(w, "every row is bad");
    w = world();
    for (uint32_t a = 0; a < ACCOUNTS; a++)
        w->first_bad_s[a] = INT64_MAX;
    refuse(w, "0 accounts");
    w = world();
    for (int f = 0; f < FEATURE_COUNT; f++)
        poison(w, f, is_constant);
    refuse(w, "no feature tells");
    const struct train_options few = {.seed = 1, .terms_max = 8, .sample = 1, .monotone = true};
    refuse_with(world(), &few, "larger --sample");
    w = world();
    for (uint32_t a = 0; a < ACCOUNTS; a++)
        if (w->first_bad_s[a] != INT64_MAX) w->first_bad_s[a] = 1500;
    refuse(w, "validation needs accounts");
    w = calloc(1, sizeof *w);
    refuse(w, "no row");
}

/* As in a feed whose first labels come late: half of the rows come before. */
static void validations_lie_where_accounts_turn_bad(void **state) {
    struct world *w = world();
    (void)state;
    for (uint32_t a = 0; a < ACCOUNTS; a++)
        if (w->first_bad_s[a] != INT64_MAX) w->first_bad_s[a] = 1100 + a % 36 * 20;
    struct trained *t = trained_on(w, &quick);
    assert_int_equal(t->fold_from_s[0], 1460);
    assert_int_equal(t->fold_from_s[1], 1580);
    assert_int_equal(t->fold_from_s[TRAIN_FOLDS], 1901);
    free(t);
}

static void validations_keep_their_shares_of_rows(void **state) {
    struct trained *t = trained_with(&quick);
    (void)state;
    assert_int_equal(t->fold_from_s[0], 1000);
    assert_int_equal(t->fold_from_s[1], 1500);
    free(t);
}

/* Before any work, with the times of both. */
static void a_validation_without_bad_accounts_says_when(void **state) {
    struct world *w = world();
    (void)state;
    for (uint32_t a = 0; a < ACCOUNTS; a++)
        if (w->first_bad_s[a] != INT64_MAX) w->first_bad_s[a] = a < 270 ? 300 : 1500;
    refuse(w, "number 1, from 1970-01-01 00:05:00 to 1970-01-01 00:25:00 UTC, they are 0 and 45");
}

static void words_say_the_term(void **state) {
    struct bins *bins = calloc(1, sizeof *bins);
    char words[WORDS_ROOM];
    (void)state;
    bins->edge[FEATURE_in_amount_24h][0] = 123456700;
    bins->edge[FEATURE_rapid_cash_out_1h][3] = 0.8;
    const struct literal parts[] = {{FEATURE_rapid_cash_out_1h, LITERAL_ABOVE, 3},
                                    {FEATURE_in_amount_24h, LITERAL_BELOW, 0}};
    const struct train_term both = term_of(parts, 2),
                            null = term_of(&(struct literal){FEATURE_cash_gap, LITERAL_NULL, 0}, 1);
    const struct literal twice[] = {{FEATURE_in_amount_24h, LITERAL_BELOW, 3},
                                    {FEATURE_in_amount_24h, LITERAL_BELOW, 0}};
    const struct train_term narrow = term_of(twice, 2);
    words_name(&narrow, bins, words);
    assert_string_equal(words, "in_amount_24h < 123456700");
    words_of_term(&both, bins, LANGUAGE_EN, words);
    assert_string_equal(words, "Money in within 24 hours: below 1 234 567 KZT, and share of money "
                               "gone within an hour: at least 80 %");
    words_of_term(&both, bins, LANGUAGE_RU, words);
    assert_non_null(strstr(words, "меньше 1 234 567 KZT, и при этом доля денег"));
    const struct train_term kazakh =
        term_of((const struct literal[]){{FEATURE_in_amount_24h, LITERAL_BELOW, 0},
                                         {FEATURE_credit_debit_gap, LITERAL_NULL, 0}},
                2);
    words_of_term(&kazakh, bins, LANGUAGE_KK, words);
    assert_non_null(strstr(words, "әрі түсімнен шығысқа дейінгі уақыт: белгісіз"));
    words_name(&both, bins, words);
    assert_string_equal(words, "in_amount_24h < 123456700 and rapid_cash_out_1h >= 0.8");
    words_name(&null, bins, words);
    assert_string_equal(words, "cash_gap null");
    bins->edge[FEATURE_active_call][0] = 1;
    const struct literal calls[] = {{FEATURE_active_call, LITERAL_ABOVE, 0},
                                    {FEATURE_active_call, LITERAL_BELOW, 0},
                                    {FEATURE_active_call, LITERAL_NULL, 0}};
    static const char *const said[] = {"On a phone call: yes", "On a phone call: no",
                                       "On a phone call: not known"};
    for (int i = 0; i < 3; i++) {
        const struct train_term call = term_of(&calls[i], 1);
        words_of_term(&call, bins, LANGUAGE_EN, words);
        assert_string_equal(words, said[i]);
    }
    free(bins);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_system_is_solved),
        cmocka_unit_test(calibration_rises),
        cmocka_unit_test(bins_hold_what_lies_between_edges),
        cmocka_unit_test(what_fades_from_a_level_is_still_at_it_for_a_while),
        cmocka_unit_test(a_free_fit_ends_where_the_gradient_is_zero),
        cmocka_unit_test(a_fit_with_signs_ends_at_its_conditions),
        cmocka_unit_test(what_is_told_apart_is_learned),
        cmocka_unit_test(how_far_boosting_goes_is_what_validation_says),
        cmocka_unit_test(the_score_never_falls_as_a_risk_rises),
        cmocka_unit_test(the_document_is_what_the_engine_accepts),
        cmocka_unit_test(columns_that_say_nothing_are_passed_over),
        cmocka_unit_test(nobody_is_the_better_for_not_being_reported),
        cmocka_unit_test(reports_are_believed_as_far_as_they_were_right),
        cmocka_unit_test(what_is_reported_leaves_calibration_and_behaviour_as_they_are),
        cmocka_unit_test(reports_that_turn_out_wrong_add_less),
        cmocka_unit_test(kinds_that_are_apart_have_finite_weights),
        cmocka_unit_test(rows_that_come_twice_weigh_the_same),
        cmocka_unit_test(rows_of_one_kind_have_a_start),
        cmocka_unit_test(alike_terms_are_found),
        cmocka_unit_test(what_teaches_nothing_is_refused),
        cmocka_unit_test(validations_lie_where_accounts_turn_bad),
        cmocka_unit_test(validations_keep_their_shares_of_rows),
        cmocka_unit_test(a_validation_without_bad_accounts_says_when),
        cmocka_unit_test(words_say_the_term),
    };
    return cmocka_run_group_tests(tests, train_usually, forget);
}
