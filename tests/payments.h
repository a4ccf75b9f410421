/* SPDX-License-Identifier: Apache-2.0 */
/* Advice to the paying side: rows are played through decide in batches of any size, and what it
 * says is noted. Accounts are fake_account.h. */
#pragma once

#include "tests/decide_stand.h"
#include "tests/naive_payer_side.h"

enum { ROWS_MAX = 1024, SAID_MAX = 4096 };

/* One record. `at` counts from decide_stand_monday. A transaction is scored on its payee's side,
 * where it is accepted; a row with a result is an OUTCOME about `about`, one that withdraws a
 * WITHDRAWAL in force. */
struct row {
    int64_t at;
    enum tx_status status;
    const char *tx, *payer, *payee;
    double score;
    enum verdict verdict;
    int64_t amount_tiyn;
    const char *bank; /* of the payer; NULL: PAYERKZ1 */
    bool moved;       /* an attempt behind what it attempts */
    enum outcome_result result;
    const char *about, *id; /* NULL: answer */
    enum signal_effect effect;
    const char *withdraws; /* an id */
};

/* What it came to. */
struct said {
    char line[NAIVE_LINE_SIZE];
    char id[RECOMMENDATION_ID_SIZE + 1], payee_id[RECOMMENDATION_ID_SIZE + 1];
    char account[64], why[64], signal_id[16];
    struct recommendation r; /* without its texts */
    size_t row;
};

struct payments {
    struct decide_stand stand;
    int64_t clock_s;
    size_t first, played; /* rows of the batch in hand, and before it */
};

extern struct row rows[ROWS_MAX];
extern struct said said[SAID_MAX];
extern size_t said_count;

/* A rule of a policy's payer_side. */
#define RULE(action, from, caps, priority)                                                         \
    "\"" action "\": {\"payee_action\": \"" from "\", " caps ", \"priority\": \"" priority "\"}"
/* Those of both actions, with room. */
extern const char both[];

void payments_open(struct payments *s, const char *payer_side, uint32_t instructions_max);
void payments_close(struct payments *s);

/* What the row is. */
struct transaction payments_transaction(const struct row *row);
bool payments_is_signal(const struct row *row);
struct signal payments_signal(const struct row *row);
enum signal_effect payments_effect(const struct row *row);

/* Plays rows[] from where it is up to `count`. */
void payments_play(struct payments *s, size_t count, uint32_t batch_size);
/* Appends rows, and plays them one a batch. */
void payments_play_rows(struct payments *s, const struct row *written, size_t count);
#define PLAY(s, ...)                                                                               \
    payments_play_rows(s, (const struct row[]){__VA_ARGS__},                                       \
                       sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row))

#define SETTLED .status = TX_STATUS_SETTLED
#define ATTEMPTED .status = TX_STATUS_ATTEMPTED
#define SUSPENDED .status = TX_STATUS_SUSPENDED
#define REFUSED .status = TX_STATUS_REFUSED
#define REVERSED .status = TX_STATUS_REVERSED
#define DUPLICATE .verdict = VERDICT_DUPLICATE
/* Of a policy's actions: REVIEW_ONLY, HOLD_AMOUNT, SUSPEND_EBANKING. */
#define MILD .score = 0.5
#define HELD .score = 2
#define STRONG .score = 4
/* Opens advice on the account `dropper`, of which said[0] is the first. */
#define FLAGGED(score)                                                                             \
    { SETTLED, .tx = "loot", .payer = "first", .payee = "dropper", score }

const struct said *last(void);
void assert_last(enum recommendation_state state, enum action action, const char *why);
