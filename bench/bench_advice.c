/* SPDX-License-Identifier: Apache-2.0 */
/* What it takes to save advice and reported money as the engine does while it goes on: episodes of
 * three transactions each, instructions, ids that were issued, and a full table of traced money, in
 * pieces between two batches. */
#include "bench/report.h"

#include "detector/advice_save.h"
#include "detector/taint_table.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

/* LOOKS: as in snapshot.c. */
enum { LOOKS_ADVICE = 1024, LOOKS_TAINT = 4096, START_S = 1767225600, TERM_S = 7 * 86400 };
enum { FLAG_EPISODES, FLAG_INSTRUCTIONS, FLAG_ISSUED, FLAG_TAINTED, FLAGS };

/* Of this thread: a pause that is not its own does not count. */
static double cpu_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static const char *id_of(uint64_t number, char out[64]) {
    const uint64_t mixed = number * UINT64_C(0x9e3779b97f4a7c15);
    snprintf(out, 64, "%016llx%016llx", (unsigned long long)mixed, (unsigned long long)number);
    return out;
}

static struct text text_number(const char *kind, uint64_t number, char out[64]) {
    snprintf(out, 64, "%s-%012llx-8000-000000000000", kind, (unsigned long long)number);
    return text_of(out);
}

static struct episode_opening opening_of(uint32_t number, char texts[3][64]) {
    return (struct episode_opening){.account_number = number,
                                    .account_token = text_number("account", number, texts[0]),
                                    .tx_id = text_number("opening", number, texts[1]),
                                    .bic = text_of("BANKKZKX"),
                                    .id = text_of(id_of(number, texts[2])),
                                    .due_s = START_S + (int64_t)number * 7919 % TERM_S};
}

static struct advice_tables open_tables(const struct report_flag *flags) {
    return (struct advice_tables){
        episodes_open((uint32_t)flags[FLAG_EPISODES].value),
        instructions_open((uint32_t)flags[FLAG_INSTRUCTIONS].value),
        issued_open((uint32_t)flags[FLAG_ISSUED].value),
    };
}

static void close_tables(const struct advice_tables *tables) {
    episodes_close(tables->episodes);
    instructions_close(tables->instructions);
    issued_close(tables->issued);
}

static void fill(const struct advice_tables *tables, const struct report_flag *flags) {
    char texts[3][64], more[64];
    for (uint32_t i = 1; i <= flags[FLAG_EPISODES].value; i++) {
        const struct episode_opening opening = opening_of(i, texts);
        struct episode *episode = episodes_add(tables->episodes, &opening);
        episodes_add_tx(episode, text_number("second", i, more));
        episodes_add_tx(episode, text_number("third", i, more));
    }
    for (uint32_t i = 1; i <= flags[FLAG_INSTRUCTIONS].value; i++) {
        const struct episode_opening opening = opening_of(i, texts);
        instructions_add(tables->instructions, &opening, id_of(i / 4, more));
    }
    for (uint32_t i = 1; i <= flags[FLAG_ISSUED].value; i++)
        issued_add(tables->issued, id_of(i, more), START_S + i / 4);
}

static uint8_t *space(void *context, size_t size) {
    return pack_space(context, size);
}

/* Memory that is not new when it is written. */
static void make_room(struct pack *pack, size_t bytes) {
    memset(pack_space(pack, bytes), 0, bytes);
    pack->size = 0;
}

/* The pieces of one saving. */
struct pieces {
    double begun_us, last_us, longest_us;
};

static void note(struct pieces *pieces) {
    const double us = cpu_us(), piece_us = us - pieces->last_us;
    if (piece_us > pieces->longest_us) pieces->longest_us = piece_us;
    pieces->last_us = us;
}

static struct pieces begin(void) {
    const double us = cpu_us();
    return (struct pieces){us, us, 0};
}

