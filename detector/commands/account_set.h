/* SPDX-License-Identifier: Apache-2.0 */
/* A set of account ids with a number each; for tools, off the hot path. */
#pragma once

#include "detector/base/bytes.h"

#include <stddef.h>

struct account_set;

struct account_set *account_set_new(void);
void account_set_free(struct account_set *set);
/* True when it was not there. */
bool account_set_add(struct account_set *set, struct text account, int64_t number);
/* Adds, or keeps the smaller of both numbers. */
void account_set_lower(struct account_set *set, struct text account, int64_t number);
bool account_set_find(const struct account_set *set, struct text account, int64_t *number);
size_t account_set_count(const struct account_set *set);
