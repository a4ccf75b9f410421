/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/printed.h"

#include "tests/support.h"

#include <stdlib.h>

FILE *printed_begin(struct printed *printed) {
    printed_free(printed);
    FILE *out = open_memstream(&printed->text, &printed->size);
    assert_non_null(out);
    return out;
}

void printed_free(struct printed *printed) {
    free(printed->text);
    *printed = (struct printed){.text = NULL};
}
