/* SPDX-License-Identifier: Apache-2.0 */
/* Scores are exact: the same bits for any batch size, kernel tier and OpenBLAS core type, whatever
 * other models are scored beside, and contributions that add up in any order. Run with --hash TIER
 * the program prints what it computed, for itself under another core type. */
#include "tests/support.h"

#include "detector/base/cpu.h"
#include "detector/feature_table.h"
#include "models/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT "\"text\": {\"en\": \"en\", \"ru\": \"ru\", \"kk\": \"kk\"}"

enum { ROWS = 256, TERMS = 333, ROUNDS = 20 };

static uint64_t state;

static uint64_t next(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static double weight(void) {
    return ((double)(next() % 8388608) - 4194304) * 0x1p-20;
}

static const char *feature_name(void) {
    return feature_table[next() % FEATURE_COUNT].name;
}

static void random_shape(FILE *out, int i) {
    const char *first = feature_name(), *second = feature_name();
    switch (i % 7) {
    case 0:
        (void)fprintf(out, "\"type\": \"linear\", \"feature\": \"%s\"", first);
        break;
    case 1:
        (void)fprintf(out, "\"type\": \"hinge\", \"feature\": \"%s\", \"knot\": 1.5, ", first);
        (void)fprintf(out, "\"side\": \"above\"");
        break;
    case 2:
        (void)fprintf(out, "\"type\": \"step\", \"feature\": \"%s\", \"knot\": 0.25, ", first);
        (void)fprintf(out, "\"side\": \"below\"");
        break;
    case 3:
        (void)fprintf(out, "\"type\": \"null\", \"feature\": \"%s\"", first);
        break;
    case 4:
        (void)fprintf(out, "\"type\": \"and\", \"terms\": [");
        (void)fprintf(out, "{\"type\": \"null\", \"feature\": \"%s\"}, ", first);
        (void)fprintf(out, "{\"type\": \"step\", \"feature\": \"%s\", \"knot\": 0.25, ", second);
        (void)fprintf(out, "\"side\": \"above\"}]");
        break;
    case 5:
        (void)fprintf(out, "\"type\": \"and\", \"terms\": [");
        (void)fprintf(out, "{\"type\": \"step\", \"feature\": \"%s\", \"knot\": 0.25, ", first);
        (void)fprintf(out, "\"side\": \"below\"}, ");
        (void)fprintf(out, "{\"type\": \"linear\", \"feature\": \"%s\"}]", second);
        break;
    default:
        (void)fprintf(out, "\"type\": \"and\", \"terms\": [");
        (void)fprintf(out, "{\"type\": \"linear\", \"feature\": \"%s\"}, ", first);
        (void)fprintf(out, "{\"type\": \"hinge\", \"feature\": \"%s\", \"knot\": 2, ", second);
        (void)fprintf(out, "\"side\": \"below\"}]");
    }
}

/* A model of random terms of every shape. Without terms its intercept is -0. */
static struct model *random_model(int terms) {
    char *json = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&json, &size);
    (void)fprintf(out,
                  "{\"format\": \"saqshy-model/1\", \"id\": \"random\", \"features_sha256\": "
                  "\"%s\", \"intercept\": %.20f, \"transforms\": {\"%s\": \"log1p\", "
                  "\"%s\": {\"clip\": [0.5, 3]}, \"%s\": \"log1p\"}, \"terms\": [",
                  feature_table_sha256(), terms == 0 ? -0.0 : weight(), feature_table[0].name,
                  feature_table[1].name, feature_table[2].name);
    for (int i = 0; i < terms; i++) {
        (void)fprintf(out, "%s{\"name\": \"t%d\", \"weight\": %.20g, ", i > 0 ? "," : "", i,
                      weight());
        (void)fprintf(out, TEXT ", ");
        random_shape(out, i);
        (void)fputc('}', out);
    }
    (void)fprintf(out, "], \"calibration\": {\"type\": \"logistic\"}, \"provenance\": {}}");
    (void)fclose(out);
    struct error error = {0};
    struct model *model = model_parse(json, size, "random", &error);
    if (model == NULL) (void)fprintf(stderr, "%s\n", error.text);
    free(json);
    return model;
}

static double random_value(void) {
    switch (next() % 5) {
    case 0:
        return NAN;
    case 1:
        return 0;
    case 2:
        return (double)(next() % 20);
    default:
        return (double)(next() >> 11) * 0x1p-50 - 2;
    }
}

