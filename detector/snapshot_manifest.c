/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshot_manifest.h"

void snapshot_manifest_pack(const struct snapshot_manifest *m, struct pack *p) {
    pack_u32(p, m->layout);
    pack_text(p, m->shard);
    pack_text(p, m->build);
    pack_text(p, m->options_sha256);
    pack_text(p, m->features_sha256);
    pack_text(p, m->model_sha256);
    pack_text(p, m->policy_sha256);
    pack_u32(p, (uint32_t)m->epoch);
    pack_i64(p, m->sequence);
    pack_u64(p, m->ordinal);
    pack_u64(p, m->state_hash);
    pack_i64(p, m->engine_clock_s);
    pack_i64(p, m->taken_ms);
    pack_u64(p, m->accounts);
    pack_u64(p, m->episodes);
    pack_u64(p, m->signals);
}

bool snapshot_manifest_unpack(struct snapshot_manifest *m, struct unpack *u) {
    *m = (struct snapshot_manifest){.layout = unpack_u32(u)};
    m->shard = unpack_text(u);
    if (m->layout != SNAPSHOT_LAYOUT) return !u->bad && m->shard.data != NULL;
    m->build = unpack_text(u);
    m->options_sha256 = unpack_text(u);
    m->features_sha256 = unpack_text(u);
    m->model_sha256 = unpack_text(u);
    m->policy_sha256 = unpack_text(u);
    m->epoch = (int32_t)unpack_u32(u);
    m->sequence = unpack_i64(u);
    m->ordinal = unpack_u64(u);
    m->state_hash = unpack_u64(u);
    m->engine_clock_s = unpack_i64(u);
    m->taken_ms = unpack_i64(u);
    m->accounts = unpack_u64(u);
    m->episodes = unpack_u64(u);
    m->signals = unpack_u64(u);
    return !u->bad && m->policy_sha256.data != NULL && m->sequence > 0;
}
