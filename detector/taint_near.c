/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/taint_near.h"

#include "detector/account_record.h"

/* How far the time that a report gives may be from a transfer's: where the amount is given, too,
 * and where it is not: then wages and purchases of that hour are none of it. */
enum { NEAR_WITH_AMOUNT_S = 86400, NEAR_S = 3600 };

uint32_t taint_coded(int64_t tiyn) {
    return quantise_amount(tiyn);
}

struct taint_near taint_near_of(const struct signal *s) {
    return (struct taint_near){.occurred_at_s = s->occurred_at_s,
                               .amount = s->amount_present ? taint_coded(s->amount_kzt_minor) : 0,
                               .amount_present = s->amount_present,
                               .occurred_at_present = s->occurred_at_present};
}

bool taint_is_near(const struct taint_near *near, int64_t second, uint32_t amount, bool p2p) {
    if (!near->occurred_at_present) return false;
    if (near->amount_present && amount != near->amount) return false;
    if (!near->amount_present && !p2p) return false;
    const int64_t off_s = second - near->occurred_at_s;
    const int64_t most_s = near->amount_present ? NEAR_WITH_AMOUNT_S : NEAR_S;
    return off_s <= most_s && off_s >= -most_s;
}

bool taint_is_of(const struct signal_subject *subject, bool *out) {
    *out = subject->role == ROLE_VICTIM;
    return subject->type == SUBJECT_ACCOUNT &&
           (*out || subject->role == ROLE_BENEFICIARY || subject->role == ROLE_DROPPER);
}
