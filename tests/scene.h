/* SPDX-License-Identifier: Apache-2.0 */
/* From scored sides to recommendations. A scene is a list of transactions with the score the
 * payee's side gets; it is played through decide in batches of any size, and what came out is
 * noted, and compared as lines of text. Accounts are fake_account.h. */
#pragma once

#include "tests/decide_stand.h"

enum { SCENE_MAX = 600 };

/* What the policy has of SUSPEND_EBANKING, for which there is never room: it is URGENT at first. */
enum scene_suspend { SUSPEND_AS_BEFORE, SUSPEND_HIGH, SUSPEND_NONE };

/* One transaction; its payee's side is scored. `at` counts from decide_stand_monday. */
struct act {
    int64_t at;
    const char *account;
    const char *tx;
    double score;
    int64_t unspent_tiyn;
    enum tx_status status; /* UNKNOWN: settled */
    enum verdict verdict;
    bool balance_known; /* after the transaction, of the payee */
    int64_t balance_tiyn, protected_tiyn;
    int64_t traced_tiyn; /* reported money that is there */
    const char *told[3]; /* ids of signals; NULL: no more */
    double fast;         /* share of the day's credits that left within ten minutes */
    const char *bank;    /* of the payee; NULL: BANKKZ01 */
    bool payer_too; /* the payer's side is scored as well, under the name of the account + "-payer"
                     */
    enum scene_suspend suspend; /* from here on; in batches of one */
    /* An OUTCOME about the episode that `tx` opened for `account`, where there is a result; or a
     * WITHDRAWAL in force, where an id is named: */
    enum outcome_result result;
    const char *withdraws;
    const char *id;       /* of the signal; NULL: answer */
    const char *names;    /* an account; NULL: none */
    int64_t told_after_s; /* since it was reported */
    enum signal_source source;
    enum signal_effect effect; /* ADDED unless said */
    enum confidence confidence;
};

struct limits {
    unsigned review, hold, episodes;
    unsigned per_bank; /* of either action; 0: none */
    unsigned issued;   /* 0: enough */
    unsigned left;     /* available, tiyn */
};
extern const struct limits wide;

struct scene;
struct scene *scene_open(const struct limits *caps);
void scene_close(struct scene *scene);

/* Plays the scene in batches of `size`; the lines are the caller's to free. */
char *scene_play(struct scene *scene, const struct act *acts, size_t count, uint32_t size);
void scene_play_capped(const struct act *acts, size_t count, const struct limits *caps);

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define PLAY(acts) scene_play_capped(acts, COUNT_OF(acts), &wide)

/* What came out of a played scene. */
extern struct recommendation seen[SCENE_MAX];
extern char seen_bic[SCENE_MAX][16];
extern char seen_account[SCENE_MAX][64], seen_tx[SCENE_MAX][TARGET_TX_MAX][64];
extern char seen_told[SCENE_MAX][64]; /* ids of signals, a space behind each */
extern uint64_t seen_at[SCENE_MAX];   /* ordinals */
extern size_t seen_count;
extern uint8_t decided[SCENE_MAX];  /* of the payee's side, by ordinal */
extern uint8_t answered[SCENE_MAX]; /* of the signals, by ordinal */
extern struct unsaid unsaid[SCENE_MAX];

void assert_seen(size_t i, enum recommendation_state state, enum action action, uint64_t at);
/* `fields`: the names of what changed, a space behind each. */
void assert_change(size_t i, const char *why, const char *fields);
