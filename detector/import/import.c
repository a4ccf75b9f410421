/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/import.h"

#include "detector/admit.h"
#include "detector/base/calendar.h"
#include "detector/base/digest.h"
#include "detector/base/instant.h"
#include "detector/import/decimal.h"
#include "detector/import/import_bind.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { UUID_SIZE = 36, MICROS_PER_S = 1000000 };

struct import {
    const struct mapping *mapping;
    struct csv *csv;
    struct import_binding binding;
    struct encoder *encoder;
    struct plan *plan; /* of our own schema: the engine's reader judges what we write */
    int64_t rows;
    int64_t newest_us;
    bool first_pending; /* without a head line, the first row is a row already read */
    char row_id[32];
    char event_id[UUID_SIZE + 1];
    char *why; /* of the row at hand */
};

static bool bad(struct import *im, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool bad(struct import *im, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(im->why, sizeof((struct import_row *)0)->why, format, arguments);
    va_end(arguments);
    return false;
}

/* Fields. */

/* "" for a column that is not mapped. */
static const char *field(const struct import *im, enum mapping_column column) {
    const int index = im->binding.index[column];
    return index < 0 ? "" : csv_field(im->csv, (size_t)index);
}

static bool has(const struct import *im, enum mapping_column column) {
    return im->binding.index[column] >= 0;
}

static struct text text_or_null(const char *value) {
    return value[0] == '\0' ? (struct text){NULL, 0} : text_of(value);
}

static bool bad_field(struct import *im, enum mapping_column column, const char *why) {
    const char *value = field(im, column);
    if (value[0] == '\0') return bad(im, "column %s is empty", im->mapping->columns[column]);
    return bad(im, "column %s: \"%.64s\" %s", im->mapping->columns[column], value, why);
}

static bool read_money(struct import *im, enum mapping_column column, int64_t *out) {
    const struct mapping *m = im->mapping;
    const enum decimal_outcome outcome =
        decimal_scale(field(im, column), m->decimal_comma ? ',' : '.', m->minor_units, false, out);
    return outcome == DECIMAL_OK || bad_field(im, column, decimal_why(outcome));
}

static bool read_optional_money(struct import *im, enum mapping_column column, int64_t *out,
                                bool *present) {
    *present = field(im, column)[0] != '\0';
    return !*present || read_money(im, column, out);
}

/* Parts of the record. */

static bool read_time(struct import *im, struct transaction *tx) {
    static const int64_t units_us[] = {[MAPPING_SECONDS] = MICROS_PER_S,
                                       [MAPPING_MILLISECONDS] = 1000,
                                       [MAPPING_MICROSECONDS] = 1,
                                       [MAPPING_MINUTES] = INT64_C(60) * MICROS_PER_S,
                                       [MAPPING_HOURS] = INT64_C(3600) * MICROS_PER_S,
                                       [MAPPING_DAYS] = INT64_C(86400) * MICROS_PER_S};
    const struct mapping *m = im->mapping;
    const char *value = field(im, MAPPING_TIME);
    int64_t micros = 0;
    if (m->unit == MAPPING_ISO) {
        if (!instant_parse(value, m->zone_s, &micros))
            return bad_field(im, MAPPING_TIME, "is no ISO 8601 time of the years 1970 to 2199");
    } else {
        const enum decimal_outcome outcome =
            decimal_scale(value, m->decimal_comma ? ',' : '.', units_us[m->unit], true, &micros);
        if (outcome != DECIMAL_OK) return bad_field(im, MAPPING_TIME, decimal_why(outcome));
        if (__builtin_add_overflow(micros, m->origin_us, &micros))
            return bad_field(im, MAPPING_TIME, "is out of range");
    }
    tx->event_time_us = tx->ingest_time_us = micros;
    tx->event_time_s = micros / MICROS_PER_S - (micros % MICROS_PER_S < 0);
    tx->ingest_time_s = tx->event_time_s;
    tx->ingest_time_present = true;
    return true;
}

static bool read_amount(struct import *im, struct transaction *tx) {
    const char *currency = field(im, MAPPING_CURRENCY);
    tx->currency = text_of(has(im, MAPPING_CURRENCY) ? currency : im->mapping->currency);
    if (tx->currency.size == 0) return bad_field(im, MAPPING_CURRENCY, "");
    if (!read_money(im, MAPPING_AMOUNT, &tx->amount_minor)) return false;
    if (tx->amount_minor < 0) return bad_field(im, MAPPING_AMOUNT, "is negative");
    if (text_equal(tx->currency, text_of("KZT"))) {
        tx->amount_kzt_minor = tx->amount_minor;
        tx->amount_kzt_present = true;
        return true;
    }
    return read_optional_money(im, MAPPING_AMOUNT_KZT, &tx->amount_kzt_minor,
                               &tx->amount_kzt_present);
}

/* The UUID that names any other text: version 8, from SHA-256. */
static void name_uuid(const char *text, char out[UUID_SIZE + 1]) {
    uint8_t d[DIGEST_SIZE];
    digest_sha256(text, strlen(text), d);
    d[6] = (uint8_t)((d[6] & 0x0f) | 0x80);
    d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
    snprintf(out, UUID_SIZE + 1,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1],
             d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14],
             d[15]);
}

