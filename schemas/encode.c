/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/encode.h"

#include "schemas/avro_value.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"

#include <math.h>
#include <stdlib.h>

enum { BUFFER_START = 1 << 16, BUFFER_MAX = 1 << 24 };

struct encoder {
    struct avro_record recommendation, order, transaction, signal, shadow;
    uint8_t *buffer;
    size_t room;
};

static bool open_record(struct avro_record *record, int32_t schema_id, struct error *error) {
    size_t size = 0;
    const char *json = schema_shipped(schema_id, &size);
    return avro_record_open(record, json, size, error);
}

struct encoder *encoder_open(struct error *error) {
    struct encoder *e = calloc(1, sizeof *e);
    if (e != NULL) e->buffer = malloc(BUFFER_START);
    if (e == NULL || e->buffer == NULL) {
        error_set(error, ERROR_FAILED, "no memory to encode");
        encoder_close(e);
        return NULL;
    }
    e->room = BUFFER_START;
    if (open_record(&e->recommendation, SCHEMA_ID_RECOMMENDATION, error) &&
        open_record(&e->order, SCHEMA_ID_ORDER, error) &&
        open_record(&e->transaction, SCHEMA_ID_TRANSACTION, error) &&
        open_record(&e->signal, SCHEMA_ID_SIGNAL, error) &&
        open_record(&e->shadow, SCHEMA_ID_SHADOW, error))
        return e;
    encoder_close(e);
    return NULL;
}

void encoder_close(struct encoder *e) {
    if (e == NULL) return;
    avro_record_close(&e->recommendation);
    avro_record_close(&e->order);
    avro_record_close(&e->transaction);
    avro_record_close(&e->signal);
    avro_record_close(&e->shadow);
    free(e->buffer);
    free(e);
}

/* Serialises a filled value behind its frame. */
static bool finish(struct encoder *e, struct avro_record *record, int32_t schema_id,
                   struct bytes *out, struct error *error) {
    size_t size = 0;
    if (!avro_record_size(record, &size) || size > BUFFER_MAX)
        return error_set(error, ERROR_BAD_DATA, "schema %d: a value cannot be encoded: %s",
                         (int)schema_id, avro_record_why());
    if (size + FRAME_SIZE > e->room) {
        uint8_t *buffer = realloc(e->buffer, size + FRAME_SIZE);
        if (buffer == NULL) return error_set(error, ERROR_FAILED, "no memory to encode");
        e->buffer = buffer;
        e->room = size + FRAME_SIZE;
    }
    frame_write(e->buffer, schema_id);
    if (!avro_record_write(record, e->buffer + FRAME_SIZE, size))
        return error_set(error, ERROR_BAD_DATA, "schema %d: a value cannot be encoded: %s",
                         (int)schema_id, avro_record_why());
    *out = (struct bytes){e->buffer, (uint32_t)size + FRAME_SIZE};
    return true;
}

/* Transactions: the fields in the order of the schema. */

static void put_party(struct avro_cursor *c, const struct party *p) {
    avro_put_optional_text(c, p->account_token);
    avro_put_enum(c, p->account_type);
    avro_put_optional_text(c, p->person_token);
    avro_put_enum(c, p->person_type);
    avro_put_optional_text(c, p->phone_token);
    avro_put_optional_text(c, p->bank_bic);
    avro_put_optional_int(c, p->account_opened_on_present, p->account_opened_on_day);
    avro_put_optional_long(c, p->balance_after_present, p->balance_after_minor);
    avro_put_enum(c, p->age_band);
    avro_put_optional_bool(c, p->phone_owner_mismatch != TRISTATE_NULL,
                           p->phone_owner_mismatch == TRISTATE_TRUE);
    avro_put_optional_long(c, p->credential_changed_at_present, p->credential_changed_at_us);
}

