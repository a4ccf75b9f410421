/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/columns.h"

#include <jansson.h>

#define X(name) #name,
static const char *const tx_status[] = {TX_STATUS_TABLE(X)};
static const char *const event_type[] = {EVENT_TYPE_TABLE(X)};
static const char *const rail[] = {RAIL_TABLE(X)};
static const char *const channel[] = {CHANNEL_TABLE(X)};
static const char *const account_type[] = {ACCOUNT_TYPE_TABLE(X)};
static const char *const person_type[] = {PERSON_TYPE_TABLE(X)};
static const char *const age_band[] = {AGE_BAND_TABLE(X)};
static const char *const payee_alias_type[] = {ALIAS_TYPE_TABLE(X)};
#undef X

#define AT(field) offsetof(struct transaction, field)
#define IN(field) offsetof(struct party, field)
#define SYMBOLS(list) false, false, list, sizeof list / sizeof list[0]
#define NULLABLE true, false, NULL, 0
#define OBLIGATORY false, true, NULL, 0

/* clang-format off */
const struct test_column root_columns[] = {
    {"event_id", COLUMN_TEXT, AT(event_id), 0, 0, OBLIGATORY},
    {"tx_id", COLUMN_TEXT, AT(tx_id), 0, 0, OBLIGATORY},
    {"tx_status", COLUMN_ENUM, AT(tx_status), 0, 0, SYMBOLS(tx_status)},
    {"status_reason", COLUMN_TEXT, AT(status_reason), 0, 0, NULLABLE},
    {"event_time", COLUMN_TIME, AT(event_time_us), AT(event_time_s), 0, OBLIGATORY},
    {"ingest_time", COLUMN_TIME, AT(ingest_time_us), AT(ingest_time_s), AT(ingest_time_present), NULLABLE},
    {"event_type", COLUMN_ENUM, AT(event_type), 0, 0, SYMBOLS(event_type)},
    {"rail", COLUMN_ENUM, AT(rail), 0, 0, SYMBOLS(rail)},
    {"channel", COLUMN_ENUM, AT(channel), 0, 0, SYMBOLS(channel)},
    {"amount_minor", COLUMN_LONG, AT(amount_minor), 0, 0, OBLIGATORY},
    {"currency", COLUMN_TEXT, AT(currency), 0, 0, OBLIGATORY},
    {"amount_kzt_minor", COLUMN_LONG, AT(amount_kzt_minor), 0, AT(amount_kzt_present), NULLABLE},
    {"payee_alias_type", COLUMN_ENUM, AT(payee_alias_type), 0, 0, SYMBOLS(payee_alias_type)},
    {"device_token", COLUMN_TEXT, AT(device_token), 0, 0, NULLABLE},
    {"ip_token", COLUMN_TEXT, AT(ip_token), 0, 0, NULLABLE},
    {"active_call", COLUMN_BOOLEAN, AT(active_call), 0, 0, NULLABLE},
    {"remote_access", COLUMN_BOOLEAN, AT(remote_access), 0, 0, NULLABLE},
    {"terminal_id", COLUMN_TEXT, AT(terminal_id), 0, 0, NULLABLE},
    {"mcc", COLUMN_INT, AT(mcc), 0, AT(mcc_present), NULLABLE},
    {"country_to", COLUMN_TEXT, AT(country_to), 0, 0, NULLABLE},
    {"reporter_bic", COLUMN_TEXT, AT(reporter_bic), 0, 0, OBLIGATORY},
    {"token_key_id", COLUMN_TEXT, AT(token_key_id), 0, 0, OBLIGATORY},
    {"trace_id", COLUMN_TEXT, AT(trace_id), 0, 0, NULLABLE},
};
const struct test_column party_columns[] = {
    {"account_token", COLUMN_TEXT, IN(account_token), 0, 0, NULLABLE},
    {"account_type", COLUMN_ENUM, IN(account_type), 0, 0, SYMBOLS(account_type)},
    {"person_token", COLUMN_TEXT, IN(person_token), 0, 0, NULLABLE},
    {"person_type", COLUMN_ENUM, IN(person_type), 0, 0, SYMBOLS(person_type)},
    {"phone_token", COLUMN_TEXT, IN(phone_token), 0, 0, NULLABLE},
    {"bank_bic", COLUMN_TEXT, IN(bank_bic), 0, 0, NULLABLE},
    {"account_opened_on", COLUMN_DATE, IN(account_opened_on_day), 0, IN(account_opened_on_present), NULLABLE},
    {"balance_after_minor", COLUMN_LONG, IN(balance_after_minor), 0, IN(balance_after_present), NULLABLE},
    {"age_band", COLUMN_ENUM, IN(age_band), 0, 0, SYMBOLS(age_band)},
    {"phone_owner_mismatch", COLUMN_BOOLEAN, IN(phone_owner_mismatch), 0, 0, NULLABLE},
    {"credential_changed_at", COLUMN_TIME, IN(credential_changed_at_us), IN(credential_changed_at_s),
     IN(credential_changed_at_present), NULLABLE},
};
/* clang-format on */
const size_t root_column_count = sizeof root_columns / sizeof root_columns[0];
const size_t party_column_count = sizeof party_columns / sizeof party_columns[0];