static bool is_uuid(const char *text) {
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != UUID_SIZE) return false;
    for (int i = 0; i < UUID_SIZE; i++) {
        const char c = text[i];
        const bool digit =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (shape[i] == '-' ? c != '-' : !digit) return false;
    }
    return true;
}

static bool read_ids(struct import *im, struct transaction *tx) {
    const char *id = im->row_id;
    snprintf(im->row_id, sizeof im->row_id, "row-%lld", (long long)im->rows);
    if (has(im, MAPPING_EVENT_ID)) id = field(im, MAPPING_EVENT_ID);
    if (id[0] == '\0') return bad_field(im, MAPPING_EVENT_ID, "");
    if (is_uuid(id))
        memcpy(im->event_id, id, sizeof im->event_id);
    else
        name_uuid(id, im->event_id);
    if (has(im, MAPPING_TX_ID)) id = field(im, MAPPING_TX_ID);
    if (id[0] == '\0') return bad_field(im, MAPPING_TX_ID, "");
    tx->event_id = text_of(im->event_id);
    tx->tx_id = text_of(id);
    return true;
}

static bool read_status(struct import *im, struct transaction *tx) {
    const struct mapping *m = im->mapping;
    tx->tx_status = m->status;
    if (!has(im, MAPPING_STATUS)) return true;
    for (size_t i = 0; i < m->status_count; i++) {
        if (strcmp(m->statuses[i].value, field(im, MAPPING_STATUS)) != 0) continue;
        tx->tx_status = m->statuses[i].status;
        return true;
    }
    return bad_field(im, MAPPING_STATUS, "has no line in [status]");
}

static bool read_type(struct import *im, struct transaction *tx, const struct mapping_type **type) {
    *type = &im->mapping->type;
    if (has(im, MAPPING_TYPE)) *type = mapping_find_type(im->mapping, field(im, MAPPING_TYPE));
    if (*type == NULL) return bad_field(im, MAPPING_TYPE, "has no [type …] section");
    tx->event_type = (*type)->event_type;
    tx->rail = (*type)->rail;
    tx->channel = (*type)->channel;
    return true;
}

/* Parties. */

static const struct party nobody = {.phone_owner_mismatch = TRISTATE_NULL};

/* The columns of one side; the enum keeps them in this order for both. */
enum { OF_ACCOUNT, OF_BALANCE, OF_OPENED, OF_PERSON, OF_PHONE, OF_BANK };
_Static_assert(MAPPING_PAYER_BANK - MAPPING_PAYER == OF_BANK &&
                   MAPPING_PAYEE_BANK - MAPPING_PAYEE == OF_BANK &&
                   MAPPING_PAYER_BALANCE - MAPPING_PAYER == OF_BALANCE &&
                   MAPPING_PAYER_OPENED - MAPPING_PAYER == OF_OPENED,
               "the columns of a side have moved");

