/* SPDX-License-Identifier: Apache-2.0 */
/* The first chunk of a snapshot: what it is a snapshot of. Texts are borrowed. */
#pragma once

#include "detector/base/error.h"
#include "detector/base/pack.h"

/* Of everything that the stages write; a change of it is another layout, which nobody loads. */
enum { SNAPSHOT_LAYOUT = 13 };

struct snapshot_manifest {
    uint32_t layout;
    struct text shard, build;
    struct text options_sha256, features_sha256, model_sha256, policy_sha256;
    int32_t epoch;
    int64_t sequence; /* of the first order record that is not in it */
    uint64_t ordinal; /* of the first input record that is not in it */
    uint64_t state_hash;
    int64_t engine_clock_s, taken_ms;
    uint64_t accounts, episodes, signals;
};

void snapshot_manifest_pack(const struct snapshot_manifest *manifest, struct pack *pack);
/* False: this is none. One of another layout has its `layout` and `shard` alone. */
bool snapshot_manifest_unpack(struct snapshot_manifest *manifest, struct unpack *unpack);
