/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/plan.h"

#include "schemas/limits.h"
#include "schemas/plan_ops.h"
#include "schemas/utf8.h"
#include "schemas/wire.h"

#include <stdlib.h>

enum { MICROS_PER_S = 1000000, MINOR_DIGITS = 2 };

/* What decoding has to remember besides its step. */
struct run {
    struct wire wire;
    const struct plan *plan;
    uint8_t *out; /* the transaction's bytes */
    const char *why;
    int depth;
    struct {
        int64_t left;  /* items of the block */
        uint32_t back; /* of a call: where to go on */
    } stack[RECORD_DEPTH_MAX];
};

static const char cut[] = "the record is cut short or a number is broken";

static bool fail(struct run *r, const char *why) {
    r->why = why;
    return false;
}

static bool read_text(struct run *r, const struct op *op) {
    struct text *text = (struct text *)(void *)(r->out + op->to);
    if (!wire_text(&r->wire, text)) return fail(r, cut);
    if (text->size > op->limit) return fail(r, "a text is longer than its field allows");
    return utf8_valid(text->data, text->size) || fail(r, "a text is no UTF-8");
}

static int64_t floor_to_seconds(int64_t micros) {
    const int64_t seconds = micros / MICROS_PER_S;
    return seconds - (micros % MICROS_PER_S < 0);
}

static bool read_time(struct run *r, const struct op *op) {
    int64_t value;
    if (!wire_long(&r->wire, &value)) return fail(r, cut);
    if (op->code == OP_MILLIS && __builtin_mul_overflow(value, 1000, &value))
        return fail(r, "a time is out of range");
    const int64_t seconds = floor_to_seconds(value);
    memcpy(r->out + op->to, &value, sizeof value);
    memcpy(r->out + op->extra, &seconds, sizeof seconds);
    return true;
}

static bool scale_decimal(int64_t *value, uint32_t scale) {
    for (; scale < MINOR_DIGITS; scale++)
        if (__builtin_mul_overflow(*value, 10, value)) return false;
    for (; scale > MINOR_DIGITS; scale--) {
        if (*value % 10 != 0) return false;
        *value /= 10;
    }
    return true;
}

/* Two's complement, big-endian, any number of bytes as long as the value fits int64. */
static bool read_decimal(struct run *r, const struct op *op) {
    struct bytes bytes;
    const bool got = op->code == OP_DECIMAL ? wire_bytes(&r->wire, &bytes)
                                            : wire_fixed(&r->wire, op->extra, &bytes);
    if (!got) return fail(r, cut);
    if (bytes.size == 0) return fail(r, "a decimal without digits");
    const uint8_t sign = bytes.data[0] & 0x80 ? 0xff : 0;
    uint64_t bits = sign != 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < bytes.size; i++) {
        const uint32_t left = bytes.size - i;
        const bool beyond =
            left > 8 ? bytes.data[i] != sign : left == 8 && (bytes.data[i] & 0x80) != (sign & 0x80);
        if (beyond) return fail(r, "a decimal is out of range");
        bits = bits << 8 | bytes.data[i];
    }
    int64_t value = (int64_t)bits;
    if (!scale_decimal(&value, op->limit))
        return fail(r, "a decimal is not a whole number of minor units");
    memcpy(r->out + op->to, &value, sizeof value);
    return true;
}

static bool read_boolean(struct run *r, uint8_t *value) {
    if (r->wire.at == r->wire.end) return fail(r, cut);
    *value = *r->wire.at++;
    return *value <= 1 || fail(r, "a boolean is neither 0 nor 1");
}

static bool read_symbol(struct run *r, const struct op *op, int64_t *symbol) {
    if (!wire_long(&r->wire, symbol)) return fail(r, cut);
    return (*symbol >= 0 && *symbol < op->limit) || fail(r, "an enum or union is out of range");
}

static bool read_enum(struct run *r, const struct op *op) {
    int64_t symbol;
    if (!read_symbol(r, op, &symbol)) return false;
    r->out[op->to] = r->plan->symbols[op->extra + (uint32_t)symbol];
    return true;
}

static bool skip_text(struct run *r) {
    struct text text;
    if (!wire_text(&r->wire, &text)) return fail(r, cut);
    return utf8_valid(text.data, text.size) || fail(r, "a text is no UTF-8");
}

