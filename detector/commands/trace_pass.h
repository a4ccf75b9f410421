/* SPDX-License-Identifier: Apache-2.0 */
/* What one run over recorded events leaves behind for a trace: every accepted event as a move with
 * its place in the log, every incident, every live recommendation, and a hash of all that was read.
 * Texts and values are borrowed from the run's records, which must stay. Engine thread. */
#pragma once

#include "detector/base/digest.h"
#include "detector/batch.h"
#include "detector/commands/names.h"
#include "detector/recommendation.h"
#include "detector/taint_near.h"
#include "detector/trail.h"

/* Where a move stands. */
struct trace_place {
    struct bytes value; /* of the record */
    int64_t offset;
    int32_t partition;
};

/* What an INCIDENT says that names its transfers by no id. */
struct trace_description {
    struct taint_near near;
    struct signal_subject subjects[SIGNAL_SUBJECTS_MAX];
    uint32_t subject_count;
    size_t before; /* moves that were there when it came */
};

/* What the latest revision of an INCIDENT in force says. */
struct trace_incident {
    struct text *tx_ids;
    uint32_t tx_count;
    struct trace_description *description; /* NULL: it has tx_ids */
    bool withdrawn, rejected;
};

struct trace_advice {
    const char *topic; /* of the record that led to it */
    uint32_t account;
    uint32_t payment; /* transaction that the payer's bank is advised on; TRAIL_NONE: none */
    int32_t revision, partition;
    int64_t offset; /* of that record */
    uint32_t move;  /* the same; TRAIL_NONE: long before, as of what expired, or a signal */
    char id[RECOMMENDATION_ID_SIZE + 1];
    char payee_id[RECOMMENDATION_ID_SIZE + 1]; /* of the advice on the payee; "": of no payment */
    enum recommendation_state state;
    enum action action;
    int64_t issued_s, valid_until_s, at_risk_tiyn;
};

struct trace_pass {
    size_t memory_max;     /* bytes of this, without the records */
    const char *topic;     /* of the transactions */
    struct names accounts; /* a move's account is the number + 1 */
    struct names transactions;
    struct trail_move *moves; /* in the order the engine took them */
    struct trace_place *places;
    size_t count, move_room, place_room;
    struct trace_advice *advice;
    size_t advice_count, advice_room;
    struct names incidents; /* by signal_id */
    struct trace_incident *incident;
    size_t incident_room, incident_bytes;
    uint64_t records;          /* of all verdicts */
    uint8_t hash[DIGEST_SIZE]; /* SHA-256 of itself, at first zeros, and the next value's SHA-256 */
    int64_t first_s, last_s;   /* event times of the moves */
};

/* Borrows the topic of the transactions. */
struct trace_pass *trace_pass_new(const char *topic);
void trace_pass_free(struct trace_pass *pass);
void trace_pass_take_batch(struct trace_pass *pass, const struct batch *batch);
/* Takes a struct trace_pass; fits pipeline_options.on_recommendation and on_payer_side. */
void trace_pass_take_advice(void *pass, const struct recommendation *recommendation);

struct trace_description trace_describe(const struct signal *incident, size_t before);
/* Bytes of it. */
size_t trace_pass_bytes(const struct trace_pass *pass);
struct text trace_pass_account(const struct trace_pass *pass, uint32_t account);
