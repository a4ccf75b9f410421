/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/one_account.h"

#include "detector/decay.h"

#include <assert.h>
#include <string.h>

enum { SIZE = 16384 };
static _Alignas(64) uint8_t memory[SIZE];

struct account *one_account(void) {
    struct account *account = (struct account *)(void *)memory;
    assert(class_bytes(CLASS_PANES) <= SIZE);
    decay_open();
    memset(memory, 0, SIZE);
    account->size_class = CLASS_PANES;
    return account;
}

void one_account_insert(struct ring_event event) {
    struct account *account = (struct account *)(void *)memory;
    event.amount = quantise_amount(event.amount_tiyn);
    if (!account_has_room(account)) account_compact(account);
    account_insert(account, &event, kernels_choose("auto"));
}
