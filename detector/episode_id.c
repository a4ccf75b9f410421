/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/episode_id.h"

#include "detector/base/digest.h"

#include <assert.h>
#include <stdlib.h>

static void name(const char *head, size_t head_size, struct text account_token, struct text tx_id,
                 char out[RECOMMENDATION_ID_SIZE + 1]) {
    const size_t size = head_size + account_token.size + 1 + tx_id.size;
    uint8_t digest[DIGEST_SIZE];
    uint8_t *named = calloc(1, size);
    assert(named != NULL && "out of memory");
    memcpy(named, head, head_size);
    if (account_token.size > 0) memcpy(named + head_size, account_token.data, account_token.size);
    if (tx_id.size > 0) memcpy(named + size - tx_id.size, tx_id.data, tx_id.size);
    digest_sha256(named, size, digest);
    free(named);
    digest_hex(digest, RECOMMENDATION_ID_SIZE / 2, out);
}

void episode_id(struct text account_token, struct text tx_id,
                char out[RECOMMENDATION_ID_SIZE + 1]) {
    static const char head[] = "saqshy/1\0freeze";
    name(head, sizeof head, account_token, tx_id, out);
}

void instruction_id(struct text payer_token, struct text tx_id,
                    char out[RECOMMENDATION_ID_SIZE + 1]) {
    static const char head[] = "saqshy/1\0instruction";
    name(head, sizeof head, payer_token, tx_id, out);
}
