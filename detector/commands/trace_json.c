/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"
#include "detector/commands/json_text.h"
#include "detector/commands/trace_report.h"

#define NAME(name) #name,
static const char *const actions[] = {ACTION_TABLE(NAME)};
static const char *const fates[] = {TRAIL_FATE_TABLE(NAME)};
static const char *const states[] = {RECOMMENDATION_STATE_TABLE(NAME)};
static const char *const types[] = {EVENT_TYPE_TABLE(NAME)};
static const char *const statuses[] = {TX_STATUS_TABLE(NAME)};
#undef NAME
static const char *const kinds[] = {[TRACED_TRANSACTION] = "transaction",
                                    [TRACED_ACCOUNT] = "account",
                                    [TRACED_INCIDENT] = "incident"};

static json_t *whole(int64_t value) {
    return json_integer((json_int_t)value);
}

/* Bytes that are no UTF-8 come out as null. */
static json_t *text(struct text bytes) {
    json_t *value = bytes.data == NULL ? NULL : json_stringn(bytes.data, bytes.size);
    return value != NULL ? value : json_null();
}

static json_t *account(const struct trace_report *r, uint32_t number) {
    char token[TRACE_NAME_SIZE];
    return number == 0 ? json_null() : json_text(trace_report_token(r, number, token));
}

static json_t *translated(enum trace_word word) {
    return json_pack("{ss ss ss}", "en", trace_word(word, LANGUAGE_EN), "ru",
                     trace_word(word, LANGUAGE_RU), "kk", trace_word(word, LANGUAGE_KK));
}

static json_t *position(const char *topic, int32_t partition, int64_t offset) {
    return json_pack("{so si sI}", "topic", json_text(topic), "partition", (int)partition, "offset",
                     (json_int_t)offset);
}

/* Transactions that an incident without ids may mean. */
static json_t *fitting(const struct trace_report *r) {
    json_t *ids = json_array();
    for (size_t i = 0; i < r->pass->count; i++)
        if (r->pass->moves[i].source)
            json_array_append_new(ids, text(r->pass->transactions.texts[r->pass->moves[i].tx]));
    return ids;
}

static json_t *subject(const struct trace_report *r) {
    const struct trace_subject *s = r->subject;
    json_t *object = json_pack("{ss so}", "kind", kinds[s->kind], "id", json_text(s->name));
    json_t *unmoved = json_array();
    for (size_t i = 0; i < s->unmoved_count; i++)
        json_array_append_new(unmoved, json_text(s->tx_ids[s->unmoved[i]]));
    if (s->kind == TRACED_ACCOUNT) {
        json_object_set_new(object, "after", whole(s->from_s));
        json_object_set_new(object, "to", whole(s->to_s));
    }
    if (s->described) json_object_set_new(object, "fitting", fitting(r));
    json_object_set_new(object, "moved_nothing", unmoved);
    return object;
}

static json_t *where_now(const struct trace_report *r) {
    json_t *sums =
        json_pack("{sI sI}", "there", (json_int_t)r->there, "returned", (json_int_t)r->returned);
    for (enum trail_fate fate = TRAIL_CASH; fate < TRAIL_FATE_COUNT; fate++)
        json_object_set_new(sums, fates[fate], whole(r->ended[fate]));
    return sums;
}

static json_t *senders(const struct trace_report *r) {
    json_t *rows = json_array();
    for (size_t i = 0; i < r->sender_numbers.count; i++)
        json_array_append_new(rows,
                              json_pack("{so sI sI}", "account", account(r, r->senders[i].account),
                                        "transfers", (json_int_t)r->senders[i].transfers,
                                        "traced_kzt_minor", (json_int_t)r->senders[i].traced_tiyn));
    return rows;
}

static json_t *holders(const struct trace_report *r) {
    json_t *rows = json_array();
    for (size_t i = 0; i < r->holder_numbers.count; i++) {
        const struct trace_holder *h = &r->holders[i];
        json_array_append_new(
            rows,
            json_pack("{sI so sI sI sI sI sI sI sI}", "number", (json_int_t)i + 1, "account",
                      account(r, h->account), "hop", (json_int_t)h->hop, "first",
                      (json_int_t)h->first_s, "came_kzt_minor", (json_int_t)h->sums.came,
                      "passed_on_kzt_minor", (json_int_t)h->sums.passed_on, "went_out_kzt_minor",
                      (json_int_t)h->sums.went_out, "not_followed_kzt_minor",
                      (json_int_t)h->sums.cut_off, "there_kzt_minor", (json_int_t)h->sums.there));
    }
    return rows;
}

