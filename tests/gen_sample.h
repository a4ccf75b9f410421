/* SPDX-License-Identifier: Apache-2.0 */
/* Small synthetic feeds for tests. */
#pragma once

#include "detector/commands/account_set.h"
#include "detector/generator/gen_internal.h"

/* From 2026-01-01 on; every fiftieth account is a dropper's. */
struct gen_options gen_sample_options(uint64_t seed, uint32_t accounts, uint32_t days);
/* Fails the test when it cannot. */
struct gen *gen_sample_open(const struct gen_options *options);

/* 0 of an empty one. */
uint64_t gen_sample_hash(struct text text);
/* Of an account's token; NOBODY of an empty one. Fails the test where it is not in the set. */
uint32_t gen_sample_number(const struct account_set *numbers, struct text token);

/* The numbers of all accounts of the feed, by their tokens. The caller's. */
struct account_set *gen_sample_numbers(const struct gen *gen);