static void tell(struct report *report, const char *what, const struct pieces *pieces,
                 const struct pack *records) {
    char row[64];
    snprintf(row, sizeof row, "%s, saved", what);
    report_value(report, row, "bytes", (double)records->size);
    snprintf(row, sizeof row, "%s, saving all, CPU time", what);
    report_value(report, row, "ms", (pieces->last_us - pieces->begun_us) / 1000);
    snprintf(row, sizeof row, "%s, longest piece, CPU time", what);
    report_value(report, row, "ms", pieces->longest_us / 1000);
}

static void save_advice(struct report *report, const struct advice_tables *tables,
                        struct pack *head, struct pack *records) {
    const struct pack_sink sink = {records, space};
    struct advice_save save;
    struct pieces pieces = begin();
    advice_save_begin(&save, tables, head, &sink);
    note(&pieces);
    for (bool more = true; more; note(&pieces))
        more = advice_save_step(&save, LOOKS_ADVICE);
    const bool whole = advice_save_end(&save);
    assert(whole);
    tell(report, "advice", &pieces, records);
}

static void load_advice(struct report *report, const struct report_flag *flags,
                        const struct pack *head, const struct pack *records) {
    const struct advice_tables again = open_tables(flags);
    struct unpack h = {head->data, head->data + head->size, false};
    struct unpack r = {records->data, records->data + records->size, false};
    const double begun_us = cpu_us();
    const bool whole =
        advice_load_begin(&again, &h) && advice_load_records(&again, &r) && advice_load_end(&again);
    assert(whole);
    report_value(report, "advice, loading all, CPU time", "ms", (cpu_us() - begun_us) / 1000);
    close_tables(&again);
}

static void advice(struct report *report, const struct report_flag *flags) {
    const struct advice_tables tables = open_tables(flags);
    struct pack head = {.data = NULL}, records = {.data = NULL};
    fill(&tables, flags);
    make_room(&records,
              (size_t)(flags[FLAG_EPISODES].value + flags[FLAG_INSTRUCTIONS].value) * 384 +
                  (size_t)flags[FLAG_ISSUED].value * 64);
    save_advice(report, &tables, &head, &records);
    load_advice(report, flags, &head, &records);
    close_tables(&tables);
    free(head.data);
    free(records.data);
}

/* Every entry of its pools is in use, by nothing in particular. */
static void fill_taint(struct taint *t) {
    const bool ok = taint_table_open(t);
    assert(ok);
    t->account_pool.top = t->account_pool.max;
    t->mark_pool.top = t->mark_pool.max;
    t->source_pool.top = t->hold_count = t->source_pool.max;
    memset(t->account, 1, t->account_pool.max * sizeof *t->account);
    memset(t->mark, 1, t->mark_pool.max * sizeof *t->mark);
    memset(t->source, 1, t->source_pool.max * sizeof *t->source);
    memset(t->holds, 1, t->hold_count * sizeof *t->holds);
}

static void taint(struct report *report, uint32_t accounts) {
    struct taint t = {.options.accounts_max = accounts};
    struct pack head = {.data = NULL}, records = {.data = NULL};
    const struct pack_sink sink = {&records, space};
    fill_taint(&t);
    make_room(&records, taint_bytes_of(&t.options) * 2);
    struct pieces pieces = begin();
    taint_save_begin(&t, &head, &sink);
    note(&pieces);
    for (bool more = true; more; note(&pieces))
        more = taint_save_step(&t, LOOKS_TAINT);
    const bool whole = taint_save_end(&t);
    assert(whole);
    tell(report, "reported money", &pieces, &records);
    taint_table_close(&t);
    free(head.data);
    free(records.data);
}

int main(int argc, char **argv) {
    struct report_flag flags[FLAGS] = {
        [FLAG_EPISODES] = {"--episodes", "of three transactions", 100000},
        [FLAG_INSTRUCTIONS] = {"--instructions", "whose paying side is advised", 20000},
        [FLAG_ISSUED] = {"--issued", "ids", 1000000},
        [FLAG_TAINTED] = {"--tainted", "accounts with reported money, at most", 65536},
    };
    struct report *report = report_open("Saving advice and reported money between two batches.",
                                        argc, argv, flags, FLAGS);
    advice(report, flags);
    taint(report, (uint32_t)flags[FLAG_TAINTED].value);
    return report_close(report);
}
