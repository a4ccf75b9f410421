/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/digest.h"
#include "detector/commands/verify.h"
#include "detector/recommendation.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHAINS_MAX = 1024 }; /* shards that share a partition */

/* One recommendation. */

struct verify_reader {
    struct avro_text *text;
};

struct verify_reader *verify_reader_open(struct error *error) {
    size_t size = 0;
    const char *json = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    struct verify_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        error_set(error, ERROR_FAILED, "no memory to read recommendations");
        return NULL;
    }
    r->text = avro_text_open(json, size, error);
    if (r->text != NULL) return r;
    verify_reader_close(r);
    return NULL;
}

void verify_reader_close(struct verify_reader *r) {
    if (r == NULL) return;
    avro_text_close(r->text);
    free(r);
}

static void take_leaf(void *context, const struct avro_leaf *leaf) {
    struct verify_record *out = context;
    if (strcmp(leaf->path, "sequence") == 0)
        out->sequence = leaf->number;
    else if (strcmp(leaf->path, "previous_hash") == 0)
        out->previous_hash = leaf->raw;
    else if (strcmp(leaf->path, "model_sha256") == 0)
        snprintf(out->model_sha256, sizeof out->model_sha256, "%.70s", leaf->value);
    else if (strcmp(leaf->path, "policy_sha256") == 0)
        snprintf(out->policy_sha256, sizeof out->policy_sha256, "%.70s", leaf->value);
    else if (strcmp(leaf->path, "build") == 0)
        snprintf(out->build, sizeof out->build, "%.70s", leaf->value);
}

static void read_shard(struct verify_record *out) {
    static const char prefix[] = "saqshy/";
    const uint32_t skipped = sizeof prefix - 1;
    struct port_header header;
    out->shard[0] = '\0';
    for (size_t i = 0; memory_port_get_header(&out->record, i, &header); i++) {
        const struct bytes value = header.value;
        if (strcmp(header.name, "ce_source") != 0 || value.size <= skipped ||
            memcmp(value.data, prefix, skipped) != 0)
            continue;
        snprintf(out->shard, sizeof out->shard, "%.*s", (int)(value.size - skipped),
                 (const char *)value.data + skipped);
        return;
    }
}

static bool read_value(struct verify_reader *r, struct verify_record *out) {
    int32_t schema_id = 0;
    out->body = (struct bytes){NULL, 0};
    out->why = "it has no value";
    if (out->record.value.data == NULL) return false;
    out->why = "it has no frame";
    if (!frame_parse(out->record.value, &schema_id, &out->body, &out->why)) return false;
    out->why = "its frame names another schema";
    if (schema_id != SCHEMA_ID_RECOMMENDATION) return false;
    if (!avro_text_read(r->text, out->body, take_leaf, out, &out->why)) return false;
    out->why = out->shard[0] == '\0' ? "it names no shard in ce_source"
                                     : recommendation_sequence_fault(out->sequence);
    return out->why == NULL;
}

bool verify_read(struct verify_reader *r, const struct memory_port *memory, const char *topic,
                 int32_t partition, size_t index, struct verify_record *out) {
    out->sequence = -1;
    out->previous_hash = (struct bytes){NULL, 0};
    out->model_sha256[0] = out->policy_sha256[0] = out->build[0] = '\0';
    if (!memory_port_get(memory, topic, partition, index, &out->record)) return false;
    read_shard(out);
    if (!read_value(r, out)) out->sequence = -1;
    return true;
}

/* Chains. */

struct chain {
    char shard[VERIFY_SHARD_SIZE];
    int64_t next_sequence, last_offset;
    uint8_t last_hash[DIGEST_SIZE];
    bool hash_known;
};

struct chains {
    const struct verify_output *output;
    struct verify_report *report;
    struct verify_chain_counts *counts;
    struct verify_shards *shards;
    struct chain *chain; /* of the partition in hand */
    size_t count;
};

static void find(const struct chains *c, const char *kind, int32_t partition,
                 const struct verify_record *record, const char *text) {
    struct verify_finding finding = {.kind = kind,
                                     .partition = partition,
                                     .sequence = record->sequence,
                                     .offset = record->record.offset};
    snprintf(finding.text, sizeof finding.text, "%s", text);
    verify_report(c->report, &finding);
}

