/* SPDX-License-Identifier: Apache-2.0 */
/* The order log as a restart reads it: this shard's records, oldest first, checked to be without a
 * gap. Reads one stream of the port's assignment. Engine thread only. */
#pragma once

#include "detector/port.h"
#include "schemas/order_record.h"

struct order_log;

enum order_log_outcome {
    ORDER_LOG_RECORD,
    ORDER_LOG_WAIT, /* more is on its way: wait on the port */
    ORDER_LOG_END,
    ORDER_LOG_FAILED,
};

/* Asks the port for the topic's partition count. */
struct order_log *order_log_open(struct port *port, const char *topic, const char *shard_id,
                                 struct error *error);
void order_log_close(struct order_log *log);

/* Notes the end as it is now: what is appended later is not read. After fencing. Records of ours
 * may lie behind a transaction of another shard that is still open: those are waited for, as long
 * as a transaction can last (then ERROR_UNAVAILABLE). */
bool order_log_capture(struct order_log *log, struct error *error);
/* Where to (re)assign the stream; what was polled and not handed out is forgotten. */
struct port_position order_log_position(struct order_log *log);
/* The captured bounds: the first offset, and the end. */
void order_log_bounds(const struct order_log *log, int64_t *first, int64_t *end);
/* Whether a record of the topic is this shard's. */
bool order_log_is_ours(const struct order_log *log, const struct port_record *record);
/* Goes on at an offset, where the record of that epoch and sequence is due. */
void order_log_resume(struct order_log *log, int64_t offset, int32_t epoch, int64_t sequence);
/* The next record, borrowed until the next call. A missing, foreign or repeated sequence is
 * ERROR_INPUT_GONE or ERROR_BAD_DATA. */
enum order_log_outcome order_log_next(struct order_log *log, size_t stream,
                                      const struct order_record **record, struct error *error);