static bool read_opened(struct import *im, enum mapping_column column, struct party *party) {
    const char *value = field(im, column);
    party->account_opened_on_present = value[0] != '\0';
    return value[0] == '\0' || calendar_parse(value, &party->account_opened_on_day) ||
           bad_field(im, column, "is no day YYYY-MM-DD of the years 1970 to 2199");
}

static bool is_absent(const struct mapping *m, const char *account) {
    for (size_t i = 0; i < m->absent_count; i++)
        if (strcmp(m->absent[i], account) == 0) return true;
    return account[0] == '\0';
}

static bool read_party(struct import *im, enum mapping_column first, struct party *party) {
    *party = nobody;
    const char *account = field(im, first + OF_ACCOUNT);
    if (!is_absent(im->mapping, account)) party->account_token = text_of(account);
    party->person_token = text_or_null(field(im, first + OF_PERSON));
    party->phone_token = text_or_null(field(im, first + OF_PHONE));
    party->bank_bic = text_or_null(field(im, first + OF_BANK));
    return read_optional_money(im, first + OF_BALANCE, &party->balance_after_minor,
                               &party->balance_after_present) &&
           read_opened(im, first + OF_OPENED, party);
}

static void swap_balances(struct party *a, struct party *b) {
    const struct party kept = *a;
    a->balance_after_minor = b->balance_after_minor;
    a->balance_after_present = b->balance_after_present;
    b->balance_after_minor = kept.balance_after_minor;
    b->balance_after_present = kept.balance_after_present;
}

static bool drops(uint8_t side, const struct transaction *tx, enum event_type cash) {
    return side == MAPPING_DROP || (side == MAPPING_AUTO && tx->event_type == cash);
}

/* A side without an account keeps nothing else either: there is nobody it could be true of. */
static void leave_out(struct party *party, bool dropped) {
    if (dropped || party->account_token.data == NULL) *party = nobody;
}

static bool read_parties(struct import *im, const struct mapping_type *type,
                         struct transaction *tx) {
    if (!read_party(im, MAPPING_PAYER, &tx->payer) || !read_party(im, MAPPING_PAYEE, &tx->payee))
        return false;
    if (type->swap == MAPPING_SWAP_BALANCES) swap_balances(&tx->payer, &tx->payee);
    if (type->swap == MAPPING_SWAP_SIDES) {
        const struct party payer = tx->payer;
        tx->payer = tx->payee;
        tx->payee = payer;
    }
    leave_out(&tx->payer, drops(type->payer, tx, EVENT_TYPE_CASH_DEPOSIT));
    leave_out(&tx->payee, drops(type->payee, tx, EVENT_TYPE_CASH_WITHDRAWAL));
    return true;
}

static bool read_rest(struct import *im, struct transaction *tx) {
    tx->device_token = text_or_null(field(im, MAPPING_DEVICE));
    tx->ip_token = text_or_null(field(im, MAPPING_IP));
    tx->terminal_id = text_or_null(field(im, MAPPING_TERMINAL));
    tx->country_to = text_or_null(field(im, MAPPING_COUNTRY_TO));
    tx->token_key_id = text_of(im->mapping->token_key_id);
    tx->reporter_bic = text_of(has(im, MAPPING_REPORTER) ? field(im, MAPPING_REPORTER)
                                                         : im->mapping->reporter_bic);
    tx->mcc_present = field(im, MAPPING_MCC)[0] != '\0';
    if (!tx->mcc_present) return true;
    int64_t mcc = 0;
    if (decimal_scale(field(im, MAPPING_MCC), '.', 1, false, &mcc) != DECIMAL_OK || mcc < 0 ||
        mcc > 9999)
        return bad_field(im, MAPPING_MCC, "is no merchant category code");
    tx->mcc = (int32_t)mcc;
    return true;
}

static bool read_row(struct import *im, struct transaction *tx) {
    const struct mapping_type *type = NULL;
    *tx = (struct transaction){.active_call = TRISTATE_NULL, .remote_access = TRISTATE_NULL};
    return read_ids(im, tx) && read_time(im, tx) && read_type(im, tx, &type) &&
           read_status(im, tx) && read_amount(im, tx) && read_parties(im, type, tx) &&
           read_rest(im, tx);
}

