/* SPDX-License-Identifier: Apache-2.0 */
/* The banks of the demo's town: they look into advice on their accounts, and answer most of it by
 * OUTCOME signals half a day to a day and a half later. What becomes of it is drawn by the
 * recommendation's id. Any thread. */
#pragma once

#include "detector/recommendation.h"
#include "detector/signal.h"

struct demo_bank;

struct demo_bank *demo_bank_new(void);
/* What looking into this account shows: it is a dropper's. Others are honest. */
void demo_bank_know(struct demo_bank *bank, struct text account_token);
void demo_bank_take(struct demo_bank *bank, const struct recommendation *recommendation);
/* The next answer that is due at `now_s`, in the order of reported_at; false: none. Its texts live
 * until the next call. */
bool demo_bank_answer(struct demo_bank *bank, int64_t now_s, struct signal *answer);
/* Answers given so far. */
int64_t demo_bank_given(struct demo_bank *bank);
void demo_bank_free(struct demo_bank *bank);
