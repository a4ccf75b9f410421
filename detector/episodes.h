/* SPDX-License-Identifier: Apache-2.0 */
/* Episodes: one per account for which a recommendation is in force, or was until a little while
 * ago.
 *
 * Found by account number, and by what is due first: the end of a recommendation or of a cool-down.
 * An episode owns copies of its texts. At most `episodes_max` at once, open and cooling together.
 * One that is found is changed by what takes it as const, or through episodes_change: so it can be
 * saved before. Engine thread. */
#pragma once

#include "detector/base/saving.h"
#include "detector/grounds.h"
#include "detector/recommendation.h"

enum episode_state { EPISODE_OPEN, EPISODE_COOLING };

struct episode {
    uint32_t account_number;
    enum episode_state state;
    int64_t due_s; /* engine clock: open: valid_until; cooling: the end of the cool-down */
    char id[RECOMMENDATION_ID_SIZE + 1];
    struct text account_token;
    struct text bic;                   /* null: unknown */
    struct text tx_ids[TARGET_TX_MAX]; /* the opening one first */
    uint32_t tx_count;
    int64_t since_s; /* it rests on credits after this event time: of its earliest entry */
    /* As last published. */
    int32_t revision;
    enum action action;
    enum priority priority;
    int64_t at_risk_tiyn, hold_tiyn;
    bool emptied;   /* since then a bank found no money */
    bool confirmed; /* cooling: a bank said that it was fraud */
    bool lapsed;    /* cooling: the answer that closed it was taken back; it keeps nothing out */
    /* The OUTCOME that made it what it is (ground_of), and its result; OUTCOME_UNKNOWN: none. */
    uint64_t answer;
    enum outcome_result answer_result;
    /* While it is open: the signals that the latest entry over a threshold with any had, and that
     * speak of it still; of whom they spoke; and whether some such entry was over one without any.
     */
    struct episode_ground grounds[SIGNAL_IDS_MAX];
    uint32_t ground_count;
    struct party_keys party;
    bool stands_alone;
    double score, threshold;
    int64_t decide_by_us, valid_until_us;
    uint32_t place; /* in the heap of its table */
};

/* What opens an episode; copied. */
struct episode_opening {
    uint32_t account_number;
    struct text account_token, bic, tx_id;
    struct text id; /* RECOMMENDATION_ID_SIZE bytes */
    int64_t due_s;
};

struct episodes;

/* NULL when memory is short. */
struct episodes *episodes_open(uint32_t episodes_max);
void episodes_close(struct episodes *episodes);

/* NULL when the account has none. */
const struct episode *episodes_find(const struct episodes *episodes, uint32_t account_number);
/* The one of an account that is open, or cools down and is confirmed; of those under several
 * numbers, which the account may have had, that of the lowest. NULL when there is none. */
const struct episode *episodes_find_flagged(const struct episodes *episodes,
                                            struct text account_token);
/* One that cools down: the bank says otherwise now. */
void episodes_unconfirm(struct episodes *episodes, const struct episode *episode);
/* An OUTCOME made it what it is; until it begins to cool, or another one does. */
void episodes_answer(struct episodes *episodes, const struct episode *episode,
                     struct text signal_id, enum outcome_result result);
/* None does any more. */
void episodes_unanswer(struct episodes *episodes, const struct episode *episode);
/* The one that an OUTCOME made what it is; NULL: none. */
const struct episode *episodes_answered_by(const struct episodes *episodes, struct text signal_id);
/* The one that a recommendation_id names; NULL when there is none. */
const struct episode *episodes_find_id(const struct episodes *episodes, struct text id);
/* A new open episode, whose id and number no other has; in place of one that lapsed, and of
 * confirmed ones under other numbers of the account. NULL when there are `episodes_max`. */
struct episode *episodes_add(struct episodes *episodes, const struct episode_opening *opening);
/* One that is about to be changed, until the next batch. */
struct episode *episodes_change(struct episodes *episodes, const struct episode *episode);
/* Adds to tx_ids; when they are full, in place of the newest. False: it is there already. */
bool episodes_add_tx(struct episode *episode, struct text tx_id);
/* Of an open one, in place of what it rested on. */
void episodes_rest_on(struct episodes *episodes, struct episode *episode,
                      const struct episode_ground *grounds, uint32_t count);
/* No episode rests on this signal any more, but those that it still speaks of. Those that rest on
 * nothing now are given by episodes_next_unfounded. */
void episodes_withdraw_ground(struct episodes *episodes, struct text signal_id,
                              const struct reach *still);
/* By id, while nothing else is done to the table but that it cools; NULL when there is no other. */
const struct episode *episodes_next_unfounded(struct episodes *episodes);
/* Whatever comes under this signal's id, it takes nothing back of what it was before. */
void episodes_forget_signal(struct episodes *episodes, struct text signal_id);
void episodes_start_cooling(struct episodes *episodes, const struct episode *episode,
                            int64_t until_s);
/* One that lapsed is answered anew: it cools until then. */
void episodes_cool_again(struct episodes *episodes, const struct episode *episode, int64_t until_s,
                         bool confirmed);
void episodes_remove(struct episodes *episodes, const struct episode *episode);
/* The first by (due_s, id) that is due at `clock_s`, or NULL. */
const struct episode *episodes_due(const struct episodes *episodes, int64_t clock_s);
/* Those in state EPISODE_OPEN. */
uint32_t episodes_open_count(const struct episodes *episodes);

/* Saving those that there are now while they go on. They come through the sink, each whole, in no
 * order; one that is about to change comes before the others. */
void episodes_save_begin(struct episodes *episodes, struct pack *head,
                         const struct pack_sink *sink);
/* Goes on by so many looks; false: there are no more, or one found no space. */
bool episodes_save_step(struct episodes *episodes, uint32_t looks);
/* True when all of them have been saved; ends it in any case. */
bool episodes_save_end(struct episodes *episodes);

/* Loading into a table that has none. False: these bytes are no such episodes. */
bool episodes_load_begin(struct episodes *episodes, struct unpack *head);
bool episodes_load_one(struct episodes *episodes, struct unpack *record);
bool episodes_load_end(const struct episodes *episodes);
