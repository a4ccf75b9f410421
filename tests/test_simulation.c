/* SPDX-License-Identifier: Apache-2.0 */
/* The engine in a simulated world, a seed a run (tests/sim_world.h says which faults there are).
 *
 *   test_simulation [--first SEED] [--seeds COUNT]   runs them; a failing one is named in one line
 *   test_simulation --seed SEED                      runs one of them again, with the engine's log
 *   test_simulation --mutant NAME                    succeeds when one of 20 seeds fails */
#include "detector/base/log.h"
#include "tests/sample.h"
#include "tests/sim_feed.h"
#include "tests/sim_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#if SANITIZED
enum { SEEDS = 1500 };
#else
enum { SEEDS = 5000 };
#endif
enum { TWINS_EVERY = 8, SHADOW_EVERY = 5, MUTANT_SEEDS = 20, ALL_KINDS_SEEDS = 300 };

struct arguments {
    uint64_t first, count;
    const char *mutant;
    bool loud;
};

static bool parse(int argc, char **argv, struct arguments *a) {
    *a = (struct arguments){.first = 1, .count = SEEDS};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) return false;
        const uint64_t number = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--first") == 0)
            a->first = number;
        else if (strcmp(argv[i], "--seeds") == 0)
            a->count = number;
        else if (strcmp(argv[i], "--seed") == 0)
            *a = (struct arguments){.first = number, .count = 1, .loud = true};
        else if (strcmp(argv[i], "--mutant") == 0)
            *a = (struct arguments){.first = 1, .count = MUTANT_SEEDS, .mutant = argv[i + 1]};
        else
            return false;
    }
    return true;
}

static void print_totals(const struct arguments *a, const struct sim_totals *t) {
    printf("%" PRIu64 " seeds: %" PRIu64 " records, %" PRIu64 " starts, %" PRIu64
           " order records, %" PRIu64 " recommendations, %" PRIu64 " scores of shadows, %" PRIu64
           " dead letters, %" PRIu64 " signals, %" PRIu64 " sides with reported money, %" PRIu64
           " changes and %" PRIu64 " revisions for payers seen by twins, %" PRIu64
           " snapshots, %" PRIu64 " refilled inputs, %" PRIu64 " rebuilds, %" PRIu64
           " times lost offsets, %" PRIu64 " turns\n",
           a->count, t->records, t->starts, t->outcome.order_records, t->outcome.recommendations,
           t->outcome.shadow_scores, t->outcome.dead_letters, t->outcome.signals, t->outcome.traced,
           t->outcome.changes, t->outcome.asked, t->snapshots, t->refills, t->rebuilds, t->losses,
           t->turns);
    for (int f = 0; f < SIM_FAULT_COUNT; f++)
        printf("%10" PRIu64 "  %s\n", t->injected[f], sim_fault_name((enum sim_fault)f));
}

/* A run that injects nothing of a kind proves nothing about it. */
static bool every_kind_was_met(const struct arguments *a, const struct sim_totals *t) {
    const struct sim_outcome *o = &t->outcome;
    bool all = true;
    for (int f = 0; f < SIM_FAULT_COUNT && a->count >= ALL_KINDS_SEEDS; f++) {
        if (t->injected[f] > 0) continue;
        printf("never injected: %s\n", sim_fault_name((enum sim_fault)f));
        all = false;
    }
    if (a->count < ALL_KINDS_SEEDS) return true;
    return all && t->refills > 0 && t->rebuilds > 0 && t->losses > 0 && o->signals > 0 &&
           o->changes > 0 && o->asked > 0 && o->traced > 0 && o->shadow_scores > 0;
}

/* Runs with a shadow model that publishes have `shadowed`. */
static bool run_all(const struct arguments *a, const struct options *options,
                    const struct options *shadowed, struct sim_totals *totals,
                    const char *program) {
    char failure[1024];
    for (uint64_t seed = a->first; seed < a->first + a->count; seed++) {
        const bool twins = seed % TWINS_EVERY == 0 || a->mutant != NULL;
        const bool shadow = seed % SHADOW_EVERY == 0 && !sim_run_has_policy(seed);
        if (sim_run(seed, shadow ? shadowed : options, twins, totals, failure)) continue;
        if (a->mutant != NULL)
            printf("mutant %s is caught by seed %" PRIu64 ": %s\n", a->mutant, seed, failure);
        else
            printf("FAILED: %s --seed %" PRIu64 ": %s\n", program, seed, failure);
        return false;
    }
    return true;
}

/* In place of the one that is there. */
static bool write_policy(const char *path) {
    char policy[SIM_POLICY_SIZE];
    FILE *file = fopen(path, "w");
    return file != NULL && fputs(sim_policy("sample", 0.5, policy), file) >= 0 && fclose(file) == 0;
}

int main(int argc, char **argv) {
    struct arguments arguments;
    struct options options;
    char directory[64];
    if (!parse(argc, argv, &arguments)) {
        fprintf(stderr, "usage: %s [--first SEED] [--seeds COUNT] | --seed SEED | --mutant NAME\n",
                argv[0]);
        return 2;
    }
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* little is kept: no huge page is to be cleared */
    if (!sample_directory_make(directory, &options)) return 1;
    if (!write_policy(options.policy_path)) return 1;
    options.snapshot_interval_s = 3;
    options.snapshot_memory_mib = 10;
    if (!arguments.loud) log_set_level(LOG_LEVEL_ERROR);
    struct options shadowed = options;
    snprintf(shadowed.topic_shadow, sizeof shadowed.topic_shadow, "antifrod.shadow");
    sample_add_shadow(&shadowed, directory, "loose.json", "-5.0", "-3.0");
    struct sim_totals totals = {0};
    const bool whole = run_all(&arguments, &options, &shadowed, &totals, argv[0]);
    sample_directory_remove(directory, &options);
    if (arguments.mutant != NULL) {
        if (whole) printf("mutant %s lives\n", arguments.mutant);
        return whole ? 1 : 0;
    }
    print_totals(&arguments, &totals);
    return whole && every_kind_was_met(&arguments, &totals) ? 0 : 1;
}
