/* SPDX-License-Identifier: Apache-2.0 */
/* What the topic of recommendations says in all: of each recommendation its latest revision. For
 * tools; any bytes may come. */
#pragma once

#include "detector/base/error.h"
#include "detector/recommendation.h"

#include <stddef.h>

/* clang-format off */
#define FREEZE_STANDING_TABLE(X) \
    X(OPEN)      /* in force */ \
    X(LAPSED)    /* its term is over, and no revision says so yet */ \
    X(EXPIRED)   /* a revision says that its term is over */ \
    X(WITHDRAWN)
/* clang-format on */

enum freeze_standing {
#define X(name) FREEZE_##name,
    FREEZE_STANDING_TABLE(X)
#undef X
};

/* The symbols of the contract, by number. */
extern const char *const freeze_action_symbols[ACTION_COUNT];
extern const char *const freeze_priority_symbols[PRIORITY_URGENT + 1];
extern const char *const freeze_state_symbols[RECOMMENDATION_EXPIRED + 1];
extern const char *const freeze_standing_symbols[FREEZE_WITHDRAWN + 1];

struct freeze {
    char id[RECOMMENDATION_ID_SIZE + 1];
    int32_t revision;
    enum recommendation_state state;
    enum mode mode;
    enum action action;
    enum priority priority;
    bool hold_present;
    int64_t hold_tiyn, at_risk_tiyn;
    int64_t issued_us; /* of the earliest revision that was seen */
    int64_t decide_by_us, valid_until_us;
    double score, probability;
    char *account, *bic; /* bic NULL: unknown */
    char *payee_id;      /* of advice to the paying side: the one it rests on; else NULL */
    int32_t partition;   /* where the revision stands */
    int64_t offset;
};

struct freeze_book;

/* `until_us`: what was issued later is not taken. */
struct freeze_book *freeze_book_open(int64_t until_us, struct error *error);
void freeze_book_close(struct freeze_book *book);
/* A record of the topic, framed. */
void freeze_book_take(struct freeze_book *book, int32_t partition, int64_t offset,
                      struct bytes value);
/* By priority, the highest first; then by decide_by, money at risk and id. Nothing is taken any
 * more after it. */
void freeze_book_sort(struct freeze_book *book);
size_t freeze_book_count(const struct freeze_book *book);
const struct freeze *freeze_book_at(const struct freeze_book *book, size_t index);
uint64_t freeze_book_useless(const struct freeze_book *book); /* records that cannot be read */

enum freeze_standing freeze_standing(const struct freeze *freeze, int64_t now_us);

/* The id of a recommendation as people give it, with or without a revision behind a dot, which is
 * 1 to INT32_MAX; 0: none is given. */
bool freeze_id_read(const char *text, char id[RECOMMENDATION_ID_SIZE + 1], int32_t *revision);

/* The body of a framed recommendation; false: *why. */
bool freeze_body(struct bytes value, struct bytes *body, const char **why);
