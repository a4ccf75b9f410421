/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/shadow_stand.h"

#include "detector/service/metrics.h"

int shadow_set_up(void **state) {
    static struct memory_stand stand;
    metrics_reset();
    *state = &stand;
    return memory_stand_open(&stand, PARTITIONS) ? 0 : -1;
}

int shadow_tear_down(void **state) {
    memory_stand_close(*state);
    return 0;
}

void add_both(struct memory_stand *stand) {
    sample_add_shadow(&stand->options, stand->directory, "strict.json", "-5.0", "-7.0");
    sample_add_shadow(&stand->options, stand->directory, "loose.json", "-5.0", "-3.0");
}

void send_burst(const struct memory_stand *stand, int first, int count) {
    sample_send_burst(stand->memory, stand->encoder, "dropper", first, count, PARTITIONS);
}
