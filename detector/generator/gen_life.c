/* SPDX-License-Identifier: Apache-2.0 */
/* Honest life: what a person does on a day, by role (docs/GENERATOR.md, "Honest people"). */
#include "detector/generator/gen_internal.h"

void gen_plan(struct gen *g, struct plan_item item) {
    if (item.status == TX_STATUS_UNKNOWN) item.status = TX_STATUS_SETTLED;
    if (item.time_s < g->end_s && !gen_queue_push(&g->queue, item)) g->failed = true;
}

/* A second of the waking day: most between 9 and 22, few at night. */
int64_t gen_waking(struct gen *g, int64_t midnight_s) {
    if (gen_chance(g, 30)) return midnight_s + gen_between(g, 0, DAY_S - 1);
    const int64_t a = gen_between(g, 7 * HOUR_S, 23 * HOUR_S);
    const int64_t b = gen_between(g, 9 * HOUR_S, 21 * HOUR_S);
    return midnight_s + (a + b) / 2;
}

void gen_pay(struct gen *g, int64_t time_s, enum event_type type, uint32_t from, uint32_t to,
             int64_t amount) {
    gen_plan(g, (struct plan_item){.time_s = time_s,
                                   .action = ACT_PAY,
                                   .type = (uint8_t)type,
                                   .from = from,
                                   .to = to,
                                   .amount = amount});
}

/* To a friend; now and then the bank stops it first, and the client has that undone. */
static void transfer(struct gen *g, uint32_t person, int64_t at_s) {
    struct plan_item item = {.time_s = at_s,
                             .action = ACT_PAY,
                             .type = EVENT_TYPE_P2P_TRANSFER,
                             .from = person,
                             .to = gen_friend(g, person)};
    item.amount = gen_amount(g, 6000, 1.0);
    if (gen_chance(g, 16)) {
        item.status = gen_chance(g, 600) ? TX_STATUS_REFUSED : TX_STATUS_SUSPENDED;
        item.instruction = ++g->instructions;
        gen_plan(g, item);
        if (item.status == TX_STATUS_REFUSED) return;
        item.status = TX_STATUS_SETTLED;
        item.confirmed = true;
        item.time_s += gen_between(g, 120, 3600);
    }
    gen_plan(g, item);
}

static void everyday_one(struct gen *g, uint32_t person, int64_t at_s) {
    const uint32_t drawn = gen_below(g, 200);
    enum event_type type = EVENT_TYPE_C2B_PAYMENT;
    uint32_t from = person, to = NOBODY;
    int64_t amount = 0;
    if (drawn < 124) {
        to = gen_shop(g);
        amount = gen_amount(g, 3200, 0.9);
    } else if (drawn < 172) {
        transfer(g, person, at_s);
        return;
    } else if (drawn < 186) {
        type = EVENT_TYPE_CASH_WITHDRAWAL;
        amount = gen_round(gen_amount(g, 15000, 0.7));
    } else if (drawn < 191) {
        type = EVENT_TYPE_CASH_DEPOSIT;
        from = NOBODY;
        to = person;
        amount = gen_round(gen_amount(g, 20000, 0.8));
    } else if (drawn < 193) {
        type = EVENT_TYPE_CRYPTO_PURCHASE;
        to = gen_organisation(g, ROLE_EXCHANGE);
        amount = gen_amount(g, 30000, 0.9);
    } else if (drawn < 194) {
        type = EVENT_TYPE_OTHER; /* abroad */
        amount = gen_amount(g, 25000, 0.8);
    } else {
        type = EVENT_TYPE_TAX_OR_UTILITY;
        to = gen_organisation(g, ROLE_UTILITY);
        amount = gen_amount(g, 9000, 0.6);
    }
    gen_pay(g, at_s, type, from, to, amount);
}

static void everyday(struct gen *g, uint32_t person, int64_t midnight_s) {
    uint32_t operations = g->options.daily_per_mille;
    if (g->people[person].quiet) operations /= 20;
    for (; operations >= 1000; operations -= 1000)
        everyday_one(g, person, gen_waking(g, midnight_s));
    if (gen_chance(g, operations)) everyday_one(g, person, gen_waking(g, midnight_s));
}