static void random_rows(double *features) {
    for (size_t i = 0; i < (size_t)ROWS * FEATURE_COUNT; i++)
        features[i] = random_value();
}

static uint64_t hash_of(const double *values, size_t count) {
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3ULL;
    }
    return hash;
}

static double features[ROWS * FEATURE_COUNT], logits[ROWS];

static struct model *scored(struct score **score, const char *kernel_tier) {
    struct error error = {0};
    state = 7;
    struct model *model = random_model(TERMS);
    if (model == NULL) return NULL;
    random_rows(features);
    *score = score_open(model, ROWS, kernel_tier, &error);
    score_batch(*score, features, ROWS, ROWS, logits);
    return model;
}

/* As many models as may be scored at once; the first is the one of `scored`. */
struct heads {
    const struct model *model[SCORE_HEADS_MAX];
    double logits[SCORE_HEADS_MAX][ROWS];
};

static void open_heads(struct heads *heads) {
    static const int terms[SCORE_HEADS_MAX] = {TERMS, 1, 0, 64, 7, 700, 12, 256};
    for (uint32_t h = 0; h < SCORE_HEADS_MAX; h++)
        heads->model[h] = random_model(terms[h]);
    random_rows(features);
}

static void close_heads(struct heads *heads) {
    for (uint32_t h = 0; h < SCORE_HEADS_MAX; h++)
        model_free((struct model *)heads->model[h]);
}

static void score_first(struct heads *heads, uint32_t count, const char *kernel_tier) {
    struct error error = {0};
    double *out[SCORE_HEADS_MAX];
    for (uint32_t h = 0; h < count; h++)
        out[h] = heads->logits[h];
    struct score *score = score_open_heads(heads->model, count, ROWS, kernel_tier, &error);
    score_heads(score, features, ROWS, ROWS - 3, out);
    for (uint32_t h = 0; h < count; h++)
        out[h] += ROWS - 3;
    score_heads(score, features + ROWS - 3, ROWS, 3, out);
    score_close(score);
}

static int print_hash(const char *kernel_tier) {
    static struct heads heads;
    state = 7;
    open_heads(&heads);
    score_first(&heads, SCORE_HEADS_MAX, kernel_tier);
    const uint64_t all = hash_of(&heads.logits[0][0], (size_t)SCORE_HEADS_MAX * ROWS);
    score_first(&heads, 1, kernel_tier);
    const uint64_t first = hash_of(heads.logits[0], ROWS);
    printf("%s %016llx-%016llx\n", score_core_type(), (unsigned long long)first,
           (unsigned long long)all);
    close_heads(&heads);
    return 0;
}

static char own_path[4096];

static void run_under(const char *core_type, const char *kernel_tier, char name[64],
                      char hash[64]) {
    char command[sizeof own_path + 128];
    (void)snprintf(command, sizeof command, "OPENBLAS_CORETYPE=%s '%s' --hash %s", core_type,
                   own_path, kernel_tier);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%63s %63s", name, hash), 2);
    assert_int_equal(pclose(pipe), 0);
}

/* Under one core type: every tier that runs here. `first` is empty at the first. */
static void assert_every_tier(const char *core_type, char first[64]) {
    char name[64], hash[64];
    for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
        run_under(core_type, cpu_tier_name(tier), name, hash);
        print_message("%s, %s: %s\n", name, cpu_tier_name(tier), hash);
        assert_string_equal(name, core_type);
        if (first[0] == '\0') memcpy(first, hash, sizeof hash);
        assert_string_equal(hash, first);
    }
}

static void test_the_same_bits_under_every_core_type_and_tier(void **unused) {
    (void)unused;
    const struct {
        const char *name;
        bool runs_here;
    } types[] = {
        {"Prescott", true},
        {"Nehalem", true}, /* the base of a build here is x86-64-v2 */
        {"Sandybridge", __builtin_cpu_supports("avx") != 0},
        {"Haswell", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
        {"SkylakeX", __builtin_cpu_supports("avx512f") != 0},
    };
    char first[64] = "";
    int ran = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!types[i].runs_here) {
            print_message("this processor cannot run %s kernels\n", types[i].name);
            continue;
        }
        assert_every_tier(types[i].name, first);
        ran++;
    }
    assert_in_range(ran, 3, sizeof types / sizeof *types);
}