bool encode_transaction(struct encoder *e, const struct transaction *tx, struct bytes *out,
                        struct error *error) {
    struct avro_cursor cursor = avro_record_start(&e->transaction), *c = &cursor;
    avro_put_text(c, tx->event_id);
    avro_put_text(c, tx->tx_id);
    avro_put_enum(c, tx->tx_status);
    avro_put_optional_text(c, tx->status_reason);
    avro_put_long(c, tx->event_time_us);
    avro_put_optional_long(c, tx->ingest_time_present, tx->ingest_time_us);
    avro_put_enum(c, tx->event_type);
    avro_put_enum(c, tx->rail);
    avro_put_enum(c, tx->channel);
    avro_put_long(c, tx->amount_minor);
    avro_put_text(c, tx->currency);
    avro_put_optional_long(c, tx->amount_kzt_present, tx->amount_kzt_minor);
    struct avro_cursor party = avro_enter(c);
    put_party(&party, &tx->payer);
    party = avro_enter(c);
    put_party(&party, &tx->payee);
    avro_put_enum(c, tx->payee_alias_type);
    avro_put_optional_text(c, tx->device_token);
    avro_put_optional_text(c, tx->ip_token);
    avro_put_optional_bool(c, tx->active_call != TRISTATE_NULL, tx->active_call == TRISTATE_TRUE);
    avro_put_optional_bool(c, tx->remote_access != TRISTATE_NULL,
                           tx->remote_access == TRISTATE_TRUE);
    avro_put_optional_text(c, tx->terminal_id);
    avro_put_optional_int(c, tx->mcc_present, tx->mcc);
    avro_put_optional_text(c, tx->country_to);
    avro_put_text(c, tx->reporter_bic);
    avro_put_text(c, tx->token_key_id);
    avro_put_optional_text(c, tx->trace_id);
    return finish(e, &e->transaction, SCHEMA_ID_TRANSACTION, out, error);
}

/* Signals. */

static void put_subjects(struct avro_cursor *c, const struct signal *s) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < s->subject_count; i++) {
        struct avro_cursor item = avro_append(&array);
        avro_put_enum(&item, s->subjects[i].type);
        avro_put_text(&item, s->subjects[i].token);
        avro_put_enum(&item, s->subjects[i].role);
    }
}

static void put_signal_times(struct avro_cursor *c, const struct signal *s) {
    avro_put_optional_long(c, s->occurred_at_present, s->occurred_at_us);
    avro_put_long(c, s->reported_at_us);
    avro_put_long(c, s->valid_from_us);
    avro_put_optional_long(c, s->valid_until_present, s->valid_until_us);
}

static void put_telecom(struct avro_cursor *c, const struct signal *s) {
    struct avro_cursor telecom;
    if (!avro_enter_optional(c, s->telecom_present, &telecom)) return;
    avro_put_text(&telecom, s->telecom_operator);
    avro_put_optional_int(&telecom, s->telecom_slots_present, s->telecom_slots);
    avro_put_optional_text(&telecom, s->called_phone_token);
}

static void put_outcome(struct avro_cursor *c, const struct signal *s) {
    struct avro_cursor outcome;
    if (!avro_enter_optional(c, s->outcome_present, &outcome)) return;
    avro_put_text(&outcome, s->recommendation_id);
    avro_put_enum(&outcome, s->outcome_result);
    avro_put_optional_long(&outcome, s->held_amount_present, s->held_amount_kzt_minor);
}

bool encode_signal(struct encoder *e, const struct signal *s, struct bytes *out,
                   struct error *error) {
    struct avro_cursor cursor = avro_record_start(&e->signal), *c = &cursor;
    avro_put_text(c, s->signal_id);
    avro_put_int(c, s->revision);
    avro_put_enum(c, s->kind);
    avro_put_enum(c, s->source);
    avro_put_text(c, s->category);
    put_subjects(c, s);
    avro_put_optional_enum(c, s->list_colour != COLOUR_NULL, s->list_colour);
    avro_put_enum(c, s->confidence);
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < s->tx_id_count; i++)
        avro_append_text(&array, s->related_tx_ids[i]);
    avro_put_optional_long(c, s->amount_present, s->amount_kzt_minor);
    put_signal_times(c, s);
    put_telecom(c, s);
    put_outcome(c, s);
    avro_put_optional_text(c, s->withdraws_signal_id);
    return finish(e, &e->signal, SCHEMA_ID_SIGNAL, out, error);
}

/* Order records. */

static void put_runs(struct avro_cursor *c, const struct order_record *record) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < record->run_count; i++) {
        struct avro_cursor item = avro_append(&array);
        avro_put_text(&item, record->runs[i].topic);
        avro_put_int(&item, record->runs[i].partition);
        avro_put_long(&item, record->runs[i].next_offset);
    }
}