/* A pensioner takes most of the pension out at once, in cash: quick, and honest. */
static void payday(struct gen *g, uint32_t person, int64_t midnight_s) {
    const struct person *p = &g->people[person];
    const bool pension = p->role == ROLE_PENSIONER;
    const int64_t amount = gen_amount(g, pension ? 110000 : 260000, 0.4);
    const int64_t at_s = midnight_s + gen_between(g, 9 * HOUR_S, 13 * HOUR_S);
    gen_pay(g, at_s, EVENT_TYPE_SALARY_OR_BENEFIT,
            pension ? gen_organisation(g, ROLE_FUND) : p->home, person, amount);
    if (gen_chance(g, pension ? 500 : 150))
        gen_pay(g, at_s + gen_between(g, 600, 5 * HOUR_S), EVENT_TYPE_CASH_WITHDRAWAL, person,
                NOBODY, gen_round(amount * 8 / 10));
    if (gen_chance(g, 250)) {
        const uint32_t spouse = gen_friend(g, person);
        gen_pay(g, at_s + gen_between(g, 300, 8 * HOUR_S), EVENT_TYPE_P2P_TRANSFER, person, spouse,
                gen_round(amount / 3));
    }
}

int64_t gen_collect(struct gen *g, uint32_t person, int64_t midnight_s, int64_t givers,
                    int64_t median_kzt) {
    int64_t sum = 0;
    for (int64_t i = 0; i < givers; i++) {
        const int64_t at_s = gen_waking(g, midnight_s);
        const uint32_t giver = gen_below(g, g->options.accounts);
        const int64_t amount = gen_round(gen_amount(g, median_kzt, 0.6));
        gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, giver, person, amount);
        sum += amount;
    }
    return sum;
}

static int64_t take_payments(struct gen *g, uint32_t person, int64_t midnight_s, int64_t payers,
                             int64_t median_kzt) {
    int64_t sum = 0;
    for (; payers > 0; payers--) {
        const int64_t at_s = gen_waking(g, midnight_s);
        const uint32_t customer = gen_below(g, g->options.accounts);
        const int64_t amount = gen_amount(g, median_kzt, 0.7);
        gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, customer, person, amount);
        sum += amount;
    }
    return sum;
}

static void buy_supplies(struct gen *g, uint32_t person, int64_t midnight_s, uint32_t shop,
                         int64_t median_kzt) {
    const int64_t amount = gen_amount(g, median_kzt, 0.5);
    const int64_t at_s = midnight_s + gen_between(g, 6 * HOUR_S, 9 * HOUR_S);
    gen_pay(g, at_s, EVENT_TYPE_C2B_PAYMENT, person, shop, amount);
}

/* Many small credits from many people. A seller keeps the takings and pays wholesale next morning,
 * in a shop; the larger ones, of whom there is one in four, pay their supplier by transfer in the
 * evening. */
static void sell(struct gen *g, uint32_t person, int64_t midnight_s) {
    const bool large = gen_trait(g, "stall", person) % 4 == 0;
    const int64_t payers = large ? gen_between(g, 16, 40) : gen_between(g, 6, 28);
    const int64_t sum = take_payments(g, person, midnight_s, payers, large ? 3500 : 2500);
    const uint32_t supplier = gen_friend(g, person), shop = gen_shop(g);
    if (large && gen_chance(g, 500))
        gen_pay(g, midnight_s + gen_between(g, 18 * HOUR_S, 22 * HOUR_S), EVENT_TYPE_P2P_TRANSFER,
                person, supplier, gen_round(sum * 8 / 10));
    else if (gen_chance(g, 400))
        buy_supplies(g, person, midnight_s, shop, large ? 100000 : 25000);
    if (gen_chance(g, 120))
        gen_pay(g, midnight_s + gen_between(g, 20 * HOUR_S, 23 * HOUR_S),
                EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY, gen_round(sum * 8 / 10));
}

/* A taxi driver buys fuel and takes the day's money as cash in the evening. */
static void drive(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t sum = take_payments(g, person, midnight_s, gen_between(g, 5, 16), 1800);
    const uint32_t station = gen_shop(g);
    if (gen_chance(g, 400)) buy_supplies(g, person, midnight_s, station, 8000);
    if (gen_chance(g, 600))
        gen_pay(g, midnight_s + gen_between(g, 20 * HOUR_S, 23 * HOUR_S),
                EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY, gen_round(sum * 8 / 10));
}

/* The family helps out while there is no work yet; half of it is wanted as cash. */
static void family_helps(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = gen_waking(g, midnight_s);
    const uint32_t relative = gen_below(g, g->options.accounts);
    const int64_t amount = gen_round(gen_amount(g, 100000, 0.5));
    gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, relative, person, amount);
    gen_pay(g, at_s + gen_between(g, 600, 6 * HOUR_S), EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY,
            gen_round(amount / 2));
}

