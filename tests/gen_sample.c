/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/gen_sample.h"

#include "tests/support.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct gen_options gen_sample_options(uint64_t seed, uint32_t accounts, uint32_t days) {
    return (struct gen_options){.seed = seed,
                                .start_s = 1767207600, /* 2026-01-01 in UTC+5 */
                                .days = days,
                                .accounts = accounts,
                                .daily_per_mille = 2000,
                                .dropper_per_mille = 20};
}

struct gen *gen_sample_open(const struct gen_options *options) {
    struct error error;
    struct gen *gen = gen_open(options, &error);
    if (gen == NULL) fail_msg("%s", error.text);
    return gen;
}

uint64_t gen_sample_hash(struct text text) {
    return text.size == 0 ? 0 : XXH3_64bits(text.data, text.size);
}

uint32_t gen_sample_number(const struct account_set *numbers, struct text token) {
    int64_t number = NOBODY;
    if (token.size != 0) assert_true(account_set_find(numbers, token, &number));
    return (uint32_t)number;
}

struct account_set *gen_sample_numbers(const struct gen *gen) {
    struct account_set *numbers = account_set_new();
    for (uint32_t i = 0; i < gen->count; i++) {
        char token[TOKEN_SIZE];
        gen_token(gen, "account", i, token);
        assert_true(account_set_add(numbers, text_of(token), i));
    }
    return numbers;
}