/* Encodes, and lets the engine's own reader and its admission judge the bytes. */
static bool write_record(struct import *im, const struct transaction *tx, struct bytes *record) {
    struct error error;
    struct bytes framed;
    struct transaction back;
    uint32_t used = 0;
    const char *why = NULL;
    if (!encode_transaction(im->encoder, tx, &framed, &error)) return bad(im, "%s", error.text);
    *record = (struct bytes){framed.data + FRAME_SIZE, framed.size - FRAME_SIZE};
    if (!plan_decode(im->plan, *record, &back, &used, &why)) return bad(im, "%s", why);
    return admit(&back, INT64_MIN, &why) == VERDICT_ACCEPTED || bad(im, "%s", why);
}

static bool is_empty_line(const struct csv *csv) {
    return csv_count(csv) == 1 && csv_field(csv, 0)[0] == '\0';
}

static enum csv_outcome next_row(struct import *im, const char **why) {
    if (im->first_pending) {
        im->first_pending = false;
        return CSV_ROW;
    }
    enum csv_outcome outcome;
    do {
        outcome = csv_next(im->csv, why);
    } while (outcome == CSV_ROW && is_empty_line(im->csv) && im->binding.column_count > 1);
    return outcome;
}

enum import_outcome import_next(struct import *im, struct import_row *row, struct error *error) {
    const char *why = "";
    struct transaction tx;
    const enum csv_outcome outcome = next_row(im, &why);
    im->why = row->why;
    row->line = csv_line(im->csv);
    if (outcome == CSV_END) {
        if (!csv_failed(im->csv)) return IMPORT_END;
        error_set(error, ERROR_IO, "line %lld: the input cannot be read", (long long)row->line);
        return IMPORT_FAILED;
    }
    im->rows++;
    if (outcome == CSV_BAD) {
        bad(im, "%s", why);
        return IMPORT_BAD;
    }
    if (csv_count(im->csv) != im->binding.column_count) {
        bad(im, "%zu fields where %zu are due", csv_count(im->csv), im->binding.column_count);
        return IMPORT_BAD;
    }
    if (!read_row(im, &tx) || !write_record(im, &tx, &row->record)) return IMPORT_BAD;
    row->event_id = im->event_id;
    row->label = has(im, MAPPING_LABEL) ? field(im, MAPPING_LABEL) : NULL;
    row->out_of_order = tx.event_time_us < im->newest_us;
    if (!row->out_of_order) im->newest_us = tx.event_time_us;
    return IMPORT_RECORD;
}

/* Life. */

static bool read_head(struct import *im, struct error *error) {
    const char *why = "";
    switch (csv_next(im->csv, &why)) {
    case CSV_END:
        return error_set(error, ERROR_BAD_DATA, "the CSV is empty");
    case CSV_BAD:
        return error_set(error, ERROR_BAD_DATA, "line %lld: %s", (long long)csv_line(im->csv), why);
    case CSV_ROW:
        break;
    }
    im->first_pending = !im->mapping->header;
    return import_bind(im->mapping, im->csv, &im->binding, error);
}

struct import *import_open(const struct mapping *mapping, struct csv *csv, struct error *error) {
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    struct import *im = calloc(1, sizeof *im);
    if (im == NULL) {
        error_set(error, ERROR_FAILED, "no memory to import");
        return NULL;
    }
    im->mapping = mapping;
    im->csv = csv;
    im->newest_us = INT64_MIN;
    csv_set_separator(csv, csv_separators[mapping->separator].mark);
    if (read_head(im, error) && (im->encoder = encoder_open(error)) != NULL &&
        (im->plan = plan_compile(schema, size, error)) != NULL)
        return im;
    import_close(im);
    return NULL;
}

void import_close(struct import *im) {
    if (im == NULL) return;
    encoder_close(im->encoder);
    plan_free(im->plan);
    free(im);
}