/* A column's value; false: failed or another kind of step (then *flow). */
static bool value_step(struct run *r, const struct op *op, bool *flow) {
    int64_t number;
    int32_t small;
    uint8_t boolean;
    switch ((enum op_code)op->code) {
    case OP_TEXT:
        return read_text(r, op);
    case OP_LONG:
        if (!wire_long(&r->wire, &number)) return fail(r, cut);
        memcpy(r->out + op->to, &number, sizeof number);
        return true;
    case OP_INT:
        if (!wire_int(&r->wire, &small)) return fail(r, cut);
        memcpy(r->out + op->to, &small, sizeof small);
        return true;
    case OP_MICROS:
    case OP_MILLIS:
        return read_time(r, op);
    case OP_DECIMAL:
    case OP_DECIMAL_FIXED:
        return read_decimal(r, op);
    case OP_ENUM:
        return read_enum(r, op);
    case OP_BOOLEAN:
        if (!read_boolean(r, &boolean)) return false;
        r->out[op->to] = boolean;
        return true;
    case OP_PRESENT:
        r->out[op->to] = 1;
        return true;
    case OP_REFUSE:
        return fail(r, "null where a value is obligatory");
    default:
        *flow = true;
        return false;
    }
}

static bool skip_step(struct run *r, const struct op *op, bool *flow) {
    struct bytes bytes;
    int64_t number;
    int32_t small;
    uint8_t boolean;
    switch ((enum op_code)op->code) {
    case OP_SKIP_LONG:
        return wire_long(&r->wire, &number) || fail(r, cut);
    case OP_SKIP_INT:
        return wire_int(&r->wire, &small) || fail(r, cut);
    case OP_SKIP_TEXT:
        return skip_text(r);
    case OP_SKIP_BYTES:
        return wire_bytes(&r->wire, &bytes) || fail(r, cut);
    case OP_SKIP_FIXED:
        return wire_fixed(&r->wire, op->extra, &bytes) || fail(r, cut);
    case OP_SKIP_ENUM:
        return read_symbol(r, op, &number);
    case OP_SKIP_BOOLEAN:
        return read_boolean(r, &boolean);
    default:
        *flow = true;
        return false;
    }
}

static bool push(struct run *r, int64_t left, uint32_t back) {
    if (r->depth == RECORD_DEPTH_MAX) return fail(r, "the record is nested too deeply");
    r->stack[r->depth].left = left;
    r->stack[r->depth++].back = back;
    return true;
}

static bool next_block(struct run *r, const struct op *op, uint32_t *at) {
    int64_t count, size;
    if (!wire_long(&r->wire, &count)) return fail(r, cut);
    if (count == 0) {
        *at = op->extra;
        return true;
    }
    if (count < 0 && (count == INT64_MIN || !wire_long(&r->wire, &size) || size < 0))
        return fail(r, cut);
    if (count < 0) count = -count;
    if (count > r->wire.end - r->wire.at)
        return fail(r, "a collection claims more items than there are bytes");
    ++*at;
    return push(r, count, 0);
}

static bool flow_step(struct run *r, const struct op *op, uint32_t *at) {
    int64_t branch;
    switch ((enum op_code)op->code) {
    case OP_UNION:
        if (!read_symbol(r, op, &branch)) return false;
        *at = r->plan->ops[*at + 1 + (uint32_t)branch].extra;
        return true;
    case OP_JUMP:
        *at = op->extra;
        return true;
    case OP_BLOCKS:
        return next_block(r, op, at);
    case OP_ITEM:
        if (--r->stack[r->depth - 1].left > 0) {
            *at = op->extra;
            return true;
        }
        r->depth--;
        *at = op->extra - 1;
        return true;
    case OP_CALL:
        if (!push(r, 0, *at + 1)) return false;
        *at = op->extra;
        return true;
    case OP_RETURN:
        *at = r->stack[--r->depth].back;
        return true;
    default:
        return fail(r, "the plan is broken");
    }
}

bool plan_decode(const struct plan *plan, struct bytes bytes, struct transaction *tx,
                 uint32_t *used, const char **why) {
    struct run r = {.wire = wire_of(bytes), .plan = plan, .out = (uint8_t *)tx};
    memcpy(tx, &plan->blank, sizeof *tx);
    for (uint32_t at = 0; plan->ops[at].code != OP_END;) {
        const struct op *op = &plan->ops[at];
        bool flow = false;
        bool ok = op->code < OP_UNION ? value_step(&r, op, &flow) : skip_step(&r, op, &flow);
        if (flow)
            ok = flow_step(&r, op, &at);
        else
            at++;
        if (!ok) {
            *why = r.why;
            return false;
        }
    }
    *used = (uint32_t)(r.wire.at - bytes.data);
    return true;
}

void plan_free(struct plan *plan) {
    if (plan == NULL) return;
    free(plan->ops);
    free(plan->symbols);
    free(plan);
}
