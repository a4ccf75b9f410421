/* SPDX-License-Identifier: Apache-2.0 */
/* One account record by itself, without a table: of the largest class, so that it has room for
 * whatever a test does to it. */
#pragma once

#include "detector/account_record.h"

/* The record, empty; the same one at each call. */
struct account *one_account(void);
/* Codes the amount, makes room, inserts. */
void one_account_insert(struct ring_event event);
