/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/trace_pass.h"

#include "detector/apply.h"
#include "detector/base/grow.h"

enum { MICROSECONDS = 1000000 };

struct trace_pass *trace_pass_new(const char *topic) {
    struct trace_pass *p = calloc(1, sizeof *p);
    assert(p != NULL && "out of memory");
    p->topic = topic;
    p->first_s = INT64_MAX;
    p->last_s = INT64_MIN;
    return p;
}

static size_t bytes_of(const struct trace_incident *incident) {
    return incident->tx_count * sizeof *incident->tx_ids +
           (incident->description == NULL ? 0 : sizeof *incident->description);
}

static void clear_incident(struct trace_pass *p, struct trace_incident *incident) {
    p->incident_bytes -= bytes_of(incident);
    free(incident->tx_ids);
    free(incident->description);
}

void trace_pass_free(struct trace_pass *p) {
    if (p == NULL) return;
    for (size_t i = 0; i < p->incidents.count; i++)
        clear_incident(p, &p->incident[i]);
    free(p->incident);
    names_clear(&p->accounts);
    names_clear(&p->transactions);
    names_clear(&p->incidents);
    free(p->moves);
    free(p->places);
    free(p->advice);
    free(p);
}

size_t trace_pass_bytes(const struct trace_pass *p) {
    return names_bytes(&p->accounts) + names_bytes(&p->transactions) + names_bytes(&p->incidents) +
           p->incident_room * sizeof *p->incident + p->incident_bytes +
           p->move_room * sizeof *p->moves + p->place_room * sizeof *p->places +
           p->advice_room * sizeof *p->advice;
}

struct text trace_pass_account(const struct trace_pass *p, uint32_t account) {
    return account == 0 ? (struct text){NULL, 0} : p->accounts.texts[account - 1];
}

static uint32_t account_of(struct trace_pass *p, const struct party *party) {
    return party->account_token.size == 0 ? 0
                                          : names_number(&p->accounts, party->account_token) + 1;
}

static int64_t balance_before(const struct transaction *tx, enum side_role role) {
    const struct party *party = role == SIDE_PAYER ? &tx->payer : &tx->payee;
    int64_t before = 0;
    const bool fits =
        !__builtin_sub_overflow(party->balance_after_minor, apply_moved_in(tx, role), &before);
    return party->balance_after_present && fits && before > 0 ? before : 0;
}

static void take_move(struct trace_pass *p, const struct transaction *tx,
                      const struct input *input) {
    p->moves = grow(p->moves, p->count, &p->move_room, sizeof *p->moves);
    p->places = grow(p->places, p->count, &p->place_room, sizeof *p->places);
    p->moves[p->count] = (struct trail_move){.amount = tx->amount_tiyn,
                                             .second = tx->event_time_s,
                                             .payer_before = balance_before(tx, SIDE_PAYER),
                                             .payee_before = balance_before(tx, SIDE_PAYEE),
                                             .payer = account_of(p, &tx->payer),
                                             .payee = account_of(p, &tx->payee),
                                             .tx = names_number(&p->transactions, tx->tx_id),
                                             .status = tx->tx_status,
                                             .type = tx->event_type};
    p->places[p->count++] =
        (struct trace_place){input->record.value, input->record.offset, input->partition};
    if (tx->event_time_s < p->first_s) p->first_s = tx->event_time_s;
    if (tx->event_time_s > p->last_s) p->last_s = tx->event_time_s;
}

struct trace_description trace_describe(const struct signal *incident, size_t before) {
    struct trace_description d = {.near = taint_near_of(incident),
                                  .subject_count = incident->subject_count,
                                  .before = before};
    memcpy(d.subjects, incident->subjects, sizeof d.subjects);
    return d;
}

static void describe(struct trace_incident *incident, const struct signal *signal, size_t before) {
    incident->description = malloc(sizeof *incident->description);
    assert(incident->description != NULL && "out of memory");
    *incident->description = trace_describe(signal, before);
}

