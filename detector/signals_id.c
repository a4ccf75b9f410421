/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of signals: a UUID in lower case is kept as its 16 bytes, any other text in cells. */
#include "detector/signals_table.h"

#include <assert.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { UUID_TEXT = 36, CELL_TEXT = 28, TEXT_SEED = 1 };

static int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_dash(uint32_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

static bool read_uuid(struct text text, uint8_t uuid[16]) {
    uint32_t digits = 0;
    if (text.size != UUID_TEXT) return false;
    memset(uuid, 0, 16);
    for (uint32_t i = 0; i < UUID_TEXT; i++) {
        if (is_dash(i) && text.data[i] == '-') continue;
        const int value = is_dash(i) ? -1 : nibble(text.data[i]);
        if (value < 0) return false;
        uuid[digits / 2] = (uint8_t)(uuid[digits / 2] << 4 | value);
        digits++;
    }
    return true;
}

static void write_uuid(const uint8_t uuid[16], char *out) {
    uint32_t digits = 0;
    for (uint32_t i = 0; i < UUID_TEXT; i++) {
        if (is_dash(i)) {
            out[i] = '-';
            continue;
        }
        out[i] =
            "0123456789abcdef"[digits % 2 == 0 ? uuid[digits / 2] >> 4 : uuid[digits / 2] & 15];
        digits++;
    }
    out[UUID_TEXT] = '\0';
}

static struct account_key key_of(const void *data, size_t size, bool is_uuid) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(data, size, is_uuid ? 0 : TEXT_SEED);
    return (struct account_key){hash.low64, hash.high64};
}

struct signal_id signal_id_of(struct text text) {
    struct signal_id id = {.text = text};
    assert(text.size > 0 && text.size <= ID_TEXT_MAX);
    id.is_uuid = read_uuid(text, id.uuid);
    id.key =
        id.is_uuid ? key_of(id.uuid, sizeof id.uuid, true) : key_of(text.data, text.size, false);
    return id;
}

struct signal_id signal_id_of_uuid(const uint8_t uuid[16]) {
    struct signal_id id = {.is_uuid = true, .key = key_of(uuid, 16, true)};
    memcpy(id.uuid, uuid, sizeof id.uuid);
    return id;
}

uint32_t signal_id_cells(const struct signal_id *id) {
    return id->is_uuid ? 0 : (id->text.size + CELL_TEXT - 1) / CELL_TEXT;
}

static uint32_t first_cell(const struct known *k) {
    uint32_t cell;
    memcpy(&cell, k->id, sizeof cell);
    return cell;
}

bool signals_is_citizens(const struct signals *t, uint32_t number) {
    return known_is_citizens(known_at(t, number));
}

const char *signals_id(const struct signals *t, uint32_t number, char id[SIGNAL_ID_SIZE]) {
    const struct known *k = known_at(t, number);
    if (k->id_size == 0) {
        write_uuid(k->id, id);
        return id;
    }
    uint32_t cell = first_cell(k);
    for (uint32_t at = 0; at < k->id_size; at += CELL_TEXT) {
        const uint32_t left = k->id_size - at;
        memcpy(id + at, cell_at(t, cell)->text, left < CELL_TEXT ? left : CELL_TEXT);
        cell = cell_at(t, cell)->text_next;
    }
    id[k->id_size] = '\0';
    return id;
}

uint64_t signals_id_low(const void *signals, uint32_t number) {
    const struct signals *t = signals;
    const struct known *k = known_at(t, number);
    char text[SIGNAL_ID_SIZE];
    if (k->id_size == 0) return key_of(k->id, sizeof k->id, true).low;
    return key_of(signals_id(t, number, text), k->id_size, false).low;
}

void signals_id_fetch(const void *signals, uint32_t number) {
    prefetch(known_at(signals, number));
}

static bool is(const struct signals *t, uint32_t number, const struct signal_id *id) {
    const struct known *k = known_at(t, number);
    char text[SIGNAL_ID_SIZE];
    if (id->is_uuid) return k->id_size == 0 && memcmp(k->id, id->uuid, sizeof k->id) == 0;
    return k->id_size == id->text.size &&
           memcmp(signals_id(t, number, text), id->text.data, k->id_size) == 0;
}

uint32_t signals_find(const struct signals *t, const struct signal_id *id) {
    struct signal_probe probe = signal_index_probe(&t->ids, id->key);
    for (uint32_t number; (number = signal_index_next(&t->ids, id->key, &probe)) != 0;)
        if (is(t, number, id)) return number;
    return 0;
}

struct account_key signals_id_key(struct text text) {
    return signal_id_of(text).key;
}

const char *signals_id_of(const struct signals *t, struct account_key key,
                          char id[SIGNAL_ID_SIZE]) {
    struct signal_probe probe = signal_index_probe(&t->ids, key);
    for (uint32_t number; (number = signal_index_next(&t->ids, key, &probe)) != 0;) {
        signals_id(t, number, id);
        const struct account_key found = signals_id_key(text_of(id));
        if (found.low == key.low && found.high == key.high) return id;
    }
    return NULL;
}

int signals_compare_ids(const struct signals *t, uint32_t a, uint32_t b) {
    char x[SIGNAL_ID_SIZE], y[SIGNAL_ID_SIZE];
    return strcmp(signals_id(t, a, x), signals_id(t, b, y));
}

static void keep_text(struct signals *t, struct known *k, struct text text) {
    uint32_t before = 0;
    for (uint32_t at = 0; at < text.size; at += CELL_TEXT) {
        const uint32_t cell = signal_blocks_take(&t->cells), left = text.size - at;
        memcpy(cell_at(t, cell)->text, text.data + at, left < CELL_TEXT ? left : CELL_TEXT);
        if (before == 0)
            memcpy(k->id, &cell, sizeof cell);
        else
            cell_at(t, before)->text_next = cell;
        before = cell;
    }
    k->id_size = (uint8_t)text.size;
}

void signals_new(struct signals *t, uint32_t number, const struct signal_id *id) {
    if (id->is_uuid)
        memcpy(known_at(t, number)->id, id->uuid, sizeof id->uuid);
    else
        keep_text(t, known_at(t, number), id->text);
    signal_index_add(&t->ids, id->key, number);
}

void signals_delete(struct signals *t, uint32_t number) {
    const struct known *k = known_at(t, number);
    char text[SIGNAL_ID_SIZE];
    const struct signal_id id = signal_id_of(text_of(signals_id(t, number, text)));
    signal_index_change(&t->ids, id.key, number, 0);
    uint32_t cell = k->id_size == 0 ? 0 : first_cell(k);
    while (cell != 0) {
        const uint32_t next = cell_at(t, cell)->text_next;
        signal_blocks_give(&t->cells, cell);
        cell = next;
    }
    signal_blocks_give(&t->known, number);
}
