/* SPDX-License-Identifier: Apache-2.0 */
/* Everything a topic holds, from its first record to the end as it is now, a partition at a time.
 * For tools. */
#pragma once

#include "detector/port.h"

struct topic_scan {
    struct port *port;
    const char *topic;
    /* Called for every record, which is borrowed until it returns; false ends the scan: without an
     * error set it is enough. */
    bool (*each)(void *context, int32_t partition, const struct port_record *record,
                 struct error *error);
    void *context;
};

/* What one partition held. */
struct topic_extent {
    int64_t low, high; /* what could be read when the scan began; all of it was handed out */
    int64_t end;       /* where the partition ended, with what open transactions still hide */
};

/* Assigns the port's consumer. ERROR_UNAVAILABLE when the broker gives nothing for half a minute.
 */
bool topic_scan_partition(const struct topic_scan *scan, int32_t partition,
                          struct topic_extent *extent, struct error *error);
/* The same of the last `last` offsets alone. */
bool topic_scan_tail(const struct topic_scan *scan, int32_t partition, int64_t last,
                     struct topic_extent *extent, struct error *error);
/* Until everything before `end` can be read: a producer's open transaction hides what came after it
 * began. ERROR_UNAVAILABLE after a minute. */
bool topic_scan_await(struct port *port, const char *topic, int32_t partition, int64_t end,
                      struct error *error);
/* All partitions in turn. */
bool topic_scan_all(const struct topic_scan *scan, struct error *error);
