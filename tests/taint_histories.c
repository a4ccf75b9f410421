/* SPDX-License-Identifier: Apache-2.0 */
/* Random histories. */
#include "tests/taint_stand.h"

uint32_t forced_rows;
bool forced_bounds;

static void random_move(struct chance *chance) {
    static const uint8_t types[] = {EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_P2P_TRANSFER,
                                    EVENT_TYPE_P2P_TRANSFER, EVENT_TYPE_OWN_TRANSFER,
                                    EVENT_TYPE_C2B_PAYMENT,  EVENT_TYPE_SALARY_OR_BENEFIT};
    const uint32_t what = chance_below(chance, 100);
    const int64_t amount = 1 + chance_below(chance, 400);
    const uint32_t payer = 1 + chance_below(chance, ACCOUNTS);
    const uint32_t payee = 1 + chance_below(chance, ACCOUNTS);
    if (what < 10)
        move(payer, 0, amount,
             chance_is(chance, 50) ? EVENT_TYPE_CASH_WITHDRAWAL : EVENT_TYPE_CRYPTO_PURCHASE);
    else if (what < 15)
        move(0, payee, amount, EVENT_TYPE_CASH_DEPOSIT);
    else
        move(payer, payee, amount, types[chance_below(chance, sizeof types)]);
}

/* The event is late by up to a day now and then; a history takes a few days. */
static void random_time(struct chance *chance) {
    stand.second += chance_below(chance, 2) * chance_below(chance, stand.busy ? 300 : 3 * HOUR_S);
    if (chance_is(chance, 10) && stand.second > DAY_S) stand.second -= chance_below(chance, DAY_S);
}

void random_event(struct chance *chance) {
    static const uint8_t stopped[] = {TX_STATUS_ATTEMPTED, TX_STATUS_REFUSED, TX_STATUS_SUSPENDED};
    const uint32_t old = stand.count == 0 ? 0 : chance_below(chance, stand.count);
    const uint32_t what = stand.count == 0 ? 100 : chance_below(chance, 100);
    random_time(chance);
    if (what < 12)
        again(old, TX_STATUS_REVERSED);
    else if (what < 16)
        again(old, stand.moves[old].status);
    else if (what < 20)
        again(old, stopped[chance_below(chance, 3)]);
    else
        random_move(chance);
}

static bool is_reportable(uint32_t i) {
    const struct trail_move *m = &stand.moves[i];
    return m->status == TX_STATUS_SETTLED && m->payee != 0 && m->tx == i;
}

/* About the time of an event that, as a rule, is one of those that are meant. */
static void random_report_near(struct chance *chance) {
    const struct trail_move *m = &stand.moves[chance_below(chance, stand.count)];
    const bool victim = chance_is(chance, 50);
    const uint32_t account = victim ? m->payer : m->payee;
    if (account != 0)
        report_near(account, m->second - HOUR_S + chance_below(chance, 2 * HOUR_S), victim);
}

static void random_report(struct chance *chance) {
    enum { REPORT_TX_NAMED = 3 };
    uint32_t events[REPORT_TX_MAX], count = 0;
    const bool victims = chance_is(chance, 50);
    for (int i = 0; i < REPORT_TX_NAMED && (count == 0 || chance_is(chance, 30)); i++) {
        const uint32_t event = chance_below(chance, stand.count);
        if (is_reportable(event) && (!victims || stand.moves[event].payer != 0))
            events[count++] = event;
    }
    if (count > 0) report_of(events, count, victims);
}

void random_signal(struct chance *chance) {
    const uint32_t what = chance_below(chance, 100);
    flush();
    if (stand.report_count == 0 || (what < 60 && stand.report_count < REPORTS_MAX)) {
        if (chance_is(chance, 30))
            random_report_near(chance);
        else
            random_report(chance);
        return;
    }
    struct report *r = &stand.reports[chance_below(chance, stand.report_count)];
    if (what < 80) {
        withdraw(r);
    } else if (r->in_force) { /* revised to say less */
        if (r->count > 1) r->count = 1 + chance_below(chance, r->count);
        const struct signal s = signal_about(r, false);
        send_signal(&s);
    }
}

static void hold(void) {
    if (forced_bounds)
        compare_bounded();
    else
        compare();
}

void random_history(uint64_t seed) {
    struct chance chance = {seed};
    begin();
    stand.options.limits.hops_max = chance_is(&chance, 50) ? 10 : chance_below(&chance, 4);
    stand.options.limits.seconds_max = chance_is(&chance, 50) ? 96 * HOUR_S : 6 * HOUR_S;
    stand.options.limits.floor_tiyn = chance_is(&chance, 50) ? 0 : chance_below(&chance, 150);
    if (forced_bounds) {
        stand.options.walk_max = 1 + chance_below(&chance, 6);
        stand.options.accounts_max = 1 + chance_below(&chance, 6);
    }
    close_engine();
    open_engine();
    stand.batch_rows = 1 + chance_below(&chance, 20);
    if (forced_rows != 0) stand.batch_rows = forced_rows;
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        stand.openings[i] = chance_is(&chance, 60) ? chance_below(&chance, 300) : 0;
    const uint32_t events = 5 + chance_below(&chance, EVENTS_MAX - 5);
    while (stand.count < events) {
        random_event(&chance);
        if (chance_is(&chance, 15)) random_signal(&chance);
        if (chance_is(&chance, 10)) {
            flush();
            hold();
        }
    }
    flush();
    hold();
}

void busy_history(uint64_t seed) {
    enum { BUSY_EVENTS = 700 };
    struct chance chance = {seed};
    begin();
    stand.busy = stand.cut = true;
    stand.batch_rows = 1 + chance_below(&chance, 20);
    for (uint32_t i = 1; i <= ACCOUNTS; i++)
        stand.openings[i] = chance_is(&chance, 60) ? chance_below(&chance, 300) : 0;
    for (uint32_t i = 0; i < BUSY_EVENTS; i++) {
        if (stand.count == EVENTS_MAX) {
            flush();
            stand.count = 0; /* ids come again, too */
        }
        random_event(&chance);
        if (chance_is(&chance, 4)) random_signal(&chance);
        if (!chance_is(&chance, 10)) continue;
        flush();
        hold_all_to_twin();
    }
    flush();
    hold_all_to_twin();
}
