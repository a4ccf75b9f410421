/* SPDX-License-Identifier: Apache-2.0 */
/* Who lives in the feed. Roles and droppers are drawn person by person, so numbers carry no
 * meaning. */
#include "detector/gen_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* A keyed hash: opaque, unable to hit a person, unrelated to order and role. */
void gen_token(const struct gen *g, const char *kind, uint64_t number, char out[TOKEN_SIZE]) {
    struct {
        uint64_t kind, number;
    } name = {XXH3_64bits(kind, strlen(kind)), number};
    const XXH128_hash_t hash =
        XXH3_128bits_withSeed(&name, sizeof name, g->options.seed ^ 0x5a9d3c6e71b2f408u);
    snprintf(out, TOKEN_SIZE, "t1%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

static enum role draw_role(struct gen *g) {
    static const struct {
        uint32_t per_mille;
        enum role role;
    } shares[] = {{150, ROLE_PENSIONER}, {110, ROLE_STUDENT}, {50, ROLE_SELLER},
                  {20, ROLE_LANDLORD},   {40, ROLE_MIGRANT},  {2, ROLE_CHARITY}};
    uint32_t drawn = gen_below(g, 1000);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        if (drawn < shares[i].per_mille) return shares[i].role;
        drawn -= shares[i].per_mille;
    }
    return ROLE_SALARIED;
}

static void settle(struct gen *g, struct person *p, enum role role) {
    const int32_t today = (int32_t)(g->options.start_s / DAY_S);
    p->role = (uint8_t)role;
    p->friends = gen_below(g, g->options.accounts);
    p->home = g->options.accounts + gen_below(g, g->employers);
    p->balance = gen_amount(g, role >= ROLE_EMPLOYER ? 500000000 : 90000, 1.0);
    p->opened_day = today - (int32_t)gen_between(g, 60, 3600);
    if (role == ROLE_MIGRANT) p->opened_day = today - (int32_t)gen_between(g, 0, 40);
    if (role == ROLE_STUDENT) p->opened_day = today - (int32_t)gen_between(g, 10, 900);
}

static void recruit(struct gen *g, uint32_t index) {
    struct person *p = &g->people[index];
    const int64_t length = (int64_t)g->options.days * DAY_S;
    p->typology = (uint8_t)(GEN_FORWARDER + gen_below(g, GEN_TYPOLOGY_COUNT - GEN_FORWARDER));
    p->campaign_s = g->options.start_s + gen_between(g, length / 8, length * 9 / 10);
    if (gen_chance(g, 450))
        p->opened_day = (int32_t)(p->campaign_s / DAY_S) - (int32_t)gen_between(g, 3, 30);
    g->labels[g->label_count++] = index;
}

static enum role organisation_role(const struct gen *g, uint32_t number) {
    if (number < g->employers) return ROLE_EMPLOYER;
    if (number < g->employers + g->shops) return ROLE_SHOP;
    return number == g->organisations - 1 ? ROLE_EXCHANGE : ROLE_UTILITY;
}

bool gen_populate(struct gen *g) {
    const uint32_t people = g->options.accounts;
    g->employers = people / 100 + 1;
    g->shops = people / 50 + 4;
    g->organisations = g->employers + g->shops + 2;
    g->count = people + g->organisations;
    g->people = calloc(g->count, sizeof *g->people);
    g->labels = calloc(people, sizeof *g->labels);
    if (g->people == NULL || g->labels == NULL) return false;
    for (uint32_t i = 0; i < people; i++) {
        settle(g, &g->people[i], draw_role(g));
        const uint8_t role = g->people[i].role;
        const bool plain = role == ROLE_SALARIED || role == ROLE_STUDENT || role == ROLE_MIGRANT;
        if (plain && gen_chance(g, g->options.dropper_per_mille)) recruit(g, i);
    }
    for (uint32_t i = 0; i < g->organisations; i++)
        settle(g, &g->people[people + i], organisation_role(g, i));
    return true;
}

uint32_t gen_friend(struct gen *g, uint32_t person) {
    const uint32_t people = g->options.accounts;
    const uint32_t near = (g->people[person].friends + gen_below(g, 12)) % people;
    const uint32_t found = gen_chance(g, 900) ? near : gen_below(g, people);
    return found == person ? (found + 1) % people : found;
}

uint32_t gen_shop(struct gen *g) {
    return g->options.accounts + g->employers + gen_below(g, g->shops);
}

uint32_t gen_utility(const struct gen *g) {
    return g->count - 2;
}

uint32_t gen_exchange(const struct gen *g) {
    return g->count - 1;
}
