/* SPDX-License-Identifier: Apache-2.0 */
/* A dead letter: the record verbatim with its own headers, and Kafka Connect's header names for
 * where it came from and why. It stays below what a broker takes by default: a value above
 * DEAD_LETTER_VALUE_MAX and a key above DEAD_LETTER_KEY_MAX are cut, their size and SHA-256 are in
 * headers; of headers above DEAD_LETTER_HEADERS_BYTES_MAX in all the last are left out, and counted
 * in one. */
#pragma once

#include "detector/batch.h"

enum {
    DEAD_LETTER_VALUE_MAX = 1 << 19,
    DEAD_LETTER_KEY_MAX = 1 << 16,
    DEAD_LETTER_HEADERS_BYTES_MAX = 1 << 17,
    DEAD_LETTER_HEADERS_MAX = 64
};

/* How large something was that had to be cut. */
struct dead_letter_cut {
    char size[16], sha256[65];
};

/* Headers point into the struct itself and into the input record. */
struct dead_letter {
    struct bytes key, value;
    struct port_header headers[DEAD_LETTER_HEADERS_MAX];
    size_t header_count;
    char partition[16], offset[24], timestamp[24], left_out[24];
    struct dead_letter_cut key_cut, value_cut;
};

void dead_letter_fill(struct dead_letter *letter, struct port *port, const struct input *input,
                      enum verdict verdict, const char *why);
