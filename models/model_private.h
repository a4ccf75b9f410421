/* SPDX-License-Identifier: Apache-2.0 */
/* The model as loaded. Private to models/. Texts are borrowed from `document`. */
#pragma once

#include "models/basis.h"
#include "models/calibration.h"
#include "models/model.h"
#include "models/score_bins.h"

#include "detector/base/digest.h"

#include <jansson.h>

#define WEIGHT_UNIT 0x1p-20
#define LOGIT_BOUND 0x1p17

struct model_term {
    struct basis_term basis;
    double weight;
    const char *name;
    const char *en, *ru, *kk;
};

struct model {
    json_t *document;
    const char *id;
    char sha256[DIGEST_HEX_SIZE];
    char *json; /* the document's bytes */
    size_t json_size;
    double intercept;
    struct calibration calibration;
    int64_t fit_until_s;
    struct score_bins training_scores;
    uint32_t term_count;
    struct model_term *terms;
};

/* The words that a document may use; model_schema.c makes the schema of them. */
#define MODEL_FORMAT "saqshy-model/1"
enum { MODEL_SHAPE_AND = BASIS_SHAPE_COUNT, MODEL_SHAPE_COUNT };
extern const char *const model_shapes[MODEL_SHAPE_COUNT]; /* by enum basis_shape, then "and" */
enum { MODEL_SIDE_COUNT = 2, MODEL_TRANSFORM_COUNT = 2 };
extern const char *const model_sides[MODEL_SIDE_COUNT];           /* above, below */
extern const char *const model_transforms[MODEL_TRANSFORM_COUNT]; /* by enum basis_transform */

/* Fills everything but sha256 from `document`, which stays the caller's. False: ERROR_CONFIG. */
bool model_read(struct model *model, const char *origin, struct error *error);
