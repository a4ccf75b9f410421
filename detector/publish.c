/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/publish.h"

#include "detector/base/digest.h"
#include "detector/base/log.h"
#include "detector/base/murmur2.h"
#include "detector/cloud_events.h"
#include "detector/dead_letter.h"
#include "detector/service/health.h"
#include "detector/service/metrics.h"
#include "schemas/encode.h"
#include "schemas/frame.h"

#include <stdlib.h>

enum { AWAY_WAIT_MS = 1000, AWAY_SAID_MS = 60000 };

struct publish {
    struct publish_options options;
    struct encoder *encoder;
    struct publisher *publisher;
    struct order_output *chain; /* one per partition of the recommendations' topic */
    int32_t recommendation_partitions, dead_letter_partitions, order_partition, shadow_partitions;
    size_t shadow_scores; /* in the filling unit */
    bool muted;
    struct recommendation outgoing; /* with its place in the chain */
};

/* What cannot be used must not be dropped, and there is nowhere to put it. */
static bool await_dead_letters(struct publish *p, struct error *error) {
    struct port *port = p->options.port;
    const char *topic = p->options.topic_dead_letters;
    for (unsigned tries = 0;; tries++) {
        if (port->ops->partition_count(port, topic, &p->dead_letter_partitions, error)) {
            if (tries > 0) log_info("event=dead_letters_back topic=%s", topic);
            return true;
        }
        if (error->code != ERROR_CONFIG || p->options.stopping == NULL) return false;
        if (atomic_load(p->options.stopping))
            return error_set(error, ERROR_INTERRUPTED, "stopped while waiting for topic %s", topic);
        if (tries % (AWAY_SAID_MS / AWAY_WAIT_MS) == 0)
            log_warn("event=dead_letters_away topic=%s why=\"%s\" next=\"create the topic; the "
                     "stream stands still until it is there, and nothing is dropped\"",
                     topic, error->text);
        health_beat();
        port->ops->wait(port, AWAY_WAIT_MS);
    }
}

static bool count_shadow_partitions(struct publish *p, struct error *error) {
    const char *topic = p->options.topic_shadow;
    return topic == NULL || topic[0] == '\0' ||
           p->options.port->ops->partition_count(p->options.port, topic, &p->shadow_partitions,
                                                 error);
}

static bool count_partitions(struct publish *p, struct error *error) {
    struct port *port = p->options.port;
    int32_t order_partitions = 0;
    if (!port->ops->partition_count(port, p->options.topic_recommendations,
                                    &p->recommendation_partitions, error) ||
        !await_dead_letters(p, error) ||
        !port->ops->partition_count(port, p->options.topic_order, &order_partitions, error) ||
        !count_shadow_partitions(p, error))
        return false;
    const struct text shard = text_of(p->options.shard_id);
    p->order_partition = murmur2_partition((struct bytes){(const uint8_t *)shard.data, shard.size},
                                           order_partitions);
    return true;
}

static bool chain_start(struct publish *p, struct error *error) {
    p->chain = calloc((size_t)p->recommendation_partitions, sizeof *p->chain);
    if (p->chain == NULL) return error_set(error, ERROR_FAILED, "no memory for the output chain");
    for (int32_t i = 0; i < p->recommendation_partitions; i++) {
        p->chain[i].topic = text_of(p->options.topic_recommendations);
        p->chain[i].partition = i;
    }
    return true;
}

struct publish *publish_open(const struct publish_options *options, struct error *error) {
    struct publish *p = calloc(1, sizeof *p);
    if (p == NULL) {
        error_set(error, ERROR_FAILED, "no memory to publish");
        return NULL;
    }
    p->options = *options;
    if (!count_partitions(p, error) || !chain_start(p, error)) goto fail;
    p->encoder = encoder_open(error);
    if (p->encoder == NULL) goto fail;
    p->publisher = publisher_open(options->port, options->unit_bytes_max, error);
    if (p->publisher == NULL) goto fail;
    return p;
fail:
    publish_close(p);
    return NULL;
}

void publish_close(struct publish *p) {
    if (p == NULL) return;
    publisher_close(p->publisher);
    encoder_close(p->encoder);
    free(p->chain);
    free(p);
}

void publish_mute(struct publish *p, bool muted) {
    p->muted = muted;
}

