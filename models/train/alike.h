/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the proposed terms say what another one says already: neighbouring knots, or a part that
 * the other implies. Private to models/train/. */
#pragma once

#include "models/train/terms.h"

/* alike[i]: over the rows, term i correlates so closely with an earlier one that is kept, and
 * whose sign allows what its own does, that the earlier one stands for both; or it is the same for
 * all rows. False: no memory. */
bool alike_find(const struct binned *rows, const struct train_term *terms, uint32_t count,
                bool *alike);
