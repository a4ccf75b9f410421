/* SPDX-License-Identifier: Apache-2.0 */
/* A term as a rule to read. Private to models/. */
#pragma once

#include "models/basis.h"
#include "models/model.h"

/* Knots read back as the same number. */
void rule_text(const struct basis_term *term, char out[MODEL_RULE_ROOM]);