static void chain_advance(struct order_output *link, struct bytes framed) {
    digest_sha256(framed.data + FRAME_SIZE, framed.size - FRAME_SIZE, link->last_hash);
    link->next_sequence++;
}

static bool send_recommendation(struct publish *p, const struct recommendation *recommendation,
                                const struct input *input, int32_t partition, struct bytes value,
                                struct error *error) {
    struct cloud_events events;
    cloud_events_fill(&events, recommendation, p->options.shard_id, p->options.port, input);
    const struct text target = recommendation->target_account_token;
    const struct port_message message = {
        .topic = p->options.topic_recommendations,
        .partition = partition,
        .key = {(const uint8_t *)target.data, target.size},
        .value = value,
        .headers = events.headers,
        .header_count = events.count,
    };
    return commit_unit_add(publisher_filling(p->publisher), &message, error);
}

bool publish_recommendation(struct publish *p, const struct recommendation *recommendation,
                            const struct input *input, struct error *error) {
    const struct text target = recommendation->target_account_token;
    const int32_t partition = murmur2_partition(
        (struct bytes){(const uint8_t *)target.data, target.size}, p->recommendation_partitions);
    struct order_output *link = &p->chain[partition];
    p->outgoing = *recommendation;
    p->outgoing.sequence = link->next_sequence;
    memcpy(p->outgoing.previous_hash, link->last_hash, sizeof link->last_hash);
    struct bytes value;
    if (!encode_recommendation(p->encoder, &p->outgoing, &value, error)) return false;
    chain_advance(link, value);
    if (p->muted) return true;
    metrics_add(METRIC_RECOMMENDATIONS, 1);
    return send_recommendation(p, recommendation, input, partition, value, error);
}

static bool send_dead_letter(struct publish *p, const struct batch *batch, uint32_t row,
                             struct error *error) {
    const struct input *input = &batch->input[row];
    struct dead_letter letter;
    dead_letter_fill(&letter, p->options.port, input, batch->verdict[row],
                     batch->verdict_text[row]);
    const struct bytes key = input->record.key;
    const struct port_message message = {
        .topic = p->options.topic_dead_letters,
        .partition = key.data != NULL ? murmur2_partition(key, p->dead_letter_partitions)
                                      : input->partition % p->dead_letter_partitions,
        .key = letter.key,
        .value = letter.value,
        .headers = letter.headers,
        .header_count = letter.header_count,
    };
    metrics_add(METRIC_DEAD_LETTERS, 1);
    return commit_unit_add(publisher_filling(p->publisher), &message, error);
}

bool publish_dead_letters(struct publish *p, const struct batch *batch, struct error *error) {
    if (p->muted) return true;
    for (uint32_t row = 0; row < batch->count; row++)
        if (verdict_is_dead_letter(batch->verdict[row]) && !send_dead_letter(p, batch, row, error))
            return false;
    return true;
}

bool publish_shadow_score(struct publish *p, const struct shadow_score *score,
                          struct error *error) {
    struct bytes value;
    const struct text account = score->account_token;
    const struct bytes key = {(const uint8_t *)account.data, account.size};
    if (p->muted) return true;
    if (!encode_shadow_score(p->encoder, score, &value, error)) return false;
    const struct port_message message = {
        .topic = p->options.topic_shadow,
        .partition = murmur2_partition(key, p->shadow_partitions),
        .key = key,
        .value = value,
    };
    p->shadow_scores++;
    return commit_unit_add(publisher_filling(p->publisher), &message, error);
}

bool publish_note(struct publish *p, const struct port_message *message, struct error *error) {
    return p->muted || commit_unit_add(publisher_filling(p->publisher), message, error);
}

size_t publish_pending(const struct publish *p) {
    return commit_unit_count(publisher_filling(p->publisher)) - p->shadow_scores;
}

size_t publish_pending_bytes(const struct publish *p) {
    return commit_unit_bytes(publisher_filling(p->publisher));
}

bool publish_busy(struct publish *p) {
    return publisher_busy(p->publisher);
}

bool publish_ready(struct publish *p) {
    return publisher_ready(p->publisher);
}

const struct order_output *publish_outputs(struct publish *p, uint32_t *count) {
    *count = (uint32_t)p->recommendation_partitions;
    return p->chain;
}

