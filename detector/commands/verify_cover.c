/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/murmur2.h"
#include "detector/commands/topic_scan.h"
#include "detector/commands/verify.h"
#include "schemas/order_record.h"

#include <stdlib.h>

enum { STRETCH = 16 }; /* offsets before the end; then its square and so on */

struct cover {
    struct verify_output *output;
    struct topic_scan scan;
    struct bytes shard;
    bool any;
};

static void note_outputs(struct verify_output *o, const struct order_record *record) {
    for (uint32_t i = 0; i < record->output_count; i++) {
        const struct order_output *output = &record->outputs[i];
        if (output->partition < 0 || output->partition >= o->partitions) continue;
        if (output->next_sequence > o->covered[output->partition])
            o->covered[output->partition] = output->next_sequence;
    }
}

static bool take(void *context, int32_t partition, const struct port_record *record,
                 struct error *error) {
    struct cover *c = context;
    if (record->key.data == NULL || record->key.size != c->shard.size ||
        memcmp(record->key.data, c->shard.data, c->shard.size) != 0)
        return true;
    struct order_record *decoded = order_record_decode(record->value, error);
    if (decoded == NULL)
        return error_prefix(error, "%s/%d at offset %lld", c->scan.topic, (int)partition,
                            (long long)record->offset);
    note_outputs(c->output, decoded);
    order_record_free(decoded);
    c->any = true;
    return true;
}

/* The shard's last order record is enough; markers and other shards lie at the end, too. */
static bool read_end(struct cover *c, int32_t partition, struct topic_extent *extent,
                     struct error *error) {
    c->any = false;
    for (int64_t stretch = STRETCH;; stretch *= STRETCH) {
        if (!topic_scan_tail(&c->scan, partition, stretch, extent, error)) return false;
        if (c->any || extent->high - extent->low <= stretch) return true;
    }
}

/* A commit may show in the output a moment before it shows in the order log. */
bool verify_output_cover(struct verify_output *o, struct port *port, const char *order,
                         const char *shard, struct error *error) {
    struct cover c = {.output = o,
                      .scan = {port, order, take, &c},
                      .shard = {(const uint8_t *)shard, (uint32_t)strlen(shard)}};
    struct topic_extent extent;
    int32_t partitions = 0;
    if (!port->ops->partition_count(port, order, &partitions, error)) return false;
    o->covered = calloc((size_t)o->partitions + 1, sizeof *o->covered);
    if (o->covered == NULL) return error_set(error, ERROR_FAILED, "no memory for the order log");
    const int32_t partition = murmur2_partition(c.shard, partitions);
    if (!read_end(&c, partition, &extent, error)) return false;
    if (extent.end <= extent.high) return true;
    return topic_scan_await(port, order, partition, extent.end, error) &&
           read_end(&c, partition, &extent, error);
}
