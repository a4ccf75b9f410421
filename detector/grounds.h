/* SPDX-License-Identifier: Apache-2.0 */
/* Which episodes rest on which signals: of each signal, in no order that means anything. Engine
 * thread. */
#pragma once

#include "detector/base/bytes.h"

#include <stdbool.h>

struct episode;
struct ground;

/* An episode's place at one signal. */
struct ground_link {
    struct episode *episode;
    struct ground *ground;
    struct ground_link *prev, *next;
};

/* All zero: none. */
struct grounds {
    struct ground *map;
};

/* Of a signal's id: 64 bits of SHA-256, so that nobody can make an id that is taken for another. */
uint64_t ground_of(struct text signal_id);

/* `link` is the caller's, and stays where it is until it is removed. */
void grounds_add(struct grounds *grounds, uint64_t ground, struct ground_link *link,
                 struct episode *episode);
void grounds_remove(struct grounds *grounds, struct ground_link *link);
/* The first link of those that rest on it; NULL: none does. */
struct ground_link *grounds_first(const struct grounds *grounds, uint64_t ground);
