/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/contract.h"
#include "schemas/limits.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#define AT(field) ((uint16_t)offsetof(struct signal, field))
#define IN(field) ((uint16_t)offsetof(struct signal_subject, field))

static const struct column subject_columns[] = {
    ENUM("type", IN(type), subject_type_symbols),
    TEXT("token", IN(token), TOKEN_BYTES_MAX),
    ENUM("role", IN(role), subject_role_symbols),
};

/* Records in the record: their columns are the signal's. */
static const struct column telecom_columns[] = {
    TEXT("operator", AT(telecom_operator), SHORT_TEXT_BYTES_MAX),
    NUMBER_OR_NULL("slots", COL_INT, AT(telecom_slots), AT(telecom_slots_present)),
    TEXT_OR_NULL("called_phone_token", AT(called_phone_token), TOKEN_BYTES_MAX),
};

static const struct column outcome_columns[] = {
    TEXT("recommendation_id", AT(recommendation_id), TOKEN_BYTES_MAX),
    ENUM("result", AT(outcome_result), outcome_result_symbols),
    NUMBER_OR_NULL("held_amount_kzt_minor", COL_LONG, AT(held_amount_kzt_minor),
                   AT(held_amount_present)),
};

#define RECORD_OR_NULL(n, given, columns_of)                                                       \
    {                                                                                              \
        .name = n, .kind = COL_RECORD, .present = given, .nullable = true, .fields = columns_of,   \
        .field_count = sizeof columns_of / sizeof columns_of[0]                                    \
    }

static const struct column columns[] = {
    TEXT("signal_id", AT(signal_id), TOKEN_BYTES_MAX),
    {.name = "revision", .kind = COL_INT, .to = AT(revision), .obligatory = true},
    ENUM("kind", AT(kind), signal_kind_symbols),
    ENUM("source", AT(source), signal_source_symbols),
    TEXT("category", AT(category), SHORT_TEXT_BYTES_MAX),
    {.name = "subjects",
     .kind = COL_LIST,
     .to = AT(subjects),
     .fields = subject_columns,
     .field_count = sizeof subject_columns / sizeof subject_columns[0],
     .count = AT(subject_count),
     .items_max = SIGNAL_SUBJECTS_MAX,
     .item_bytes = sizeof(struct signal_subject)},
    {.name = "list_colour",
     .kind = COL_ENUM,
     .to = AT(list_colour),
     .nullable = true,
     .symbols = list_colour_symbols,
     .symbol_count = COLOUR_NULL},
    ENUM("confidence", AT(confidence), confidence_symbols),
    {.name = "related_tx_ids",
     .kind = COL_LIST,
     .to = AT(related_tx_ids),
     .cap = TOKEN_BYTES_MAX,
     .count = AT(tx_id_count),
     .items_max = SIGNAL_TX_IDS_MAX,
     .item_bytes = sizeof(struct text)},
    NUMBER_OR_NULL("amount_kzt_minor", COL_LONG, AT(amount_kzt_minor), AT(amount_present)),
    TIME_OR_NULL("occurred_at", AT(occurred_at_us), AT(occurred_at_s), AT(occurred_at_present)),
    TIME("reported_at", AT(reported_at_us), AT(reported_at_s)),
    TIME("valid_from", AT(valid_from_us), AT(valid_from_s)),
    TIME_OR_NULL("valid_until", AT(valid_until_us), AT(valid_until_s), AT(valid_until_present)),
    RECORD_OR_NULL("telecom", AT(telecom_present), telecom_columns),
    RECORD_OR_NULL("outcome", AT(outcome_present), outcome_columns),
    TEXT_OR_NULL("withdraws_signal_id", AT(withdraws_signal_id), TOKEN_BYTES_MAX),
};

static void *blank(void) {
    struct signal *signal = calloc(1, sizeof *signal);
    assert(signal != NULL && "out of memory");
    signal->list_colour = COLOUR_NULL;
    return signal;
}

const struct contract_columns contract_of_signal = {columns, sizeof columns / sizeof columns[0],
                                                    sizeof(struct signal), blank};