static json_t *transfer(const struct trace_report *r, const struct trace_row *row) {
    const struct trail_move *m = &r->pass->moves[row->move];
    const struct trace_place *place = &r->pass->places[row->move];
    char hash[DIGEST_HEX_SIZE];
    trace_report_hash(r, row->move, hash);
    return json_pack("{sI sI so ss ss so so sI sI ss so ss}", "hop", (json_int_t)row->hop, "time",
                     (json_int_t)m->second, "tx_id", text(r->pass->transactions.texts[m->tx]),
                     "type", types[m->type], "status", statuses[m->status], "from",
                     account(r, row->from), "to", account(r, row->to), "amount_kzt_minor",
                     (json_int_t)m->amount, "traced_kzt_minor", (json_int_t)row->traced_tiyn,
                     "outcome", row->given_back ? "GIVEN_BACK" : fates[row->fate], "position",
                     position(r->topic, place->partition, place->offset), "record_sha256", hash);
}

static json_t *transfers(const struct trace_report *r) {
    json_t *rows = json_array();
    for (size_t i = 0; i < r->row_count; i++)
        json_array_append_new(rows, transfer(r, &r->rows[i]));
    return rows;
}

static json_t *recommendation(const struct trace_report *r, const struct trace_advice *a) {
    const int64_t then = trace_report_then(r, a);
    const bool on_payment = a->payment != TRAIL_NONE;
    return json_pack(
        "{so ss si ss ss so so sI sI sI so so}", "account", account(r, a->account), "id", a->id,
        "revision", (int)a->revision, "state", states[a->state], "action", actions[a->action],
        "payment_tx_id", on_payment ? text(trace_report_payment(r, a)) : json_null(),
        "payee_recommendation_id", on_payment ? json_text(a->payee_id) : json_null(), "issued_at",
        (json_int_t)a->issued_s, "valid_until", (json_int_t)a->valid_until_s, "at_risk_kzt_minor",
        (json_int_t)a->at_risk_tiyn, "traced_there_kzt_minor", then < 0 ? json_null() : whole(then),
        "position", position(a->topic, a->partition, a->offset));
}

static json_t *recommendations(const struct trace_report *r) {
    json_t *rows = json_array();
    for (size_t i = 0; i < r->pass->advice_count; i++)
        if (trace_report_concerns(r, &r->pass->advice[i]))
            json_array_append_new(rows, recommendation(r, &r->pass->advice[i]));
    return rows;
}

static json_t *input(const struct trace_report *r) {
    char hash[DIGEST_HEX_SIZE];
    digest_hex(r->pass->hash, DIGEST_SIZE, hash);
    return json_pack("{sI sI sI ss}", "records", (json_int_t)r->pass->records, "from",
                     (json_int_t)r->pass->first_s, "to", (json_int_t)r->pass->last_s,
                     "chain_sha256", hash);
}

static json_t *document(const char *id, const char *sha256) {
    return json_pack("{so ss}", "id", json_text(id), "sha256", sha256);
}

void trace_write_json(FILE *file, const struct trace_report *r) {
    json_t *report = json_pack(
        "{so so so sI so so so so so so so so ss}", "statement", translated(TRACE_STATEMENT),
        "subject", subject(r), "limits",
        json_pack("{sI sI sI}", "hops", (json_int_t)r->limits.hops_max, "hours",
                  (json_int_t)r->limits.seconds_max / TRACE_HOUR_S, "floor_kzt_minor",
                  (json_int_t)r->limits.floor_tiyn),
        "traced_kzt_minor", (json_int_t)r->traced, "now_kzt_minor", where_now(r), "senders",
        senders(r), "accounts", holders(r), "transfers", transfers(r), "recommendations",
        recommendations(r), "input", input(r), "model",
        document(model_id(r->model), model_sha256(r->model)), "policy",
        document(policy_id(r->policy), policy_sha256(r->policy)), "build", build_info_version());
    json_dumpf(report, file, JSON_PRESERVE_ORDER | JSON_COMPACT);
    fputc('\n', file);
    json_decref(report);
}
