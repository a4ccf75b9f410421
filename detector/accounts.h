/* SPDX-License-Identifier: Apache-2.0 */
/* The account table: cache-line-bucket index over records in slabs.
 *
 * A record never moves. Its layout is private to account.c; everybody else asks the functions here
 * and in account.h. Engine thread only. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct accounts;
struct account;

/* 128-bit XXH3 of the account token: the account's identity in memory. */
struct account_key {
    uint64_t low, high;
};
struct account_key account_key_of(struct text token);

/* Memory is reserved for `capacity` accounts and never grows past it. NULL: ERROR_FAILED. */
struct accounts *accounts_open(uint32_t capacity, struct error *error);
void accounts_close(struct accounts *accounts);

/* In this order, each for many keys before the next: fetches the key's line of the index; then,
 * when that is there, the first line of the record that the key most likely has. */
void accounts_prefetch_index(const struct accounts *accounts, struct account_key key);
void accounts_prefetch_record(const struct accounts *accounts, struct account_key key);
/* NULL when not there. Only tests look for an account without adding it. */
struct account *accounts_find(const struct accounts *accounts, struct account_key key);
/* Finds or adds; NULL when the table is full. */
struct account *accounts_take(struct accounts *accounts, struct account_key key);
uint32_t accounts_count(const struct accounts *accounts);
/* Bytes held by index and slabs. */
size_t accounts_bytes(const struct accounts *accounts);
