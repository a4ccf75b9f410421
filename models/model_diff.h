/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the terms of a model in another one. Terms are told by what they look at, not by
 * their names: the same rule with another weight is reweighted, the same rule at another knot has
 * moved. */
#pragma once

#include "models/model.h"

/* X(id, name) */
#define MODEL_CHANGE_TABLE(X)                                                                      \
    X(ADDED, "added")                                                                              \
    X(REMOVED, "removed")                                                                          \
    X(MOVED, "moved") /* other knots; the weight may differ, too */                                \
    X(REWEIGHTED, "reweighted")                                                                    \
    X(REWORDED, "reworded") /* another name or text, and nothing else */                           \
    X(SAME, "same")

enum model_change_kind {
#define X(id, name) MODEL_##id,
    MODEL_CHANGE_TABLE(X)
#undef X
        MODEL_CHANGE_COUNT
};

struct model_change {
    enum model_change_kind kind;
    int old_term, new_term; /* -1: there is none */
};

#define MODEL_CHANGES_MAX (2u * MODEL_TERMS_MAX)

/* Every term of both, once: in the order of the new model, then what was removed. Returns how many
 * there are. */
uint32_t model_diff(const struct model *old, const struct model *new,
                    struct model_change out[MODEL_CHANGES_MAX]);
bool model_same_calibration(const struct model *a, const struct model *b);
