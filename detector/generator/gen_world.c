/* SPDX-License-Identifier: Apache-2.0 */
/* Who lives in the feed. Roles and droppers are drawn at random over the numbers, so that numbers
 * carry no meaning. A draw is a statement of its own: C leaves the order within one open. */
#include "detector/generator/gen_internal.h"

#include <stdlib.h>

int32_t gen_local_day(int64_t second) {
    return (int32_t)((second + 5 * HOUR_S) / DAY_S);
}

static enum role draw_role(struct gen *g) {
    static const struct {
        uint32_t per_mille;
        enum role role;
    } shares[] = {{150, ROLE_PENSIONER}, {110, ROLE_STUDENT}, {35, ROLE_SELLER}, {15, ROLE_TAXI},
                  {20, ROLE_LANDLORD},   {40, ROLE_MIGRANT},  {2, ROLE_CHARITY}, {60, ROLE_SPARE}};
    uint32_t drawn = gen_below(g, 1000);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        if (drawn < shares[i].per_mille) return shares[i].role;
        drawn -= shares[i].per_mille;
    }
    return ROLE_SALARIED;
}

/* Days before the feed at which an account was opened; negative: within the feed. */
static int64_t draw_age(struct gen *g, enum role role) {
    const int64_t days = g->options.days;
    if (role == ROLE_MIGRANT || (role < ROLE_EMPLOYER && gen_chance(g, 40)))
        return gen_between(g, -days, 40);
    return role == ROLE_STUDENT ? gen_between(g, 10, 900) : gen_between(g, 60, 3600);
}

static void settle(struct gen *g, uint32_t index, enum role role) {
    struct person *p = &g->people[index];
    const int32_t today = gen_local_day(g->options.start_s);
    p->role = (uint8_t)role;
    p->owner = p->household = index;
    p->crew = NOBODY;
    p->bank = (uint8_t)gen_below(g, BANKS);
    p->friends = gen_below(g, g->options.accounts);
    p->home = g->options.accounts + gen_below(g, g->employers);
    p->opened_day = today - (int32_t)draw_age(g, role);
    p->quiet = role == ROLE_SPARE || (role < ROLE_EMPLOYER && gen_chance(g, 80));
    p->balance = gen_amount(g, role >= ROLE_EMPLOYER ? 500000000 : p->quiet ? 8000 : 200000, 1.0);
    if (p->opened_day >= today) p->balance = 0;
}

/* Families share a phone and a device; some people have an account in another bank. */
static void relate(struct gen *g, uint32_t index) {
    struct person *p = &g->people[index];
    if (index == 0) return;
    const uint32_t other = gen_below(g, index);
    if (p->role == ROLE_SPARE) {
        p->owner = g->people[other].owner;
        p->household = g->people[p->owner].household;
    } else if (gen_chance(g, 250)) {
        p->household = g->people[other].household;
    }
}

static uint32_t find_recruit(struct gen *g) {
    for (;;) {
        const uint32_t index = gen_below(g, g->options.accounts);
        const struct person *p = &g->people[index];
        const bool plain =
            p->role == ROLE_SALARIED || p->role == ROLE_STUDENT || p->role == ROLE_MIGRANT;
        if (plain && p->typology == GEN_HONEST) return index;
    }
}

static uint32_t recruit(struct gen *g, enum gen_typology typology, uint32_t crew, int64_t day) {
    const uint32_t index = find_recruit(g);
    struct person *p = &g->people[index];
    p->typology = (uint8_t)typology;
    p->crew = crew;
    p->handed_over = typology == GEN_CARD_FARM || (typology != GEN_OPERATOR && gen_chance(g, 600));
    p->quiet = p->quiet || (typology != GEN_OPERATOR && gen_chance(g, 450));
    p->campaign_s = g->options.start_s + day * DAY_S + gen_between(g, 9 * HOUR_S, 18 * HOUR_S);
    if (typology != GEN_OPERATOR && gen_chance(g, 500)) {
        p->opened_day = gen_local_day(p->campaign_s) - (int32_t)gen_between(g, 3, 30);
        if (p->opened_day >= gen_local_day(g->options.start_s)) p->balance = 0;
    }
    p->label = g->label_count;
    g->labels[g->label_count++] = index;
    return index;
}

