/* SPDX-License-Identifier: Apache-2.0 */
/* What an account takes: a table of accounts whose weekly activity is lognormal, in the steady
 * state of their rings, and the pauses of its upkeep.
 *
 * Median 1.5 entries a week with sigma 1.5 is a mean of 4.6: about five ledger entries an account a
 * week is what a country of 20 M people with a billion payments a month over two times 50 M
 * accounts comes to. First every account has one event within 8 days, so that all are there; then
 * --days go by in which accounts are drawn by their activity. Rows are half as many as entries, and
 * upkeep comes every ACCOUNTS_STRIDE rows, as in the engine. */
#include "bench/random_model.h"
#include "bench/report.h"

#include "detector/account_record.h"
#include "detector/accounts_table.h"
#include "detector/base/steady.h"
#include "detector/decay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { START_S = 1767225600, DAY_S = 86400, WEEK_S = 7 * DAY_S, FIRST_DAYS = 8, GROUP = 256 };
enum { FLAG_ACCOUNTS, FLAG_MEDIAN, FLAG_SIGMA, FLAG_DAYS, FLAG_LIMIT, FLAGS };

struct world {
    struct accounts *accounts;
    const struct kernels *kernels;
    uint64_t random, entries;
    uint32_t count;
    double sigma;
    double *pauses; /* microseconds */
    size_t pause_count, pause_room;
    double slowest;
};

static double unit(struct world *w) {
    return ((double)(random_next(&w->random) >> 11) + 0.5) / 9007199254740992.0;
}

/* Account i is at quantile (i + 1/2) / count of activity; drawn in proportion to it, the normal
 * behind the lognormal moves up by sigma. */
static uint32_t by_activity(struct world *w) {
    const double pi = 3.14159265358979323846;
    const double normal = sqrt(-2.0 * log(unit(w))) * cos(2.0 * pi * unit(w));
    const double quantile = 0.5 * erfc(-(normal + w->sigma) / sqrt(2.0));
    const double i = quantile * (double)w->count;
    return i >= (double)w->count ? w->count - 1 : (uint32_t)i;
}

static struct account_key key_of(uint32_t i) {
    uint64_t z = (i + UINT64_C(1)) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z ^= z >> 27;
    return (struct account_key){z * 0x94d049bb133111ebu, z * 0xd6e8feb86659fd93u};
}

static void maintain(struct world *w, int64_t clock_s) {
    const int64_t start = steady_ns();
    accounts_maintain(w->accounts, clock_s);
    const double pause = (double)(steady_ns() - start) / 1000.0;
    if (pause > w->slowest) w->slowest = pause;
    if (w->pause_count < w->pause_room) w->pauses[w->pause_count++] = pause;
}

/* As apply makes room. */
static struct account *make_room(struct world *w, account_place *place, struct account *account) {
    if (account->size_class == CLASS_128 && account->count == RING_MAX)
        return accounts_resize(w->accounts, place, CLASS_PANES);
    if (account_has_room(account)) return account;
    if (account->first == 0)
        return accounts_resize(w->accounts, place, (uint8_t)(account->size_class + 1));
    account_compact(account);
    return account;
}

static void insert(struct world *w, account_place *place, int64_t clock_s) {
    struct account *account = accounts_touch(w->accounts, place, clock_s);
    const uint64_t luck = random_next(&w->random);
    const bool in = (luck & 1) != 0;
    const int64_t tiyn = 10000 + (int64_t)(luck >> 40);
    const struct ring_event event = {
        .second = clock_s,
        .amount_tiyn = tiyn,
        .amount = quantise_amount(tiyn),
        .ordinal = w->entries / 2,
        .counterparty = 1 + (uint32_t)(luck >> 8) % w->count,
        .tx_hash = (uint32_t)(luck >> 32),
        .bits = (uint8_t)(BIT_P2P | (in ? BIT_CREDIT : BIT_DEBIT)),
        .kind = in ? KIND_IN : 0,
    };
    account_insert(make_room(w, place, account), &event, w->kernels);
}

/* So many entries, in the phases of the engine. */
static void play(struct world *w, const uint32_t names[GROUP], int64_t clock_s) {
    account_place *places[GROUP];
    uint32_t guesses[GROUP];
    for (int i = 0; i < GROUP; i++)
        accounts_prefetch_index(w->accounts, key_of(names[i]));
    for (int i = 0; i < GROUP; i++)
        guesses[i] = accounts_guess(w->accounts, key_of(names[i]));
    accounts_prefetch_records(w->accounts, guesses, GROUP);
    for (int i = 0; i < GROUP; i++)
        places[i] = accounts_locate(w->accounts, key_of(names[i]));
    for (int i = 0; i < GROUP; i++)
        insert(w, places[i], clock_s);
    w->entries += GROUP;
    if (w->entries % ((uint64_t)2 * ACCOUNTS_STRIDE) == 0) maintain(w, clock_s);
}