static void test_the_same_bits_for_any_batch_size(void **unused) {
    (void)unused;
    struct score *score = NULL;
    struct model *model = scored(&score, "auto");
    const uint32_t sizes[] = {1, 2, 3, 7, 64, 255};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        double again[ROWS];
        for (uint32_t row = 0; row < ROWS; row += sizes[s]) {
            const uint32_t rows = ROWS - row < sizes[s] ? ROWS - row : sizes[s];
            score_batch(score, features + row, ROWS, rows, again + row);
        }
        assert_memory_equal(again, logits, sizeof logits);
    }
    score_batch(score, features, ROWS, 0, logits);
    score_close(score);
    model_free(model);
}

static void assert_as_alone(const struct heads *heads, uint32_t count, const char *kernel_tier) {
    struct error error = {0};
    for (uint32_t h = 0; h < count; h++) {
        struct score *score = score_open(heads->model[h], ROWS, kernel_tier, &error);
        score_batch(score, features, ROWS, ROWS, logits);
        assert_memory_equal(heads->logits[h], logits, sizeof logits);
        score_close(score);
    }
}

static void test_a_head_has_the_bits_it_has_alone(void **unused) {
    (void)unused;
    static struct heads heads;
    state = 21;
    for (int round = 0; round < ROUNDS; round++) {
        open_heads(&heads);
        for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
            const uint32_t count = 1 + (uint32_t)(next() % SCORE_HEADS_MAX);
            score_first(&heads, count, cpu_tier_name(tier));
            assert_as_alone(&heads, count, cpu_tier_name(tier));
        }
        close_heads(&heads);
    }
}

/* Sums that come to nothing have one sign, in whatever order they were added. */
static void test_a_logit_of_zero_is_never_negative(void **unused) {
    (void)unused;
    static struct heads heads;
    state = 5;
    open_heads(&heads);
    score_first(&heads, SCORE_HEADS_MAX, "auto");
    for (uint32_t row = 0; row < ROWS; row++)
        assert_true(heads.logits[2][row] == 0 && !signbit(heads.logits[2][row]));
    close_heads(&heads);
}

static void test_contributions_add_up_in_any_order(void **unused) {
    (void)unused;
    struct score *score = NULL;
    struct model *model = scored(&score, "auto");
    for (uint32_t row = 0; row < ROWS; row++) {
        double vector[FEATURE_COUNT], terms[TERMS], intercept, forward, backward = 0;
        for (size_t f = 0; f < FEATURE_COUNT; f++)
            vector[f] = features[f * ROWS + row];
        score_explain(score, vector, terms, &intercept);
        forward = intercept;
        for (int i = 0; i < TERMS; i++) {
            forward += terms[i];
            backward += terms[TERMS - 1 - i];
        }
        assert_true(forward == logits[row]);
        assert_true(backward + intercept == logits[row]);
    }
    score_close(score);
    model_free(model);
}

/* One term on the first feature (log1p) or the second (as it is), by itself. */
static double contribution(const char *term, double a, double b) {
    char json[2048];
    (void)snprintf(json, sizeof json,
                   "{\"format\": \"saqshy-model/1\", \"id\": \"t\", \"features_sha256\": \"%s\", "
                   "\"intercept\": 0, \"transforms\": {\"%s\": \"log1p\"}, \"terms\": "
                   "[{\"name\": \"t\", \"weight\": 1, " TEXT ", %s}], "
                   "\"calibration\": {\"type\": \"logistic\"}, \"provenance\": {}}",
                   feature_table_sha256(), feature_table[0].name, term);
    struct error error = {0};
    struct model *model = model_parse(json, strlen(json), "t", &error);
    if (model == NULL) fail_msg("%s", error.text);
    struct score *score = score_open(model, 1, "auto", &error);
    double row[FEATURE_COUNT] = {a, b}, logit;
    score_batch(score, row, 1, 1, &logit);
    score_close(score);
    model_free(model);
    return logit;
}

static double with_feature(const char *format, int feature, double a, double b) {
    char term[512];
    const char *at = strstr(format, "FEATURE");
    (void)snprintf(term, sizeof term, "%.*s%s%s", (int)(at - format), format,
                   feature_table[feature].name, at + strlen("FEATURE"));
    return contribution(term, a, b);
}