/* One person's accounts, each in another bank. */
static void recruit_farm(struct gen *g, uint32_t target, uint32_t crew, int64_t day) {
    const int64_t size = gen_between(g, 4, 6);
    uint32_t leader = NOBODY;
    for (int64_t i = 0; i < size && g->label_count < target; i++) {
        struct person *p = &g->people[recruit(g, GEN_CARD_FARM, crew, day)];
        if (leader == NOBODY) leader = g->labels[g->label_count - 1];
        p->owner = leader;
        p->bank = (uint8_t)((g->people[leader].bank + i) % BANKS);
        p->campaign_s = g->people[leader].campaign_s;
    }
}

static int64_t draw_campaign_day(struct gen *g) {
    const int64_t days = g->options.days;
    return gen_between(g, days / 8, days * 9 / 10 < days - 1 ? days * 9 / 10 : days - 1);
}

static void recruit_all(struct gen *g) {
    static const enum gen_typology crew_of[] = {
        GEN_OPERATOR,  GEN_FORWARDER, GEN_SLOW_FORWARDER, GEN_CARD_FARM, GEN_OPERATOR,
        GEN_FORWARDER, GEN_FORWARDER, GEN_OPERATOR,       GEN_FORWARDER, GEN_SLOW_FORWARDER};
    const uint32_t members = sizeof crew_of / sizeof crew_of[0];
    const uint32_t target =
        (uint32_t)((uint64_t)g->options.accounts * g->options.dropper_per_mille / 1000);
    for (uint32_t crew = 0; g->label_count < target; crew++) {
        const int64_t first_day = draw_campaign_day(g);
        for (uint32_t m = 0; m < members && g->label_count < target; m++) {
            const int64_t later = first_day + gen_between(g, 0, 1);
            const int64_t day = later < g->options.days ? later : first_day;
            if (crew_of[m] == GEN_CARD_FARM)
                recruit_farm(g, target, crew, day);
            else
                recruit(g, crew_of[m], crew, day);
        }
    }
}

enum { SINGLES = ROLE_EXCHANGE - ROLE_UTILITY + 1 };

static enum role organisation_role(const struct gen *g, uint32_t number) {
    if (number < g->employers) return ROLE_EMPLOYER;
    if (number < g->employers + g->shops) return ROLE_SHOP;
    return (enum role)(ROLE_UTILITY + (number - g->employers - g->shops));
}

bool gen_populate(struct gen *g) {
    const uint32_t people = g->options.accounts;
    g->employers = people / 100 + 1;
    g->shops = people / 50 + 4;
    const uint32_t organisations = g->employers + g->shops + SINGLES;
    g->count = people + organisations;
    g->people = calloc(g->count, sizeof *g->people);
    g->labels = calloc(people, sizeof *g->labels);
    if (g->people == NULL || g->labels == NULL) return false;
    for (uint32_t i = 0; i < people; i++) {
        const enum role role = draw_role(g);
        settle(g, i, role);
        relate(g, i);
    }
    for (uint32_t i = 0; i < organisations; i++)
        settle(g, people + i, organisation_role(g, i));
    recruit_all(g);
    return true;
}

uint32_t gen_friend(struct gen *g, uint32_t person) {
    const uint32_t people = g->options.accounts;
    uint32_t found = (g->people[person].friends + gen_below(g, 12)) % people;
    if (!gen_chance(g, 900)) found = gen_below(g, people);
    return found == person ? (found + 1) % people : found;
}

uint32_t gen_shop(struct gen *g) {
    return g->options.accounts + g->employers + gen_below(g, g->shops);
}

uint32_t gen_organisation(const struct gen *g, enum role role) {
    return g->count - SINGLES + (uint32_t)role - ROLE_UTILITY;
}
