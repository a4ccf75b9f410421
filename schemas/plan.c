/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/plan.h"

#include "schemas/limits.h"
#include "schemas/plan_ops.h"
#include "schemas/utf8.h"
#include "schemas/wire.h"

#include <stdlib.h>

enum { MICROS_PER_S = 1000000, MINOR_DIGITS = 2 };

/* What decoding has to remember besides its step and its place. The place in the bytes is handed
 * from step to step and stays in a register. */
struct run {
    const uint8_t *end;
    uint8_t *out;    /* the bytes that columns are in: the record's, or an item's of it */
    uint8_t *record; /* its own */
    const struct plan *plan;
    const char *why;
    const struct op *next; /* set by step() */
    int depth;
    struct {
        int64_t left;          /* items of the block */
        const struct op *back; /* of a call: where to go on */
    } stack[RECORD_DEPTH_MAX];
};

/* Every reader takes the place to read at and returns the place behind what it read; NULL: failed,
 * and r->why says why. */
typedef const uint8_t *place;

static const char cut[] = "the record is cut short or a number is broken";

static place fail(struct run *r, const char *why) {
    r->why = why;
    return NULL;
}

static inline place read_varint(struct run *r, place at, uint64_t *value) {
    at = wire_varint_fast(at, r->end, value);
    return at != NULL ? at : fail(r, cut);
}

static inline void note_presence(const struct run *r, const struct op *op) {
    if (op->present != 0) r->out[op->present] = 1;
}

/* Values into columns. */

static inline place read_text(struct run *r, const struct op *op, place at) {
    uint64_t zigzag;
    at = read_varint(r, at, &zigzag);
    if (at == NULL) return NULL;
    const uint64_t size = zigzag >> 1;
    if ((zigzag & 1) != 0 || size > (uint64_t)(r->end - at)) return fail(r, cut);
    if (size > op->limit) return fail(r, "a text is longer than its field allows");
    if (!utf8_ascii(at, size) && !utf8_valid((const char *)at, size))
        return fail(r, "a text is no UTF-8");
    struct text *text = (struct text *)(void *)(r->out + op->to);
    text->data = (const char *)at;
    text->size = (uint32_t)size;
    return at + size;
}

static inline place read_long(struct run *r, const struct op *op, place at) {
    uint64_t zigzag;
    at = read_varint(r, at, &zigzag);
    if (at == NULL) return NULL;
    const int64_t value = wire_signed(zigzag);
    memcpy(r->out + op->to, &value, sizeof value);
    note_presence(r, op);
    return at;
}

static inline place read_int(struct run *r, const struct op *op, place at) {
    uint64_t zigzag;
    at = read_varint(r, at, &zigzag);
    if (at == NULL) return NULL;
    if (zigzag > UINT32_MAX) return fail(r, "an int is out of range");
    const int64_t wide = wire_signed(zigzag);
    const int32_t value = (int32_t)wide;
    if (op->code == OP_INT)
        memcpy(r->out + op->to, &value, sizeof value);
    else
        memcpy(r->out + op->to, &wide, sizeof wide);
    note_presence(r, op);
    return at;
}

static inline int64_t floor_to_seconds(int64_t micros) {
    if (micros >= 0) return (int64_t)((uint64_t)micros / MICROS_PER_S);
    return -1 - (-1 - micros) / MICROS_PER_S;
}

static inline void put_time(const struct run *r, const struct op *op, int64_t micros) {
    const int64_t seconds = floor_to_seconds(micros);
    memcpy(r->out + op->to, &micros, sizeof micros);
    memcpy(r->out + op->seconds, &seconds, sizeof seconds);
    note_presence(r, op);
}

static inline place read_micros(struct run *r, const struct op *op, place at) {
    uint64_t zigzag;
    at = read_varint(r, at, &zigzag);
    if (at != NULL) put_time(r, op, wire_signed(zigzag));
    return at;
}