static bool follow_link(struct order_output *link, const struct order_output *logged,
                        bool same_build, struct error *error) {
    const bool same = memcmp(link->last_hash, logged->last_hash, sizeof link->last_hash) == 0;
    if (link->next_sequence != logged->next_sequence || (same_build && !same))
        return error_set(error, ERROR_BAD_DATA,
                         "%s/%d: replay comes to recommendation %lld with %s hash, published were "
                         "%lld; the program computes differently or the log was changed",
                         link->topic.data, (int)link->partition, (long long)link->next_sequence,
                         same ? "the same" : "another", (long long)logged->next_sequence);
    memcpy(link->last_hash, logged->last_hash, sizeof link->last_hash);
    return true;
}

static bool has_partition(const struct publish *p, const struct order_output *output) {
    return output->partition >= 0 && output->partition < p->recommendation_partitions;
}

bool publish_follow(struct publish *p, const struct order_output *outputs, uint32_t count,
                    bool same_build, struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        if (!has_partition(p, &outputs[i]))
            return error_set(error, ERROR_BAD_DATA, "%s has no partition %d any more",
                             p->options.topic_recommendations, (int)outputs[i].partition);
        if (!follow_link(&p->chain[outputs[i].partition], &outputs[i], same_build, error))
            return false;
    }
    return true;
}

bool publish_seal(struct publish *p, const struct order_record *record,
                  const struct port_position *positions, size_t count, struct error *error) {
    struct bytes value;
    if (!encode_order(p->encoder, record, &value, error)) return false;
    const struct port_message message = {
        .topic = p->options.topic_order,
        .partition = p->order_partition,
        .key = {(const uint8_t *)record->shard.data, record->shard.size},
        .value = value,
    };
    struct commit_unit *unit = publisher_filling(p->publisher);
    if (!commit_unit_add(unit, &message, error)) return false;
    commit_unit_set_positions(unit, positions, count);
    publisher_seal(p->publisher);
    p->shadow_scores = 0;
    return true;
}

enum port_status publish_status(struct publish *p, struct error *error) {
    return publisher_status(p->publisher, error);
}

static bool fail_fewer(const struct publish *p, struct error *error) {
    return error_set(
        error, ERROR_CONFIG,
        "topic %s has %d partitions, fewer than shard %s has published to: was it made "
        "anew? Restore it, or take a new shard.id with start.from",
        p->options.topic_recommendations, (int)p->recommendation_partitions, p->options.shard_id);
}

bool publish_fits(const struct publish *p, const struct order_output *outputs, uint32_t count,
                  struct error *error) {
    for (uint32_t i = 0; i < count; i++)
        if (!has_partition(p, &outputs[i])) return fail_fewer(p, error);
    if (count >= (uint32_t)p->recommendation_partitions) return true;
    return error_set(error, ERROR_CONFIG,
                     "topic %s has %d partitions, and shard %s was made with %u of them: its "
                     "recommendations would go to other ones than before. `saqshy run --rebuild` "
                     "goes on with %d, with empty state (docs/OPERATIONS.md, \"Rebuilding\"), or "
                     "take a new shard.id",
                     p->options.topic_recommendations, (int)p->recommendation_partitions,
                     p->options.shard_id, count, (int)p->recommendation_partitions);
}

bool publish_continue(struct publish *p, const struct order_output *outputs, uint32_t count,
                      struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        if (!has_partition(p, &outputs[i]) && outputs[i].next_sequence == 0) continue;
        if (!has_partition(p, &outputs[i])) return fail_fewer(p, error);
        struct order_output *link = &p->chain[outputs[i].partition];
        link->next_sequence = outputs[i].next_sequence;
        memcpy(link->last_hash, outputs[i].last_hash, sizeof link->last_hash);
    }
    return true;
}

void publish_save(const struct publish *p, struct pack *pack) {
    pack_u32(pack, (uint32_t)p->recommendation_partitions);
    for (int32_t i = 0; i < p->recommendation_partitions; i++) {
        pack_i64(pack, p->chain[i].next_sequence);
        pack_bytes(pack, p->chain[i].last_hash, sizeof p->chain[i].last_hash);
    }
}

bool publish_load(struct publish *p, struct unpack *u) {
    if (unpack_u32(u) != (uint32_t)p->recommendation_partitions) return false;
    for (int32_t i = 0; i < p->recommendation_partitions; i++) {
        p->chain[i].next_sequence = unpack_i64(u);
        unpack_bytes(u, p->chain[i].last_hash, sizeof p->chain[i].last_hash);
    }
    return !u->bad;
}
