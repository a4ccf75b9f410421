/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_pass.h"

#include "detector/base/grow.h"
#include "detector/broker/recording.h"
#include "detector/commands/account_set.h"

#include <assert.h>
#include <stdlib.h>

enum { NUMBERS_FIRST = 256, MICROSECONDS = 1000000 };
static_assert(RECORDING_PARTITIONS_MAX <= UINT16_MAX + 1, "a partition fits its column");

struct backtest_pass *backtest_pass_new(struct labels *labels) {
    struct backtest_pass *pass = calloc(1, sizeof *pass);
    assert(pass != NULL && "out of memory");
    pass->index = account_set_new();
    assert(pass->index != NULL && "out of memory");
    pass->labels = labels;
    return pass;
}

void backtest_pass_free(struct backtest_pass *pass) {
    if (pass == NULL) return;
    for (size_t i = 0; i < pass->account_count; i++)
        free(pass->accounts[i].token);
    free(pass->accounts);
    free(pass->sides);
    free(pass->advice);
    free(pass->shadow_logits);
    free(pass->by_number);
    account_set_free(pass->index);
    free(pass);
}

/* Accounts. */

static uint32_t add_account(struct backtest_pass *pass, struct text token) {
    pass->accounts =
        grow(pass->accounts, pass->account_count, &pass->account_room, sizeof *pass->accounts);
    struct backtest_account *account = &pass->accounts[pass->account_count];
    *account = (struct backtest_account){.token = strndup(token.data, token.size),
                                         .token_size = token.size,
                                         .opened_on_day = BACKTEST_DAY_UNKNOWN};
    assert(account->token != NULL && "out of memory");
    account_set_add(pass->index, token, (int64_t)pass->account_count);
    return (uint32_t)pass->account_count++;
}

static uint32_t account_index(struct backtest_pass *pass, struct text token) {
    int64_t index = 0;
    if (account_set_find(pass->index, token, &index)) return (uint32_t)index;
    return add_account(pass, token);
}

/* A number names one account for good: the token is looked up once a number. */
static uint32_t numbered_index(struct backtest_pass *pass, uint32_t number, struct text token) {
    if (number >= pass->number_room) {
        const size_t room = 2 * (size_t)number + NUMBERS_FIRST;
        pass->by_number = realloc(pass->by_number, room * sizeof *pass->by_number);
        assert(pass->by_number != NULL && "out of memory");
        memset(pass->by_number + pass->number_room, 0,
               (room - pass->number_room) * sizeof *pass->by_number);
        pass->number_room = room;
    }
    uint32_t *known = &pass->by_number[number];
    if (*known == 0) *known = account_index(pass, token) + 1;
    return *known - 1;
}

/* Sides. */

const struct party *backtest_party(const struct batch *batch, const struct side *side) {
    const struct transaction *tx = &batch->tx[side->event];
    return side->role == SIDE_PAYER ? &tx->payer : &tx->payee;
}

static int64_t received(const struct transaction *tx, const struct side *side) {
    const bool is = side->role == SIDE_PAYEE && tx->event_type == EVENT_TYPE_P2P_TRANSFER &&
                    tx->tx_status == TX_STATUS_SETTLED;
    return is ? tx->amount_tiyn : 0;
}

static void note_holder(struct backtest_account *account, const struct party *party) {
    if (party->account_opened_on_present) account->opened_on_day = party->account_opened_on_day;
    if (party->account_type != ACCOUNT_TYPE_UNKNOWN) account->account_type = party->account_type;
    if (party->person_type != PERSON_TYPE_UNKNOWN) account->person_type = party->person_type;
}

static void take_shadows(struct backtest_pass *pass, const struct batch *batch, uint32_t i) {
    pass->shadows = batch->shadows;
    for (uint32_t s = 0; s < batch->shadows; s++) {
        const size_t at = pass->side_count * batch->shadows + s;
        pass->shadow_logits =
            grow(pass->shadow_logits, at, &pass->shadow_room, sizeof *pass->shadow_logits);
        pass->shadow_logits[at] = batch->shadow_logit[s][i];
    }
}

static void take_side(struct backtest_pass *pass, const struct batch *batch, uint32_t i) {
    const struct side *side = &batch->side[i];
    const struct input *input = &batch->input[side->event];
    const struct transaction *tx = &batch->tx[side->event];
    const struct party *party = backtest_party(batch, side);
    const uint32_t account = numbered_index(pass, side->account_number, party->account_token);
    note_holder(&pass->accounts[account], party);
    take_shadows(pass, batch, i);
    pass->sides = grow(pass->sides, pass->side_count, &pass->side_room, sizeof *pass->sides);
    pass->sides[pass->side_count++] =
        (struct backtest_side){.time_s = tx->event_time_s,
                               .logit = batch->logit[i],
                               .received_tiyn = received(tx, side),
                               .account = account,
                               .partition = (uint16_t)input->partition,
                               .role = (uint8_t)side->role,
                               .offset = input->record.offset,
                               .amount_tiyn = tx->amount_tiyn};
}

void backtest_pass_take_batch(struct backtest_pass *pass, const struct batch *batch) {
    for (uint32_t i = 0; i < batch->sides; i++)
        take_side(pass, batch, i);
    if (pass->labels != NULL) labels_note_batch(pass->labels, batch);
}

/* Recommendations. */

void backtest_pass_take_advice(void *context, const struct recommendation *r) {
    struct backtest_pass *pass = context;
    if (pass->labels != NULL) labels_note_advice(pass->labels, r);
    if (r->mode != MODE_LIVE ||
        (r->state != RECOMMENDATION_ISSUED && r->state != RECOMMENDATION_AMENDED))
        return;
    pass->advice = grow(pass->advice, pass->advice_count, &pass->advice_room, sizeof *pass->advice);
    struct backtest_advice *advice = &pass->advice[pass->advice_count++];
    *advice =
        (struct backtest_advice){.issued_s = r->issued_at_us / MICROSECONDS,
                                 .hold_tiyn = r->hold_amount_present ? r->hold_amount_kzt_minor : 0,
                                 .account = account_index(pass, r->target_account_token),
                                 .action = r->action,
                                 .opens = r->state == RECOMMENDATION_ISSUED,
                                 .revision = r->revision,
                                 .at_risk_tiyn = r->at_risk_kzt_minor};
    memcpy(advice->id, r->id, sizeof advice->id);
}