static void put_exceptions(struct avro_cursor *c, const struct order_record *record) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < record->exception_count; i++) {
        struct avro_cursor item = avro_append(&array);
        avro_put_text(&item, record->exceptions[i].topic);
        avro_put_int(&item, record->exceptions[i].partition);
        avro_put_long(&item, record->exceptions[i].offset);
        avro_put_text(&item, record->exceptions[i].reason);
    }
}

static void put_outputs(struct avro_cursor *c, const struct order_record *record) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < record->output_count; i++) {
        struct avro_cursor item = avro_append(&array);
        avro_put_text(&item, record->outputs[i].topic);
        avro_put_int(&item, record->outputs[i].partition);
        avro_put_long(&item, record->outputs[i].next_sequence);
        avro_put_fixed(&item, record->outputs[i].last_hash, sizeof record->outputs[i].last_hash);
    }
}

static void put_ends(struct avro_cursor *c, const struct order_record *record) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < record->end_count; i++) {
        struct avro_cursor item = avro_append(&array);
        avro_put_text(&item, record->ends[i].topic);
        avro_put_int(&item, record->ends[i].partition);
        avro_put_long(&item, record->ends[i].offset);
        avro_put_long(&item, (int64_t)record->ends[i].digest);
    }
}

bool encode_order(struct encoder *e, const struct order_record *record, struct bytes *out,
                  struct error *error) {
    struct avro_cursor cursor = avro_record_start(&e->order), *c = &cursor;
    avro_put_text(c, record->shard);
    avro_put_int(c, record->epoch);
    avro_put_long(c, record->sequence);
    avro_put_text(c, record->build);
    avro_put_text(c, record->options_sha256);
    avro_put_text(c, record->features_sha256);
    avro_put_text(c, record->model_sha256);
    avro_put_text(c, record->policy_sha256);
    avro_put_long(c, record->first_ordinal);
    avro_put_long(c, record->engine_clock_s);
    avro_put_long(c, (int64_t)record->state_hash);
    put_runs(c, record);
    put_exceptions(c, record);
    put_outputs(c, record);
    put_ends(c, record);
    return finish(e, &e->order, SCHEMA_ID_ORDER, out, error);
}

/* Recommendations. */

static void put_evidence(struct avro_cursor *c, const struct reason *reason) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < reason->evidence_count; i++) {
        const struct evidence *evidence = &reason->evidence[i];
        struct avro_cursor item = avro_append(&array);
        avro_put_optional_text(&item, evidence->tx_id);
        avro_put_text(&item, text_of(evidence->topic));
        avro_put_int(&item, evidence->partition);
        avro_put_long(&item, evidence->offset);
        avro_put_long(&item, evidence->event_time_us);
        avro_put_long(&item, evidence->amount_minor);
    }
}

static void put_reason(struct avro_cursor *c, const struct reason *reason) {
    avro_put_text(c, text_of(reason->code));
    avro_put_text(c, text_of(reason->feature));
    avro_put_optional_double(c, !isnan(reason->value), reason->value);
    avro_put_optional_double(c, !isnan(reason->baseline), reason->baseline);
    avro_put_text(c, text_of(reason->unit));
    avro_put_int(c, reason->window_s);
    avro_put_double(c, reason->contribution);
    avro_put_text(c, text_of(reason->text_ru));
    avro_put_text(c, text_of(reason->text_kk));
    avro_put_text(c, text_of(reason->text_en));
    put_evidence(c, reason);
    avro_put_enum(c, (int)reason->quality);
}

static void put_trail(struct avro_cursor *c, const struct recommendation *r) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < r->trail_count; i++) {
        const struct trail_hop *hop = &r->money_trail[i];
        struct avro_cursor item = avro_append(&array);
        avro_put_int(&item, hop->hop);
        avro_put_text(&item, hop->tx_id);
        avro_put_optional_text(&item, hop->from);
        avro_put_optional_text(&item, hop->to);
        avro_put_long(&item, hop->amount_minor);
        avro_put_long(&item, hop->event_time_us);
    }
}

