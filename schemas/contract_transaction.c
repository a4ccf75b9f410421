/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/contract.h"
#include "schemas/limits.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#define X(name) #name,
static const char *const tx_status_symbols[] = {TX_STATUS_TABLE(X)};
static const char *const event_type_symbols[] = {EVENT_TYPE_TABLE(X)};
static const char *const rail_symbols[] = {RAIL_TABLE(X)};
static const char *const channel_symbols[] = {CHANNEL_TABLE(X)};
static const char *const account_type_symbols[] = {ACCOUNT_TYPE_TABLE(X)};
static const char *const person_type_symbols[] = {PERSON_TYPE_TABLE(X)};
static const char *const age_band_symbols[] = {AGE_BAND_TABLE(X)};
static const char *const alias_type_symbols[] = {ALIAS_TYPE_TABLE(X)};
#undef X

#define AT(field) ((uint16_t)offsetof(struct transaction, field))
#define IN(field) ((uint16_t)offsetof(struct party, field))

static const struct column party_columns[] = {
    TEXT_OR_NULL("account_token", IN(account_token), TOKEN_BYTES_MAX),
    ENUM("account_type", IN(account_type), account_type_symbols),
    TEXT_OR_NULL("person_token", IN(person_token), TOKEN_BYTES_MAX),
    ENUM("person_type", IN(person_type), person_type_symbols),
    TEXT_OR_NULL("phone_token", IN(phone_token), TOKEN_BYTES_MAX),
    TEXT_OR_NULL("bank_bic", IN(bank_bic), SHORT_TEXT_BYTES_MAX),
    NUMBER_OR_NULL("account_opened_on", COL_DATE, IN(account_opened_on_day),
                   IN(account_opened_on_present)),
    NUMBER_OR_NULL("balance_after_minor", COL_LONG, IN(balance_after_minor),
                   IN(balance_after_present)),
    ENUM("age_band", IN(age_band), age_band_symbols),
    BOOLEAN_OR_NULL("phone_owner_mismatch", IN(phone_owner_mismatch)),
    TIME_OR_NULL("credential_changed_at", IN(credential_changed_at_us), IN(credential_changed_at_s),
                 IN(credential_changed_at_present)),
};

#define PARTY(n, place)                                                                            \
    {                                                                                              \
        .name = n, .kind = COL_RECORD, .to = place, .obligatory = true, .fields = party_columns,   \
        .field_count = sizeof party_columns / sizeof party_columns[0]                              \
    }

static const struct column columns[] = {
    TEXT("event_id", AT(event_id), TOKEN_BYTES_MAX),
    TEXT("tx_id", AT(tx_id), TOKEN_BYTES_MAX),
    ENUM("tx_status", AT(tx_status), tx_status_symbols),
    TEXT_OR_NULL("status_reason", AT(status_reason), SHORT_TEXT_BYTES_MAX),
    TIME("event_time", AT(event_time_us), AT(event_time_s)),
    TIME_OR_NULL("ingest_time", AT(ingest_time_us), AT(ingest_time_s), AT(ingest_time_present)),
    ENUM("event_type", AT(event_type), event_type_symbols),
    ENUM("rail", AT(rail), rail_symbols),
    ENUM("channel", AT(channel), channel_symbols),
    {.name = "amount_minor", .kind = COL_LONG, .to = AT(amount_minor), .obligatory = true},
    TEXT("currency", AT(currency), SHORT_TEXT_BYTES_MAX),
    NUMBER_OR_NULL("amount_kzt_minor", COL_LONG, AT(amount_kzt_minor), AT(amount_kzt_present)),
    PARTY("payer", AT(payer)),
    PARTY("payee", AT(payee)),
    ENUM("payee_alias_type", AT(payee_alias_type), alias_type_symbols),
    TEXT_OR_NULL("device_token", AT(device_token), TOKEN_BYTES_MAX),
    TEXT_OR_NULL("ip_token", AT(ip_token), TOKEN_BYTES_MAX),
    BOOLEAN_OR_NULL("active_call", AT(active_call)),
    BOOLEAN_OR_NULL("remote_access", AT(remote_access)),
    TEXT_OR_NULL("terminal_id", AT(terminal_id), SHORT_TEXT_BYTES_MAX),
    NUMBER_OR_NULL("mcc", COL_INT, AT(mcc), AT(mcc_present)),
    TEXT_OR_NULL("country_to", AT(country_to), SHORT_TEXT_BYTES_MAX),
    TEXT("reporter_bic", AT(reporter_bic), SHORT_TEXT_BYTES_MAX),
    TEXT("token_key_id", AT(token_key_id), SHORT_TEXT_BYTES_MAX),
    TEXT_OR_NULL("trace_id", AT(trace_id), TOKEN_BYTES_MAX),
};

static void *blank(void) {
    struct transaction *tx = calloc(1, sizeof *tx);
    assert(tx != NULL && "out of memory");
    tx->active_call = TRISTATE_NULL;
    tx->remote_access = TRISTATE_NULL;
    tx->payer.phone_owner_mismatch = TRISTATE_NULL;
    tx->payee.phone_owner_mismatch = TRISTATE_NULL;
    return tx;
}

const struct contract_columns contract_of_transaction = {
    columns, sizeof columns / sizeof columns[0], sizeof(struct transaction), blank};

const struct contract_columns *contract_columns(enum contract contract) {
    return contract == CONTRACT_SIGNAL ? &contract_of_signal : &contract_of_transaction;
}
