/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/vector_rows.h"

#include "detector/recommendation.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char columns[] =
    "topic,partition,offset,ordinal,account,account_number,event_time,side,tx_id,quality";

static char *put_bytes(char *out, const char *bytes, size_t size) {
    memcpy(out, bytes, size);
    return out + size;
}

static size_t put_head(int64_t rows, char *out) {
    (void)rows;
    char *at = put_bytes(out, columns, sizeof columns - 1);
    for (int f = 0; f < FEATURE_COUNT; f++) {
        *at++ = ',';
        at = put_bytes(at, feature_table[f].name, strlen(feature_table[f].name));
    }
    *at++ = '\n';
    return (size_t)(at - out);
}

static bool is_special(char c) {
    return c == ',' || c == '"' || c == '\r' || c == '\n';
}

static bool needs_quotes(struct text text) {
    for (uint32_t i = 0; i < text.size; i++)
        if (is_special(text.data[i])) return true;
    return false;
}

static char *put_quoted(char *out, struct text text) {
    *out++ = '"';
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') *out++ = '"';
        *out++ = text.data[i];
    }
    *out++ = '"';
    return out;
}

static char *put_text(char *out, struct text text) {
    assert(2 * text.size + 3 <= VECTOR_TEXT_MAX);
    if (needs_quotes(text))
        out = put_quoted(out, text);
    else if (text.size > 0)
        out = put_bytes(out, text.data, text.size);
    *out++ = ',';
    return out;
}

static char *put_whole(char *out, int64_t value) {
    out += number_text_whole(value, out);
    *out++ = ',';
    return out;
}

/* EXACT, or what it is not, with | between. */
static char *put_quality(char *out, uint32_t bits) {
    static const char *const names[] = {
#define X(name) #name,
        QUALITY_TABLE(X)
#undef X
    };
    if (bits == 0) bits = 1u << QUALITY_EXACT;
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((bits >> i & 1) == 0) continue;
        out = put_bytes(out, names[i], strlen(names[i]));
        *out++ = '|';
    }
    return out - 1;
}

static char *put_features(char *out, const struct batch *batch, uint32_t side) {
    for (int f = 0; f < FEATURE_COUNT; f++) {
        const double value = batch->features[f][side];
        *out++ = ',';
        if (!isnan(value)) out += number_text(value, out);
    }
    return out;
}

static size_t put_row(const struct batch *batch, uint32_t i, char *out) {
    const struct side *side = &batch->side[i];
    const struct input *input = &batch->input[side->event];
    const struct transaction *tx = &batch->tx[side->event];
    char *at = put_text(out, text_of(input->topic));
    at = put_whole(at, input->partition);
    at = put_whole(at, input->record.offset);
    at = put_whole(at, (int64_t)input->ordinal);
    at = put_text(at, vector_account(batch, side));
    at = put_whole(at, side->account_number);
    at = put_whole(at, tx->event_time_s);
    at = put_text(at, text_of(side->role == SIDE_PAYER ? "payer" : "payee"));
    at = put_text(at, tx->tx_id);
    at = put_quality(at, side->quality);
    at = put_features(at, batch, i);
    *at++ = '\n';
    return (size_t)(at - out);
}

const struct vector_format vector_csv = {.ending = ".csv", .head = put_head, .row = put_row};
