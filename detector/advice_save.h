/* SPDX-License-Identifier: Apache-2.0 */
/* What decide knows of advice that was given as bytes while it goes on: each record behind a byte
 * that says which table it is of. Engine thread; private to decide. */
#pragma once

#include "detector/episodes.h"
#include "detector/instructions.h"
#include "detector/issued.h"

struct advice_tables {
    struct episodes *episodes;
    struct instructions *instructions; /* whose paying side is advised */
    struct issued *issued;
};

enum advice_table { ADVICE_EPISODE, ADVICE_INSTRUCTION, ADVICE_ISSUED, ADVICE_TABLES };

struct advice_save {
    struct advice_tables tables;
    struct pack_sink sink;
    bool failed; /* a record found no space */
    struct advice_outlet {
        struct advice_save *save;
        enum advice_table table;
    } outlets[ADVICE_TABLES];
};

/* As of the tables: episodes.h. `save` stays where it is until the end. */
void advice_save_begin(struct advice_save *save, const struct advice_tables *tables,
                       struct pack *head, const struct pack_sink *sink);
bool advice_save_step(struct advice_save *save, uint32_t looks);
bool advice_save_end(struct advice_save *save);

bool advice_load_begin(const struct advice_tables *tables, struct unpack *head);
/* Any part of what went through the sink, of whole records. */
bool advice_load_records(const struct advice_tables *tables, struct unpack *records);
bool advice_load_end(const struct advice_tables *tables);