static struct text text_at(const void *base, const struct test_column *column) {
    struct text text;
    memcpy(&text, (const char *)base + column->offset, sizeof text);
    return text;
}

/* A number of whatever width the column has. */
static int64_t number_at(const void *base, const struct test_column *column) {
    const char *at = (const char *)base + column->offset;
    int64_t wide;
    int32_t narrow;
    uint8_t small;
    switch (column->type) {
    case COLUMN_LONG:
    case COLUMN_TIME:
        memcpy(&wide, at, sizeof wide);
        return wide;
    case COLUMN_INT:
    case COLUMN_DATE:
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    default:
        memcpy(&small, at, sizeof small);
        return small;
    }
}

static bool present_at(const void *base, const struct test_column *column) {
    return column->present == 0 || ((const char *)base)[column->present] == 1;
}

static bool equal(const void *a, const void *b, const struct test_column *column) {
    const size_t second = column->second;
    if (column->type == COLUMN_TEXT) {
        const struct text x = text_at(a, column), y = text_at(b, column);
        return text_equal(x, y) && (x.data == NULL) == (y.data == NULL);
    }
    return number_at(a, column) == number_at(b, column) &&
           present_at(a, column) == present_at(b, column) &&
           (second == 0 || memcmp((const char *)a + second, (const char *)b + second, 8) == 0);
}

static const char *differ(const void *a, const void *b, const struct test_column *list,
                          size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!equal(a, b, &list[i])) return list[i].name;
    return NULL;
}

const char *columns_differ(const struct transaction *a, const struct transaction *b) {
    const char *name = differ(a, b, root_columns, root_column_count);
    if (name == NULL) name = differ(&a->payer, &b->payer, party_columns, party_column_count);
    if (name == NULL) name = differ(&a->payee, &b->payee, party_columns, party_column_count);
    return name;
}

static json_t *value_of(const void *base, const struct test_column *column) {
    const int64_t number = column->type == COLUMN_TEXT ? 0 : number_at(base, column);
    const struct text text =
        column->type == COLUMN_TEXT ? text_at(base, column) : (struct text){NULL, 0};
    switch (column->type) {
    case COLUMN_TEXT:
        return text.data == NULL ? json_null() : json_stringn(text.data, text.size);
    case COLUMN_ENUM:
        return json_string(column->symbols[number]);
    case COLUMN_BOOLEAN:
        return number == TRISTATE_NULL ? json_null() : json_boolean(number == TRISTATE_TRUE);
    default:
        return present_at(base, column) ? json_integer(number) : json_null();
    }
}

static json_t *object_of(const void *base, const struct test_column *list, size_t count) {
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, list[i].name, value_of(base, &list[i]));
    return object;
}

void columns_print(const struct transaction *tx, FILE *out) {
    json_t *line = object_of(tx, root_columns, root_column_count);
    json_object_set_new(line, "payer", object_of(&tx->payer, party_columns, party_column_count));
    json_object_set_new(line, "payee", object_of(&tx->payee, party_columns, party_column_count));
    json_dumpf(line, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(line);
}
