/* SPDX-License-Identifier: Apache-2.0 */
/* An account table, and rows as far as it is concerned. Whatever fails here fails the test. */
#pragma once

#include "detector/accounts_table.h"

enum { START_S = 1760000000, DAY_S = 86400, MIB = 1 << 20 };

/* With a dormancy of 180 days; `pinned` may be NULL. */
struct accounts *open_table(uint64_t limit, bool (*pinned)(const void *context, uint32_t number));

/* Of a token by this number. */
struct account_key key_of(uint32_t i);
/* NULL: it is not there. */
struct account *look_up(struct accounts *accounts, uint32_t i);

/* An event of one tiyn, as far as the table is concerned. */
void put_event(struct accounts *accounts, account_place *place, int64_t second);
/* A row of one side. */
struct account *play(struct accounts *accounts, uint32_t i, int64_t clock_s, int64_t second);

/* Every number leads to its record, or to none once the account is gone. */
void check_numbers(const struct accounts *accounts);
