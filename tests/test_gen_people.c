/* SPDX-License-Identifier: Apache-2.0 */
/* The honest of the synthetic feed look like droppers in every single thing, so that nothing but
 * behaviour tells them apart. docs/GENERATOR.md makes the claims. */
#include "tests/gen_seen.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

static size_t credits_of(enum role role, int64_t least) {
    size_t count = 0, people = 0;
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        people += plays(i, role);
    for
        EACH(s)
    count += settled(s, EVENT_TYPE_P2P_TRANSFER) && plays(s->payee, role) && s->amount >= least;
    return people == 0 ? 0 : 100 * count / people / DAYS;
}

static void sellers_drivers_and_charities_are_paid_all_day(void **state) {
    (void)state;
    assert_in_range(credits_of(ROLE_SELLER, 0), 800, 2500); /* hundredths a day */
    assert_in_range(credits_of(ROLE_TAXI, 0), 400, 1500);
    assert_in_range(credits_of(ROLE_CHARITY, 0), 500, 2500);
    assert_in_range(credits_of(ROLE_SALARIED, 0), 10, 300);
}

static void landlords_get_rent(void **state) {
    (void)state;
    assert_true(credits_of(ROLE_LANDLORD, 40000 * KZT) > 3 * credits_of(ROLE_SELLER, 40000 * KZT));
}

static void drivers_take_the_days_money_as_cash(void **state) {
    (void)state;
    int64_t in = 0, cash = 0;
    for
        EACH(s) {
            if (settled(s, EVENT_TYPE_P2P_TRANSFER) && plays(s->payee, ROLE_TAXI)) in += s->amount;
            if (settled(s, EVENT_TYPE_CASH_WITHDRAWAL) && plays(s->payer, ROLE_TAXI))
                cash += s->amount;
        }
    assert_in_range(100 * cash / in, 30, 110);
}

static void the_honest_do_everything_droppers_do(void **state) {
    (void)state;
    size_t abroad = 0, crypto = 0, loans = 0, own = 0, reversed = 0, opened = 0, salary = 0;
    for
        EACH(s) {
            if (s->bad) continue;
            abroad += settled(s, EVENT_TYPE_OTHER);
            crypto += settled(s, EVENT_TYPE_CRYPTO_PURCHASE);
            loans += settled(s, EVENT_TYPE_LOAN_DISBURSEMENT);
            own += settled(s, EVENT_TYPE_OWN_TRANSFER);
            salary += settled(s, EVENT_TYPE_SALARY_OR_BENEFIT);
            reversed += s->status == TX_STATUS_REVERSED;
        }
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        opened += honest(i) && person(i)->opened_day >= gen_local_day(feed.gen->options.start_s);
    assert_true(abroad > 50 && crypto > 50 && loans > 20 && own > 50 && reversed > 20);
    assert_true(opened > 20 && salary > 500);
}

/* The most different honest payees credited, and the largest share passed on, within a day. */
static void feasts_and_collections_bring_many_gifts_to_ordinary_people(void **state) {
    (void)state;
    uint32_t *gifts = calloc((size_t)feed.gen->count * DAYS, sizeof *gifts);
    int days_of_gifts = 0, spent = 0;
    for
        EACH(s) {
            if (s->bad || s->status != TX_STATUS_SETTLED) continue;
            const size_t day = (size_t)((s->event_s - feed.gen->options.start_s) / DAY_S);
            if (s->type == EVENT_TYPE_P2P_TRANSFER && plays(s->payee, ROLE_SALARIED) &&
                s->amount % (1000 * KZT) == 0 && ++gifts[s->payee * DAYS + day] == 8)
                days_of_gifts++;
            if (plays(s->payer, ROLE_SALARIED) && gifts[s->payer * DAYS + day] >= 8)
                spent += s->amount >= 50000 * KZT;
        }
    free(gifts);
    assert_true(days_of_gifts >= 10);
    assert_true(spent >= 3);
}

static bool has_been_through(uint32_t number, uint8_t past) {
    return honest(number) && (person(number)->past & past) != 0;
}

/* Large transfers to honest people, and large sums that honest people pass on or take as cash. */
static void cars_are_sold_debts_repaid_and_weddings_paid_in_cash(void **state) {
    (void)state;
    size_t cars = 0, passed_on = 0, repaid = 0, cash_of_feasts = 0;
    for
        EACH(s) {
            if (s->bad || s->status != TX_STATUS_SETTLED) continue;
            const bool transfer = s->type == EVENT_TYPE_P2P_TRANSFER;
            const bool cash = s->type == EVENT_TYPE_CASH_WITHDRAWAL;
            const bool large = s->amount >= 400000 * KZT;
            cars += transfer && large && has_been_through(s->payee, PAST_SALE);
            passed_on += transfer && large && has_been_through(s->payer, PAST_SALE);
            repaid +=
                transfer && s->amount >= 20000 * KZT && has_been_through(s->payee, PAST_REPAID);
            cash_of_feasts +=
                cash && s->amount >= 100000 * KZT && has_been_through(s->payer, PAST_FEAST);
        }
    assert_true(cars >= 10 && passed_on >= 4 && repaid >= 20 && cash_of_feasts >= 5);
}

