/* SPDX-License-Identifier: Apache-2.0 */
/* Payments among a few accounts and reports of them, in an engine, in its slow twin, and as trail.h
 * wants them: what the engine traces can be held to what both say of the whole history. A test
 * program has one such stand. */
#pragma once

#include "detector/apply.h"
#include "detector/signals.h"
#include "detector/taint_table.h"
#include "tests/chance.h"
#include "tests/naive_tracing.h"
#include "tests/support.h"

enum {
    ACCOUNTS = 7,
    EVENTS_MAX = 90,
    REPORTS_MAX = 12,
    REPORT_TX_MAX = 8,
    HOUR_S = 3600,
    DAY_S = 86400,
};

enum { A = 1, B, C, D, E };

/* Of transfers. */
struct report {
    char id[24];
    uint32_t events[REPORT_TX_MAX];
    uint32_t count;
    int32_t revision;
    bool in_force;
};

/* What happened, as the trail wants it, and what was reported. */
struct stand {
    struct apply *apply;
    struct signals *signals;
    struct naive_tracing *twin;
    struct batch *batch;
    struct taint_options options;
    uint32_t batch_rows; /* at most */
    uint64_t ordinal;
    struct trail_move moves[EVENTS_MAX];
    struct transaction tx[EVENTS_MAX];
    uint64_t ordinals[EVENTS_MAX];
    char ids[EVENTS_MAX][16];
    uint32_t count;
    uint32_t moved; /* ever: no id comes twice */
    struct report reports[REPORTS_MAX];
    uint32_t report_count;
    int64_t openings[ACCOUNTS + 1];
    bool known[ACCOUNTS + 1];
    int64_t second;
    uint64_t compared, vectors; /* lines; vectors with traced money */
    bool cut;                   /* moves[] has not all of the log any more */
    bool untold;                /* the twin does not know what happened before */
    bool busy; /* events follow each other fast; no bound bites but those that the twin has, too */
};
extern struct stand stand;

extern const char *const names[ACCOUNTS + 1];

void open_engine(void);
void close_engine(void);
/* An empty stand, its engine open. */
void begin(void);
int set_up(void **state);
int tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Applies the rows that wait. */
void flush(void);

/* Events, a minute apart; they return their numbers. */
uint32_t move(uint32_t payer, uint32_t payee, int64_t amount, uint8_t type);
uint32_t pay(uint32_t payer, uint32_t payee, int64_t amount);
/* Of the same transaction. */
void again(uint32_t of, uint8_t status);

/* Reports. */
void send_signal(const struct signal *signal);
struct signal signal_about(struct report *r, bool by_victims);
struct report *report_of(const uint32_t *events, uint32_t count, bool by_victims);
struct report *report(uint32_t event);
/* Of what came to, or from a victim left, an account about a time, its events not named: those that
 * are meant are looked up. More than a report has room for: NULL, and none is sent. */
struct report *report_near(uint32_t account, int64_t second, bool by_victim);
void withdraw(struct report *r);

/* NULL: the engine does not know it. */
const struct account *account_named(uint32_t account);
/* Traced money that is there. */
int64_t there(uint32_t account);
/* Fails unless the engine has traced what the trail has. */
void compare(void);
/* Fails unless the first credit that the engine traces differently is of or to an account that is
 * marked: what comes behind it differs by that. */
void compare_bounded(void);
/* The vectors of a row say what the trail does of the log up to it. Where nothing bounds it. */
void hold_vectors(void);
/* The sides of a row say what the twin said of payer and payee, and accounts what it says now;
 * likewise. */
void hold_to_twin(uint32_t row, const struct naive_traced sides[2]);
/* Whether the signal of the row is a revision that names a transfer that it named before. */
void hold_revision_to_twin(uint32_t row, bool still);
void hold_all_to_twin(void);

/* A history by its seed, compared as it goes, into a stand that is closed; its rows come
 * `forced_rows` a batch, or, where that is 0, as the seed has it. */
extern uint32_t forced_rows;
extern bool forced_bounds; /* tables and walks are short, and compare_bounded holds it */
void random_history(uint64_t seed);
/* The same of more events than accounts remember, held to the twin alone. */
void busy_history(uint64_t seed);
void random_signal(struct chance *chance);
void random_event(struct chance *chance);

/* The traced money as a snapshot has it. */
struct taint *taint_of_stand(void);
void save(struct pack *p);
