/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/caps.h"

#include "detector/episode_rules.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { HOUR_S = 3600 };

struct bank {
    uint64_t name; /* hash of the BIC; 0: no BIC, or one too many */
    uint32_t taken[ACTION_COUNT];
};

struct caps {
    int64_t hour; /* of the engine clock */
    uint32_t taken[ACTION_COUNT];
    uint32_t bank_count;
    struct bank others;                /* those without a name of their own */
    struct bank banks[CAPS_BANKS_MAX]; /* by name, rising */
};

struct caps *caps_new(void) {
    return calloc(1, sizeof(struct caps));
}

void caps_free(struct caps *caps) {
    free(caps);
}

void caps_move(struct caps *c, int64_t clock_s) {
    const int64_t hour = clock_s / HOUR_S;
    if (hour == c->hour) return;
    *c = (struct caps){.hour = hour};
}

static uint64_t name_of(struct text bic) {
    return bic.size == 0 ? 0 : XXH3_64bits(bic.data, bic.size);
}

/* Where the bank of this name is, or would be. */
static uint32_t place_of(const struct caps *c, uint64_t name) {
    uint32_t low = 0, high = c->bank_count;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (c->banks[middle].name < name)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct bank *find_bank(const struct caps *c, struct text bic) {
    static const struct bank none;
    const uint64_t name = name_of(bic);
    const uint32_t place = place_of(c, name);
    if (place < c->bank_count && c->banks[place].name == name) return &c->banks[place];
    return name == 0 || c->bank_count == CAPS_BANKS_MAX ? &c->others : &none;
}

static struct bank *add_bank(struct caps *c, struct text bic) {
    const uint64_t name = name_of(bic);
    const uint32_t place = place_of(c, name);
    if (place < c->bank_count && c->banks[place].name == name) return &c->banks[place];
    if (name == 0 || c->bank_count == CAPS_BANKS_MAX) return &c->others;
    memmove(&c->banks[place + 1], &c->banks[place],
            (c->bank_count - place) * sizeof c->banks[place]);
    c->banks[place] = (struct bank){.name = name};
    c->bank_count++;
    return &c->banks[place];
}

static bool is_urgent(enum priority of_policy, int step) {
    return of_policy == PRIORITY_URGENT || episode_priority(of_policy, step) == PRIORITY_URGENT;
}

static enum caps_full fullness(const struct caps *c, const struct bank *bank,
                               const struct policy_rule *rule, enum action action) {
    if (c->taken[action] >= rule->per_hour) return CAPS_FULL_HOUR;
    return bank->taken[action] >= rule->per_hour_per_bank ? CAPS_FULL_BANK : CAPS_ROOM;
}

enum action caps_find(const struct caps *c, const struct policy *policy, caps_rule *rule_of,
                      const struct caps_ask *ask, enum caps_full *full) {
    const struct bank *bank = find_bank(c, ask->bic);
    *full = CAPS_ROOM;
    for (int a = (int)ask->wanted; a >= (int)ask->least; a--) {
        const struct policy_rule *rule = rule_of(policy, (enum action)a);
        if (rule == NULL) continue;
        if (is_urgent(rule->priority, ask->step)) return (enum action)a;
        const enum caps_full found = fullness(c, bank, rule, (enum action)a);
        if (found == CAPS_ROOM) return (enum action)a;
        if (*full == CAPS_ROOM) *full = found;
    }
    return ACTION_UNKNOWN;
}

void caps_take(struct caps *c, struct text bic, enum action action) {
    c->taken[action]++;
    add_bank(c, bic)->taken[action]++;
}

/* Saving and loading. */

static void save_bank(const struct bank *bank, struct pack *p) {
    pack_u64(p, bank->name);
    for (int a = 0; a < ACTION_COUNT; a++)
        pack_u32(p, bank->taken[a]);
}

static void load_bank(struct bank *bank, struct unpack *u) {
    bank->name = unpack_u64(u);
    for (int a = 0; a < ACTION_COUNT; a++)
        bank->taken[a] = unpack_u32(u);
}

void caps_save(const struct caps *c, struct pack *p) {
    pack_i64(p, c->hour);
    for (int a = 0; a < ACTION_COUNT; a++)
        pack_u32(p, c->taken[a]);
    save_bank(&c->others, p);
    pack_u32(p, c->bank_count);
    for (uint32_t i = 0; i < c->bank_count; i++)
        save_bank(&c->banks[i], p);
}

bool caps_load(struct caps *c, struct unpack *u) {
    c->hour = unpack_i64(u);
    for (int a = 0; a < ACTION_COUNT; a++)
        c->taken[a] = unpack_u32(u);
    load_bank(&c->others, u);
    c->bank_count = unpack_u32(u);
    if (c->bank_count > CAPS_BANKS_MAX) return false;
    for (uint32_t i = 0; i < c->bank_count; i++) {
        load_bank(&c->banks[i], u);
        if (i > 0 && c->banks[i].name <= c->banks[i - 1].name) return false;
    }
    return !u->bad;
}
