/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/account_set.h"

#include <assert.h>
#include <stdlib.h>
#include <uthash.h>

struct member {
    UT_hash_handle hh;
    int64_t number;
    char account[];
};

struct account_set {
    struct member *members;
};

struct account_set *account_set_new(void) {
    return calloc(1, sizeof(struct account_set));
}

void account_set_free(struct account_set *set) {
    if (set == NULL) return;
    struct member *member, *next;
    HASH_ITER(hh, set->members, member, next) {
        HASH_DEL(set->members, member);
        free(member);
    }
    free(set);
}

static struct member *find(const struct account_set *set, struct text account) {
    struct member *found = NULL;
    HASH_FIND(hh, set->members, account.data, account.size, found);
    return found;
}

bool account_set_find(const struct account_set *set, struct text account, int64_t *number) {
    const struct member *found = find(set, account);
    if (found != NULL) *number = found->number;
    return found != NULL;
}

bool account_set_add(struct account_set *set, struct text account, int64_t number) {
    int64_t known;
    if (account_set_find(set, account, &known)) return false;
    struct member *member = calloc(1, sizeof *member + account.size + 1);
    assert(member != NULL && "out of memory");
    memcpy(member->account, account.data, account.size);
    member->number = number;
    HASH_ADD(hh, set->members, account, account.size, member);
    return true;
}

void account_set_lower(struct account_set *set, struct text account, int64_t number) {
    if (account_set_add(set, account, number)) return;
    struct member *member = find(set, account);
    if (number < member->number) member->number = number;
}

size_t account_set_count(const struct account_set *set) {
    return HASH_COUNT(set->members);
}