static int64_t meet_all(struct world *w) {
    uint32_t names[GROUP];
    int64_t clock_s = START_S;
    const uint64_t step = 1000000007; /* a prime: the order of activity is not that of meeting */
    for (uint64_t met = 0; met < w->count; met += GROUP) {
        for (uint64_t i = 0; i < GROUP; i++)
            names[i] = (uint32_t)((met + i) % w->count * step % w->count);
        clock_s = START_S + (int64_t)(met * FIRST_DAYS * DAY_S / w->count);
        play(w, names, clock_s);
    }
    return clock_s;
}

static void live(struct world *w, int64_t start_s, double seconds, double entries_a_second) {
    uint32_t names[GROUP];
    const double groups = seconds * entries_a_second / GROUP;
    for (double g = 0; g < groups; g++) {
        for (int i = 0; i < GROUP; i++)
            names[i] = by_activity(w);
        play(w, names, start_s + (int64_t)(g * GROUP / entries_a_second));
    }
}

static void report_split(struct report *report, const struct world *w, double resident) {
    const struct accounts_counts counts = accounts_count(w->accounts);
    const double accounts = (double)counts.accounts;
    const double index = (double)counts.index_bytes / accounts;
    const double held = (double)slabs_bytes_held(&w->accounts->slabs) / accounts;
    const double in_use = (double)slabs_bytes_live(&w->accounts->slabs) / accounts;
    const double head = (double)class_bytes(CLASS_HEAD);
    report_value(report, "accounts", "count", accounts);
    report_value(report, "resident set an account", "bytes", resident / accounts);
    report_value(report, "of it index", "bytes", index);
    report_value(report, "of it heads", "bytes", head);
    report_value(report, "of it rings and panes", "bytes", in_use - head);
    report_value(report, "of it holes", "bytes", held - in_use);
    report_value(report, "of it pages not full, candidates", "bytes",
                 resident / accounts - index - held);
    for (uint8_t c = 0; c < SIZE_CLASSES; c++) {
        char name[64];
        snprintf(name, sizeof name, "accounts with room for %u%s", class_room(c),
                 c == CLASS_PANES ? " and panes" : "");
        report_value(report, name, "share", (double)counts.by_class[c] / accounts);
    }
    report_value(report, "index full", "share",
                 accounts / (double)w->accounts->index.now.count / BUCKET_ENTRIES);
    report_value(report, "dropped", "accounts", (double)counts.dropped);
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {
        [FLAG_ACCOUNTS] = {"--accounts", "accounts", 10000000},
        [FLAG_MEDIAN] = {"--median", "tenths of entries a week of the median account", 15},
        [FLAG_SIGMA] = {"--sigma", "tenths of sigma of the logarithm", 15},
        [FLAG_DAYS] = {"--days", "days after the first 8", 17},
        [FLAG_LIMIT] = {"--limit", "memory.limit, MiB", 8192},
    };
    struct report *report = report_open("memory of an account, and pauses of the table's upkeep",
                                        argc, argv, flags, FLAGS);
    struct error error;
    struct world w = {.kernels = kernels_choose("auto"),
                      .random = report_seed(report),
                      .count = (uint32_t)flags[FLAG_ACCOUNTS].value,
                      .sigma = (double)flags[FLAG_SIGMA].value / 10.0};
    const double mean = (double)flags[FLAG_MEDIAN].value / 10.0 * exp(w.sigma * w.sigma / 2.0);
    const double days = (double)flags[FLAG_DAYS].value;
    const double entries = (double)w.count * (1.0 + mean * days / 7.0);
    w.pause_room = (size_t)(entries / (2.0 * ACCOUNTS_STRIDE)) + 1024;
    w.pauses = malloc(w.pause_room * sizeof *w.pauses);
    const double before = report_resident_bytes();
    const struct accounts_options options = {
        .memory_limit = (uint64_t)flags[FLAG_LIMIT].value << 20, .dormancy_s = 180 * DAY_S};
    w.accounts = accounts_open(&options, &error);
    if (w.accounts == NULL || w.pauses == NULL) return 1;
    decay_open();
    const int64_t start_s = meet_all(&w);
    live(&w, start_s, days * DAY_S, (double)w.count * mean / WEEK_S);
    const double resident =
        report_resident_bytes() - before - (double)(w.pause_count * sizeof *w.pauses);
    report_value(report, "mean entries a week", "count", mean);
    report_value(report, "entries played", "count", (double)w.entries);
    report_split(report, &w, resident);
    report_row(report, "upkeep each 1024 rows", "us", w.pauses, w.pause_count);
    report_value(report, "upkeep, slowest", "us", w.slowest);
    accounts_close(w.accounts);
    free(w.pauses);
    return report_close(report);
}
