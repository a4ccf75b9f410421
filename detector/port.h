/* SPDX-License-Identifier: Apache-2.0 */
/* The narrow door between the pipeline and a broker. Implementations: kafka_port.c (librdkafka),
 * memory_port.c (in-process log: offline runs and tests).
 *
 * Threads: the consumer half and `wait` belong to the engine thread, the producer half to whichever
 * one thread calls it at a time (the publisher); `wake` may be called from any thread. Memory:
 * records are borrowed until `release`; everything passed in is copied by the port. Blocking calls
 * retry by themselves while a broker is away, saying so once a minute, and give up only when `stop`
 * was called (ERROR_INTERRUPTED) or the failure is final. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { PORT_OFFSET_EARLIEST = -2, PORT_OFFSET_LATEST = -1, PORT_OFFSET_NONE = -1001 };

struct port_position {
    const char *topic;
    int32_t partition;
    int64_t offset; /* of the next record, or PORT_OFFSET_… */
};

struct port_header {
    const char *name;
    struct bytes value;
};

struct port_record {
    int64_t offset;
    int64_t timestamp_ms;
    struct bytes key;   /* data NULL: null */
    struct bytes value; /* data NULL: tombstone */
    void *handle;       /* the port's own; released with the record */
};

struct port_message {
    const char *topic;
    int32_t partition;    /* chosen by the engine, ≥ 0 */
    int64_t timestamp_ms; /* 0: now */
    struct bytes key;
    struct bytes value;
    const struct port_header *headers;
    size_t header_count;
};

/* What the caller of a producer function does next (decisions.md, "Errors of a commit"). */
enum port_status {
    PORT_OK,
    PORT_ABORT,   /* abort the transaction, then reload */
    PORT_REBUILD, /* rebuild the producer with `fence`, then reload */
    PORT_FENCED,  /* another producer with our transactional id has taken over: end */
    PORT_STOPPED, /* `stop` was called while waiting */
    PORT_REFUSED, /* of a command's port: a record is refused for what it is or where it goes. Leave
                   * it out, and send the others behind a new `fence` */
};

struct port;
struct port_ops {
    const char *name;

    /* Topics. False with ERROR_CONFIG when the topic does not exist. */
    bool (*partition_count)(struct port *, const char *topic, int32_t *count, struct error *);
    /* The same of a topic that may be absent, as the broker knows it now: *count is 0 then. */
    bool (*find_topic)(struct port *, const char *topic, int32_t *count, struct error *);
    /* First and one-past-last offset as the broker knows them now. */
    bool (*watermarks)(struct port *, const char *topic, int32_t partition, int64_t *low,
                       int64_t *high, struct error *);
    /* The group's committed offsets; PORT_OFFSET_NONE where there is none. */
    bool (*committed)(struct port *, struct port_position *positions, size_t count, struct error *);

    /* Consumer. `assign` replaces the whole assignment; stream i is positions[i]. */
    bool (*assign)(struct port *, const struct port_position *positions, size_t count,
                   struct error *);
    /* Up to `max` records of one stream, without waiting; *count may be 0. Offsets of one call only
     * grow; records of an earlier one may come again. */
    bool (*poll)(struct port *, size_t stream, struct port_record *records, size_t max,
                 size_t *count, struct error *);
    /* True when every record up to the stream's known end has been delivered by `poll`. */
    bool (*at_end)(struct port *, size_t stream);
    /* One past the stream's last record, also one that a transaction still hides, as far as is
     * known here without asking; -1: nothing was heard of it since `assign`. */
    int64_t (*known_end)(struct port *, size_t stream);
    /* Sleeps until a stream may have records, `wake` is called or the time is over. */
    void (*wait)(struct port *, int timeout_ms);
    void (*wake)(struct port *);
    void (*release)(struct port *, struct port_record *records, size_t count);
    /* Header number `index` of a record; false past the last one. Borrowed like the record. */
    bool (*header)(struct port *, const struct port_record *record, size_t index,
                   struct port_header *out);

    /* Producer. `fence` (re)creates the producer and shuts out every earlier one of the same id. */
    bool (*fence)(struct port *, struct error *);
    enum port_status (*begin)(struct port *, struct error *);
    enum port_status (*produce)(struct port *, const struct port_message *message, struct error *);
    enum port_status (*send_offsets)(struct port *, const struct port_position *positions,
                                     size_t count, struct error *);
    enum port_status (*commit)(struct port *, struct error *);
    enum port_status (*abort)(struct port *, struct error *);

    /* Wall clock, milliseconds since 1970; for commit intervals and dead letters, never for state.
     */
    int64_t (*now_ms)(struct port *);
    /* Makes every blocking call return soon; any thread, also from a signal-handling thread. */
    void (*stop)(struct port *);
    void (*close)(struct port *);
};

/* The first member of every implementation. */
struct port {
    const struct port_ops *ops;
    bool exactly_once; /* false: the broker ignores transactions, commits are at-least-once */
};