static void test_a_linear_term_is_the_transformed_value_on_the_grid(void **unused) {
    (void)unused;
    const char *linear = "\"type\": \"linear\", \"feature\": \"FEATURE\"";
    assert_true(with_feature(linear, 1, 0, 1.75) == 1.75);
    assert_true(with_feature(linear, 1, 0, 0x1.8p-17) == 0x1p-16);
    assert_true(with_feature(linear, 1, 0, 1e9) == 32);
    assert_true(with_feature(linear, 1, 0, -INFINITY) == -32);
    assert_true(fabs(with_feature(linear, 0, 1000, 0) - log1p(1000)) <= 0x1p-17);
    assert_true(with_feature(linear, 0, -5, 0) == 0);
}

static void test_a_hinge_starts_at_its_knot(void **unused) {
    (void)unused;
    const char *above =
        "\"type\": \"hinge\", \"feature\": \"FEATURE\", \"knot\": 2, \"side\": \"above\"";
    const char *below =
        "\"type\": \"hinge\", \"feature\": \"FEATURE\", \"knot\": 2, \"side\": \"below\"";
    assert_true(with_feature(above, 1, 0, 2) == 0 && with_feature(above, 1, 0, 3.5) == 1.5);
    assert_true(with_feature(below, 1, 0, 2) == 0 && with_feature(below, 1, 0, 0.5) == 1.5);
    assert_true(with_feature(below, 1, 0, 3) == 0 && with_feature(above, 1, 0, 1) == 0);
    assert_true(fabs(with_feature(above, 0, 5, 0) - (log1p(5) - log1p(2))) <= 0x1p-17);
}

static void test_a_step_counts_its_knot_as_above(void **unused) {
    (void)unused;
    const char *above =
        "\"type\": \"step\", \"feature\": \"FEATURE\", \"knot\": 2, \"side\": \"above\"";
    const char *below =
        "\"type\": \"step\", \"feature\": \"FEATURE\", \"knot\": 2, \"side\": \"below\"";
    assert_true(with_feature(above, 0, 2, 0) == 1 && with_feature(above, 0, 1.999, 0) == 0);
    assert_true(with_feature(below, 0, 2, 0) == 0 && with_feature(below, 0, 1.999, 0) == 1);
}

static void test_null_gives_nothing_but_to_its_own_term(void **unused) {
    (void)unused;
    assert_true(with_feature("\"type\": \"linear\", \"feature\": \"FEATURE\"", 0, NAN, 0) == 0);
    assert_true(with_feature("\"type\": \"step\", \"feature\": \"FEATURE\", \"knot\": 2, "
                             "\"side\": \"below\"",
                             0, NAN, 0) == 0);
    assert_true(with_feature("\"type\": \"null\", \"feature\": \"FEATURE\"", 0, NAN, 0) == 1);
    assert_true(with_feature("\"type\": \"null\", \"feature\": \"FEATURE\"", 0, 0, 0) == 0);
}

static void test_a_conjunction_is_the_product(void **unused) {
    (void)unused;
    char term[512];
    (void)snprintf(term, sizeof term,
                   "\"type\": \"and\", \"terms\": ["
                   "{\"type\": \"step\", \"feature\": \"%s\", \"knot\": 2, \"side\": \"above\"}, "
                   "{\"type\": \"hinge\", \"feature\": \"%s\", \"knot\": 1, \"side\": \"above\"}]",
                   feature_table[0].name, feature_table[1].name);
    assert_true(contribution(term, 3, 4) == 3);
    assert_true(contribution(term, 1, 4) == 0);
    assert_true(contribution(term, 3, 0.5) == 0);
    assert_true(contribution(term, NAN, 4) == 0);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "--hash") == 0) return print_hash(argv[2]);
    if (realpath("/proc/self/exe", own_path) == NULL) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_bits_under_every_core_type_and_tier),
        cmocka_unit_test(test_the_same_bits_for_any_batch_size),
        cmocka_unit_test(test_a_head_has_the_bits_it_has_alone),
        cmocka_unit_test(test_a_logit_of_zero_is_never_negative),
        cmocka_unit_test(test_contributions_add_up_in_any_order),
        cmocka_unit_test(test_a_linear_term_is_the_transformed_value_on_the_grid),
        cmocka_unit_test(test_a_hinge_starts_at_its_knot),
        cmocka_unit_test(test_a_step_counts_its_knot_as_above),
        cmocka_unit_test(test_null_gives_nothing_but_to_its_own_term),
        cmocka_unit_test(test_a_conjunction_is_the_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
