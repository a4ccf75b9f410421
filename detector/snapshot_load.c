/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/snapshot_load.h"

#include "detector/base/digest.h"
#include "detector/base/log.h"
#include "detector/base/steady.h"
#include "detector/service/health.h"
#include "detector/session.h"
#include "detector/snapshot_ahead.h"
#include "detector/snapshot_manifest.h"
#include "detector/snapshot_writer.h"

#include <assert.h>

enum { PROGRESS_ACCOUNTS = 1 << 20 };

/* Choosing. */

struct candidate {
    struct disk *disk;
    struct snapshot_name name;
};

static bool is_refused(const struct snapshot_refused *refused, const struct candidate *c,
                       const char *prefix) {
    char name[SNAPSHOT_NAME_SIZE];
    snprintf(name, sizeof name, "%s%.500s", prefix, c->name.text);
    for (size_t i = 0; i < refused->count; i++)
        if (strcmp(refused->names[i], name) == 0) return true;
    return false;
}

static const char *prefix_of(const struct session *s, const struct disk *disk) {
    return disk == s->pipeline->options.snapshots ? "" : "copy of ";
}

static void refuse(const struct session *s, const struct candidate *c, const char *why) {
    struct snapshot_refused *refused = &s->pipeline->refused;
    log_warn("event=snapshot_refused name=\"%s%s\" why=\"%s\" next=\"the one before it is tried\"",
             prefix_of(s, c->disk), c->name.text, why);
    assert(refused->count < SNAPSHOTS_MAX);
    snprintf(refused->names[refused->count++], SNAPSHOT_NAME_SIZE, "%s%.500s",
             prefix_of(s, c->disk), c->name.text);
}

static void set_aside(const struct candidate *c) {
    struct error error;
    if (snapshots_set_aside(c->disk, &c->name, &error)) return;
    log_warn("event=snapshot_not_set_aside why=\"%s\" next=\"it counts as one of those kept: "
             "remove it\"",
             error.text);
}

/* Refuses it for what happened while it was read; what is damaged is no generation to be kept. A
 * stop, or a lack of memory, says nothing of it: then the start fails. */
static enum snapshot_loaded refuse_read(const struct session *s, const struct candidate *c,
                                        enum snapshot_loaded refused, const struct error *error) {
    if (error->code == ERROR_INTERRUPTED || error->code == ERROR_FAILED)
        return SNAPSHOT_LOAD_FAILED;
    refuse(s, c, error->text);
    if (error->code == ERROR_BAD_DATA) set_aside(c);
    return refused;
}

static bool is_newer(const struct snapshot_name *a, const struct snapshot_name *b) {
    return a->epoch != b->epoch ? a->epoch > b->epoch : a->sequence > b->sequence;
}

/* The newest of a directory that was not refused, if it is newer than what was found. */
static void look_in(const struct session *s, struct disk *disk, struct candidate *best) {
    static struct snapshot_list list;
    struct error error;
    if (disk == NULL) return;
    if (!snapshots_list(disk, s->pipeline->settings->shard_id, &list, &error)) {
        log_warn("event=snapshots_unreadable why=\"%s\"", error.text);
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct candidate c = {disk, list.names[i]};
        if (is_refused(&s->pipeline->refused, &c, prefix_of(s, disk))) continue;
        if (best->disk == NULL || is_newer(&c.name, &best->name)) *best = c;
        return;
    }
}

/* Loading. */

static const char *misfit(const struct session *s, const struct snapshot_manifest *m,
                          int32_t epoch) {
    const struct pipeline *p = s->pipeline;
    if (!text_equal(m->shard, text_of(p->settings->shard_id))) return "it is of another shard";
    if (m->layout != SNAPSHOT_LAYOUT) return "this build lays the state out in another way";
    if (!text_equal(m->features_sha256, text_of(feature_table_sha256())))
        return "this build has another feature table";
    if (!text_equal(m->options_sha256, text_of(p->options_sha256)))
        return "options that affect state are set in another way";
    return m->epoch != epoch ? "the order log is in another epoch" : NULL;
}

struct loading {
    struct session *session;
    struct snapshot_ahead *ahead;
    struct accounts_load accounts;
    struct signals_load signals;
    struct pack table; /* kept until the end */
    uint64_t said;
};

static bool load_state(struct session *s, struct unpack *u, struct error *error) {
    if (!consume_load(s->consume, u, error)) return false;
    decode_load(s->decode, u);
    if (!decide_load_begin(s->decide, u) || !publish_load(s->publish, u)) return false;
    runs_load_head(s->runs, u);
    return !u->bad && u->at == u->end;
}

