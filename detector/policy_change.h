/* SPDX-License-Identifier: Apache-2.0 */
/* A record of the policy topic: which documents are to come into force, by whom. Its value is JSON,
 *
 *   {"format": "saqshy-change/1", "author": "…", "approver": "…", "reason": "…",
 *    "policy": "…", "model": "…"}
 *
 * where `policy` and `model` are the documents' own bytes as a text, so that their SHA-256 is that
 * of the file. At least one of the two is there; the other stays as it is. The key is the id of the
 * policy, or of the model where no policy is named. */
#pragma once

#include "detector/base/bytes.h"
#include "detector/base/error.h"

#include <stddef.h>

#define POLICY_CHANGE_FORMAT "saqshy-change/1"
/* What an engine answers with, in the same topic. */
#define POLICY_ACK_FORMAT "saqshy-change-ack/1"
/* Its key: this, the shard, a slash, and the change's own key. */
#define POLICY_ACK_PREFIX "ack/"

enum { POLICY_CHANGE_BYTES_MAX = 1 << 20, POLICY_WHO_BYTES_MAX = 128, POLICY_WHY_BYTES_MAX = 512 };

struct json_t;

struct policy_change {
    const char *author, *approver, *reason; /* without control characters; "": not named */
    const char *policy, *model;             /* NULL: stays as it is */
    size_t policy_size, model_size;
    struct json_t *document; /* that all of them are borrowed from */
};

/* Whether a record names no change: an acknowledgement, or a key without a value. */
bool policy_change_is_note(struct bytes key, struct bytes value);
/* ERROR_CONFIG: it is none, and the text says why. A pure function of the value. */
bool policy_change_read(struct policy_change *change, struct bytes value, struct error *error);
void policy_change_free(struct policy_change *change);
/* The two-person rule: ERROR_CONFIG unless author and approver are both named and are not the same,
 * in whatever case their ASCII letters are. */
bool policy_change_by_two(const struct policy_change *change, struct error *error);
/* The value of a record, to be freed; borrows nothing. ERROR_CONFIG: it cannot be one. */
char *policy_change_write(const struct policy_change *change, size_t *size, struct error *error);
