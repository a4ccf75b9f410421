/* SPDX-License-Identifier: Apache-2.0 */
/* The engine without Kafka: decoded batch → apply → score → decide, by the stage functions that the
 * program runs, over a full table and uniformly random accounts. A ledger entry is one scored side.
 *
 * The floor reads and writes as many lines of a table of the same size in the same phases, and
 * computes nothing. */
#include "bench/report.h"

#include "detector/account_record.h"
#include "detector/admit.h"
#include "detector/apply.h"
#include "detector/base/steady.h"
#include "detector/decide.h"
#include "detector/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LINE = 64,
    TOKEN_SIZE = 33,
    CHUNK_BATCHES = 64, /* one sample: the mean over so many batches */
    START_S = 1767225600,
    WEEK_S = 7 * 86400,
};

enum { FLAG_ACCOUNTS, FLAG_EVENTS, FLAG_CHUNKS, FLAG_SCALAR, FLAGS };
enum { PHASE_APPLY, PHASE_SCORE, PHASE_DECIDE, PHASE_ALL, PHASES };

struct engine {
    struct model *model;
    struct policy *policy;
    struct runs *runs;
    struct apply *apply;
    struct score *score;
    struct decide *decide;
    struct batch *batch;
    char tokens[BATCH_EVENTS][2][TOKEN_SIZE];
    char ids[BATCH_EVENTS][TOKEN_SIZE];
    uint64_t random, ordinal;
    uint32_t accounts;
    double seconds_per_event; /* a week brings an account --events entries */
    /* What shows that the work was done. */
    double entries, fill, values, recommendations;
};

