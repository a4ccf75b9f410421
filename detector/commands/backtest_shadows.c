/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_shadows.h"

#include "detector/commands/backtest_figures.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

const char *backtest_shadow_column(const struct model *model, char out[BACKTEST_COLUMN_SIZE]) {
    (void)snprintf(out, BACKTEST_COLUMN_SIZE, "logit_%.16s", model_sha256(model));
    return out;
}

/* The sides as the shadow scored them; to be freed. */
static struct backtest_side *sides_of(const struct backtest_pass *pass, uint32_t shadow) {
    struct backtest_side *sides = malloc((pass->side_count + 1) * sizeof *sides);
    assert(sides != NULL && "out of memory");
    for (size_t i = 0; i < pass->side_count; i++) {
        sides[i] = pass->sides[i];
        sides[i].logit = pass->shadow_logits[i * pass->shadows + shadow];
    }
    return sides;
}

static struct backtest_shadow judge(const struct backtest_run *run, const struct labels *labels,
                                    int64_t from_s, uint32_t index) {
    const struct model *model = shadows_model(run->shadows, index);
    struct backtest_shadow shadow = {.model = model, .account_ap = NAN, .side_ap = NAN};
    if (labels == NULL || run->pass->side_count == 0) return shadow;
    struct backtest_pass pass = *run->pass;
    pass.sides = sides_of(run->pass, index);
    struct backtest_figures *figures =
        backtest_figures_new(&pass, labels, from_s, run->policy, model);
    shadow.account_ap = figures->account_ap;
    shadow.account_ap_band = figures->account_ap_band;
    shadow.side_ap = figures->side_ap;
    backtest_figures_free(figures);
    free(pass.sides);
    return shadow;
}

struct backtest_shadows backtest_shadows_judge(const struct backtest_run *run,
                                               const struct labels *labels, int64_t from_s) {
    struct backtest_shadows shadows = {.count = shadows_count(run->shadows)};
    for (uint32_t i = 0; i < shadows.count; i++)
        shadows.shadow[i] = judge(run, labels, from_s, i);
    return shadows;
}