static void take_incident(struct trace_pass *p, const struct signal *signal) {
    const size_t known = p->incidents.count;
    const uint32_t number = names_number(&p->incidents, signal->signal_id);
    p->incident = grow(p->incident, number, &p->incident_room, sizeof *p->incident);
    struct trace_incident *incident = &p->incident[number];
    if (number < known) clear_incident(p, incident);
    *incident =
        (struct trace_incident){.tx_ids = calloc(signal->tx_id_count + 1, sizeof *incident->tx_ids),
                                .tx_count = signal->tx_id_count,
                                .rejected = signal->confidence == CONFIDENCE_REJECTED};
    assert(incident->tx_ids != NULL && "out of memory");
    for (uint32_t i = 0; i < signal->tx_id_count; i++)
        incident->tx_ids[i] = signal->related_tx_ids[i];
    if (signal->tx_id_count == 0) describe(incident, signal, p->count);
    p->incident_bytes += bytes_of(incident);
}

static void take_signal(struct trace_pass *p, const struct signal *signal,
                        enum signal_effect effect) {
    if (effect == EFFECT_WITHDRAWN) {
        const uint32_t number = names_find(&p->incidents, signal->withdraws_signal_id);
        if (number != LOOKUP_NONE) p->incident[number].withdrawn = true;
    }
    if (signal->kind == SIGNAL_INCIDENT && (effect == EFFECT_ADDED || effect == EFFECT_REVISED))
        take_incident(p, signal);
}

static void take_hash(struct trace_pass *p, struct bytes value) {
    uint8_t both[2 * DIGEST_SIZE];
    memcpy(both, p->hash, DIGEST_SIZE);
    digest_sha256(value.data, value.size, both + DIGEST_SIZE);
    digest_sha256(both, sizeof both, p->hash);
    p->records++;
}

void trace_pass_take_batch(struct trace_pass *p, const struct batch *batch) {
    for (uint32_t i = 0; i < batch->count; i++) {
        take_hash(p, batch->input[i].record.value);
        if (batch->verdict[i] == VERDICT_ACCEPTED) take_move(p, &batch->tx[i], &batch->input[i]);
        if (batch->verdict[i] == VERDICT_SIGNAL)
            take_signal(p, &batch->signal[i], batch->signal_effect[i]);
    }
}

/* It is one of the last batch, or none. */
static uint32_t move_of(const struct trace_pass *p, const struct recommendation *r) {
    if (strcmp(r->input_topic, p->topic) != 0) return TRAIL_NONE;
    for (size_t i = p->count; i > 0 && p->count - i < BATCH_EVENTS; i--)
        if (p->places[i - 1].partition == r->input_partition &&
            p->places[i - 1].offset == r->input_offset)
            return (uint32_t)(i - 1);
    return TRAIL_NONE;
}

static uint32_t payment_of(const struct trace_pass *p, const struct recommendation *r) {
    if (r->payee_id.data == NULL) return TRAIL_NONE;
    const uint32_t payment = names_find(&p->transactions, r->target_tx_ids[0]);
    assert(payment != LOOKUP_NONE);
    return payment;
}

void trace_pass_take_advice(void *context, const struct recommendation *r) {
    struct trace_pass *p = context;
    const uint32_t account = names_find(&p->accounts, r->target_account_token);
    if (r->mode != MODE_LIVE || account == LOOKUP_NONE) return;
    p->advice = grow(p->advice, p->advice_count, &p->advice_room, sizeof *p->advice);
    struct trace_advice *advice = &p->advice[p->advice_count++];
    *advice = (struct trace_advice){.topic = r->input_topic,
                                    .account = account + 1,
                                    .payment = payment_of(p, r),
                                    .revision = r->revision,
                                    .partition = r->input_partition,
                                    .offset = r->input_offset,
                                    .move = move_of(p, r),
                                    .state = r->state,
                                    .action = r->action,
                                    .issued_s = r->issued_at_us / MICROSECONDS,
                                    .valid_until_s = r->valid_until_us / MICROSECONDS,
                                    .at_risk_tiyn = r->at_risk_kzt_minor};
    memcpy(advice->id, r->id, sizeof advice->id);
    snprintf(advice->payee_id, sizeof advice->payee_id, "%.*s", (int)r->payee_id.size,
             r->payee_id.data == NULL ? "" : r->payee_id.data);
}
