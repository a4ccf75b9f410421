/* SPDX-License-Identifier: Apache-2.0 */
/* Property: loading the account table and what is known of advice never crashes, whatever the
 * chunks of a snapshot hold behind their checksums; a table that is accepted can be saved, and what
 * was saved is accepted. Input: u32 bytes of the table's head, the head, u32 bytes of records, the
 * records, advice as in tests/advice_saved.h. */
#include "detector/accounts.h"
#include "detector/base/log.h"
#include "tests/advice_saved.h"
#include "tests/fuzz/fuzz.h"

enum { LIMIT = 64 << 20, ADVICE = 64 };

static uint8_t *space(void *context, size_t size) {
    return pack_space(context, size);
}

static struct accounts *open_table(void) {
    struct error error;
    const struct accounts_options options = {.memory_limit = LIMIT, .dormancy_s = 180 * 86400};
    struct accounts *accounts = accounts_open(&options, &error);
    fuzz_must(accounts != NULL, "no table");
    return accounts;
}

static struct unpack part_of(struct unpack *input) {
    const uint32_t size = unpack_u32(input);
    const uint8_t *at = unpack_space(input, size);
    return at == NULL ? (struct unpack){.bad = false} : (struct unpack){at, at + size, false};
}

static bool load(struct accounts *accounts, struct unpack *head, struct unpack *records) {
    struct error error;
    struct accounts_load load;
    return accounts_load_begin(accounts, &load, head, &error) && head->at == head->end &&
           accounts_load_records(accounts, &load, records) && accounts_load_end(accounts, &load);
}

static void save_and_load(struct accounts *accounts) {
    struct pack head = {.data = NULL}, records = {.data = NULL};
    const struct pack_sink sink = {&records, space};
    accounts_save_begin(accounts, &head, &sink);
    while (accounts_save_step(accounts, UINT32_MAX))
        continue;
    fuzz_must(accounts_save_end(accounts), "what was accepted cannot be saved");
    struct accounts *other = open_table();
    struct unpack h = {head.data, head.data + head.size, false};
    struct unpack r = {records.data, records.data + records.size, false};
    fuzz_must(load(other, &h, &r), "what was saved is not accepted");
    accounts_close(other);
    free(head.data);
    free(records.data);
}

static bool load_advice(struct unpack *input) {
    struct advice_tables tables = advice_tables_of(ADVICE, ADVICE, ADVICE);
    struct advice_tables again = advice_tables_of(ADVICE, ADVICE, ADVICE);
    struct pack saved = {.data = NULL};
    const bool read = advice_load(&tables, input);
    if (read) {
        advice_save(&tables, &saved);
        struct unpack u = {saved.data, saved.data + saved.size, false};
        fuzz_must(advice_load(&again, &u), "advice that was saved is not accepted");
    }
    advice_tables_close(&tables);
    advice_tables_close(&again);
    free(saved.data);
    return read;
}

bool fuzz_one(const uint8_t *data, size_t size) {
    struct unpack input = {data, data + size, false};
    struct unpack head = part_of(&input), records = part_of(&input);
    log_set_level(LOG_LEVEL_ERROR);
    struct accounts *accounts = open_table();
    const bool accepted = load(accounts, &head, &records);
    if (accepted) save_and_load(accounts);
    accounts_close(accounts);
    const bool read = load_advice(&input);
    return accepted || read;
}
