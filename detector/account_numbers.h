/* SPDX-License-Identifier: Apache-2.0 */
/* From an account's number to the reference of its record: rings name counterparties by number. A
 * page of numbers is held while one of them is in use. Private to the account table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number_page;

struct account_numbers {
    struct number_page **pages;
    size_t room;       /* pages that there are places for */
    size_t page_count; /* held */
};

/* All zero: empty. */
void account_numbers_close(struct account_numbers *numbers);

/* Fetches what account_numbers_get and _set will read. */
void account_numbers_prefetch(const struct account_numbers *numbers, uint32_t number);
/* 0: nobody has the number, or no longer. */
uint32_t account_numbers_get(const struct account_numbers *numbers, uint32_t number);
/* `reference` 0: the number is out of use for ever. False: no memory. */
bool account_numbers_set(struct account_numbers *numbers, uint32_t number, uint32_t reference);
/* What is counted depends on the highest number there ever was: a table that is loaded is told it,
 * also where nobody has it any more. False: no memory. */
bool account_numbers_reserve(struct account_numbers *numbers, uint32_t number);
size_t account_numbers_reserved_bytes(uint32_t number);
size_t account_numbers_bytes(const struct account_numbers *numbers);
