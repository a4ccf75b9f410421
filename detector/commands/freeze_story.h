/* SPDX-License-Identifier: Apache-2.0 */
/* All revisions of one recommendation, in their order, each once, with what changed from one to the
 * next. For tools. */
#pragma once

#include "detector/base/digest.h"
#include "detector/commands/freezes.h"

struct freeze_revision {
    json_t *fields; /* of the contract, as avro_json.h writes them */
    int64_t number;
    int32_t partition;
    int64_t offset;
    char sha256[DIGEST_HEX_SIZE]; /* of the value without its frame, as the chain has it */
};

struct freeze_story;

/* `id`: RECOMMENDATION_ID_SIZE characters. `until_us`: as freeze_book_open. */
struct freeze_story *freeze_story_open(const char *id, int64_t until_us, struct error *error);
void freeze_story_close(struct freeze_story *story);
/* A record of the topic; false: it is of another recommendation, or cannot be read. */
bool freeze_story_take(struct freeze_story *story, const struct freeze_record *record);
/* After all: orders them. */
void freeze_story_end(struct freeze_story *story);
size_t freeze_story_count(const struct freeze_story *story);
const struct freeze_revision *freeze_story_at(const struct freeze_story *story, size_t index);

/* Fields in which a revision may differ from the one before it, in the contract's order. */
extern const char *const freeze_story_fields[];
extern const size_t freeze_story_field_count;
/* Whether both say the same of a field. */
bool freeze_story_same(const struct freeze_revision *a, const struct freeze_revision *b,
                       const char *field);
