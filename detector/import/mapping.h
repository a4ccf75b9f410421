/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping document of `import`: which column of a foreign CSV is what, and what its values
 * mean.
 *
 * key=value lines in sections, read with inih. One table makes the reader, the errors ("did you
 * mean") and docs/MAPPING.md. Immutable once loaded. */
#pragma once

#include "detector/base/error.h"

#include <stdint.h>
#include <stdio.h>

enum {
    MAPPING_NAME_SIZE = 64, /* of a column, a value, a constant, with its NUL */
    MAPPING_TYPES_MAX = 64,
    MAPPING_STATUSES_MAX = 64,
    MAPPING_DROPPED_MAX = 256,
    MAPPING_ABSENT_MAX = 16,
};

/* X(id, key in [columns], meaning) */
#define MAPPING_COLUMNS(X)                                                                         \
    X(EVENT_ID, "event_id",                                                                        \
      "identity of the row; a UUID is kept, anything else names one made "                         \
      "from it; without a column: from the row's number")                                          \
    X(TX_ID, "tx_id", "id of the payment, stable over its status changes; otherwise as event_id")  \
    X(TIME, "time", "when it happened: see [time]; obligatory")                                    \
    X(TYPE, "type", "kind of operation; a [type VALUE] section says what a value means")           \
    X(STATUS, "status", "outcome of the operation; [status] says what a value means")              \
    X(AMOUNT, "amount", "how much: see [amount]; obligatory")                                      \
    X(CURRENCY, "currency", "ISO 4217 code; otherwise currency of [record]")                       \
    X(AMOUNT_KZT, "amount_kzt", "the amount in tenge, where the currency is another")              \
    X(LABEL, "label",                                                                              \
      "goes to --labels-out beside the event id, or teaches and judges at once; never into a "     \
      "record")                                                                                    \
    X(PAYER, "payer", "account that is debited; payer or payee is obligatory")                     \
    X(PAYER_BALANCE, "payer.balance_after", "its balance afterwards; may be negative")             \
    X(PAYER_OPENED, "payer.account_opened_on", "day the account was opened, YYYY-MM-DD")           \
    X(PAYER_PERSON, "payer.person", "its holder")                                                  \
    X(PAYER_PHONE, "payer.phone", "phone it is bound to")                                          \
    X(PAYER_BANK, "payer.bank_bic", "its bank")                                                    \
    X(PAYEE, "payee", "account that is credited")                                                  \
    X(PAYEE_BALANCE, "payee.balance_after", "its balance afterwards; may be negative")             \
    X(PAYEE_OPENED, "payee.account_opened_on", "day the account was opened, YYYY-MM-DD")           \
    X(PAYEE_PERSON, "payee.person", "its holder")                                                  \
    X(PAYEE_PHONE, "payee.phone", "phone it is bound to")                                          \
    X(PAYEE_BANK, "payee.bank_bic", "its bank")                                                    \
    X(DEVICE, "device", "device of the payer")                                                     \
    X(IP, "ip", "network address of the payer")                                                    \
    X(TERMINAL, "terminal", "cash machine or point-of-sale terminal")                              \
    X(MCC, "mcc", "merchant category code, a number")                                              \
    X(COUNTRY_TO, "country_to", "ISO 3166-1 alpha-2 code of where the money goes")                 \
    X(REPORTER, "reporter_bic", "organisation that reports; otherwise reporter_bic of [record]")

enum mapping_column {
#define X(id, key, meaning) MAPPING_##id,
    MAPPING_COLUMNS(X)
#undef X
        MAPPING_COLUMN_COUNT
};

/* By the rows of csv_separators. */
enum mapping_separator { MAPPING_COMMA, MAPPING_SEMICOLON, MAPPING_TAB, MAPPING_PIPE };
enum mapping_unit {
    MAPPING_SECONDS,
    MAPPING_MILLISECONDS,
    MAPPING_MICROSECONDS,
    MAPPING_MINUTES,
    MAPPING_HOURS,
    MAPPING_DAYS,
    MAPPING_ISO
};
enum mapping_side { MAPPING_AUTO, MAPPING_KEEP, MAPPING_DROP };
enum mapping_swap { MAPPING_SWAP_NOTHING, MAPPING_SWAP_SIDES, MAPPING_SWAP_BALANCES };

/* What one value of the type column means. */
struct mapping_type {
    char value[MAPPING_NAME_SIZE]; /* "*": every other value */
    uint8_t event_type;            /* enum event_type */
    uint8_t rail, channel;
    uint8_t payer, payee; /* enum mapping_side */
    uint8_t swap;         /* enum mapping_swap */
};

struct mapping_status {
    char value[MAPPING_NAME_SIZE];
    uint8_t status; /* enum tx_status */
};

struct mapping {
    char columns[MAPPING_COLUMN_COUNT][MAPPING_NAME_SIZE]; /* "": not mapped */
    char dropped[MAPPING_DROPPED_MAX][MAPPING_NAME_SIZE];
    char absent[MAPPING_ABSENT_MAX][MAPPING_NAME_SIZE]; /* account names that mean no account */
    struct mapping_type types[MAPPING_TYPES_MAX];
    struct mapping_status statuses[MAPPING_STATUSES_MAX];
    size_t dropped_count, absent_count, type_count, status_count;
    uint8_t separator; /* enum mapping_separator */
    uint8_t header;    /* 1: the first row names the columns; 0: they are called 1, 2, 3 … */
    uint8_t unit;      /* enum mapping_unit */
    uint8_t decimal_comma;
    uint8_t status;           /* enum tx_status, where no column is mapped */
    struct mapping_type type; /* where no column is mapped */
    int64_t origin_us;
    int32_t zone_s;
    int64_t minor_units; /* in 1 of the file */
    char currency[MAPPING_NAME_SIZE], reporter_bic[MAPPING_NAME_SIZE];
    char token_key_id[MAPPING_NAME_SIZE];
};

/* ERROR_CONFIG naming line, key and the nearest right name. */
struct mapping *mapping_load(const char *path, struct error *error);
void mapping_free(struct mapping *mapping);

/* The key of a column in [columns]. */
const char *mapping_column_key(enum mapping_column column);
/* The type that a value of the type column means; NULL: none. */
const struct mapping_type *mapping_find_type(const struct mapping *mapping, const char *value);

/* docs/MAPPING.md. */
void mapping_print_markdown(FILE *out);