static bool load_table(struct loading *l, const struct unpack *u, struct error *error) {
    pack_bytes(&l->table, u->at, (size_t)(u->end - u->at));
    struct unpack table = {l->table.data, l->table.data + l->table.size, false};
    if (!apply_load_begin(l->session->apply, &l->accounts, &table, error)) return false;
    health_restoring(0, l->accounts.records_due);
    return table.at == table.end;
}

static bool load_accounts(struct loading *l, struct unpack *u) {
    if (!apply_load_records(l->session->apply, &l->accounts, u)) return false;
    health_beat();
    health_restoring(l->accounts.records, l->accounts.records_due);
    if (l->accounts.records - l->said < PROGRESS_ACCOUNTS) return true;
    l->said = l->accounts.records;
    log_info("event=restoring accounts=%llu of=%llu", (unsigned long long)l->accounts.records,
             (unsigned long long)l->accounts.records_due);
    return true;
}

static bool load_signals(struct session *s, struct unpack *u) {
    health_beat();
    return signals_load_records(s->signals, u);
}

static bool load_advice(struct session *s, struct unpack *u) {
    health_beat();
    return decide_load_records(s->decide, u);
}

static bool load_chunk(struct loading *l, enum snapshot_kind kind, struct unpack *u,
                       struct error *error) {
    struct session *s = l->session;
    bool good = false;
    error->code = ERROR_NONE;
    if (kind == SNAPSHOT_STATE)
        good = load_state(s, u, error);
    else if (kind == SNAPSHOT_TABLE)
        good = load_table(l, u, error);
    else if (kind == SNAPSHOT_RUNS)
        good = runs_load(s->runs, u);
    else if (kind == SNAPSHOT_ACCOUNTS)
        good = load_accounts(l, u);
    else if (kind == SNAPSHOT_SIGNAL_TABLE)
        good = signals_load_begin(s->signals, &l->signals, u);
    else if (kind == SNAPSHOT_SIGNALS)
        good = load_signals(s, u);
    else if (kind == SNAPSHOT_TAINT)
        good = apply_load_taint(s->apply, u);
    else if (kind == SNAPSHOT_ADVICE)
        good = load_advice(s, u);
    if (!good && error->code == ERROR_NONE)
        error_set(error, ERROR_BAD_DATA, "a piece of it is not what this build writes");
    return good;
}

static bool load_chunks(struct loading *l, struct error *error) {
    for (;;) {
        enum snapshot_kind kind;
        struct unpack bytes;
        if (atomic_load(&l->session->pipeline->stopping))
            return error_set(error, ERROR_INTERRUPTED, "stopped while restoring");
        const enum snapshot_next next = snapshot_ahead_next(l->ahead, &kind, &bytes, error);
        if (next == SNAPSHOT_BAD) return false;
        if (next == SNAPSHOT_WHOLE) break;
        if (!load_chunk(l, kind, &bytes, error)) return false;
    }
    if (!decide_load_end(l->session->decide))
        return error_set(error, ERROR_BAD_DATA, "advice is missing");
    error->code = ERROR_NONE;
    if (!apply_load_end(l->session->apply, &l->accounts, error))
        return error->code == ERROR_NONE ? error_set(error, ERROR_BAD_DATA, "accounts are missing")
                                         : false;
    return signals_load_end(l->session->signals, &l->signals) ||
           error_set(error, ERROR_BAD_DATA, "signals are missing");
}

/* Behind the manifest. */
static bool load_rest(struct session *s, struct snapshot_in *in, struct error *error) {
    struct loading loading = {.session = s, .ahead = snapshot_ahead_open(in, error)};
    const bool loaded = loading.ahead != NULL && load_chunks(&loading, error);
    snapshot_ahead_close(loading.ahead);
    free(loading.table.data);
    return loaded;
}

/* What the manifest names has to be the state that the order log tells of. */
static enum order_found find_place(const struct session *s, const struct order_find *find,
                                   const struct candidate *c, const struct snapshot_manifest *m,
                                   struct order_place *place, struct error *error) {
    const enum order_found found = order_find(find, m->epoch, m->sequence - 1, place, error);
    if (found == ORDER_NOT_THERE) refuse(s, c, "the order log has no record of where it stands");
    if (found != ORDER_FOUND || place->state_hash == m->state_hash) return found;
    refuse(s, c, "the order log tells of another state there");
    return ORDER_NOT_THERE;
}

static bool load_manifest(struct snapshot_in *in, struct snapshot_manifest *m,
                          struct error *error) {
    enum snapshot_kind kind;
    struct unpack bytes;
    const enum snapshot_next next = snapshot_in_next(in, &kind, &bytes, error);
    if (next == SNAPSHOT_BAD) return false;
    return (kind == SNAPSHOT_MANIFEST && snapshot_manifest_unpack(m, &bytes)) ||
           error_set(error, ERROR_BAD_DATA, "it has no manifest");
}

