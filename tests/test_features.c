/* SPDX-License-Identifier: Apache-2.0 */
/* The whole vector against its slow twin, over random histories: every feature of every scored side
 * equals the one recomputed from the plain list of events. The twin, made wrong in one place, is
 * told from the engine, and so is a tier that is wrong in one bit: so the comparison would notice.
 *
 * --seed N compares the history of one seed under every tier and prints it if it differs. */
#include "tests/support.h"

#include "detector/kernels.h"
#include "tests/engine.h"
#include "tests/twins.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if SANITIZED || !defined(__OPTIMIZE__)
enum { HISTORIES = 3000 };
#else
enum { HISTORIES = 100000 };
#endif
enum { MUTANT_HISTORIES = 2000, HASHED = HISTORIES / 5 };
#define SEED UINT64_C(20260101)

static struct history history;
static const struct kernels *tiers[ENGINE_TIERS_MAX];
static int tier_count;

/* Says the difference and the smallest history that has one. */
static void report(const struct twins *twins) {
    twins_shrink(twins, &history);
    history_print(&history);
    print_error("under %s: %s\n", twins->kernels->name, twins_compare(twins, &history).what);
}

static bool same(uint64_t seed, const struct kernels *kernels) {
    const struct twins twins = {kernels, NAIVE_none};
    history_make(&history, seed);
    if (!twins_compare(&twins, &history).found) return true;
    report(&twins);
    return false;
}

static void every_feature_equals_the_one_recomputed_from_the_list(void **state) {
    (void)state;
    for (uint64_t i = 0; i < HISTORIES; i++)
        if (!same(SEED + i, tiers[i % (uint64_t)tier_count])) fail_msg("--seed %" PRIu64, SEED + i);
}

static void every_tier_gives_the_same_bits(void **state) {
    (void)state;
    for (uint64_t i = 0; i < HASHED; i++) {
        history_make(&history, SEED + i);
        const uint64_t expected = twins_engine_hash(tiers[0], &history);
        for (int t = 1; t < tier_count; t++)
            if (twins_engine_hash(tiers[t], &history) != expected)
                fail_msg("seed %" PRIu64 " differs under %s", SEED + i, tiers[t]->name);
    }
}

/* The number of histories until the first that tells the two apart; 0: none does. One in four is
 * busy. */
static uint64_t histories_until_noticed(const struct twins *twins) {
    for (uint64_t i = 0; i < MUTANT_HISTORIES; i++) {
        history_make(&history, i % 4 == 3 ? (SEED / 100 + i) * 100 : SEED + i);
        if (twins_compare(twins, &history).found) return i + 1;
    }
    return 0;
}

static void every_mistake_in_the_twin_is_noticed(void **state) {
    static const char *const names[] = {
#define X(name) #name,
        NAIVE_MUTATIONS(X)
#undef X
    };
    (void)state;
    int missed = 0;
    for (int m = NAIVE_none + 1; m < NAIVE_MUTATION_COUNT; m++) {
        const struct twins twins = {tiers[tier_count - 1], (enum naive_mutation)m};
        const uint64_t tried = histories_until_noticed(&twins);
        print_message("%-34s noticed in history %" PRIu64 "\n", names[m], tried);
        if (tried == 0) print_error("%s is not noticed\n", names[m]);
        missed += tried == 0;
    }
    assert_int_equal(missed, 0);
}

static int try_seed(uint64_t seed) {
    int bad = 0;
    for (int t = 0; t < tier_count; t++)
        bad += !same(seed, tiers[t]);
    return bad == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_feature_equals_the_one_recomputed_from_the_list),
        cmocka_unit_test(every_tier_gives_the_same_bits),
        cmocka_unit_test(every_mistake_in_the_twin_is_noticed),
    };
    tier_count = engine_tiers(tiers);
    if (argc == 3 && strcmp(argv[1], "--seed") == 0) return try_seed(strtoull(argv[2], NULL, 10));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
