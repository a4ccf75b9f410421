/* SPDX-License-Identifier: Apache-2.0 */
/* The whole of training, on rows whose truth is known: what it learns, what it makes of columns
 * that lie, and what it refuses. */
#include "models/model.h"
#include "models/train/write.h"
#include "tests/support.h"
#include "tests/train_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_apart_is_learned),
        cmocka_unit_test(how_far_boosting_goes_is_what_validation_says),
        cmocka_unit_test(the_score_never_falls_as_a_risk_rises),
        cmocka_unit_test(the_document_is_what_the_engine_accepts),
        cmocka_unit_test(columns_that_say_nothing_are_passed_over),
        cmocka_unit_test(nobody_is_the_better_for_not_being_reported),
        cmocka_unit_test(what_is_reported_leaves_calibration_and_behaviour_as_they_are),
        cmocka_unit_test(reports_that_turn_out_wrong_add_less),
        cmocka_unit_test(kinds_that_are_apart_have_finite_weights),
        cmocka_unit_test(what_teaches_nothing_is_refused),
        cmocka_unit_test(validations_lie_where_accounts_turn_bad),
        cmocka_unit_test(validations_keep_their_shares_of_rows),
        cmocka_unit_test(a_validation_without_bad_accounts_says_when),
    };
    return cmocka_run_group_tests(tests, train_usually, forget);
}