/* Paid by the day, by transfer or in cash, and the money goes home. */
static void work_away(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = gen_waking(g, midnight_s);
    if (gen_chance(g, 250)) {
        const uint32_t client = gen_below(g, g->options.accounts);
        gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, client, person,
                gen_round(gen_amount(g, 15000, 0.4)));
    }
    if (gen_chance(g, 30)) family_helps(g, person, midnight_s);
    if (!gen_chance(g, 140)) return;
    const int64_t earned = gen_round(gen_amount(g, 60000, 0.5));
    gen_pay(g, at_s, EVENT_TYPE_CASH_DEPOSIT, NOBODY, person, earned);
    gen_pay(g, at_s + gen_between(g, 300, 6 * HOUR_S), EVENT_TYPE_OTHER, person, NOBODY,
            gen_round(earned * 8 / 10));
}

/* The same tenants every month, within some days. */
static void let(struct gen *g, uint32_t person, int64_t midnight_s) {
    for (uint32_t tenant = 0; tenant < 4; tenant++) {
        const int64_t at_s = gen_waking(g, midnight_s + gen_between(g, 0, 2) * DAY_S);
        const uint32_t from = (g->people[person].friends + tenant) % g->options.accounts;
        gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, from, person,
                gen_round(gen_amount(g, 100000, 0.3)));
    }
}

/* Money from the parents; part of it is at once passed on for the room. */
static void study(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = gen_waking(g, midnight_s);
    const uint32_t parent = gen_friend(g, person), room = gen_friend(g, person);
    const int64_t amount = gen_round(gen_amount(g, 30000, 0.5));
    gen_pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, parent, person, amount);
    if (gen_chance(g, 300))
        gen_pay(g, at_s + gen_between(g, 60, 3 * HOUR_S), EVENT_TYPE_P2P_TRANSFER, person, room,
                gen_round(amount * 8 / 10));
}

/* Gifts come in every day; once a week they go out to those in need. */
static void give_alms(struct gen *g, uint32_t person, int64_t midnight_s, bool pays_out) {
    const int64_t givers = gen_between(g, 5, 30);
    gen_collect(g, person, midnight_s, givers, 2000);
    for (int i = 0; pays_out && i < 3; i++) {
        const uint32_t needy = gen_below(g, g->options.accounts);
        gen_pay(g, midnight_s + gen_between(g, 10 * HOUR_S, 18 * HOUR_S), EVENT_TYPE_P2P_TRANSFER,
                person, needy, gen_round(g->people[person].balance / 5));
    }
}

/* From somebody's main account to the other one. */
static void save(struct gen *g, uint32_t person, int64_t midnight_s) {
    if (!gen_chance(g, 150)) return;
    const int64_t at_s = gen_waking(g, midnight_s);
    gen_pay(g, at_s, EVENT_TYPE_OWN_TRANSFER, g->people[person].owner, person,
            gen_round(gen_amount(g, 15000, 0.7)));
}

static void live_by_role(struct gen *g, uint32_t person, int64_t midnight_s, int64_t day) {
    const struct person *p = &g->people[person];
    switch (p->role) {
    case ROLE_SELLER:
        sell(g, person, midnight_s);
        break;
    case ROLE_TAXI:
        drive(g, person, midnight_s);
        break;
    case ROLE_MIGRANT:
        work_away(g, person, midnight_s);
        break;
    case ROLE_LANDLORD:
        if (day % 28 == 1 + person % 27) let(g, person, midnight_s);
        break;
    case ROLE_CHARITY:
        give_alms(g, person, midnight_s, day % 7 == person % 7);
        break;
    case ROLE_STUDENT:
        if (day % 7 == person % 7) study(g, person, midnight_s);
        break;
    case ROLE_SPARE:
        save(g, person, midnight_s);
        break;
    default:
        break;
    }
}

/* A new account is empty until something is paid in. */
static void first_deposit(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = midnight_s + gen_between(g, 9 * HOUR_S, 19 * HOUR_S);
    gen_pay(g, at_s, EVENT_TYPE_CASH_DEPOSIT, NOBODY, person,
            gen_round(gen_amount(g, g->people[person].quiet ? 3000 : 60000, 0.8)));
}

void gen_live_a_day(struct gen *g, uint32_t person, int64_t midnight_s) {
    const struct person *p = &g->people[person];
    const int64_t day = (midnight_s - g->options.start_s) / DAY_S;
    const int32_t today = gen_local_day(midnight_s);
    if (!p->spent && p->opened_day <= today) {
        if (p->opened_day == today) first_deposit(g, person, midnight_s);
        everyday(g, person, midnight_s);
        if ((p->role == ROLE_SALARIED || p->role == ROLE_PENSIONER) && !p->quiet &&
            day % 28 == 1 + person % 27)
            payday(g, person, midnight_s);
        live_by_role(g, person, midnight_s, day);
        if (p->typology == GEN_HONEST && !p->quiet) gen_occasions(g, person, midnight_s);
    }
    gen_plan(g,
             (struct plan_item){.time_s = midnight_s + DAY_S, .action = ACT_DAY, .from = person});
}
