/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to honest people now and then and looks like a dropper's day. */
#include "detector/generator/gen_internal.h"

static void take_cash(struct gen *g, uint32_t person, int64_t at_s, int64_t amount) {
    gen_pay(g, at_s, EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY, gen_round(amount));
}

/* A feast: dozens of gifts within two days, a hundred for a wedding; then the restaurant is paid,
 * or, in cash, those who cook and play. */
static void feast(struct gen *g, uint32_t person, int64_t midnight_s) {
    const bool wedding = gen_chance(g, 250);
    const int64_t guests = wedding ? gen_between(g, 25, 50) : gen_between(g, 8, 22);
    const int64_t gift_kzt = wedding ? 20000 : 15000;
    int64_t sum = gen_collect(g, person, midnight_s, guests, gift_kzt);
    sum += gen_collect(g, person, midnight_s + DAY_S, guests, gift_kzt);
    const int64_t at_s = midnight_s + 2 * DAY_S + gen_between(g, 10 * HOUR_S, 20 * HOUR_S);
    const uint32_t restaurant = gen_shop(g);
    if (gen_chance(g, 600)) {
        gen_pay(g, at_s, EVENT_TYPE_C2B_PAYMENT, person, restaurant, gen_round(sum * 8 / 10));
        return;
    }
    take_cash(g, person, at_s - DAY_S, sum * 3 / 10);
    take_cash(g, person, at_s, sum * 4 / 10);
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
        take_cash(g, person, at_s, sum * 9 / 10);
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
        take_cash(g, person, at_s, sum * 9 / 10);
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

/* A car is sold to a stranger, who took a loan for it: one large transfer. Half of the sellers buy
 * another from somebody within a day, some want it as cash, the others keep it. */
static void sale(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = midnight_s + gen_between(g, 9 * HOUR_S, 18 * HOUR_S);
    const int64_t paid_s = at_s + gen_between(g, 600, 3 * HOUR_S);
    const int64_t price = gen_round(gen_amount(g, 1200000, 0.6));
    const uint32_t buyer = gen_below(g, g->options.accounts);
    const uint32_t other = gen_below(g, g->options.accounts);
    g->people[buyer].past |= PAST_LOAN;
    gen_pay(g, at_s, EVENT_TYPE_LOAN_DISBURSEMENT, gen_organisation(g, ROLE_LENDER), buyer, price);
    gen_pay(g, paid_s, EVENT_TYPE_P2P_TRANSFER, buyer, person, price);
    const uint32_t drawn = gen_below(g, 100);
    if (drawn < 50) {
        const int64_t percent = gen_between(g, 60, 100);
        gen_pay(g, paid_s + gen_between(g, 1800, DAY_S), EVENT_TYPE_P2P_TRANSFER, person, other,
                gen_round(price * percent / 100));
    } else if (drawn < 65) {
        take_cash(g, person, paid_s + gen_between(g, HOUR_S, DAY_S), price * 8 / 10);
    }
}

/* A friend gives back what was lent, and half of the time it is wanted as cash at once. */
static void repaid(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = gen_waking(g, midnight_s);
    const uint32_t debtor = gen_friend(g, person);
    const int64_t amount = gen_round(gen_amount(g, 60000, 0.6));
    gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, debtor, person, amount);
    if (gen_chance(g, 500))
        take_cash(g, person, at_s + gen_between(g, 120, 2 * HOUR_S), amount * 9 / 10);
}

/* Of ten thousand days of a person; each row's share is what lies above the row before. */
static const struct {
    uint32_t below;
    uint8_t past; /* enum past */
    void (*happen)(struct gen *g, uint32_t person, int64_t midnight_s);
} occasions[] = {{10, PAST_FEAST, feast},       {16, PAST_COLLECTION, collection},
                 {31, PAST_PURCHASE, purchase}, {41, PAST_LOAN, loan},
                 {46, PAST_SALE, sale},         {66, PAST_REPAID, repaid}};

void gen_occasions(struct gen *g, uint32_t person, int64_t midnight_s) {
    const uint32_t drawn = gen_below(g, 10000);
    for (size_t i = 0; i < sizeof occasions / sizeof occasions[0]; i++) {
        if (drawn >= occasions[i].below) continue;
        occasions[i].happen(g, person, midnight_s);
        g->people[person].past |= occasions[i].past;
        return;
    }
}
