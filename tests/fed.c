/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fed.h"

#include "tests/support.h"

struct fed fed;

void fed_open(struct signals *signals) {
    enum { DAY_S = 86400 };
    fed = (struct fed){
        .apply = engine_open_with("auto", NULL, (int64_t)FED_DORMANCY_DAYS * DAY_S, signals),
        .batch = batch_new()};
    assert_non_null(fed.batch);
}

void fed_close(void) {
    apply_close(fed.apply);
    batch_free(fed.batch);
}

int fed_set_up(void **state) {
    (void)state;
    fed_open(NULL);
    return 0;
}

int fed_tear_down(void **state) {
    (void)state;
    fed_close();
    return 0;
}

enum verdict fed_take(struct transaction tx) {
    rows_clear(fed.batch);
    rows_add(fed.batch, &tx, fed.ordinal++);
    apply_batch(fed.apply, fed.batch);
    return fed.batch->verdict[0];
}

void fed_tell(struct signal signal) {
    rows_clear(fed.batch);
    rows_add_signal(fed.batch, &signal, fed.ordinal++);
    apply_batch(fed.apply, fed.batch);
}

const struct side *fed_side(enum side_role role) {
    for (uint32_t i = 0; i < fed.batch->sides; i++)
        if (fed.batch->side[i].role == role) return &fed.batch->side[i];
    fail_msg("no such side");
    return NULL;
}

double fed_value(enum side_role role, int feature) {
    return fed.batch->features[feature][fed_side(role) - fed.batch->side];
}