static place read_millis(struct run *r, const struct op *op, place at) {
    uint64_t zigzag;
    int64_t micros;
    at = read_varint(r, at, &zigzag);
    if (at == NULL) return NULL;
    if (__builtin_mul_overflow(wire_signed(zigzag), 1000, &micros))
        return fail(r, "a time is out of range");
    put_time(r, op, micros);
    return at;
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
static place read_decimal(struct run *r, const struct op *op, place at) {
    struct wire wire = {at, r->end};
    struct bytes bytes;
    const bool got =
        op->code == OP_DECIMAL ? wire_bytes(&wire, &bytes) : wire_fixed(&wire, op->extra, &bytes);
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
    note_presence(r, op);
    return wire.at;
}

/* The number of a symbol or a branch, < limit. */
static inline place read_symbol(struct run *r, uint32_t limit, place at, uint32_t *symbol) {
    uint64_t zigzag;
    at = read_varint(r, at, &zigzag);
    if (at == NULL) return NULL;
    if ((zigzag & 1) != 0 || zigzag >> 1 >= limit)
        return fail(r, "an enum or union is out of range");
    *symbol = (uint32_t)(zigzag >> 1);
    return at;
}

/* The branch of a union of null and a value. */
static inline place read_nullable(struct run *r, const struct op *op, place at, bool *null) {
    uint32_t branch = 0;
    if (at < r->end && (*at == 0 || *at == 2)) {
        *null = *at == 2 * (op->null_branch - 1);
        return at + 1;
    }
    at = read_symbol(r, 2, at, &branch);
    *null = branch + 1 == op->null_branch;
    return at;
}

static inline place read_enum(struct run *r, const struct op *op, place at) {
    uint32_t symbol;
    at = read_symbol(r, op->limit, at, &symbol);
    if (at != NULL) r->out[op->to] = r->plan->symbols[op->extra + symbol];
    return at;
}

static inline place read_boolean(struct run *r, place at, uint8_t *value) {
    if (at == r->end) return fail(r, cut);
    *value = *at;
    return *value <= 1 ? at + 1 : fail(r, "a boolean is neither 0 nor 1");
}

/* Values passed over. */

static place skip_number(struct run *r, place at, uint64_t zigzag_max) {
    uint64_t zigzag;
    at = read_varint(r, at, &zigzag);
    return at == NULL || zigzag <= zigzag_max ? at : fail(r, "an int is out of range");
}

static place skip_bytes(struct run *r, const struct op *op, place at) {
    struct wire wire = {at, r->end};
    struct bytes bytes;
    const bool got = op->code == OP_SKIP_FIXED ? wire_fixed(&wire, op->extra, &bytes)
                                               : wire_bytes(&wire, &bytes);
    if (!got) return fail(r, cut);
    if (op->code == OP_SKIP_TEXT && !utf8_valid((const char *)bytes.data, bytes.size))
        return fail(r, "a text is no UTF-8");
    return wire.at;
}

/* Where to go on. */

static place push(struct run *r, int64_t left, const struct op *back, place at) {
    if (r->depth == RECORD_DEPTH_MAX) return fail(r, "the record is nested too deeply");
    r->stack[r->depth].left = left;
    r->stack[r->depth++].back = back;
    return at;
}

static place next_block(struct run *r, const struct op *op, place at) {
    struct wire wire = {at, r->end};
    int64_t count, size;
    if (!wire_long(&wire, &count)) return fail(r, cut);
    if (count == 0) {
        r->next = r->plan->ops + op->extra;
        return wire.at;
    }
    if (count < 0 && (count == INT64_MIN || !wire_long(&wire, &size) || size < 0))
        return fail(r, cut);
    if (count < 0) count = -count;
    if (count > wire.end - wire.at)
        return fail(r, "a collection claims more items than there are bytes");
    return push(r, count, NULL, wire.at);
}

static place next_item(struct run *r, const struct op *op, place at) {
    r->next = r->plan->ops + op->extra;
    if (--r->stack[r->depth - 1].left > 0) return at;
    r->depth--;
    r->next--;
    return at;
}

static place choose(struct run *r, const struct op *op, place at) {
    uint32_t branch;
    at = read_symbol(r, op->limit, at, &branch);
    if (at != NULL) r->next = r->plan->ops + op[1 + branch].extra;
    return at;
}

static place enter_slot(struct run *r, const struct op *op, place at) {
    uint32_t count;
    memcpy(&count, r->out + op->seconds, sizeof count);
    if (count == op->limit) return fail(r, "a list is longer than its field allows");
    const size_t slot = op->to + (size_t)count * op->extra;
    count++;
    memcpy(r->out + op->seconds, &count, sizeof count);
    r->out += slot;
    return at;
}

/* Every step that decode() does not take itself; sets r->next. */
static place step(struct run *r, const struct op *op, place at) {
    uint32_t symbol;
    uint8_t boolean;
    r->next = op + 1;
    switch ((enum op_code)op->code) {
    case OP_MILLIS:
        return read_millis(r, op, at);
    case OP_DECIMAL:
    case OP_DECIMAL_FIXED:
        return read_decimal(r, op, at);
    case OP_REFUSE:
        return fail(r, "null where a value is obligatory");
    case OP_SKIP_LONG:
        return skip_number(r, at, UINT64_MAX);
    case OP_SKIP_INT:
        return skip_number(r, at, UINT32_MAX);
    case OP_SKIP_TEXT:
    case OP_SKIP_BYTES:
    case OP_SKIP_FIXED:
        return skip_bytes(r, op, at);
    case OP_SKIP_ENUM:
        return read_symbol(r, op->limit, at, &symbol);
    case OP_SKIP_BOOLEAN:
        return read_boolean(r, at, &boolean);
    case OP_UNION:
        return choose(r, op, at);
    case OP_JUMP:
        r->next = r->plan->ops + op->extra;
        return at;
    case OP_BLOCKS:
        return next_block(r, op, at);
    case OP_ITEM:
        return next_item(r, op, at);
    case OP_CALL:
        r->next = r->plan->ops + op->extra;
        return push(r, 0, op + 1, at);
    case OP_RETURN:
        r->next = r->stack[--r->depth].back;
        return at;
    case OP_PRESENT:
        note_presence(r, op);
        return at;
    case OP_SLOT:
        return enter_slot(r, op, at);
    case OP_LEAVE:
        r->out = r->record;
        return at;
    default:
        return fail(r, "the plan is broken");
    }
}

static bool decode(const struct plan *plan, struct bytes bytes, void *record, uint32_t *used,
                   const char **why) {
    struct run r;
    *why = cut;
    if (bytes.size == 0) return false;
    r.end = bytes.data + bytes.size;
    r.out = r.record = record;
    r.plan = plan;
    r.why = cut;
    r.depth = 0;
    place at = bytes.data;
    memcpy(record, plan->blank, plan->blank_size);
    for (const struct op *op = plan->ops, *next; at != NULL; op = next) {
        next = op + 1;
        if (op->null_branch != 0) {
            bool null;
            at = read_nullable(&r, op, at, &null);
            if (at == NULL || null) continue;
        }
        switch (op->code) {
        case OP_TEXT:
            at = read_text(&r, op, at);
            break;
        case OP_ENUM:
            at = read_enum(&r, op, at);
            break;
        case OP_LONG:
            at = read_long(&r, op, at);
            break;
        case OP_MICROS:
            at = read_micros(&r, op, at);
            break;
        case OP_INT:
        case OP_INT_TO_LONG:
            at = read_int(&r, op, at);
            break;
        case OP_BOOLEAN:
            at = read_boolean(&r, at, r.out + op->to);
            break;
        case OP_END:
            *used = (uint32_t)(at - bytes.data);
            return true;
        default:
            at = step(&r, op, at);
            next = r.next;
        }
    }
    *why = r.why;
    return false;
}

bool plan_decode(const struct plan *plan, struct bytes bytes, struct transaction *tx,
                 uint32_t *used, const char **why) {
    return decode(plan, bytes, tx, used, why);
}

bool plan_decode_signal(const struct plan *plan, struct bytes bytes, struct signal *signal,
                        uint32_t *used, const char **why) {
    return decode(plan, bytes, signal, used, why);
}

void plan_free(struct plan *plan) {
    if (plan == NULL) return;
    free(plan->blank);
    free(plan->ops);
    free(plan->symbols);
    free(plan);
}
