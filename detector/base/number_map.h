/* SPDX-License-Identifier: Apache-2.0 */
/* From numbers to numbers, of a size that is taken once. No key and no value is 0. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number_map {
    struct number_pair *pairs;
    uint32_t mask;
};

/* Room for `max` pairs. False: no memory. */
bool number_map_open(struct number_map *map, uint32_t max);
void number_map_close(struct number_map *map);
/* 0: it is not there. */
uint32_t number_map_get(const struct number_map *map, uint64_t key);
/* A key that is not there; there is room. */
void number_map_add(struct number_map *map, uint64_t key, uint32_t value);
/* A key that is there. */
void number_map_remove(struct number_map *map, uint64_t key);
/* Bytes of a map for `max` pairs. */
size_t number_map_bytes(uint32_t max);
