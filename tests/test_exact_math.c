/* SPDX-License-Identifier: Apache-2.0 */
/* Errors against the C library's long double, in units of the last place; fixed bits as witnesses.
 */
#include "tests/support.h"

#include "models/exact_math.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { TRIALS = 400000 };

static uint64_t state = 20240901;

static uint64_t next(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static double between(double low, double high) {
    return low + (high - low) * ((double)(next() >> 11) * 0x1p-53);
}

static double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double error_ulp(double got, long double want) {
    const double nearest = fabs((double)want);
    const double ulp = nextafter(nearest, INFINITY) - nearest;
    return (double)(fabsl((long double)got - want) / (long double)ulp);
}

static double worst(double (*f)(double), long double (*oracle)(long double), double low,
                    double high) {
    double worst_ulp = 0;
    for (int i = 0; i < TRIALS; i++) {
        const double x = between(low, high);
        const double ulp = error_ulp(f(x), oracle((long double)x));
        if (ulp > worst_ulp) worst_ulp = ulp;
    }
    return worst_ulp;
}

static void test_log_is_within_1_ulp(void **unused) {
    (void)unused;
    assert_true(worst(exact_log, logl, 0.25, 4) < 1);
    assert_true(worst(exact_log, logl, 0.999, 1.001) < 1);
    assert_true(worst(exact_log, logl, 0, 1e12) < 1);
}

static void test_log_of_any_positive_double(void **unused) {
    (void)unused;
    for (int i = 0; i < TRIALS; i++) {
        const double x = of_bits(next() % 0x7ff0000000000000ULL);
        if (x == 0) continue;
        assert_true(error_ulp(exact_log(x), logl((long double)x)) < 1);
    }
}

static void test_log1p_is_within_1_ulp(void **unused) {
    (void)unused;
    assert_true(worst(exact_log1p, log1pl, -0.9999, 1) < 1);
    assert_true(worst(exact_log1p, log1pl, -1e-9, 1e-9) < 1);
    assert_true(worst(exact_log1p, log1pl, 0, 1e10) < 1);
}

static void test_exp_is_within_1_ulp(void **unused) {
    (void)unused;
    assert_true(worst(exact_exp, expl, -1, 1) < 1);
    assert_true(worst(exact_exp, expl, -745, 709) < 1);
}

static void test_edges_of_the_domain(void **unused) {
    (void)unused;
    assert_true(isnan(exact_log(-1)) && isnan(exact_log(NAN)));
    assert_true(exact_log(0) == -INFINITY && exact_log(INFINITY) == INFINITY);
    assert_true(exact_log(1) == 0);
    assert_true(isnan(exact_log1p(-2)) && isnan(exact_log1p(NAN)));
    assert_true(exact_log1p(-1) == -INFINITY && exact_log1p(INFINITY) == INFINITY);
    assert_true(exact_log1p(0) == 0 && exact_log1p(DBL_MIN) == DBL_MIN);
    assert_true(isnan(exact_exp(NAN)));
    assert_true(exact_exp(0) == 1 && exact_exp(-INFINITY) == 0);
    assert_true(exact_exp(INFINITY) == INFINITY && exact_exp(710) == INFINITY);
    assert_true(exact_exp(-746) == 0);
}

static void test_the_bits_are_the_same_everywhere(void **unused) {
    (void)unused;
    uint64_t hash = 0;
    for (int i = 1; i <= 10000; i++) {
        const double x = i * 0.037;
        hash = hash * 0x100000001b3ULL + bits_of(exact_log(x));
        hash = hash * 0x100000001b3ULL + bits_of(exact_log1p(x));
        hash = hash * 0x100000001b3ULL + bits_of(exact_exp(x - 185));
    }
    assert_int_equal(hash, 0x768d5d230ad01ef4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_is_within_1_ulp),
        cmocka_unit_test(test_log_of_any_positive_double),
        cmocka_unit_test(test_log1p_is_within_1_ulp),
        cmocka_unit_test(test_exp_is_within_1_ulp),
        cmocka_unit_test(test_edges_of_the_domain),
        cmocka_unit_test(test_the_bits_are_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
