/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to honest people now and then and looks like a dropper's day. */
#include "detector/generator/gen_internal.h"

/* A feast: dozens of gifts within two days, then the restaurant is paid. */
static void feast(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t guests = gen_between(g, 8, 22);
    int64_t sum = gen_collect(g, person, midnight_s, guests, 15000);
    sum += gen_collect(g, person, midnight_s + DAY_S, guests, 15000);
    const int64_t at_s = midnight_s + 2 * DAY_S + gen_between(g, 10 * HOUR_S, 20 * HOUR_S);
    const uint32_t restaurant = gen_shop(g);
    gen_pay(g, at_s, EVENT_TYPE_C2B_PAYMENT, person, restaurant, gen_round(sum * 8 / 10));
}

/* A collection for a funeral or for somebody ill: many gifts in a day; in the evening they go on to
 * the family, by transfer or as cash. */
static void collection(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t givers = gen_between(g, 10, 40);
    const int64_t sum = gen_collect(g, person, midnight_s, givers, 7000);
    const int64_t at_s = midnight_s + gen_between(g, 21 * HOUR_S, 26 * HOUR_S);
    const uint32_t family = gen_friend(g, person);
    if (gen_chance(g, 600))
        gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, person, family, gen_round(sum * 9 / 10));
    else
        gen_pay(g, at_s, EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY, gen_round(sum * 9 / 10));
}

/* The family puts its money together for a car or a repair, and it is paid within hours. */
static void purchase(struct gen *g, uint32_t person, int64_t midnight_s) {
    int64_t sum = 0, last_s = midnight_s + gen_between(g, 9 * HOUR_S, 18 * HOUR_S);
    for (int64_t n = gen_between(g, 1, 3); n > 0; n--) {
        const uint32_t relative = gen_friend(g, person);
        const int64_t amount = gen_round(gen_amount(g, 110000, 0.6));
        gen_pay(g, last_s, EVENT_TYPE_P2P_TRANSFER, relative, person, amount);
        last_s += gen_between(g, 60, 3600);
        sum += amount;
    }
    const int64_t at_s = last_s + gen_between(g, 300, 5 * HOUR_S);
    const uint32_t shop = gen_shop(g), seller = gen_below(g, g->options.accounts);
    const uint32_t drawn = gen_below(g, 100);
    if (drawn < 50)
        gen_pay(g, at_s, EVENT_TYPE_C2B_PAYMENT, person, shop, gen_round(sum));
    else if (drawn < 80)
        gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, person, seller, gen_round(sum * 9 / 10));
    else
        gen_pay(g, at_s, EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY, gen_round(sum * 9 / 10));
}

/* A loan taken for oneself, spent on something. */
static void loan(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = midnight_s + gen_between(g, 9 * HOUR_S, 19 * HOUR_S);
    const int64_t amount = gen_round(gen_amount(g, 300000, 0.7));
    gen_pay(g, at_s, EVENT_TYPE_LOAN_DISBURSEMENT, gen_organisation(g, ROLE_LENDER), person,
            amount);
    const uint32_t shop = gen_shop(g), seller = gen_below(g, g->options.accounts);
    const int64_t spent_s = at_s + gen_between(g, 300, 2 * DAY_S);
    if (gen_chance(g, 700))
        gen_pay(g, spent_s, EVENT_TYPE_C2B_PAYMENT, person, shop, gen_round(amount * 9 / 10));
    else
        gen_pay(g, spent_s, EVENT_TYPE_P2P_TRANSFER, person, seller, gen_round(amount * 9 / 10));
}

/* Of ten thousand days of a person; each row's share is what lies above the row before. */
static const struct {
    uint32_t below;
    uint8_t past; /* enum past */
    void (*happen)(struct gen *g, uint32_t person, int64_t midnight_s);
} occasions[] = {{10, PAST_FEAST, feast},
                 {16, PAST_COLLECTION, collection},
                 {31, PAST_PURCHASE, purchase},
                 {41, PAST_LOAN, loan}};

void gen_occasions(struct gen *g, uint32_t person, int64_t midnight_s) {
    const uint32_t drawn = gen_below(g, 10000);
    for (size_t i = 0; i < sizeof occasions / sizeof occasions[0]; i++) {
        if (drawn >= occasions[i].below) continue;
        occasions[i].happen(g, person, midnight_s);
        g->people[person].past |= occasions[i].past;
        return;
    }
}
