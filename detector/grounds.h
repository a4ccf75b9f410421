/* SPDX-License-Identifier: Apache-2.0 */
/* Which episodes rest on which signals, or were answered by which: of each signal, in no order that
 * means anything. Engine thread. */
#pragma once

#include "detector/signals.h"

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

/* A signal that speaks of an episode's party; and of money that came to its account. */
struct episode_ground {
    uint64_t signal; /* ground_of its id */
    bool by_money;
};

/* Identities of a party: account, person, phone and device, those that are known. */
struct party_keys {
    struct account_key keys[4];
    uint32_t count;
};

/* Of whom a signal speaks that may be a ground; all zero: of nobody. */
struct reach {
    struct account_key keys[SIGNAL_SUBJECTS_MAX];
    uint32_t count;
    bool money; /* of that which it spoke of before, too */
};
bool reach_has(const struct reach *reach, const struct party_keys *party, bool by_money);

/* Of a signal's id: 64 bits of SHA-256, so that nobody can make an id that is taken for another. */
uint64_t ground_of(struct text signal_id);

/* `link` is the caller's, and stays where it is until it is removed. */
void grounds_add(struct grounds *grounds, uint64_t ground, struct ground_link *link,
                 struct episode *episode);
void grounds_remove(struct grounds *grounds, struct ground_link *link);
/* The first link of those that rest on it; NULL: none does. */
struct ground_link *grounds_first(const struct grounds *grounds, uint64_t ground);
