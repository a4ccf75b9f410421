/* SPDX-License-Identifier: Apache-2.0 */
/* An account record that says what a test wants, in place of account.c: decide and its reasons are
 * tested without the engine's state. The program of a test includes fake_account_defined.h, once.
 */
#pragma once

#include "detector/account.h"

struct account {
    uint32_t number;
    int64_t unspent_tiyn, protected_tiyn, unreturned_s;
    uint32_t event_count;
    struct account_event events[ACCOUNT_EVENTS_MAX]; /* oldest first */
};

/* So that a stand is not linked with account.c. */
extern const bool account_is_fake;
