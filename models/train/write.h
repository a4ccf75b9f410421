/* SPDX-License-Identifier: Apache-2.0 */
/* The trained model as a document (models/README.md). */
#pragma once

#include "models/train/train.h"

/* What the document tells people of where it comes from. Nothing of when or on which machine it was
 * made: the same training gives the same bytes. */
struct train_story {
    const char *id;
    const char *input_sha256;
    const char *mapping_sha256; /* by which the input was read; NULL: it needed none */
    const char *signals_sha256; /* of those beside the input; NULL: there were none */
    const char *labels_sha256;  /* NULL: they came with the input */
    int64_t fit_from_s, fit_until_s, horizon_s;
    const struct train_options *options;
};

/* The document's bytes, to be freed; NULL: no memory. */
char *train_write(const struct trained *trained, const struct train_story *story);
