/* SPDX-License-Identifier: Apache-2.0 */
/* Honest life: what a person does on a day, by role. */
#include "detector/gen_internal.h"

void gen_plan(struct gen *g, struct plan_item item) {
    if (item.status == TX_STATUS_UNKNOWN) item.status = TX_STATUS_SETTLED;
    if (item.time_s < g->end_s) gen_queue_push(&g->queue, item);
}

/* A second of the waking day: most between 9 and 22, few at night. */
static int64_t waking(struct gen *g, int64_t midnight_s) {
    if (gen_chance(g, 30)) return midnight_s + gen_between(g, 0, DAY_S - 1);
    const int64_t a = gen_between(g, 7 * HOUR_S, 23 * HOUR_S);
    const int64_t b = gen_between(g, 9 * HOUR_S, 21 * HOUR_S);
    return midnight_s + (a + b) / 2;
}

static void pay(struct gen *g, int64_t time_s, enum event_type type, uint32_t from, uint32_t to,
                int64_t amount) {
    gen_plan(g, (struct plan_item){.time_s = time_s,
                                   .action = ACT_PAY,
                                   .type = (uint8_t)type,
                                   .from = from,
                                   .to = to,
                                   .amount = amount});
}

static void everyday(struct gen *g, uint32_t person, int64_t midnight_s) {
    uint32_t operations = g->options.daily_per_mille;
    for (; operations >= 1000 || gen_chance(g, operations); operations -= 1000) {
        const int64_t at_s = waking(g, midnight_s);
        const uint32_t drawn = gen_below(g, 100);
        if (drawn < 62)
            pay(g, at_s, EVENT_TYPE_C2B_PAYMENT, person, gen_shop(g), gen_amount(g, 3200, 0.9));
        else if (drawn < 86)
            pay(g, at_s, EVENT_TYPE_P2P_TRANSFER, person, gen_friend(g, person),
                gen_amount(g, 6000, 1.0));
        else if (drawn < 93)
            pay(g, at_s, EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY,
                gen_round(gen_amount(g, 15000, 0.7)));
        else if (drawn < 96)
            pay(g, at_s, EVENT_TYPE_CASH_DEPOSIT, NOBODY, person,
                gen_round(gen_amount(g, 20000, 0.8)));
        else
            pay(g, at_s, EVENT_TYPE_TAX_OR_UTILITY, person, gen_utility(g),
                gen_amount(g, 9000, 0.6));
        if (operations < 1000) break;
    }
}

/* A pensioner takes most of the pension out at once, in cash: quick, and honest. */
static void payday(struct gen *g, uint32_t person, int64_t midnight_s) {
    const struct person *p = &g->people[person];
    const bool pension = p->role == ROLE_PENSIONER;
    const int64_t amount = gen_amount(g, pension ? 110000 : 260000, 0.4);
    const int64_t at_s = midnight_s + gen_between(g, 9 * HOUR_S, 13 * HOUR_S);
    pay(g, at_s, EVENT_TYPE_SALARY_OR_BENEFIT, p->home, person, amount);
    if (gen_chance(g, pension ? 500 : 150))
        pay(g, at_s + gen_between(g, 600, 5 * HOUR_S), EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY,
            gen_round(amount * 8 / 10));
    if (gen_chance(g, 250))
        pay(g, at_s + gen_between(g, 1800, 8 * HOUR_S), EVENT_TYPE_P2P_TRANSFER, person,
            gen_friend(g, person), gen_round(amount / 3));
}

/* Many small credits from many people; the takings stay, wholesale and rent are paid next morning.
 */
static void sell(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t customers = gen_between(g, 6, 28);
    for (int64_t i = 0; i < customers; i++)
        pay(g, waking(g, midnight_s), EVENT_TYPE_P2P_TRANSFER, gen_below(g, g->options.accounts),
            person, gen_amount(g, 2500, 0.7));
    if (gen_chance(g, 400))
        pay(g, midnight_s + gen_between(g, 6 * HOUR_S, 9 * HOUR_S), EVENT_TYPE_C2B_PAYMENT, person,
            gen_shop(g), gen_amount(g, 25000, 0.5));
    if (gen_chance(g, 120))
        pay(g, midnight_s + 20 * HOUR_S, EVENT_TYPE_CASH_WITHDRAWAL, person, NOBODY,
            gen_round(gen_amount(g, 30000, 0.5)));
}

/* A feast or a funeral: dozens of gifts within two days, then the restaurant is paid. */
static void feast(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t guests = gen_between(g, 15, 45);
    for (int64_t i = 0; i < guests; i++)
        pay(g, waking(g, midnight_s + gen_between(g, 0, 1) * DAY_S), EVENT_TYPE_P2P_TRANSFER,
            gen_below(g, g->options.accounts), person, gen_round(gen_amount(g, 15000, 0.5)));
    pay(g, midnight_s + 2 * DAY_S + gen_between(g, 10 * HOUR_S, 20 * HOUR_S),
        EVENT_TYPE_C2B_PAYMENT, person, gen_shop(g), gen_round(guests * 12000 * KZT));
}

static void send_home(struct gen *g, uint32_t person, int64_t midnight_s) {
    const int64_t at_s = waking(g, midnight_s);
    pay(g, at_s, EVENT_TYPE_CASH_DEPOSIT, NOBODY, person, gen_round(gen_amount(g, 60000, 0.5)));
    pay(g, at_s + gen_between(g, 300, 6 * HOUR_S), EVENT_TYPE_OTHER, person, NOBODY,
        gen_round(gen_amount(g, 50000, 0.5)));
}

static void collect(struct gen *g, uint32_t person, int64_t midnight_s, int64_t givers,
                    int64_t median_kzt) {
    for (int64_t i = 0; i < givers; i++)
        pay(g, waking(g, midnight_s), EVENT_TYPE_P2P_TRANSFER, gen_below(g, g->options.accounts),
            person, gen_round(gen_amount(g, median_kzt, 0.6)));
}

static void live_by_role(struct gen *g, uint32_t person, int64_t midnight_s, int64_t day) {
    const struct person *p = &g->people[person];
    switch (p->role) {
    case ROLE_SELLER:
        sell(g, person, midnight_s);
        break;
    case ROLE_MIGRANT:
        if (gen_chance(g, 140)) send_home(g, person, midnight_s);
        break;
    case ROLE_LANDLORD:
        if (day % 30 < 3) collect(g, person, midnight_s, 2, 120000);
        break;
    case ROLE_CHARITY:
        collect(g, person, midnight_s, gen_between(g, 5, 30), 2000);
        break;
    case ROLE_STUDENT:
        if (day % 7 == person % 7) collect(g, person, midnight_s, 1, 15000);
        break;
    default:
        break;
    }
}

void gen_live_a_day(struct gen *g, uint32_t person, int64_t midnight_s) {
    const struct person *p = &g->people[person];
    const int64_t day = (midnight_s - g->options.start_s) / DAY_S;
    if (!p->spent && p->opened_day <= midnight_s / DAY_S) {
        const int64_t payday_of_person = 1 + person % 27;
        everyday(g, person, midnight_s);
        if ((p->role == ROLE_SALARIED || p->role == ROLE_PENSIONER) && day % 28 == payday_of_person)
            payday(g, person, midnight_s);
        live_by_role(g, person, midnight_s, day);
        if (gen_chance(g, 1) && p->typology == GEN_HONEST) feast(g, person, midnight_s);
    }
    gen_plan(g,
             (struct plan_item){.time_s = midnight_s + DAY_S, .action = ACT_DAY, .from = person});
}
