/* SPDX-License-Identifier: Apache-2.0 */
/* Avro record to decision, per ledger entry (one scored side): a full table of uniformly random
 * accounts, the cache's worst case. Beside it what memory alone costs for as many lines, the same
 * batches scored by a model of 512 terms, and what an entry of one hot account costs. */
#include "bench/engine_rig.h"
#include "bench/memory_floor.h"
#include "bench/report.h"
#include "bench/wide_model.h"

#include "detector/account_record.h"
#include "models/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE = 64, CHUNK_BATCHES = RIG_BATCHES, WIDE_TERMS = 512, HOT_ROWS = 8, MIB_SHIFT = 20 };
enum { FLAG_ACCOUNTS, FLAG_EVENTS, FLAG_CHUNKS, FLAG_TERMS, FLAG_TIER, FLAG_LIMIT, FLAGS };

enum { ROW_DECODE, ROW_APPLY, ROW_SCORE, ROW_DECIDE, ROW_ALL, ROW_WIDE, ROW_HOT, ROW_FLOOR, ROWS };

struct bench {
    struct report *report;
    struct engine_rig *rig;
    struct score *wide;
    size_t chunks;
    double *samples[ROWS];
    /* What shows that the work was done. */
    double entries, fill, values, lines, bytes;
    double record_bytes, recommendations, accounts, resident;
    char tier[32];
};

/* Lines of a record that an event touches: the head, the columns that are read, and the one where
 * the event's place in the log is written. */
static double lines_of(const struct account *account) {
    return 1 + (16.0 * class_room(account->size_class) + LINE - 1) / LINE + 1;
}

static void look(struct bench *b, const struct batch *batch) {
    for (uint32_t i = 0; i < batch->sides; i++) {
        const struct account *account = batch->side[i].account;
        b->fill += account->count;
        b->lines += floor(lines_of(account));
        b->bytes += (double)class_bytes(account->size_class);
        for (int f = 0; f < FEATURE_COUNT; f++)
            b->values += !isnan(batch->features[f][i]);
    }
    b->entries += batch->sides;
}

static void measure(struct bench *b, size_t chunk) {
    int64_t ns[RIG_PHASES] = {0}, wide_ns = 0;
    double entries = 0, all = 0;
    engine_rig_prepare(b->rig, CHUNK_BATCHES);
    for (int i = 0; i < CHUNK_BATCHES; i++) {
        const struct batch *batch = engine_rig_run(b->rig, ns);
        wide_ns += engine_rig_score(b->rig, b->wide);
        entries += batch->sides;
        look(b, batch);
    }
    for (int p = 0; p < RIG_PHASES; p++) {
        b->samples[p][chunk] = (double)ns[p] / entries;
        all += (double)ns[p];
    }
    b->samples[ROW_ALL][chunk] = all / entries;
    b->samples[ROW_WIDE][chunk] = (double)wide_ns / entries;
}

/* Nanoseconds of applying a batch with so many rows that pay one hot account. */
static double apply_with_hot(struct bench *b, uint32_t rows) {
    int64_t ns[RIG_PHASES] = {0};
    engine_rig_hot(b->rig, rows);
    engine_rig_prepare(b->rig, CHUNK_BATCHES);
    for (int i = 0; i < CHUNK_BATCHES; i++)
        engine_rig_run(b->rig, ns);
    return (double)(ns[RIG_APPLY] + ns[RIG_SCORE] + ns[RIG_DECIDE]) / CHUNK_BATCHES;
}

/* What HOT_ROWS entries of the hot account cost more than as many ordinary ones; each by itself. */
static void measure_hot(struct bench *b, size_t chunk) {
    const double plain = apply_with_hot(b, 0), hot = apply_with_hot(b, HOT_ROWS);
    engine_rig_hot(b->rig, 0);
    b->samples[ROW_HOT][chunk] = plain / BATCH_SIDES + (hot - plain) / HOT_ROWS;
}

/* Both at once are more than many machines have: the engine is closed before the floor is laid. */
static void close_engine(struct bench *b) {
    const struct apply *apply = engine_rig_apply(b->rig);
    b->record_bytes = engine_rig_record_bytes(b->rig);
    b->recommendations = (double)engine_rig_recommendations(b->rig);
    b->accounts = (double)accounts_count(apply_accounts(apply)).accounts;
    b->resident = report_resident_bytes();
    snprintf(b->tier, sizeof b->tier, "kernel tier %s", apply_kernel_tier(apply));
    engine_rig_close(b->rig);
    score_close(b->wide);
}

