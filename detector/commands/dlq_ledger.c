/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/dlq_ledger.h"

#include "detector/commands/dlq_letter.h"

#include <stdlib.h>

struct dlq_ledger {
    struct port *port;
    int64_t *offsets; /* sorted after reading */
    size_t count, room;
};

struct dlq_ledger *dlq_ledger_new(void) {
    return calloc(1, sizeof(struct dlq_ledger));
}

void dlq_ledger_free(struct dlq_ledger *l) {
    if (l == NULL) return;
    free(l->offsets);
    free(l);
}

static int by_offset(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool add(struct dlq_ledger *l, int64_t offset, struct error *error) {
    if (l->count == DLQ_LEDGER_MAX)
        return error_set(error, ERROR_FAILED,
                         "a partition of the dead-letter topic holds more than %d markers; lower "
                         "its retention",
                         DLQ_LEDGER_MAX);
    if (l->count == l->room) {
        const size_t room = l->room == 0 ? 256 : 2 * l->room;
        int64_t *offsets = realloc(l->offsets, room * sizeof *offsets);
        if (offsets == NULL) return error_set(error, ERROR_FAILED, "no memory for the markers");
        l->offsets = offsets;
        l->room = room;
    }
    l->offsets[l->count++] = offset;
    return true;
}

static bool take(void *context, int32_t partition, const struct port_record *record,
                 struct error *error) {
    struct dlq_ledger *l = context;
    struct dlq_letter letter;
    (void)partition;
    if (record->value.data != NULL || record->key.data != NULL) return true;
    return dlq_letter_read(l->port, record, &letter) != DLQ_MARKER ||
           add(l, letter.redriven, error);
}

static bool read_once(struct dlq_ledger *l, const char *topic, int32_t partition,
                      struct topic_extent *extent, struct error *error) {
    const struct topic_scan scan = {l->port, topic, take, l};
    l->count = 0;
    if (!topic_scan_partition(&scan, partition, extent, error)) return false;
    if (l->count > 1) qsort(l->offsets, l->count, sizeof *l->offsets, by_offset);
    return true;
}

bool dlq_ledger_read(struct dlq_ledger *l, struct port *port, const char *topic, int32_t partition,
                     struct topic_extent *extent, struct error *error) {
    l->port = port;
    if (!read_once(l, topic, partition, extent, error)) return false;
    if (extent->end <= extent->high) return true;
    return topic_scan_await(port, topic, partition, extent->end, error) &&
           read_once(l, topic, partition, extent, error);
}

bool dlq_ledger_has(const struct dlq_ledger *l, int64_t offset) {
    return l->count > 0 && bsearch(&offset, l->offsets, l->count, sizeof offset, by_offset) != NULL;
}
