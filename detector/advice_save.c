/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/advice_save.h"

/* Saving. */

static uint8_t *space(void *context, size_t size) {
    const struct advice_outlet *outlet = context;
    struct advice_save *save = outlet->save;
    uint8_t *at = save->failed ? NULL : save->sink.space(save->sink.context, 1 + size);
    save->failed = at == NULL;
    if (at == NULL) return NULL;
    *at = (uint8_t)outlet->table;
    return at + 1;
}

static struct pack_sink sink_of(struct advice_save *save, enum advice_table table) {
    save->outlets[table] = (struct advice_outlet){save, table};
    return (struct pack_sink){&save->outlets[table], space};
}

void advice_save_begin(struct advice_save *save, const struct advice_tables *tables,
                       struct pack *head, const struct pack_sink *sink) {
    *save = (struct advice_save){.tables = *tables, .sink = *sink};
    const struct pack_sink episodes = sink_of(save, ADVICE_EPISODE);
    const struct pack_sink instructions = sink_of(save, ADVICE_INSTRUCTION);
    const struct pack_sink issued = sink_of(save, ADVICE_ISSUED);
    episodes_save_begin(tables->episodes, head, &episodes);
    instructions_save_begin(tables->instructions, head, &instructions);
    issued_save_begin(tables->issued, head, &issued);
}

bool advice_save_step(struct advice_save *save, uint32_t looks) {
    const struct advice_tables *t = &save->tables;
    if (save->failed) return false;
    return episodes_save_step(t->episodes, looks) ||
           instructions_save_step(t->instructions, looks) || issued_save_step(t->issued, looks);
}

bool advice_save_end(struct advice_save *save) {
    const struct advice_tables *t = &save->tables;
    if (t->issued == NULL) return false;
    const bool episodes = episodes_save_end(t->episodes);
    const bool instructions = instructions_save_end(t->instructions);
    return issued_save_end(t->issued) && episodes && instructions;
}

/* Loading. */

bool advice_load_begin(const struct advice_tables *tables, struct unpack *head) {
    return episodes_load_begin(tables->episodes, head) &&
           instructions_load_begin(tables->instructions, head) &&
           issued_load_begin(tables->issued, head);
}

static bool load_one(const struct advice_tables *tables, struct unpack *u) {
    switch (unpack_u8(u)) {
    case ADVICE_EPISODE:
        return episodes_load_one(tables->episodes, u);
    case ADVICE_INSTRUCTION:
        return instructions_load_one(tables->instructions, u);
    case ADVICE_ISSUED:
        return issued_load_one(tables->issued, u);
    default:
        return false;
    }
}

bool advice_load_records(const struct advice_tables *tables, struct unpack *records) {
    while (records->at < records->end)
        if (!load_one(tables, records)) return false;
    return true;
}

bool advice_load_end(const struct advice_tables *tables) {
    return episodes_load_end(tables->episodes) && instructions_load_end(tables->instructions) &&
           issued_load_end(tables->issued);
}
