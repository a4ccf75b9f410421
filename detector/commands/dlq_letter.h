/* SPDX-License-Identifier: Apache-2.0 */
/* What a record of the dead-letter topic says: a letter (detector/dead_letter.h), or the marker
 * that `dlq redrive` writes for one that went back. A marker has neither key nor value; its header
 * `saqshy.dlq.redriven` is the offset of the letter in the same partition. The markers are the
 * ledger: a letter with one is never sent back again. */
#pragma once

#include "detector/port.h"

#define DLQ_REDRIVEN "saqshy.dlq.redriven"

enum dlq_kind { DLQ_LETTER, DLQ_MARKER, DLQ_STRANGER };

enum { DLQ_TOPIC_SIZE = 250, DLQ_REASON_SIZE = 32, DLQ_WHY_SIZE = 512 };

struct dlq_letter {
    char reason[DLQ_REASON_SIZE];
    char why[DLQ_WHY_SIZE];
    char source_topic[DLQ_TOPIC_SIZE];
    int32_t source_partition;
    int64_t source_offset;
    int64_t source_ms;  /* time stamp of the record in its source */
    size_t own_headers; /* the first so many headers are the record's own */
    const char *cut;    /* what of the record is not whole; NULL: nothing */
    int64_t redriven;   /* of a marker: the letter's offset */
};

enum dlq_kind dlq_letter_read(struct port *port, const struct port_record *record,
                              struct dlq_letter *letter);

/* "PARTITION/OFFSET" of the source. */
bool dlq_position_parse(const char *text, int32_t *partition, int64_t *offset);
/* "2026-01-01T00:00:00Z" */
enum { DLQ_TIME_SIZE = 32 };
const char *dlq_time(int64_t time_ms, char out[DLQ_TIME_SIZE]);