static uint64_t next_random(struct engine *e) {
    uint64_t z = e->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t below(struct engine *e, uint32_t limit) {
    return (uint32_t)((next_random(e) >> 32) * limit >> 32);
}

static void must(bool ok, const struct error *error) {
    if (ok) return;
    (void)fprintf(stderr, "%s\n", error->text);
    exit(1);
}

static void open_engine(struct engine *e, const struct report_flag *flags, uint64_t seed) {
    struct error error = {.text = "no memory"};
    e->random = seed;
    e->accounts = (uint32_t)flags[FLAG_ACCOUNTS].value;
    e->seconds_per_event =
        (double)WEEK_S * 2.0 / (double)e->accounts / (double)flags[FLAG_EVENTS].value;
    must((e->batch = batch_new()) != NULL, &error);
    must((e->model = model_shipped(&error)) != NULL, &error);
    must((e->policy = policy_shipped(e->model, &error)) != NULL, &error);
    must((e->runs = runs_new(1024)) != NULL, &error);
    must((e->score = score_open(e->model, BATCH_SIDES, "auto", &error)) != NULL, &error);
    const struct apply_options apply = {.accounts_max = e->accounts,
                                        .kernel_tier =
                                            flags[FLAG_SCALAR].value != 0 ? "scalar" : "auto"};
    must((e->apply = apply_open(&apply, &error)) != NULL, &error);
    const struct decide_options decide = {.policy = e->policy,
                                          .model = e->model,
                                          .score = e->score,
                                          .runs = e->runs,
                                          .build = "bench",
                                          .episodes_max = 65536};
    must((e->decide = decide_open(&decide, &error)) != NULL, &error);
}

static void close_engine(struct engine *e) {
    decide_close(e->decide);
    apply_close(e->apply);
    score_close(e->score);
    runs_free(e->runs);
    policy_free(e->policy);
    model_free(e->model);
    batch_free(e->batch);
}

static struct text token(struct engine *e, uint32_t row, int role) {
    char *out = e->tokens[row][role];
    snprintf(out, TOKEN_SIZE, "%032x", below(e, e->accounts));
    return (struct text){out, TOKEN_SIZE - 1};
}

/* What came to the payee of the row before leaves again as cash. */
static void cash_out(struct engine *e, uint32_t row) {
    const struct transaction *before = &e->batch->tx[row - 1];
    struct transaction *tx = &e->batch->tx[row];
    if (before->payee.account_token.size == 0) return;
    tx->tx_status = TX_STATUS_SETTLED;
    tx->event_type = EVENT_TYPE_CASH_WITHDRAWAL;
    tx->amount_minor = before->amount_minor;
    memcpy(e->tokens[row][0], before->payee.account_token.data, TOKEN_SIZE);
    tx->payer.account_token = (struct text){e->tokens[row][0], TOKEN_SIZE - 1};
    tx->payee.account_token = (struct text){0};
}

/* Mostly transfers between people, with cash, shops, attempts, a few reversals and droppers. */
static void fill_row(struct engine *e, uint32_t row) {
    static const uint8_t kinds[16] = {
        EVENT_TYPE_P2P_TRANSFER,     EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_P2P_TRANSFER,
        EVENT_TYPE_P2P_TRANSFER,     EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_P2P_TRANSFER,
        EVENT_TYPE_P2P_TRANSFER,     EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_C2B_PAYMENT,
        EVENT_TYPE_C2B_PAYMENT,      EVENT_TYPE_C2B_PAYMENT,  EVENT_TYPE_TAX_OR_UTILITY,
        EVENT_TYPE_CASH_WITHDRAWAL,  EVENT_TYPE_CASH_DEPOSIT, EVENT_TYPE_OWN_TRANSFER,
        EVENT_TYPE_SALARY_OR_BENEFIT};
    struct transaction *tx = &e->batch->tx[row];
    const uint64_t ordinal = e->ordinal++;
    const uint32_t luck = below(e, 1000);
    snprintf(e->ids[row], TOKEN_SIZE, "%032llx", (unsigned long long)ordinal);
    *tx = (struct transaction){
        .event_id = {e->ids[row], TOKEN_SIZE - 1},
        .tx_id = {e->ids[row], TOKEN_SIZE - 1},
        .currency = text_of("KZT"),
        .event_time_s = START_S + (int64_t)((double)ordinal * e->seconds_per_event),
        .amount_minor = 100 * (1 + (int64_t)below(e, 200000)),
        .tx_status = luck < 10   ? TX_STATUS_ATTEMPTED
                     : luck < 12 ? TX_STATUS_REVERSED
                                 : TX_STATUS_SETTLED,
        .event_type = kinds[below(e, 16)],
        .active_call = TRISTATE_NULL,
        .remote_access = TRISTATE_NULL,
    };
    tx->event_time_us = tx->event_time_s * 1000000;
    tx->payer.phone_owner_mismatch = tx->payee.phone_owner_mismatch = TRISTATE_NULL;
    if (tx->event_type != EVENT_TYPE_CASH_DEPOSIT) tx->payer.account_token = token(e, row, 0);
    if (tx->event_type != EVENT_TYPE_CASH_WITHDRAWAL) tx->payee.account_token = token(e, row, 1);
    if (luck >= 990 && row > 0) cash_out(e, row);
    tx->payer.balance_after_present = true;
    tx->payer.balance_after_minor = below(e, 100000000);
    e->batch->input[row].ordinal = ordinal;
    e->batch->clock_s[row] = tx->event_time_s;
    const char *why;
    e->batch->verdict[row] = admit(tx, INT64_MIN, &why);
    runs_add(e->runs, ordinal, "bench", 0, (int64_t)ordinal);
}

static void fill_batch(struct engine *e) {
    e->batch->count = BATCH_EVENTS;
    for (uint32_t row = 0; row < BATCH_EVENTS; row++)
        fill_row(e, row);
}

/* Nanoseconds of each phase. */
static void run_batch(struct engine *e, int64_t ns[PHASES]) {
    struct error error = {0};
    uint32_t event;
    const int64_t start = steady_ns();
    must(apply_batch(e->apply, e->batch, &error), &error);
    const int64_t applied = steady_ns();
    score_batch(e->score, &e->batch->features[0][0], BATCH_COLUMN, e->batch->sides,
                e->batch->logit);
    const int64_t scored = steady_ns();
    decide_batch(e->decide, e->batch);
    while (decide_next(e->decide, &event) != NULL)
        e->recommendations++;
    const int64_t end = steady_ns();
    ns[PHASE_APPLY] += applied - start;
    ns[PHASE_SCORE] += scored - applied;
    ns[PHASE_DECIDE] += end - scored;
    ns[PHASE_ALL] += end - start;
}

static void look(struct engine *e) {
    const struct batch *b = e->batch;
    for (uint32_t i = 0; i < b->sides; i++) {
        e->fill += b->side[i].account->count;
        for (int f = 0; f < FEATURE_COUNT; f++)
            e->values += !isnan(b->features[f][i]);
    }
    e->entries += b->sides;
}

static void warm_up(struct engine *e, int64_t events) {
    int64_t unused[PHASES] = {0};
    const int64_t batches = (int64_t)e->accounts * events / BATCH_SIDES;
    for (int64_t i = 0; i < batches; i++) {
        fill_batch(e);
        run_batch(e, unused);
    }
    e->recommendations = 0;
}

/* The floor. */

struct floor {
    uint32_t *index;
    uint8_t *records;
    uint32_t accounts, lines;
};

static void *take_pages(size_t size) {
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) exit(1);
    madvise(pages, size, MADV_HUGEPAGE);
    memset(pages, 1, size);
    return pages;
}

static void open_floor(struct floor *f, uint32_t accounts, uint32_t lines) {
    f->accounts = accounts;
    f->lines = lines;
    f->index = take_pages((size_t)accounts * 2 * sizeof *f->index);
    f->records = take_pages((size_t)accounts * sizeof(struct account));
    for (uint32_t i = 0; i < 2 * accounts; i++)
        f->index[i] = (uint32_t)((uint64_t)i * 2654435761u % accounts);
}

