/* SPDX-License-Identifier: Apache-2.0 */
/* Publish: recommendations, dead letters and order records into commit units.
 *
 * Recommendations are framed Avro, keyed by the target account, partitioned by murmur2, chained per
 * output partition by sequence and SHA-256 of the previous value without its frame. Muted (replay),
 * nothing is sent and the chain moves on all the same. Engine thread; owns the publisher thread. */
#pragma once

#include "detector/base/pack.h"
#include "detector/batch.h"
#include "detector/publisher.h"
#include "detector/recommendation.h"
#include "detector/shadow_score.h"
#include "schemas/order_record.h"

#include <stdatomic.h>

struct publish;

struct publish_options {
    struct port *port;
    const char *shard_id;
    const char *topic_recommendations, *topic_dead_letters, *topic_order;
    const char *topic_shadow; /* empty: none */
    size_t unit_bytes_max;
    /* Set when the engine is to stop; NULL: a missing dead-letter topic is not waited for. */
    const atomic_bool *stopping;
};

/* Asks the port for partition counts. ERROR_CONFIG when a topic is missing; but a dead-letter topic
 * that is away holds the stream: it is waited for, and once a minute it is said. */
struct publish *publish_open(const struct publish_options *options, struct error *error);
/* Waits for the unit in flight. */
void publish_close(struct publish *publish);

void publish_mute(struct publish *publish, bool muted);
/* Adds a recommendation, with its place in the chain. `input` triggered it. */
bool publish_recommendation(struct publish *publish, const struct recommendation *recommendation,
                            const struct input *input, struct error *error);
/* Every row of the batch whose verdict is a dead letter. */
bool publish_dead_letters(struct publish *publish, const struct batch *batch, struct error *error);

/* Adds what a shadow model would have advised, to the topic that is named for it. No commit comes
 * for its sake. */
bool publish_shadow_score(struct publish *publish, const struct shadow_score *score,
                          struct error *error);

/* A message of the caller's own. */
bool publish_note(struct publish *publish, const struct port_message *message, struct error *error);

/* Messages in the filling unit that are to be committed at once; bytes of all. */
size_t publish_pending(const struct publish *publish);
size_t publish_pending_bytes(const struct publish *publish);
/* A unit is in flight. */
bool publish_busy(struct publish *publish);
/* The filling unit may be sealed. */
bool publish_ready(struct publish *publish);
/* Where the chain stands, for the order record: borrowed until the next call. */
const struct order_output *publish_outputs(struct publish *publish, uint32_t *count);
/* Replay: where the chain stood when the outputs were published. ERROR_BAD_DATA when another number
 * of recommendations came out, or by the same build another last one; by another build, its hash is
 * taken over. */
bool publish_follow(struct publish *publish, const struct order_output *outputs, uint32_t count,
                    bool same_build, struct error *error);
/* ERROR_CONFIG, with the next step: the topic has another number of partitions than when these were
 * published. */
bool publish_fits(const struct publish *publish, const struct order_output *outputs, uint32_t count,
                  struct error *error);
/* A new epoch: the chain goes on from there. ERROR_CONFIG: a partition with something published is
 * not there. */
bool publish_continue(struct publish *publish, const struct order_output *outputs, uint32_t count,
                      struct error *error);
/* Where the chain stands; into a stage that is new. False: the topic has other partitions. */
void publish_save(const struct publish *publish, struct pack *pack);
bool publish_load(struct publish *publish, struct unpack *unpack);
/* Adds the order record and the offsets, and hands the unit to the publisher. Only when ready. */
bool publish_seal(struct publish *publish, const struct order_record *record,
                  const struct port_position *positions, size_t count, struct error *error);
enum port_status publish_status(struct publish *publish, struct error *error);
