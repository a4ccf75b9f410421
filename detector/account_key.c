/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/accounts.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct account_key account_key_of(struct text token) {
    const XXH128_hash_t hash = XXH3_128bits(token.data, token.size);
    return (struct account_key){hash.low64, hash.high64};
}
