/* SPDX-License-Identifier: Apache-2.0 */
/* Defines what account.c defines, for the record of fake_account.h. No file of those that the tests
 * share may include it: all tests are linked with them. */
#pragma once

#include "tests/fake_account.h"

const bool account_is_fake = true;

uint32_t account_history(const struct account *account,
                         struct account_event out[ACCOUNT_EVENTS_MAX]) {
    memcpy(out, account->events, account->event_count * sizeof *out);
    return account->event_count;
}

/* Every event up to `second`, newest first, whatever the feature. */
uint32_t account_evidence(const struct account *account, int feature, int64_t second,
                          uint32_t *slots, uint32_t max) {
    uint32_t count = 0;
    (void)feature;
    for (uint32_t i = account->event_count; i-- > 0 && count < max;)
        if (account->events[i].second <= second) slots[count++] = i;
    return count;
}

struct account_unspent account_unspent(const struct account *account, int64_t second) {
    (void)second;
    return (struct account_unspent){account->unspent_tiyn, account->protected_tiyn,
                                    account->unreturned_s};
}