static void put_advice(struct avro_cursor *c, const struct recommendation *r) {
    avro_put_text(c, text_of(r->id));
    avro_put_int(c, r->revision);
    avro_put_enum(c, (int)r->state);
    avro_put_enum(c, (int)r->mode);
    avro_put_enum(c, (int)r->action);
    avro_put_enum(c, (int)r->priority);
    avro_put_optional_text(c, r->addressee_bic);
    avro_put_text(c, r->target_account_token);
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < r->target_tx_count; i++)
        avro_append_text(&array, r->target_tx_ids[i]);
    avro_put_optional_long(c, r->hold_amount_present, r->hold_amount_kzt_minor);
    avro_put_long(c, r->at_risk_kzt_minor);
    avro_put_long(c, r->issued_at_us);
    avro_put_long(c, r->decide_by_us);
    avro_put_long(c, r->valid_until_us);
    avro_put_int(c, r->max_hold_business_days);
    avro_put_double(c, r->score);
    avro_put_double(c, r->probability);
    avro_put_double(c, r->threshold);
}

static void put_grounds(struct avro_cursor *c, const struct recommendation *r) {
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < r->reason_count; i++) {
        struct avro_cursor item = avro_append(&array);
        put_reason(&item, &r->reasons[i]);
    }
    put_trail(c, r);
    array = avro_enter(c);
    for (uint32_t i = 0; i < r->signal_id_count; i++)
        avro_append_text(&array, r->signal_ids[i]);
    array = avro_enter(c);
    for (uint32_t i = 0; i < r->protected_count; i++)
        avro_append_text(&array, text_of(r->protected_flows[i]));
    avro_put_bool(c, true);
}

static void put_change(struct avro_cursor *c, const struct changed *change) {
    struct avro_cursor record;
    if (!avro_enter_optional(c, change->why != NULL, &record)) return;
    struct avro_cursor array = avro_enter(&record);
    for (uint32_t i = 0; i < change->what_count; i++)
        avro_append_text(&array, text_of(change->what[i]));
    avro_put_text(&record, text_of(change->why));
    avro_put_optional_text(&record, change->signal_id);
}

static void put_provenance(struct avro_cursor *c, const struct recommendation *r) {
    avro_put_text(c, text_of(r->model_id));
    avro_put_text(c, text_of(r->model_sha256));
    avro_put_text(c, text_of(r->policy_id));
    avro_put_text(c, text_of(r->policy_sha256));
    avro_put_text(c, r->build);
    struct avro_cursor array = avro_enter(c);
    for (uint32_t i = 0; i < r->feature_count; i++)
        avro_append_optional_double(&array, !isnan(r->feature_vector[i]), r->feature_vector[i]);
    avro_put_text(c, text_of(r->input_topic));
    avro_put_int(c, r->input_partition);
    avro_put_long(c, r->input_offset);
    avro_put_long(c, r->sequence);
    avro_put_fixed(c, r->previous_hash, sizeof r->previous_hash);
}

bool encode_recommendation(struct encoder *e, const struct recommendation *r, struct bytes *out,
                           struct error *error) {
    struct avro_cursor cursor = avro_record_start(&e->recommendation);
    put_advice(&cursor, r);
    put_grounds(&cursor, r);
    put_provenance(&cursor, r);
    put_change(&cursor, &r->change);
    avro_put_optional_text(&cursor, r->payee_id);
    return finish(e, &e->recommendation, SCHEMA_ID_RECOMMENDATION, out, error);
}

/* Scores of shadow models. */

bool encode_shadow_score(struct encoder *e, const struct shadow_score *s, struct bytes *out,
                         struct error *error) {
    struct avro_cursor cursor = avro_record_start(&e->shadow), *c = &cursor;
    avro_put_text(c, s->account_token);
    avro_put_text(c, s->tx_id);
    avro_put_enum(c, (int)s->side);
    avro_put_long(c, s->event_time_us);
    avro_put_enum(c, (int)s->shadow.action);
    avro_put_double(c, s->shadow.score);
    avro_put_double(c, s->shadow.probability);
    avro_put_text(c, text_of(s->model_id));
    avro_put_text(c, text_of(s->shadow.model_sha256));
    avro_put_enum(c, (int)s->live.action);
    avro_put_double(c, s->live.score);
    avro_put_double(c, s->live.probability);
    avro_put_text(c, text_of(s->live.model_sha256));
    avro_put_text(c, text_of(s->policy_sha256));
    avro_put_text(c, text_of(s->build));
    avro_put_text(c, text_of(s->shard));
    avro_put_text(c, text_of(s->input_topic));
    avro_put_int(c, s->input_partition);
    avro_put_long(c, s->input_offset);
    return finish(e, &e->shadow, SCHEMA_ID_SHADOW, out, error);
}
