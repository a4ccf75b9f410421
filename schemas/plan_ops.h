/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a decode plan. Private to plan_compile.c and plan.c. */
#pragma once

#include "detector/transaction.h"
#include "schemas/plan.h"

enum op_code {
    OP_END,
    /* A value into its column. */
    OP_TEXT,          /* string or bytes → struct text at `to`, at most `limit` bytes */
    OP_LONG,          /* varint → int64 at `to` */
    OP_INT,           /* varint within int32 → int32 at `to` */
    OP_INT_TO_LONG,   /* varint within int32 → int64 at `to` */
    OP_MICROS,        /* timestamp → int64 µs at `to` and whole seconds at `seconds` */
    OP_MILLIS,        /* timestamp in ms, scaled */
    OP_DECIMAL,       /* bytes → int64 minor units at `to`; `limit` is the scale */
    OP_DECIMAL_FIXED, /* the same from `extra` bytes */
    OP_ENUM,          /* uint8 at `to` through the map at `extra`; `limit` symbols */
    OP_BOOLEAN,       /* uint8 or bool at `to` */
    /* A value that is passed over. */
    OP_REFUSE, /* null where a value is obligatory */
    OP_SKIP_LONG,
    OP_SKIP_INT,
    OP_SKIP_TEXT,
    OP_SKIP_BYTES,
    OP_SKIP_FIXED, /* `extra` bytes */
    OP_SKIP_ENUM,  /* < `limit` */
    OP_SKIP_BOOLEAN,
    /* Where to go on. */
    OP_UNION,  /* branch number < `limit`, then jump through the next `limit` OP_JUMPs */
    OP_JUMP,   /* to step `extra` */
    OP_BLOCKS, /* next block of a collection; at its end jump to `extra` */
    OP_ITEM,   /* one item done: back to `extra`, or to the step before it for the next block */
    OP_CALL,   /* skip routine at `extra` */
    OP_RETURN,
    /* Of what only rare records have. */
    OP_PRESENT, /* the bool at `present` becomes true */
    OP_SLOT,    /* columns are those of one more item: `to` + count × `extra`; the uint32 count at
                   `seconds` grows, to `limit` at most */
    OP_LEAVE,   /* columns are the record's own again */
};

struct op {
    uint8_t code;        /* enum op_code */
    uint8_t null_branch; /* the value is in a union of two whose branch number `null_branch` - 1 is
                            null, which leaves the column as it is; 0: in no union */
    uint16_t to;         /* byte offset in the record */
    uint16_t present;    /* of the bool that becomes true; 0: none */
    uint16_t seconds;
    uint32_t limit;
    uint32_t extra;
};

struct plan {
    struct op *ops;
    uint8_t *symbols;  /* enum maps */
    void *blank;       /* the record with every column at its default */
    size_t blank_size; /* of it; no constant, so that the C library's memcpy is called, which is
                          chosen for the machine */
};