static void large_sellers_pay_by_transfer_and_families_help_newcomers(void **state) {
    (void)state;
    size_t suppliers = 0, helped = 0;
    for
        EACH(s) {
            if (!settled(s, EVENT_TYPE_P2P_TRANSFER)) continue;
            suppliers += plays(s->payer, ROLE_SELLER) && s->amount >= 40000 * KZT;
            helped += plays(s->payee, ROLE_MIGRANT) && honest(s->payee) && s->amount >= 60000 * KZT;
        }
    assert_true(suppliers >= 50);
    assert_true(helped >= 10);
}

/* The largest number of different honest payers behind one value of a column. */
static size_t most_behind(uint64_t (*column)(const struct seen *)) {
    struct account_set *pairs = account_set_new(), *values = account_set_new();
    size_t most = 0;
    uint32_t *count = calloc(feed.count, sizeof *count);
    for
        EACH(s) {
            const uint64_t pair[] = {column(s), s->payer};
            if (pair[0] == 0 || !honest(s->payer)) continue;
            if (!account_set_add(pairs, (struct text){(const char *)pair, sizeof pair}, 0))
                continue;
            const struct text value = {(const char *)pair, sizeof pair[0]};
            int64_t place = (int64_t)account_set_count(values);
            if (!account_set_add(values, value, place)) account_set_find(values, value, &place);
            const size_t now = ++count[place];
            most = now > most ? now : most;
        }
    free(count);
    account_set_free(pairs);
    account_set_free(values);
    return most;
}

static uint64_t ip_of_student(const struct seen *s) {
    return plays(s->payer, ROLE_STUDENT) ? s->ip : 0;
}

static uint64_t phone_of(const struct seen *s) {
    return s->payer_phone;
}

static uint64_t device_of(const struct seen *s) {
    return s->device;
}

static void families_share_phones_and_students_an_address(void **state) {
    (void)state;
    assert_in_range(most_behind(ip_of_student), 20, 2000);
    assert_in_range(most_behind(phone_of), 3, 50);
    assert_in_range(most_behind(device_of), 3, 50);
}

/* Whatever value a nullable or seldom column takes in a scheme, more honest records have it. */
static void no_value_of_a_column_gives_a_scheme_away(void **state) {
    (void)state;
    enum { VALUES = 12 };
    size_t count[VALUES][2] = {{0}};
    for
        EACH(s) {
            const bool has[VALUES] = {s->call == TRISTATE_TRUE,
                                      s->call == TRISTATE_NULL,
                                      s->remote == TRISTATE_TRUE,
                                      s->remote == TRISTATE_NULL,
                                      s->mismatch == TRISTATE_TRUE,
                                      s->mismatch == TRISTATE_NULL,
                                      s->credential,
                                      s->status == TX_STATUS_REFUSED,
                                      s->status == TX_STATUS_SUSPENDED,
                                      s->type == EVENT_TYPE_CRYPTO_PURCHASE,
                                      s->type == EVENT_TYPE_OTHER,
                                      s->reason == 'C'};
            for (int v = 0; v < VALUES; v++)
                count[v][s->bad] += has[v];
        }
    for (int v = 0; v < VALUES; v++)
        if (count[v][false] <= count[v][true])
            fail_msg("value %d: %zu honest, %zu bad", v, count[v][false], count[v][true]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sellers_drivers_and_charities_are_paid_all_day),
        cmocka_unit_test(landlords_get_rent),
        cmocka_unit_test(drivers_take_the_days_money_as_cash),
        cmocka_unit_test(the_honest_do_everything_droppers_do),
        cmocka_unit_test(feasts_and_collections_bring_many_gifts_to_ordinary_people),
        cmocka_unit_test(cars_are_sold_debts_repaid_and_weddings_paid_in_cash),
        cmocka_unit_test(large_sellers_pay_by_transfer_and_families_help_newcomers),
        cmocka_unit_test(families_share_phones_and_students_an_address),
        cmocka_unit_test(no_value_of_a_column_gives_a_scheme_away),
    };
    return cmocka_run_group_tests(tests, generate, dispose);
}