static struct chain *chain_of(struct chains *c, const char *shard, struct error *error) {
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->chain[i].shard, shard) == 0) return &c->chain[i];
    if (c->count == CHAINS_MAX) {
        error_set(error, ERROR_FAILED, "more than %d shards share a partition", CHAINS_MAX);
        return NULL;
    }
    struct chain *chain = &c->chain[c->count++];
    *chain = (struct chain){.last_offset = -1, .hash_known = true};
    snprintf(chain->shard, sizeof chain->shard, "%s", shard);
    c->counts->chains++;
    return chain;
}

/* What retention has taken is no gap. */
static bool begins_late(struct chains *c, const struct chain *chain, int32_t partition,
                        const struct verify_record *record) {
    const struct verify_output *o = c->output;
    if (chain->last_offset >= 0 || record->sequence == 0 ||
        !(o->beginning_may_lack || o->begins_late[partition]))
        return false;
    c->counts->begun_late++;
    return true;
}

static void judge_sequence(const struct chains *c, const struct chain *chain, int32_t partition,
                           const struct verify_record *record) {
    char text[256];
    const int64_t due = chain->next_sequence;
    if (record->sequence == due + 1)
        snprintf(text, sizeof text, "number %lld of shard %.64s is missing", (long long)due,
                 chain->shard);
    else if (record->sequence > due)
        snprintf(text, sizeof text, "numbers %lld to %lld of shard %.64s are missing",
                 (long long)due, (long long)record->sequence - 1, chain->shard);
    else
        snprintf(text, sizeof text,
                 "it comes after number %lld, at offset %lld, of shard %.64s: repeated, or out of "
                 "order",
                 (long long)due - 1, (long long)chain->last_offset, chain->shard);
    find(c, record->sequence > due ? "GAP" : "REPEAT", partition, record, text);
}

static void judge_hash(const struct chains *c, const struct chain *chain, int32_t partition,
                       const struct verify_record *record) {
    char text[256];
    if (memcmp(record->previous_hash.data, chain->last_hash, DIGEST_SIZE) == 0) return;
    if (chain->last_offset < 0)
        snprintf(text, sizeof text, "the first of shard %.64s names one before it", chain->shard);
    else
        snprintf(text, sizeof text,
                 "it names another content of number %lld of shard %.64s than stands at offset "
                 "%lld: one of the two was changed",
                 (long long)chain->next_sequence - 1, chain->shard, (long long)chain->last_offset);
    find(c, "CHAIN", partition, record, text);
}

/* A repeat leaves the chain where it is: what comes after it goes on from the greatest number. */
static void advance(struct chain *chain, const struct verify_record *record) {
    if (record->sequence < chain->next_sequence) return;
    chain->next_sequence = record->sequence + 1;
    chain->last_offset = record->record.offset;
    chain->hash_known = true;
    digest_sha256(record->body.data, record->body.size, chain->last_hash);
}

static bool take(struct chains *c, int32_t partition, const struct verify_record *record,
                 struct error *error) {
    char text[256];
    c->counts->recommendations++;
    if (record->sequence < 0) {
        snprintf(text, sizeof text, "it cannot be read: %s", record->why);
        find(c, "UNREADABLE", partition, record, text);
    }
    if (record->shard[0] == '\0') return true;
    if (!verify_shards_note(c->shards, partition, record, error)) return false;
    struct chain *chain = chain_of(c, record->shard, error);
    if (chain == NULL) return false;
    if (record->sequence < 0) { /* it stands where the next number is due */
        chain->next_sequence++;
        chain->last_offset = record->record.offset;
        chain->hash_known = false;
        return true;
    }
    const bool late = begins_late(c, chain, partition, record);
    if (!late && record->sequence != chain->next_sequence)
        judge_sequence(c, chain, partition, record);
    else if (!late && chain->hash_known)
        judge_hash(c, chain, partition, record);
    advance(chain, record);
    return true;
}

bool verify_chain(const struct verify_output *output, struct verify_reader *reader,
                  struct verify_report *report, struct verify_chain_counts *counts,
                  struct verify_shards *shards, struct error *error) {
    struct chains c = {.output = output, .report = report, .counts = counts, .shards = shards};
    struct verify_record record;
    *counts = (struct verify_chain_counts){0};
    c.chain = calloc(CHAINS_MAX, sizeof *c.chain);
    if (c.chain == NULL) return error_set(error, ERROR_FAILED, "no memory for the chains");
    bool ok = true;
    for (int32_t p = 0; ok && p < output->partitions; p++) {
        c.count = 0;
        for (size_t i = 0; ok && verify_read(reader, output->memory, output->topic, p, i, &record);
             i++)
            ok = take(&c, p, &record, error);
    }
    free(c.chain);
    return ok;
}
