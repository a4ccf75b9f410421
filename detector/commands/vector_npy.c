/* SPDX-License-Identifier: Apache-2.0 */
/* Source: NumPy enhancement proposal 1, "A Simple File Format for NumPy Arrays". */
#include "detector/commands/vector_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One record of the array; x86-64 lays it out as it is read: little-endian, no gaps. */
struct row {
    int64_t ordinal, offset, event_time;
    int32_t partition;
    uint32_t account_number;
    uint16_t side, quality;
    uint32_t nulls;
    char account[TOKEN_BYTES_MAX];
    double features[FEATURE_COUNT];
};
_Static_assert(sizeof(struct row) == 40 + TOKEN_BYTES_MAX + 8 * FEATURE_COUNT, "a gap");

/* The fields that stand before the features, in NumPy's types. */
static const char *const fields[][2] = {
    {"ordinal", "<i8"},        {"offset", "<i8"}, {"event_time", "<i8"}, {"partition", "<i4"},
    {"account_number", "<u4"}, {"side", "<u2"},   {"quality", "<u2"},    {"nulls", "<u4"},
};

enum { PREFIX = 10, ALIGNMENT = 64, ROWS_DIGITS_MAX = 19 };

static char *put_field(char *out, const char *name, const char *type) {
    return out + sprintf(out, "('%s', '%s'), ", name, type);
}

/* Spaces make up for the digits that the number of rows does not have. */
static size_t put_head(int64_t rows, char *out) {
    char *at = out + PREFIX;
    at += sprintf(at, "{'descr': [");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        at = put_field(at, fields[i][0], fields[i][1]);
    at += sprintf(at, "('account', '|S%d'), ", TOKEN_BYTES_MAX);
    for (int f = 0; f < FEATURE_COUNT; f++)
        at = put_field(at, feature_table[f].name, "<f8");
    at += sprintf(at, "], 'fortran_order': False, 'shape': (");
    char *end = at + ROWS_DIGITS_MAX + 6;
    const size_t size = ((size_t)(end - out) / ALIGNMENT + 1) * ALIGNMENT;
    at += sprintf(at, "%lld,), }", (long long)rows);
    memset(at, ' ', size - (size_t)(at - out));
    out[size - 1] = '\n';
    const size_t rest = size - PREFIX;
    const char prefix[PREFIX] = {
        '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(rest & 255), (char)(rest >> 8u)};
    memcpy(out, prefix, PREFIX);
    return size;
}

static size_t put_row(const struct batch *batch, uint32_t i, char *out) {
    const struct side *side = &batch->side[i];
    const struct input *input = &batch->input[side->event];
    const struct text account = vector_account(batch, side);
    struct row row = {.ordinal = (int64_t)input->ordinal,
                      .offset = input->record.offset,
                      .event_time = batch->tx[side->event].event_time_s,
                      .partition = input->partition,
                      .account_number = side->account_number,
                      .side = (uint16_t)side->role,
                      .quality = (uint16_t)side->quality};
    memcpy(row.account, account.data, account.size);
    batch_vector(batch, i, row.features);
    for (int f = 0; f < FEATURE_COUNT; f++)
        row.nulls += isnan(row.features[f]) != 0;
    memcpy(out, &row, sizeof row);
    return sizeof row;
}

const struct vector_format vector_npy = {
    .ending = ".npy", .head = put_head, .counts = true, .row = put_row};

struct text vector_account(const struct batch *batch, const struct side *side) {
    const struct transaction *tx = &batch->tx[side->event];
    return side->role == SIDE_PAYER ? tx->payer.account_token : tx->payee.account_token;
}
