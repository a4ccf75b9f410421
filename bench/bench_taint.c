/* SPDX-License-Identifier: Apache-2.0 */
/* What following reported money costs an entry: two engines take the same rows in turns, and one of
 * them has reports, so that money of them lies on a share of its accounts. */
#include "bench/engine_rig.h"
#include "bench/report.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_BATCHES = RIG_BATCHES, PER_MILLE = 1000, MIB_SHIFT = 20, ENGINES = 2, TURNS = 4000 };
enum { FLAG_ACCOUNTS, FLAG_EVENTS, FLAG_CHUNKS, FLAG_SHARE, FLAG_LIMIT, FLAGS };

struct bench {
    struct engine_rig *rig[ENGINES]; /* without reports, with */
    double *samples[ENGINES], *ratios;
    double report_ns, reports;
    uint64_t wanted; /* tainted accounts */
};

static struct taint_counts counts_of(const struct bench *b) {
    return taint_count(apply_taint(engine_rig_apply(b->rig[1])));
}

/* Nanoseconds an entry of apply. */
static double run(struct engine_rig *rig) {
    int64_t ns[RIG_PHASES] = {0};
    double entries = 0;
    engine_rig_prepare(rig, CHUNK_BATCHES);
    for (int i = 0; i < CHUNK_BATCHES; i++)
        entries += engine_rig_run(rig, ns)->sides;
    return (double)ns[RIG_APPLY] / entries;
}

/* Reports go on until money of them lies on as many accounts as it should. */
static void keep_share(struct bench *b, uint32_t rows) {
    const uint64_t before = counts_of(b).sources;
    if (counts_of(b).accounts >= b->wanted) return;
    b->report_ns += (double)engine_rig_report(b->rig[1], rows);
    b->reports += (double)(counts_of(b).sources - before);
}

static void prepare(struct bench *b) {
    for (int turn = 0; turn < TURNS && counts_of(b).accounts < b->wanted; turn++) {
        int64_t ns[RIG_PHASES] = {0};
        for (int e = 0; e < ENGINES; e++) {
            engine_rig_prepare(b->rig[e], 1);
            engine_rig_run(b->rig[e], ns);
        }
        keep_share(b, BATCH_EVENTS);
    }
}

static void measure(struct bench *b, size_t chunks) {
    for (size_t c = 0; c < chunks; c++) {
        const int first = (int)(c % ENGINES);
        b->samples[first][c] = run(b->rig[first]);
        b->samples[1 - first][c] = run(b->rig[1 - first]);
        b->ratios[c] = b->samples[1][c] / b->samples[0][c];
        keep_share(b, BATCH_EVENTS);
    }
}

static void print(struct bench *b, struct report *report, size_t chunks, double accounts) {
    const struct taint_counts counts = counts_of(b);
    report_row(report, "apply, nothing reported", "ns/entry", b->samples[0], chunks);
    report_row(report, "apply, reported money", "ns/entry", b->samples[1], chunks);
    report_row(report, "ratio", "", b->ratios, chunks);
    report_value(report, "a report traced", "ns", b->report_ns / b->reports);
    report_value(report, "tainted accounts", "%", 100.0 * (double)counts.accounts / accounts);
    report_value(report, "marks an account", "", (double)counts.marks / (double)counts.accounts);
    report_value(report, "reports", "", b->reports);
    report_value(report, "events walked through a report", "", (double)counts.walked / b->reports);
    report_value(report, "bounds that bit", "", (double)counts.bounded);
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {
        [FLAG_ACCOUNTS] = {"--accounts", "of each engine", 1000000},
        [FLAG_EVENTS] = {"--events", "entries a week an account", 15},
        [FLAG_CHUNKS] = {"--chunks", "measurements, of 8,192 rows each", 100},
        [FLAG_SHARE] = {"--per-mille", "accounts that reported money lies on", 10},
        [FLAG_LIMIT] = {"--limit", "memory.limit, MiB, of each engine", 4096},
    };
    struct report *report =
        report_open("what following reported money costs", argc, argv, flags, FLAGS);
    const uint32_t accounts = (uint32_t)flags[FLAG_ACCOUNTS].value;
    const size_t chunks = (size_t)flags[FLAG_CHUNKS].value;
    struct bench b = {.wanted = accounts * (uint64_t)flags[FLAG_SHARE].value / PER_MILLE,
                      .ratios = calloc(chunks, sizeof(double))};
    for (int e = 0; e < ENGINES; e++) {
        b.samples[e] = calloc(chunks, sizeof(double));
        if (b.samples[e] == NULL || b.ratios == NULL) return 1;
        b.rig[e] = engine_rig_open(&(struct engine_rig_options){
            .accounts = accounts,
            .events = (double)flags[FLAG_EVENTS].value,
            .terms = 64,
            .tainted_max = e == 0 ? 0 : 4 * (uint32_t)b.wanted + 64,
            .memory_limit = (uint64_t)flags[FLAG_LIMIT].value << MIB_SHIFT,
            .kernel_tier = "auto",
            .seed = report_seed(report)});
        engine_rig_warm_up(b.rig[e], 1.3 * (double)flags[FLAG_EVENTS].value);
    }
    prepare(&b);
    measure(&b, chunks);
    print(&b, report, chunks, accounts);
    for (int e = 0; e < ENGINES; e++) {
        engine_rig_close(b.rig[e]);
        free(b.samples[e]);
    }
    free(b.ratios);
    return report_close(report);
}
