/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/account_table.h"

#include "tests/support.h"

#include <stdio.h>

struct accounts *open_table(uint64_t limit, bool (*pinned)(const void *context, uint32_t number)) {
    struct error error;
    const struct accounts_options options = {
        .memory_limit = limit, .dormancy_s = 180 * DAY_S, .pinned = pinned};
    struct accounts *accounts = accounts_open(&options, &error);
    assert_non_null(accounts);
    return accounts;
}

struct account_key key_of(uint32_t i) {
    char token[32];
    snprintf(token, sizeof token, "account-%u", i);
    return account_key_of(text_of(token));
}

void put_event(struct accounts *accounts, account_place *place, int64_t second) {
    struct account *account = accounts_at(accounts, place);
    if (account->count < RING_MAX && !account_has_room(account)) {
        if (account->first > 0)
            account_compact(account);
        else
            account = accounts_resize(accounts, place, (uint8_t)(account->size_class + 1));
    }
    if (account->count == RING_MAX) return;
    const struct ring ring = ring_of(account);
    ring.second[ring.count] = (uint32_t)second;
    ring.amount[ring.count] = 1;
    ring.counterparty[ring.count] = ring.bits[ring.count] = 0;
    ring.kind[ring.count] = KIND_IN;
    ring.way[ring.count] = ring.print[ring.count] = 0;
    ring.cold[ring.count] = 0;
    account->count++;
    account->flags |= ACCOUNT_SEEN;
    if (second > account->newest_s) account->newest_s = (uint32_t)second;
}

struct account *play(struct accounts *accounts, uint32_t i, int64_t clock_s, int64_t second) {
    account_place *place = accounts_locate(accounts, key_of(i));
    accounts_touch(accounts, place, clock_s);
    put_event(accounts, place, second);
    return accounts_at(accounts, place);
}

void check_numbers(const struct accounts *accounts) {
    uint64_t found = 0;
    for (uint32_t number = 1; number <= accounts->numbered; number++) {
        const struct account *account = accounts_numbered(accounts, number);
        if (account != NULL) assert_int_equal(account->number, number);
        found += account != NULL;
    }
    assert_int_equal(found, accounts_count(accounts).accounts);
}

struct account *look_up(struct accounts *accounts, uint32_t i) {
    const uint64_t *place = account_index_find(&accounts->index, key_of(i));
    return place == NULL ? NULL : accounts_at(accounts, place);
}
