/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions whose paying side is advised, or was: one episode for each payer and tx_id.
 *
 * Found by payer and tx_id, by id, by the payee's recommendation that it rests on, and by what is
 * due first. One that is closed is remembered until its term, so that the payment is not advised on
 * again before. An entry owns copies of its texts. A fixed number at most. One that is found is
 * changed by what takes it as const, or through instructions_change. Engine thread. */
#pragma once

#include "detector/episodes.h"

struct instruction {
    struct episode advice; /* its account is the payer's; COOLING: closed; no account number */
    char payee_id[RECOMMENDATION_ID_SIZE + 1];
};

struct instructions;

/* NULL when memory is short. */
struct instructions *instructions_open(uint32_t max);
void instructions_close(struct instructions *instructions);

/* NULL when there is none. */
const struct instruction *instructions_find(const struct instructions *instructions,
                                            struct text payer, struct text tx_id);
const struct instruction *instructions_find_id(const struct instructions *instructions,
                                               struct text id);
/* The first of those that are open and rest on it, in the order they were added; NULL: none. */
const struct instruction *instructions_of_payee(const struct instructions *instructions,
                                                const char *payee_id);
/* Whether there are `max`. */
bool instructions_is_full(const struct instructions *instructions);
/* One that is not there, while they are not full; it is open. NULL when another has its id or the
 * hash of its names. */
struct instruction *instructions_add(struct instructions *instructions,
                                     const struct episode_opening *opening, const char *payee_id);
/* One that is about to be changed, until the next batch. */
struct instruction *instructions_change(struct instructions *instructions,
                                        const struct instruction *instruction);
/* One that is open. */
void instructions_close_one(struct instructions *instructions,
                            const struct instruction *instruction);
void instructions_remove(struct instructions *instructions, const struct instruction *instruction);
/* The first by (due_s, id) that is due at `clock_s`, or NULL. */
const struct instruction *instructions_due(const struct instructions *instructions,
                                           int64_t clock_s);
uint32_t instructions_open_count(const struct instructions *instructions);

/* As of episodes (episodes.h). */
void instructions_save_begin(struct instructions *instructions, struct pack *head,
                             const struct pack_sink *sink);
bool instructions_save_step(struct instructions *instructions, uint32_t looks);
bool instructions_save_end(struct instructions *instructions);
bool instructions_load_begin(struct instructions *instructions, struct unpack *head);
bool instructions_load_one(struct instructions *instructions, struct unpack *record);
bool instructions_load_end(struct instructions *instructions);
