/* SPDX-License-Identifier: Apache-2.0 */
/* Every tier of the column functions gives the bits of the scalar ones, at any length and place;
 * and the scalar tier's logarithms and exponentials are exact_math.h's. */
#include "tests/support.h"

#include "models/columns.h"
#include "models/exact_math.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { VALUES = 1024, ROUNDS = 2000, LENGTHS = 40 };

static uint64_t state;

static uint64_t next(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static const double special[] = {
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    0.5,
    DBL_MIN,
    -DBL_MIN,
    DBL_MAX,
    -DBL_MAX,
    INFINITY,
    -INFINITY,
    NAN,
    0x1p-54,
    -0x1p-54,
    0x1p-55,
    0x1p-1074,
    -0x1p-1074,
    0x1p52,
    0x1p53,
    0x1p-17,
    32.0,
    -32.0,
    0x1.fp4,
    709.782712893384,
    709.79,
    -745.1332191019412,
    -745.14,
    -708.4,
    0x1.6a09e667f3bcdp+0,
    0x1.6a09e667f3bccp+0,
    -0x1.fffffffffffffp-1,
};

/* Any bits; specials and their neighbours; numbers of the size of features, and near 1. */
static double any_value(void) {
    const double chosen = special[next() % (sizeof special / sizeof *special)];
    switch (next() % 6) {
    case 0:
        return of_bits(next());
    case 1:
        return chosen;
    case 2:
        return nextafter(chosen, next() % 2 == 0 ? INFINITY : -INFINITY);
    case 3:
        return (double)(next() >> 11) * 0x1p-42 - 700;
    case 4:
        return (double)(int64_t)(next() % 2000001) - 1000000;
    default:
        return 1 + ((double)(next() >> 11) * 0x1p-53 - 0.5) * 0x1p-6;
    }
}

/* One call of one function, with what it takes. */
struct call {
    const double *x, *t;
    double low, high;
    double *out;
    size_t count;
};

#define FUNCTIONS(X)                                                                               \
    X(log, c->x, c->out, c->count)                                                                 \
    X(log1p, c->x, c->out, c->count)                                                               \
    X(exp, c->x, c->out, c->count)                                                                 \
    X(log1p_above_0, c->x, c->out, c->count)                                                       \
    X(clip, c->x, c->low, c->high, c->out, c->count)                                               \
    X(linear, c->t, c->out, c->count)                                                              \
    X(hinge_above, c->x, c->t, c->low, c->high, c->out, c->count)                                  \
    X(hinge_below, c->x, c->t, c->low, c->high, c->out, c->count)                                  \
    X(step_above, c->x, c->low, c->out, c->count)                                                  \
    X(step_below, c->x, c->low, c->out, c->count)                                                  \
    X(null, c->x, c->out, c->count)                                                                \
    X(product, c->x, c->t, c->out, c->count)                                                       \
    X(gate, c->x, c->t, c->out, c->count)

#define X(name, ...)                                                                               \
    static void call_##name(const struct columns *columns, const struct call *c) {                 \
        columns->name(__VA_ARGS__);                                                                \
    }
FUNCTIONS(X)
#undef X

struct function {
    const char *name;
    void (*call)(const struct columns *columns, const struct call *call);
};

static const struct function functions[] = {
#define X(name, ...) {#name, call_##name},
    FUNCTIONS(X)
#undef X
};

static double x[VALUES], t[VALUES], wanted[VALUES + 1], got[VALUES + 1];

static void random_values(void) {
    for (size_t i = 0; i < VALUES; i++) {
        x[i] = any_value();
        t[i] = any_value();
    }
}

/* Any NaN is null. */
static bool same(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void assert_same(const struct function *f, enum cpu_tier tier, const double *from,
                        size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!same(wanted[i], got[i]))
            fail_msg("%s, %s: of %a came %a, not %a", f->name, cpu_tier_name(tier), from[i], got[i],
                     wanted[i]);
}

static void compare(const struct function *f, enum cpu_tier tier, size_t from, size_t count) {
    const double low = any_value(), high = any_value();
    struct call call = {x + from, t + from, low, high, wanted, count};
    wanted[count] = got[count] = -7;
    f->call(columns_of(CPU_SCALAR), &call);
    call.out = got;
    f->call(columns_of(tier), &call);
    assert_same(f, tier, x + from, count);
    assert_true(wanted[count] == -7 && got[count] == -7);
}

static void compare_tier(enum cpu_tier tier) {
    state = 99 + (uint64_t)tier;
    for (int round = 0; round < ROUNDS; round++) {
        random_values();
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
            compare(&functions[f], tier, next() % 8, VALUES - 8);
    }
    for (size_t count = 0; count < LENGTHS; count++)
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
            compare(&functions[f], tier, next() % 8, count);
}

static void test_every_tier_gives_the_scalar_bits(void **unused) {
    (void)unused;
    for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
        print_message("tier %s\n", cpu_tier_name(tier));
        compare_tier(tier);
    }
}

static void test_every_tier_has_its_own_table(void **unused) {
    (void)unused;
    for (enum cpu_tier tier = CPU_AVX2; tier <= cpu_best(); tier++)
        assert_ptr_not_equal(columns_of(tier), columns_of(tier - 1));
}

static void test_logarithms_and_exponentials_are_those_of_exact_math(void **unused) {
    (void)unused;
    static double (*const functions_of_1[])(double) = {exact_log, exact_log1p, exact_exp};
    state = 3;
    for (int round = 0; round < ROUNDS; round++) {
        random_values();
        for (size_t f = 0; f < 3; f++) {
            const struct call call = {x, t, 0, 0, got, VALUES};
            functions[f].call(columns_of(cpu_best()), &call);
            for (size_t i = 0; i < VALUES; i++)
                wanted[i] = functions_of_1[f](x[i]);
            assert_same(&functions[f], cpu_best(), x, VALUES);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_tier_gives_the_scalar_bits),
        cmocka_unit_test(test_every_tier_has_its_own_table),
        cmocka_unit_test(test_logarithms_and_exponentials_are_those_of_exact_math),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
