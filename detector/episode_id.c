/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/episode_id.h"

#include "detector/base/digest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void name(struct text kind, struct text token, const struct opening_event *event,
                 char out[RECOMMENDATION_ID_SIZE + 1]) {
    char time[24];
    snprintf(time, sizeof time, "%" PRId64, event->event_time_us);
    const struct text parts[] = {text_of("saqshy/1"), kind,         token, event->tx_id,
                                 event->event_id,     text_of(time)};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    size_t size = PARTS - 1;
    for (int i = 0; i < PARTS; i++)
        size += parts[i].size;
    uint8_t digest[DIGEST_SIZE], *named = calloc(1, size), *end = named;
    assert(named != NULL && "out of memory");
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].size > 0) memcpy(end, parts[i].data, parts[i].size);
        end += parts[i].size + 1;
    }
    digest_sha256(named, size, digest);
    free(named);
    digest_hex(digest, RECOMMENDATION_ID_SIZE / 2, out);
}

void episode_id(struct text account_token, const struct opening_event *event,
                char out[RECOMMENDATION_ID_SIZE + 1]) {
    name(text_of("freeze"), account_token, event, out);
}

void instruction_id(struct text payer_token, const struct opening_event *event,
                    char out[RECOMMENDATION_ID_SIZE + 1]) {
    name(text_of("instruction"), payer_token, event, out);
}
