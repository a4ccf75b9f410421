/* SPDX-License-Identifier: Apache-2.0 */
/* A dead letter: the record verbatim with its own headers, and Kafka Connect's header names for
 * where it came from and why. A value above DEAD_LETTER_VALUE_MAX is cut; its size and SHA-256 are
 * in headers. */
#pragma once

#include "detector/batch.h"

enum { DEAD_LETTER_HEADERS_MAX = 64 };

/* Headers point into the struct itself and into the input record. */
struct dead_letter {
    struct bytes value;
    struct port_header headers[DEAD_LETTER_HEADERS_MAX];
    size_t header_count;
    char partition[16], offset[24], timestamp[24], size[16], sha256[65];
};

void dead_letter_fill(struct dead_letter *letter, struct port *port, const struct input *input,
                      enum verdict verdict, const char *why);
