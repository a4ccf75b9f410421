/* SPDX-License-Identifier: Apache-2.0 */
/* One synthetic feed, as a test looks at it: in the order of posting, repeated records taken out.
 */
#pragma once

#include "tests/gen_sample.h"

enum { ACCOUNTS = 3000, DAYS = 14, MINUTE_S = 60 };

/* What the tests look at of one published record. */
struct seen {
    int64_t event_us, event_s, ingest_s, amount, payer_balance, payee_balance;
    uint64_t event_id, tx_id, device, ip, terminal, payer_phone;
    uint32_t payer, payee; /* NOBODY for none */
    uint8_t type, status, reason, call, remote, mismatch;
    bool bad, repeated, credential, opened;
};

struct feed {
    struct gen *gen;
    struct seen *seen;
    size_t count, room;
    struct account_set *numbers, *ids;
};
extern struct feed feed;

/* Of a group of tests. */
int generate(void **state);
int dispose(void **state);

const struct person *person(uint32_t number);
bool honest(uint32_t number);
bool is(uint32_t number, enum gen_typology typology);
bool plays(uint32_t number, enum role role);
bool settled(const struct seen *seen, enum event_type type);

/* clang-format off */
#define EACH(s) (const struct seen *s = feed.seen; s < feed.seen + feed.count; s++)
/* clang-format on */