/* The documents that the manifest names come into force. */
static bool load_documents(struct session *s, struct snapshot_in *in,
                           const struct snapshot_manifest *m, struct error *error) {
    struct documents *documents = s->pipeline->documents;
    char model[DIGEST_HEX_SIZE], policy[DIGEST_HEX_SIZE];
    enum snapshot_kind kind;
    struct unpack bytes;
    snprintf(model, sizeof model, "%.*s", (int)m->model_sha256.size, m->model_sha256.data);
    snprintf(policy, sizeof policy, "%.*s", (int)m->policy_sha256.size, m->policy_sha256.data);
    if (snapshot_in_next(in, &kind, &bytes, error) == SNAPSHOT_BAD) return false;
    if (kind != SNAPSHOT_DOCUMENTS) return error_set(error, ERROR_BAD_DATA, "it has no documents");
    if (!documents_load(documents, &bytes, error)) return false;
    return (strcmp(model_sha256(documents_model(documents)), model) == 0 &&
            strcmp(policy_sha256(documents_policy(documents)), policy) == 0) ||
           error_set(error, ERROR_BAD_DATA, "its documents are not those that it names");
}

/* All that comes behind the documents, which ends at this ordinal with so many signals. */
static bool load_state_at(struct session *s, struct snapshot_in *in, uint64_t ordinal,
                          uint64_t signals, struct error *error) {
    if (!session_judge(s, error) || !load_rest(s, in, error)) return false;
    return (consume_next_ordinal(s->consume) == ordinal && signals_count(s->signals) == signals) ||
           error_set(error, ERROR_BAD_DATA, "it is not of where it says");
}

static enum snapshot_loaded load_from(struct session *s, const struct order_find *find,
                                      const struct candidate *c, struct snapshot_in *in,
                                      int32_t epoch, struct order_place *place,
                                      struct error *error) {
    struct snapshot_manifest m = {.layout = 0};
    const int64_t start_ms = steady_ms();
    if (!load_manifest(in, &m, error)) return refuse_read(s, c, SNAPSHOT_NONE, error);
    const char *why = misfit(s, &m, epoch);
    if (why != NULL) {
        refuse(s, c, why);
        return SNAPSHOT_NONE;
    }
    const enum order_found found = find_place(s, find, c, &m, place, error);
    if (found != ORDER_FOUND)
        return found == ORDER_FIND_FAILED ? SNAPSHOT_LOAD_FAILED : SNAPSHOT_NONE;
    if (!load_documents(s, in, &m, error)) {
        documents_reset(s->pipeline->documents);
        return refuse_read(s, c, SNAPSHOT_NONE, error);
    }
    const uint64_t ordinal = m.ordinal, state_hash = m.state_hash, accounts = m.accounts;
    const uint64_t signals = m.signals;
    const int64_t sequence = m.sequence;
    if (!load_state_at(s, in, ordinal, signals, error))
        return refuse_read(s, c, SNAPSHOT_TRY_AGAIN, error);
    s->epoch = epoch;
    s->next_order = sequence;
    s->first_ordinal = ordinal;
    s->state_hash = state_hash;
    snapshot_was_loaded(s->snapshot, epoch, sequence,
                        s->pipeline->port->ops->now_ms(s->pipeline->port));
    log_info("event=restored name=\"%s%s\" accounts=%llu seconds=%.1f", prefix_of(s, c->disk),
             c->name.text, (unsigned long long)accounts, (double)(steady_ms() - start_ms) / 1e3);
    return SNAPSHOT_LOADED;
}

/* Another one could not be remembered, and would be chosen for ever. */
static bool gives_up(const struct session *s) {
    if (s->pipeline->refused.count < SNAPSHOTS_MAX) return false;
    log_warn("event=snapshots_given_up refused=%d next=\"the order log is replayed from the first "
             "record of the epoch; remove what is of no use\"",
             SNAPSHOTS_MAX);
    return true;
}

enum snapshot_loaded snapshot_load(struct session *s, const struct order_find *find, int32_t epoch,
                                   struct order_place *place, struct error *error) {
    for (;;) {
        struct candidate best = {.disk = NULL};
        error->code = ERROR_NONE;
        if (gives_up(s)) return SNAPSHOT_NONE;
        look_in(s, s->pipeline->options.snapshots, &best);
        if (!snapshot_copies_hang()) look_in(s, s->pipeline->options.snapshot_copies, &best);
        if (best.disk == NULL) return SNAPSHOT_NONE;
        struct snapshot_in *in = snapshot_in_open(best.disk, best.name.text, error);
        const enum snapshot_loaded loaded =
            in == NULL ? refuse_read(s, &best, SNAPSHOT_NONE, error)
                       : load_from(s, find, &best, in, epoch, place, error);
        snapshot_in_close(in);
        if (loaded != SNAPSHOT_NONE) return loaded;
    }
}