static void close_floor(struct floor *f) {
    munmap(f->index, (size_t)f->accounts * 2 * sizeof *f->index);
    munmap(f->records, (size_t)f->accounts * sizeof(struct account));
}

static int64_t touch_batch(struct engine *e, struct floor *f) {
    uint32_t keys[BATCH_SIDES];
    uint8_t *records[BATCH_SIDES];
    for (uint32_t i = 0; i < BATCH_SIDES; i++)
        keys[i] = below(e, 2 * f->accounts);
    const int64_t start = steady_ns();
    for (uint32_t i = 0; i < BATCH_SIDES; i++)
        __builtin_prefetch(&f->index[keys[i]]);
    for (uint32_t i = 0; i < BATCH_SIDES; i++) {
        records[i] = f->records + (size_t)f->index[keys[i]] * sizeof(struct account);
        for (uint32_t line = 0; line < f->lines; line++)
            __builtin_prefetch(records[i] + (size_t)line * LINE);
    }
    for (uint32_t i = 0; i < BATCH_SIDES; i++)
        for (uint32_t line = 0; line < f->lines; line++)
            records[i][(size_t)line * LINE]++;
    return steady_ns() - start;
}

static void sample_floor(struct engine *e, uint32_t lines, size_t chunks, double *ns) {
    struct floor f;
    open_floor(&f, e->accounts, lines);
    for (size_t c = 0; c < chunks; c++) {
        int64_t sum = 0;
        for (int i = 0; i < CHUNK_BATCHES; i++)
            sum += touch_batch(e, &f);
        ns[c] = (double)sum / CHUNK_BATCHES / BATCH_SIDES;
    }
    close_floor(&f);
}

static double resident_bytes(void) {
    long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    if (file != NULL) fclose(file);
    return (double)resident * 4096.0;
}

static double median_of(const double *samples, size_t chunks) {
    return samples[chunks / 2]; /* report_row has sorted them */
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {
        [FLAG_ACCOUNTS] = {"--accounts", "accounts in the table", 1000000},
        [FLAG_EVENTS] = {"--events", "ledger entries an account has before, on average", 12},
        [FLAG_CHUNKS] = {"--chunks", "samples, each over 64 batches of 128", 200},
        [FLAG_SCALAR] = {"--scalar", "1: no SIMD", 0},
    };
    static const char *const names[PHASES] = {"apply and features", "score", "decide", "engine"};
    struct report *report =
        report_open("decoded batch to decision, per ledger entry", argc, argv, flags, FLAGS);
    const size_t chunks = (size_t)flags[FLAG_CHUNKS].value;
    struct engine *e = calloc(1, sizeof *e);
    double *samples = calloc(chunks * (PHASES + 1), sizeof *samples);
    if (e == NULL || samples == NULL) return 1;
    open_engine(e, flags, report_seed(report));
    warm_up(e, flags[FLAG_EVENTS].value);
    for (size_t c = 0; c < chunks; c++) {
        int64_t ns[PHASES] = {0};
        const double before = e->entries;
        for (int i = 0; i < CHUNK_BATCHES; i++) {
            fill_batch(e);
            run_batch(e, ns);
            look(e);
        }
        for (int p = 0; p < PHASES; p++)
            samples[(size_t)p * chunks + c] = (double)ns[p] / (e->entries - before);
    }
    for (int p = 0; p < PHASES; p++)
        report_row(report, names[p], "ns", samples + (size_t)p * chunks, chunks);
    const double resident = resident_bytes();
    double *floor = samples + (size_t)PHASES * chunks;
    sample_floor(e, sizeof(struct account) / LINE, chunks, floor);
    report_row(report, "memory floor", "ns", floor, chunks);
    report_value(report, "engine over its floor", "ratio",
                 median_of(samples + (size_t)PHASE_ALL * chunks, chunks) /
                     median_of(floor, chunks));
    report_value(report, "mean ring fill", "events", e->fill / e->entries);
    report_value(report, "features not null", "of a side", e->values / e->entries);
    report_value(report, "terms of the model", "count", model_term_count(e->model));
    report_value(report, "recommendations", "count", e->recommendations);
    report_value(report, "entries measured", "count", e->entries);
    report_value(report, "accounts", "count", accounts_count(apply_accounts(e->apply)));
    report_value(report, "resident set", "bytes", resident);
    char tier[32];
    snprintf(tier, sizeof tier, "kernel tier %s", apply_kernel_tier(e->apply));
    report_value(report, tier, "in use", 1);
    close_engine(e);
    free(samples);
    free(e);
    return report_close(report);
}