static void measure_floor(struct bench *b, uint64_t seed) {
    const uint32_t accounts = (uint32_t)b->accounts;
    const uint32_t lines = (uint32_t)lround(b->lines / b->entries);
    const size_t stride = (size_t)ceil(b->bytes / b->entries / LINE) * LINE;
    struct memory_floor *floor = memory_floor_open(accounts, stride, seed);
    for (size_t c = 0; c < b->chunks; c++) {
        b->samples[ROW_FLOOR][c] = 0;
        for (int i = 0; i < CHUNK_BATCHES; i++)
            b->samples[ROW_FLOOR][c] +=
                memory_floor_touch(floor, BATCH_SIDES, lines) / CHUNK_BATCHES;
    }
    memory_floor_close(floor);
}

static double median_of(const struct bench *b, int row) {
    return b->samples[row][b->chunks / 2]; /* report_row has sorted them */
}

static void print(struct bench *b) {
    static const char *const names[ROWS] = {"decode",
                                            "apply and features",
                                            "score",
                                            "decide",
                                            "engine",
                                            "score, 512 terms",
                                            "engine but decode, of a hot account",
                                            "memory floor"};
    struct report *r = b->report;
    for (int row = 0; row < ROWS; row++)
        report_row(r, names[row], "ns", b->samples[row], b->chunks);
    report_value(r, "engine over its floor", "ratio",
                 median_of(b, ROW_ALL) / median_of(b, ROW_FLOOR));
    report_value(r, "hot entry over ordinary", "ratio",
                 median_of(b, ROW_HOT) / (median_of(b, ROW_ALL) - median_of(b, ROW_DECODE)));
    report_value(r, "mean ring fill", "events", b->fill / b->entries);
    report_value(r, "lines of a record", "of an entry", b->lines / b->entries);
    report_value(r, "features not null", "of a side", b->values / b->entries);
    report_value(r, "Avro record", "bytes", b->record_bytes);
    report_value(r, "recommendations", "count", b->recommendations);
    report_value(r, "entries measured", "count", b->entries);
    report_value(r, "accounts", "count", b->accounts);
    report_value(r, "resident set", "bytes", b->resident);
    report_value(r, b->tier, "in use", 1);
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {
        [FLAG_ACCOUNTS] = {"--accounts", "accounts in the table", 1000000},
        [FLAG_EVENTS] = {"--events", "ledger entries an account has a week, on average", 12},
        [FLAG_CHUNKS] = {"--chunks", "samples, each over 64 batches of 128", 200},
        [FLAG_TERMS] = {"--terms", "terms of the model", 64},
        [FLAG_TIER] = {"--tier", "0: the best; 1: scalar; 2: avx2; 3: avx512", 0},
        [FLAG_LIMIT] = {"--limit", "memory.limit, MiB", 20480},
    };
    static const char *const tiers[] = {"auto", "scalar", "avx2", "avx512"};
    struct bench b = {.report = report_open("Avro record to decision, per ledger entry", argc, argv,
                                            flags, FLAGS)};
    const uint64_t seed = report_seed(b.report);
    const char *tier = tiers[flags[FLAG_TIER].value & 3];
    const uint32_t accounts = (uint32_t)flags[FLAG_ACCOUNTS].value;
    struct error error;
    b.chunks = (size_t)flags[FLAG_CHUNKS].value;
    double *samples = calloc(b.chunks * ROWS, sizeof *samples);
    struct model *wide = wide_model(WIDE_TERMS, seed, &error);
    if (samples == NULL || wide == NULL) return 1;
    for (size_t row = 0; row < ROWS; row++)
        b.samples[row] = samples + row * b.chunks;
    b.wide = score_open(wide, BATCH_SIDES, tier, &error);
    b.rig = engine_rig_open(
        &(struct engine_rig_options){.accounts = accounts,
                                     .events = (double)flags[FLAG_EVENTS].value,
                                     .terms = (uint32_t)flags[FLAG_TERMS].value,
                                     .memory_limit = (uint64_t)flags[FLAG_LIMIT].value << MIB_SHIFT,
                                     .kernel_tier = tier,
                                     .seed = seed});
    engine_rig_warm_up(b.rig, 1.3 * (double)flags[FLAG_EVENTS].value);
    for (size_t c = 0; c < b.chunks; c++)
        measure(&b, c);
    for (size_t c = 0; c < b.chunks; c++)
        measure_hot(&b, c);
    close_engine(&b);
    measure_floor(&b, seed);
    print(&b);
    model_free(wide);
    free(samples);
    return report_close(b.report);
}
