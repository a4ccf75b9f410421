/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/import/mapping_table.h"

#include "detector/transaction.h"

/* "|UNKNOWN|…" without the first bar: the index of a choice is the enum's number. */
#define CHOICES(table) (&table[1])
#define X(name) "|" #name
const char *const mapping_statuses = CHOICES(TX_STATUS_TABLE(X));

static const char *const column_keys[] = {
#define COLUMN(id, key, meaning) key,
    MAPPING_COLUMNS(COLUMN)
#undef COLUMN
};

const char *mapping_column_key(enum mapping_column column) {
    return column_keys[column];
}

#define IN(field) offsetof(struct mapping, field)
#define TYPE(field) offsetof(struct mapping_type, field)
#define NAME_TAKES "1 to 63 bytes"

const struct mapping_row mapping_rows[] = {
    {"file", "separator", MAPPING_ROW_CHOICE, "comma", "comma|semicolon|tab|pipe",
     "what stands between fields", IN(separator)},
    {"file", "header", MAPPING_ROW_CHOICE, "yes", "no|yes",
     "whether the first row names the columns; if not, they are called 1, 2, 3 …", IN(header)},
#define COLUMN(id, key, meaning)                                                                   \
    {"columns", key, MAPPING_ROW_TEXT, "", NAME_TAKES, meaning, IN(columns[MAPPING_##id])},
    MAPPING_COLUMNS(COLUMN)
#undef COLUMN
        {"time", "unit", MAPPING_ROW_CHOICE, "s", "s|ms|us|min|h|day|iso",
         "what the number counts, fraction allowed; iso: ISO 8601 text", IN(unit)},
    {"time", "origin", MAPPING_ROW_TIME, "1970-01-01", "an ISO 8601 date or time",
     "what 0 stands for, UTC unless it says otherwise; not for iso", IN(origin_us)},
    {"time", "zone", MAPPING_ROW_ZONE, "Z", "Z or an offset such as +05:00",
     "of ISO 8601 text that names none", IN(zone_s)},
    {"amount", "minor_units", MAPPING_ROW_NUMBER, "100", "a whole number above 0",
     "minor units in 1 of the file: 100 for tenge, 1 for tiyn, 47000 to read dollars as KZT at "
     "470; amount_kzt and balances too. A product that is not whole is a bad row",
     IN(minor_units)},
    {"amount", "decimal_mark", MAPPING_ROW_CHOICE, "point", "point|comma",
     "what stands before the fraction", IN(decimal_comma)},
    {"accounts", "absent", MAPPING_ROW_LIST, "", "up to 16 names, comma-separated",
     "values of payer and payee that mean cash or an outside party: that side gets no account, as "
     "with an empty field",
     IN(absent)},
    {"record", "currency", MAPPING_ROW_TEXT, "KZT", NAME_TAKES, "where no column is mapped",
     IN(currency)},
    {"record", "status", MAPPING_ROW_CHOICE, "SETTLED", CHOICES(TX_STATUS_TABLE(X)),
     "where no column is mapped", IN(status)},
    {"record", "event_type", MAPPING_ROW_CHOICE, "P2P_TRANSFER", CHOICES(EVENT_TYPE_TABLE(X)),
     "where no column is mapped", IN(type.event_type)},
    {"record", "rail", MAPPING_ROW_CHOICE, "UNKNOWN", CHOICES(RAIL_TABLE(X)),
     "where no type column is mapped", IN(type.rail)},
    {"record", "channel", MAPPING_ROW_CHOICE, "UNKNOWN", CHOICES(CHANNEL_TABLE(X)),
     "where no type column is mapped", IN(type.channel)},
    {"record", "reporter_bic", MAPPING_ROW_TEXT, "IMPORT", NAME_TAKES, "where no column is mapped",
     IN(reporter_bic)},
    {"record", "token_key_id", MAPPING_ROW_TEXT, "import", NAME_TAKES,
     "key that the account names were made with", IN(token_key_id)},
    {MAPPING_TYPE_SECTION, "event_type", MAPPING_ROW_CHOICE, "", CHOICES(EVENT_TYPE_TABLE(X)),
     "obligatory, and not UNKNOWN", TYPE(event_type)},
    {MAPPING_TYPE_SECTION, "rail", MAPPING_ROW_CHOICE, "UNKNOWN", CHOICES(RAIL_TABLE(X)),
     "what carries the money", TYPE(rail)},
    {MAPPING_TYPE_SECTION, "channel", MAPPING_ROW_CHOICE, "UNKNOWN", CHOICES(CHANNEL_TABLE(X)),
     "where it is ordered", TYPE(channel)},
    {MAPPING_TYPE_SECTION, "swap", MAPPING_ROW_CHOICE, "no", "no|sides|balances",
     "sides: the payer columns describe who is credited, and the payee columns the other; "
     "balances: "
     "so do the balance columns alone",
     TYPE(swap)},
    {MAPPING_TYPE_SECTION, "payer", MAPPING_ROW_CHOICE, "auto", "auto|keep|drop",
     "drop: the record names no payer; auto drops it for CASH_DEPOSIT; after swap", TYPE(payer)},
    {MAPPING_TYPE_SECTION, "payee", MAPPING_ROW_CHOICE, "auto", "auto|keep|drop",
     "drop: the record names no payee; auto drops it for CASH_WITHDRAWAL; after swap", TYPE(payee)},
};
#undef X

const size_t mapping_row_count = sizeof mapping_rows / sizeof mapping_rows[0];
_Static_assert(sizeof mapping_rows / sizeof mapping_rows[0] <= MAPPING_ROWS_MAX, "seen[] is small");
