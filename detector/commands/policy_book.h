/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy topic says in all: every change, judged by what an engine judges it by at a first
 * start (detector/documents.h), and what the engines answered. For tools. */
#pragma once

#include "detector/documents.h"
#include "detector/port.h"

struct policy_entry {
    char *key;
    char *author, *approver, *reason; /* "": not named */
    char *policy, *model;             /* NULL: not named */
    size_t policy_size, model_size;
    char policy_sha256[65], model_sha256[65]; /* "": not named */
    char *policy_id, *model_id;               /* "": not named, or it cannot be used */
    char *why;                                /* NULL: it can be used */
    int32_t partition;
    int64_t offset, timestamp_ms;
};

struct policy_ack {
    char *shard, *key, *why, *build;
    bool active;
    int32_t partition; /* of the change */
    int64_t offset;
    char policy_sha256[65], model_sha256[65]; /* in force behind it */
    int64_t timestamp_ms;                     /* of the acknowledgement */
};

struct policy_book {
    struct options options;      /* without state.dir: nothing is kept */
    struct documents *documents; /* in force by the files and the changes that can be used */
    struct policy_entry *entries;
    size_t count, room;
    struct policy_ack *acks;
    size_t ack_count, ack_room;
    uint64_t useless; /* acknowledgements that cannot be read */
};

/* Before anything was read: the files are in force. NULL on failure. */
struct policy_book *policy_book_open(const struct options *options, struct error *error);
void policy_book_close(struct policy_book *book);
/* Reads the topic to its end as it is now; assigns the port's consumer. */
bool policy_book_read(struct policy_book *book, struct port *port, struct error *error);
/* As if the change were read as the next record, under this key (no data: any). ERROR_CONFIG: it is
 * refused. */
bool policy_book_judge(struct policy_book *book, const struct policy_change *change,
                       struct text key, struct error *error);
/* The newest change that names a document of this SHA-256; where none does, or it is not whole, of
 * this id or of a SHA-256 that begins so; NULL: none. `model`: which of its documents is meant. */
const struct policy_entry *policy_book_find(const struct policy_book *book, const char *name,
                                            bool *model);
/* Whether a document says that it is a model; one that says nothing is taken for a policy. */
bool policy_text_is_model(const char *json, size_t size);
