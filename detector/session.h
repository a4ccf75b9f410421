/* SPDX-License-Identifier: Apache-2.0 */
/* A session: one life of the engine's state, from fencing to the end or to the next reload. Private
 * to pipeline.c, session.c, commit.c, beginning.c, live_input.c, policy_input.c, recovery.c,
 * shadow_output.c and snapshot*.c. Engine thread only, but for `stopping` and `live`. */
#pragma once

#include "detector/apply.h"
#include "detector/consume.h"
#include "detector/decide.h"
#include "detector/decode.h"
#include "detector/documents.h"
#include "detector/order_log.h"
#include "detector/pipeline.h"
#include "detector/publish.h"
#include "detector/shadows.h"
#include "detector/snapshot.h"
#include "detector/snapshot_load.h"
#include "detector/untraced.h"
#include "models/document.h"

#include <stdatomic.h>

/* FIRST: asked for, and the order log is empty: whatever comes to be in it is this engine's. */
enum { REBUILD_NONE = -1, REBUILD_LAST = -2, REBUILD_FIRST = -3 };

struct pipeline {
    struct pipeline_options options;
    const struct options *settings;
    struct port *port;
    struct documents *documents;
    struct shadows *shadows;
    char options_sha256[65];
    atomic_bool stopping; /* set by pipeline_stop */
    atomic_bool live;     /* false: a stop must also break the port's blocking calls */
    int32_t rebuild_of;   /* the epoch that a new one takes the place of; REBUILD_…: */
    struct snapshot_refused refused;
};

/* Records of topic.shadow in an hour of the engine clock; a start counts anew. */
struct shadow_hour {
    int64_t hour, taken[SCORE_SHADOWS_MAX];
};

struct session {
    struct pipeline *pipeline;
    struct runs *runs;
    struct consume *consume;
    struct decode *decode;
    struct signals *signals;
    struct apply *apply;
    struct score *score;
    const struct model *scored_by;
    uint32_t shadows; /* of them all or none, the heads of `score` beside it */
    struct shadow_hour shadow_hour;
    struct decide *decide;
    struct publish *publish;
    struct order_log *order_log;
    struct snapshot *snapshot; /* NULL: none are taken */
    struct batch *batch;
    struct untraced untraced;
    uint64_t state_hash;    /* XXH3 chained over scored sides */
    uint64_t first_ordinal; /* of the runs not yet committed */
    int32_t epoch;          /* counts the starts with empty state */
    int64_t next_order;     /* sequence of the next order record in it */
    int64_t sealed_ms;      /* when the last unit was sealed */
    bool replaying;
    /* By partition, of a rebuild: it is not what was read before; one past where the order log says
     * that it is to be taken up, 0: it does not say. */
    bool made_anew[INPUT_KINDS][STREAMS_MAX];
    int64_t past_due[INPUT_KINDS][STREAMS_MAX];
    bool due_is_known;                  /* of every partition of which anything was taken */
    bool gone[INPUT_KINDS];             /* partitions of it are read, and it is not there */
    struct order_exception *exceptions; /* of the runs not yet committed */
    uint32_t exception_count, exception_room;
    uint32_t exception_next; /* replay: of the order record, the next to be met */
    /* The record of the policy topic that was judged last. */
    struct {
        char author[POLICY_WHO_BYTES_MAX + 1], approver[POLICY_WHO_BYTES_MAX + 1];
        uint64_t ordinal;
        struct error why; /* it is refused */
    } change;
};

/* Opens every stage with empty state. */
struct session *session_open(struct pipeline *pipeline, struct error *error);
void session_close(struct session *session);

/* Scores and decides by the documents in force from the next batch on. */
bool session_judge(struct session *session, struct error *error);
/* decode → apply → score → decide → publish for the batch that consume has filled. */
bool session_process(struct session *session, struct error *error);
/* Adds what shadows would have advised on the scored batch to the commit. */
bool session_publish_shadows(struct session *session, struct error *error);
/* Of a decoded batch whose last record is a change of the documents: judges it. */
bool session_judge_change(struct session *session, struct error *error);
/* Adds what the policy topic is told of it to the commit. */
bool session_acknowledge(struct session *session, struct error *error);
/* Behind the commit: what was accepted comes into force. */
bool session_change(struct session *session, struct error *error);
/* What is in force when a session goes live. */
void session_show_documents(const struct session *session);
/* Records processed since the last order record. */
uint64_t session_uncommitted(const struct session *session);
/* Whether there is something to commit, and be it where a partition stands of which nothing was
 * read. */
bool session_has_news(const struct session *session);
bool session_commit_due(const struct session *session, int64_t now_ms);
/* True when the engine takes no more before a commit: one in flight is to catch up, or documents
 * come into force behind one. */
bool session_holds(const struct session *session);
/* Seals what has been processed since the last order record into one commit. Not while one is in
 * flight. */
bool session_commit(struct session *session, struct error *error);

/* AGAIN: with a new session; a snapshot turned out to be damaged when half of it was loaded. */
enum recovery { RECOVERED, RECOVERY_AGAIN, RECOVERY_STOPPED, RECOVERY_FAILED };
/* After fencing: captures the order log; empty state, a snapshot, or a new epoch; the order log
 * stands where replay goes on.
 */
enum recovery session_begin(struct session *session, struct error *error);
/* Writes order record 0 of the epoch: where every partition starts. */
bool session_first_start(struct session *session, struct error *error);
/* Looks for partitions of the inputs that are new, at a commit boundary: they start at their first
 * record. */
bool session_look_for_input(struct session *session, struct error *error);
/* The input as a live session has it: what is new of the compacted inputs is taken in, what they
 * hold goes before the first transaction of an epoch, and the port is assigned. */
bool session_open_input(struct session *session, struct error *error);
/* Fence, order log, replay with output muted; leaves the session live at the committed position. */
enum recovery session_recover(struct session *session, struct error *error);
