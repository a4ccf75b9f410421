/* SPDX-License-Identifier: Apache-2.0 */
/* Training by its parts: bins, the fit against its own conditions, calibration, what reports are
 * worth, terms that are alike, and their words. */
#include "models/exact_math.h"
#include "models/train/alike.h"
#include "models/train/boost.h"
#include "models/train/cholesky.h"
#include "models/train/trust.h"
#include "models/train/words.h"
#include "tests/support.h"
#include "tests/train_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
        cmocka_unit_test(reports_are_believed_as_far_as_they_were_right),
        cmocka_unit_test(rows_that_come_twice_weigh_the_same),
        cmocka_unit_test(rows_of_one_kind_have_a_start),
        cmocka_unit_test(alike_terms_are_found),
        cmocka_unit_test(words_say_the_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
