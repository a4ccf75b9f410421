/* SPDX-License-Identifier: Apache-2.0 */
/* What a live signal takes, and what asking costs: a table of signals about one subject each (every
 * tenth about two), with UUIDs; then, per entry, a party of four keys of whom nothing is known, or
 * one of whom something is, in batches whose keys are fetched first. */
#include "bench/made_signal.h"
#include "bench/random_model.h"
#include "bench/report.h"

#include "detector/base/steady.h"
#include "detector/signals.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DAY_S = 86400, BATCH = 256, KEYS = 4, LOOKS = 4096 };
enum { FLAG_SIGNALS, FLAG_BATCHES, FLAGS };

struct world {
    struct signals *signals;
    uint64_t random;
    uint32_t count;
    double *samples;
    double slowest_us;
    uint64_t known;
};

/* Of this thread: a pause that is not its own does not count. */
static double cpu_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void fill(struct report *report, struct world *w) {
    char texts[3][MADE_TEXT];
    const double before = report_resident_bytes();
    double total_us = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct signal s = made_signal(i, texts);
        const double begun_us = cpu_us();
        const enum signal_effect effect = signals_apply(w->signals, &s, MADE_START_S);
        const double us = cpu_us() - begun_us;
        assert(effect == EFFECT_ADDED);
        if (us > w->slowest_us) w->slowest_us = us;
        total_us += us;
    }
    report_value(report, "apply, CPU time", "ns/signal", 1000 * total_us / w->count);
    report_value(report, "slowest apply, CPU time", "ms", w->slowest_us / 1000);
    report_value(report, "table", "B/signal", (double)signals_bytes(w->signals) / w->count);
    report_value(report, "resident", "B/signal", (report_resident_bytes() - before) / w->count);
}

/* Keys of so many parties; `hit`: the account of each is known. */
static void make_keys(struct world *w, struct account_key keys[BATCH][KEYS], bool hit) {
    char text[MADE_TEXT];
    for (int i = 0; i < BATCH; i++)
        for (int k = 0; k < KEYS; k++)
            keys[i][k] = (struct account_key){random_next(&w->random), random_next(&w->random)};
    for (int i = 0; hit && i < BATCH; i++)
        keys[i][0] =
            account_key_of(text_of(made_signal_account(random_next(&w->random) % w->count, text)));
}

static double ask_batch(struct world *w, struct account_key keys[BATCH][KEYS]) {
    struct signal_evidence evidence;
    const int64_t start = steady_ns();
    for (int i = 0; i < BATCH; i++)
        for (int k = 0; k < KEYS; k++)
            signals_prefetch(w->signals, keys[i][k]);
    for (int i = 0; i < BATCH; i++) {
        signals_ask(w->signals, keys[i], KEYS, MADE_START_S + DAY_S, &evidence);
        w->known += evidence.weight > 0;
    }
    return (double)(steady_ns() - start) / BATCH;
}

static void ask(struct report *report, struct world *w, const char *row, size_t batches, bool hit) {
    static struct account_key keys[BATCH][KEYS];
    w->known = 0;
    for (size_t i = 0; i < batches; i++) {
        make_keys(w, keys, hit);
        w->samples[i] = ask_batch(w, keys);
    }
    assert(w->known == (hit ? batches * BATCH : 0));
    report_row(report, row, "ns/entry", w->samples, batches);
}

static struct signals *open_table(uint32_t max) {
    const struct signals_options options = {.max = max};
    struct error error;
    struct signals *signals = signals_open(&options, &error);
    assert(signals != NULL);
    return signals;
}

static uint8_t *space(void *context, size_t size) {
    return pack_space(context, size);
}

/* Each piece as the engine does it in a batch. */
static void save(struct report *report, struct world *w, struct pack *head, struct pack *records) {
    const struct pack_sink sink = {records, space};
    const double begun_us = cpu_us();
    signals_save_begin(w->signals, head, &sink);
    double last_us = cpu_us(), longest_us = last_us - begun_us;
    report_value(report, "saving begins, CPU time", "ms", longest_us / 1000);
    for (bool more = true; more;) {
        more = signals_save_step(w->signals, LOOKS);
        const double us = cpu_us();
        if (us - last_us > longest_us) longest_us = us - last_us;
        last_us = us;
    }
    const bool whole = signals_save_end(w->signals);
    assert(whole);
    report_value(report, "saved", "B/signal", (double)(head->size + records->size) / w->count);
    report_value(report, "saving all in pieces, CPU time", "ms", (last_us - begun_us) / 1000);
    report_value(report, "longest piece, CPU time", "ms", longest_us / 1000);
}

static void load(struct report *report, const struct world *w, const struct pack *head,
                 const struct pack *records) {
    struct unpack h = {head->data, head->data + head->size, false};
    struct unpack r = {records->data, records->data + records->size, false};
    struct signals *again = open_table(w->count);
    struct signals_load due;
    const double begun_us = cpu_us();
    const bool begun = signals_load_begin(again, &due, &h);
    const bool loaded = begun && signals_load_records(again, &r);
    const double walk_us = cpu_us();
    const bool whole = loaded && signals_load_end(again, &due);
    assert(whole);
    report_value(report, "loading all, CPU time", "ms", (cpu_us() - begun_us) / 1000);
    report_value(report, "of that its lists, CPU time", "ms", (cpu_us() - walk_us) / 1000);
    signals_close(again);
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {{"--signals", "live signals", 5000000},
                                       {"--batches", "of 256 entries", 2000}};
    struct report *report =
        report_open("What signals take and what asking costs.", argc, argv, flags, FLAGS);
    const size_t batches = (size_t)flags[FLAG_BATCHES].value;
    struct world w = {.random = report_seed(report),
                      .count = (uint32_t)flags[FLAG_SIGNALS].value,
                      .samples = calloc(batches + 1, sizeof(double))};
    struct pack head = {.data = NULL}, records = {.data = NULL};
    w.signals = open_table(w.count);
    const size_t most = (size_t)w.count * 128;
    memset(pack_space(&records, most), 0, most); /* no page of it is new when it is written */
    records.size = 0;
    assert(w.samples != NULL);
    ask(report, &w, "ask an empty table", batches, false);
    fill(report, &w);
    ask(report, &w, "ask, nothing known", batches, false);
    ask(report, &w, "ask, account known", batches, true);
    save(report, &w, &head, &records);
    load(report, &w, &head, &records);
    signals_close(w.signals);
    free(head.data);
    free(records.data);
    free(w.samples);
    return report_close(report);
}
