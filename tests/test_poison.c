/* SPDX-License-Identifier: Apache-2.0 */
/* A corpus of poison between good records: every poison becomes one dead letter, with the right
 * reason, and what is recommended is what the good records alone give. */
#include "tests/support.h"

#include "detector/batch.h"
#include "detector/pipeline.h"
#include "schemas/avro_diff.h"
#include "schemas/catalog.h"
#include "schemas/frame.h"
#include "schemas/limits.h"
#include "tests/sample.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT "antifrod.transactions"
#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define DEAD_LETTERS "antifrod.transactions.dlq"
/* Good records go to partitions 0 and 1, each burst to both. POISONS: what precedes each. */
enum { PARTITIONS = 3, GOOD_PARTITIONS = 2, POISON_PARTITION = 2 };
enum { BURSTS = 50, BURST = 6, GOOD = BURSTS * BURST, POISONS = 2, SECONDS_APART = 10 };
enum { CORPUS_MAX = 512, CORPUS_LEAST = 100, VALUE_BYTES_MAX = 65536 };

enum kind {
    KIND_CUT,
    KIND_TRAILING,
    KIND_VARINT,
    KIND_UTF8,
    KIND_ENUM,
    KIND_UNION,
    KIND_BOOLEAN,
    KIND_MAGIC,
    KIND_SCHEMA,
    KIND_OVERSIZE,
    KIND_TOMBSTONE,
    KIND_EMPTY,
    KIND_TEXT,
    KIND_VALUE,
    KIND_DEPTH,
    KIND_BLOCK,
    KIND_COUNT
};

struct poison {
    enum kind kind;
    enum verdict reason;
    uint8_t *data; /* NULL: no value */
    uint32_t size;
};

struct corpus {
    struct poison poisons[CORPUS_MAX];
    size_t count;
    struct encoder *encoder;
    uint8_t base[1024]; /* the good record that is spoilt */
    uint32_t base_size;
};

struct place {
    int32_t partition;
    int64_t offset;
    const struct poison *poison;
    bool met;
};

struct stand {
    struct corpus corpus;
    struct options options;
    char directory[64];
    struct memory_port *memory, *alone; /* with poison; the good records alone */
    struct place places[GOOD * POISONS];
    size_t place_count;
};

/* The corpus. */

static void add(struct corpus *c, enum kind kind, enum verdict reason, const void *data,
                size_t size) {
    assert_true(c->count < CORPUS_MAX);
    uint8_t *copy = NULL;
    if (data != NULL) {
        copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, data, size);
    }
    c->poisons[c->count++] = (struct poison){kind, reason, copy, (uint32_t)size};
}

/* To an account that is also paid by good records: applied, it would be seen. */
static struct transaction base(void) {
    struct transaction tx = sample_transfer("tx-spoilt", "payer-0", "payee-0", 5, 5000000);
    tx.active_call = TRISTATE_FALSE;
    return tx;
}

static struct bytes encode(struct corpus *c, const struct transaction *tx) {
    struct bytes value;
    struct error error;
    assert_true(encode_transaction(c->encoder, tx, &value, &error));
    return value;
}

static void add_cuts(struct corpus *c) {
    for (uint32_t size = 1; size < c->base_size; size++)
        add(c, KIND_CUT, size < FRAME_SIZE ? VERDICT_NOT_FRAMED : VERDICT_MALFORMED, c->base, size);
}

static void add_trailing(struct corpus *c, const void *more, uint32_t size) {
    uint8_t value[2 * sizeof c->base];
    memcpy(value, c->base, c->base_size);
    memcpy(value + c->base_size, more, size);
    add(c, KIND_TRAILING, VERDICT_MALFORMED, value, c->base_size + size);
}

/* Fields are found by what a record with another value differs in first. */

static void another_event_id(struct transaction *tx) {
    tx->event_id = text_of("tx-spoilt-longer"); /* at its length */
}

static void another_tx_id(struct transaction *tx) {
    tx->tx_id = text_of("TX-SPOILT"); /* at its first byte */
}

static void another_time(struct transaction *tx) {
    tx->event_time_us++;
}

static void another_status(struct transaction *tx) {
    tx->tx_status = TX_STATUS_REFUSED;
}

static void another_rail(struct transaction *tx) {
    tx->rail = RAIL_MSPD;
}

static void with_status_reason(struct transaction *tx) {
    tx->status_reason = text_of("R"); /* at the index of its union */
}

static void without_ingest_time(struct transaction *tx) {
    tx->ingest_time_present = false;
}

static void during_a_call(struct transaction *tx) {
    tx->active_call = TRISTATE_TRUE;
}

#define TEN_TIMES(byte) byte byte byte byte byte byte byte byte byte byte
#define WITH(text) text, sizeof text - 1

static const struct {
    enum kind kind;
    void (*other)(struct transaction *tx);
    uint32_t out; /* bytes of the record that are replaced */
    const char *in;
    uint32_t in_size;
} changes[] = {
    /* The length of a text: -1, the least, the greatest, 2^31, more than there is, than an int
     * holds, of 10 bytes and past 64 bits, of more bytes. */
    {KIND_VARINT, another_event_id, 1, WITH("\x01")},
    {KIND_VARINT, another_event_id, 1, WITH("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {KIND_VARINT, another_event_id, 1, WITH("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {KIND_VARINT, another_event_id, 1, WITH("\x80\x80\x80\x80\x10")},
    {KIND_VARINT, another_event_id, 1, WITH("\xfe\x07")},
    {KIND_VARINT, another_event_id, 1, WITH("\x92\x80\x80\x80\x20")},
    {KIND_VARINT, another_event_id, 1, WITH("\x92\x80\x80\x80\x80\x80\x80\x80\x80\x02")},
    {KIND_VARINT, another_event_id, 1, WITH("\x92\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00")},
    {KIND_VARINT, another_event_id, 1, WITH(TEN_TIMES("\x80") TEN_TIMES("\x80") "\x12")},
    /* In front of a long and of an enum. */
    {KIND_VARINT, another_time, 0, WITH(TEN_TIMES("\x80"))},
    {KIND_VARINT, another_time, 0, WITH(TEN_TIMES("\xff"))},
    {KIND_VARINT, another_status, 0, WITH(TEN_TIMES("\x80"))},
    {KIND_UTF8, another_tx_id, 1, WITH("\xff")},
    {KIND_UTF8, another_tx_id, 1, WITH("\x80")},             /* goes on with nothing */
    {KIND_UTF8, another_tx_id, 1, WITH("\xc3")},             /* nothing goes on */
    {KIND_UTF8, another_tx_id, 2, WITH("\xc0\xaf")},         /* too long a form */
    {KIND_UTF8, another_tx_id, 3, WITH("\xed\xa0\x80")},     /* a surrogate */
    {KIND_UTF8, another_tx_id, 4, WITH("\xf4\x90\x80\x80")}, /* past U+10FFFF */
    {KIND_ENUM, another_status, 1, WITH("\x0c")},            /* 6 of 0 to 5 */
    {KIND_ENUM, another_status, 1, WITH("\x01")},
    {KIND_ENUM, another_rail, 1, WITH("\x16")}, /* 11 of 0 to 10 */
    {KIND_ENUM, another_rail, 1, WITH("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {KIND_UNION, with_status_reason, 1, WITH("\x04")},
    {KIND_UNION, with_status_reason, 1, WITH("\x01")},
    {KIND_UNION, without_ingest_time, 1, WITH("\x04")},
    {KIND_UNION, without_ingest_time, 1, WITH("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {KIND_BOOLEAN, during_a_call, 1, WITH("\x02")},
    {KIND_BOOLEAN, during_a_call, 1, WITH("\x07")},
    {KIND_BOOLEAN, during_a_call, 1, WITH("\xff")},
};

static void add_change(struct corpus *c, size_t i) {
    struct transaction tx = base();
    changes[i].other(&tx);
    const struct bytes other = encode(c, &tx);
    uint8_t value[sizeof c->base + 32];
    uint32_t at = 0;
    while (c->base[at] == other.data[at])
        at++;
    const uint32_t behind = at + changes[i].out;
    memcpy(value, c->base, at);
    memcpy(value + at, changes[i].in, changes[i].in_size);
    memcpy(value + at + changes[i].in_size, c->base + behind, c->base_size - behind);
    add(c, changes[i].kind, VERDICT_MALFORMED, value,
        c->base_size - changes[i].out + changes[i].in_size);
}

static void add_magic(struct corpus *c, uint8_t magic) {
    uint8_t value[sizeof c->base];
    memcpy(value, c->base, c->base_size);
    value[0] = magic;
    add(c, KIND_MAGIC, VERDICT_NOT_FRAMED, value, c->base_size);
}

static void add_schema(struct corpus *c, int32_t id, enum verdict reason) {
    uint8_t value[sizeof c->base];
    memcpy(value, c->base, c->base_size);
    frame_write(value, id);
    add(c, KIND_SCHEMA, reason, value, c->base_size);
}

static void add_oversize(struct corpus *c, size_t size) {
    uint8_t *value = calloc(1, size);
    assert_non_null(value);
    memcpy(value, c->base, c->base_size);
    add(c, KIND_OVERSIZE, VERDICT_OVERSIZE, value, size);
    free(value);
}

/* Well formed, and refused for what they say. */
static void add_values(struct corpus *c) {
    struct transaction tx = base();
    tx.amount_minor = tx.amount_kzt_minor = -1;
    struct bytes value = encode(c, &tx);
    add(c, KIND_VALUE, VERDICT_BAD_AMOUNT, value.data, value.size);
    tx = base();
    tx.payer.account_token = tx.payee.account_token = (struct text){0};
    value = encode(c, &tx);
    add(c, KIND_VALUE, VERDICT_NO_ACCOUNT, value.data, value.size);
    tx = base(); /* taken, it would make every good record late */
    tx.event_time_us += INT64_C(400) * 86400 * 1000000;
    tx.ingest_time_us = tx.event_time_us;
    value = encode(c, &tx);
    add(c, KIND_VALUE, VERDICT_FUTURE_TIME, value.data, value.size);
}

static void add_others(struct corpus *c) {
    static const uint8_t no_id_and_short[] = {0, 0, 0, 0, 0, 2};
    add_trailing(c, "\0", 1);
    add_trailing(c, c->base, c->base_size);
    add_trailing(c, c->base + FRAME_SIZE, c->base_size - FRAME_SIZE);
    add_magic(c, 1);
    add_magic(c, 0xc3);
    add_magic(c, 0xff);
    add_schema(c, 999, VERDICT_SCHEMA_UNKNOWN);
    add_schema(c, INT32_MAX, VERDICT_SCHEMA_UNKNOWN);
    add_schema(c, -1, VERDICT_SCHEMA_UNKNOWN);
    add_schema(c, INT32_MIN, VERDICT_SCHEMA_UNKNOWN);
    add_schema(c, 0, VERDICT_NOT_FRAMED); /* it looks like a frame with an id of 8 bytes */
    add(c, KIND_SCHEMA, VERDICT_SCHEMA_UNKNOWN, no_id_and_short, sizeof no_id_and_short);
    add_schema(c, SCHEMA_ID_RECOMMENDATION, VERDICT_SCHEMA_REFUSED);
    add_oversize(c, VALUE_BYTES_MAX + 1);
    add_oversize(c, 200000);
    add(c, KIND_TOMBSTONE, VERDICT_TOMBSTONE, NULL, 0);
    add(c, KIND_EMPTY, VERDICT_NOT_FRAMED, "", 0);
    add(c, KIND_TEXT, VERDICT_NOT_FRAMED, WITH("{\"tx_id\": \"tx\", \"amount_minor\": 1}"));
    add(c, KIND_TEXT, VERDICT_NOT_FRAMED, WITH("tx;payer;payee;1\n"));
}

/* A foreign writer's schema: the contract with fields behind its own that are in no column. */

enum { FOREIGN_ID = 5000, EMPTY_FIELDS = 3 };

static const char further_fields[] =
    ",{\"name\":\"notes\",\"type\":{\"type\":\"array\",\"items\":\"string\"}}"
    ",{\"name\":\"labels\",\"type\":{\"type\":\"map\",\"values\":\"long\"}}"
    ",{\"name\":\"origin\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Origin\",\"fields\":["
    "{\"name\":\"before\",\"type\":[\"null\",\"Origin\"]}]}]}]}";

static bool write_foreign_schema(const char *directory) {
    char path[96];
    size_t size = 0;
    const char *shipped = schema_shipped(SCHEMA_ID_TRANSACTION, &size);
    const char *end = memrchr(shipped, ']', size);
    snprintf(path, sizeof path, "%s/%d.avsc", directory, (int)FOREIGN_ID);
    FILE *file = end == NULL ? NULL : fopen(path, "w");
    return file != NULL &&
           fprintf(file, "%.*s%s", (int)(end - shipped), shipped, further_fields) > 0 &&
           fclose(file) == 0;
}

/* A record of the contract with the bytes of the further fields behind it. */
static uint32_t write_foreign(uint8_t *to, struct bytes own, const void *further, size_t size) {
    memcpy(to, own.data, own.size);
    frame_write(to, FOREIGN_ID);
    memcpy(to + own.size, further, size);
    return own.size + (uint32_t)size;
}

static void add_foreign(struct corpus *c, enum kind kind, const void *further, size_t size) {
    uint8_t *value = malloc(c->base_size + size);
    assert_non_null(value);
    const struct bytes own = {c->base, c->base_size};
    add(c, kind, VERDICT_MALFORMED, value, write_foreign(value, own, further, size));
    free(value);
}

/* So many records, each in the one before. */
static size_t write_origin(uint8_t *to, size_t depth) {
    memset(to, 2, depth);
    to[depth] = 0;
    return depth + 1;
}

static void add_depths(struct corpus *c) {
    static const size_t depths[] = {RECORD_DEPTH_MAX + 1, 100, 4000, 60000};
    uint8_t *further = calloc(1, VALUE_BYTES_MAX);
    assert_non_null(further);
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        add_foreign(c, KIND_DEPTH, further, 2 + write_origin(further + 2, depths[i]));
    free(further);
}

/* Where the count of a block stands: the least, the least but one, one without its size, with a
 * negative one, the greatest, 2^31, one more than there are bytes, of more than 10 bytes, and
 * blocks that do not end. */
static const struct {
    const char *bytes;
    uint32_t size;
} blocks[] = {
    {WITH("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {WITH("\xfd\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02")},
    {WITH("\x01")},
    {WITH("\x01\x01\x02\x41\x00")},
    {WITH("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {WITH("\x80\x80\x80\x80\x10")},
    {WITH("\x08")},
    {WITH(TEN_TIMES("\x80") "\x02")},
    {WITH("\x02\x02\x41\x02\x02\x42\x02\x02\x43")},
};

static void add_blocks(struct corpus *c) {
    uint8_t further[64] = {0};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        for (size_t field = 0; field < 2; field++) { /* of notes, of labels */
            memset(further, 0, sizeof further);
            memcpy(further + field, blocks[i].bytes, blocks[i].size);
            add_foreign(c, KIND_BLOCK, further, blocks[i].size + EMPTY_FIELDS - 1);
        }
    add_foreign(c, KIND_UTF8, WITH("\x02\x02\xff\x00\x00\x00"));
    add_foreign(c, KIND_TRAILING, WITH("\x00\x00\x00\x00"));
    add_foreign(c, KIND_UNION, WITH("\x00\x00\x04"));
}

static void make_corpus(struct corpus *c) {
    struct error error;
    c->encoder = encoder_open(&error);
    assert_non_null(c->encoder);
    const struct transaction tx = base();
    const struct bytes value = encode(c, &tx);
    assert_true(value.size < sizeof c->base);
    memcpy(c->base, value.data, value.size);
    c->base_size = value.size;
    add_others(c);
    add_values(c);
    add_depths(c);
    add_blocks(c);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        add_change(c, i);
    add_cuts(c);
}

/* Input. */

static void append(struct memory_port *memory, int32_t partition, int64_t second,
                   struct bytes value) {
    const struct port_message message = {.topic = INPUT,
                                         .partition = partition,
                                         .timestamp_ms = (SAMPLE_START_S + second) * 1000,
                                         .value = value};
    assert_true(memory_port_append(memory, &message, -1));
}

/* The same under the foreign schema, with blocks of both forms, nested as deep as may be. */
static struct bytes foreign(struct bytes own, uint8_t *room) {
    static const uint8_t notes[] = {3, 8, 2, 'A', 2, 'B', 0}, labels[] = {2, 2, 'K', 14, 0};
    uint8_t further[64], *end = further;
    memcpy(end, notes, sizeof notes);
    end += sizeof notes;
    memcpy(end, labels, sizeof labels);
    end += sizeof labels;
    end += write_origin(end, RECORD_DEPTH_MAX);
    return (struct bytes){room, write_foreign(room, own, further, (size_t)(end - further))};
}

/* Bursts of transfers to one account, each from another: three recommendations a burst. Beside
 * poison a third of them comes from the foreign writer. */
static void send_good(struct stand *stand, struct memory_port *memory, int i) {
    char tx_id[24], payer[24], payee[24];
    snprintf(tx_id, sizeof tx_id, "tx-%d", i);
    snprintf(payer, sizeof payer, "payer-%d", i);
    snprintf(payee, sizeof payee, "payee-%d", i / BURST);
    const int64_t second = (int64_t)SECONDS_APART * i;
    const struct transaction tx = sample_transfer(tx_id, payer, payee, second, 5000000);
    const struct bytes own = encode(&stand->corpus, &tx);
    uint8_t room[2 * sizeof stand->corpus.base];
    const bool others = memory == stand->memory && i % 3 == 0;
    append(memory, i % GOOD_PARTITIONS, second, others ? foreign(own, room) : own);
}

/* The next of the corpus, from the front again behind its end. */
static void send_poison(struct stand *stand, int32_t partition, int64_t second) {
    const struct corpus *c = &stand->corpus;
    const struct poison *poison = &c->poisons[stand->place_count % c->count];
    stand->places[stand->place_count++] = (struct place){
        .partition = partition,
        .offset = (int64_t)memory_port_count(stand->memory, INPUT, partition),
        .poison = poison,
    };
    append(stand->memory, partition, second, (struct bytes){poison->data, poison->size});
}

/* In the partition of the good record that they precede, or in one of their own. */
static void send_all(struct stand *stand, bool apart) {
    for (int i = 0; i < GOOD; i++) {
        for (int p = 0; p < POISONS; p++)
            send_poison(stand, apart ? POISON_PARTITION : i % GOOD_PARTITIONS,
                        (int64_t)SECONDS_APART * i);
        send_good(stand, stand->memory, i);
        send_good(stand, stand->alone, i);
    }
    assert_true(stand->place_count >= stand->corpus.count);
}

static void must_run(const struct stand *stand, struct memory_port *memory) {
    struct error error = {.code = ERROR_NONE};
    const struct pipeline_options how = {
        .options = &stand->options, .port = memory_port_port(memory), .stop_at_end = true};
    struct pipeline *pipeline = pipeline_open(&how, &error);
    const bool ok = pipeline != NULL && pipeline_run(pipeline, &error);
    pipeline_close(pipeline);
    if (!ok) fail_msg("%s: %s", error_name(error.code), error.text);
}

static int setup(void **state) {
    struct stand *stand = calloc(1, sizeof *stand);
    if (stand == NULL || !sample_directory_make(stand->directory, &stand->options) ||
        !write_foreign_schema(stand->directory))
        return -1;
    snprintf(stand->options.schema_dir, sizeof stand->options.schema_dir, "%s", stand->directory);
    assert_int_equal(stand->options.value_bytes_max, VALUE_BYTES_MAX);
    make_corpus(&stand->corpus);
    stand->memory = sample_cluster(PARTITIONS);
    stand->alone = sample_cluster(PARTITIONS);
    *state = stand;
    return 0;
}

static void close_memory(struct memory_port *memory) {
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

static int teardown(void **state) {
    struct stand *stand = *state;
    close_memory(stand->memory);
    close_memory(stand->alone);
    encoder_close(stand->corpus.encoder);
    for (size_t i = 0; i < stand->corpus.count; i++)
        free(stand->corpus.poisons[i].data);
    sample_directory_remove(stand->directory, &stand->options);
    free(stand);
    return 0;
}

/* Dead letters. */

static const char *header_of(const struct port_record *record, const char *name, char text[64]) {
    struct port_header header;
    for (size_t i = 0; memory_port_get_header(record, i, &header); i++) {
        if (strcmp(header.name, name) != 0) continue;
        snprintf(text, 64, "%.*s", (int)header.value.size, (const char *)header.value.data);
        return text;
    }
    fail_msg("no header %s", name);
    return "";
}

static long long number_of(const struct port_record *record, const char *name) {
    char text[64];
    return strtoll(header_of(record, name, text), NULL, 10);
}

static struct place *place_of(struct stand *stand, const struct port_record *letter) {
    const long long partition = number_of(letter, "__connect.errors.partition");
    const long long offset = number_of(letter, "__connect.errors.offset");
    for (size_t i = 0; i < stand->place_count; i++)
        if (stand->places[i].partition == partition && stand->places[i].offset == offset)
            return &stand->places[i];
    fail_msg("no poison is at %lld/%lld", partition, offset);
    return NULL;
}

static bool same_bytes(struct bytes a, struct bytes b) {
    if (a.data == NULL || b.data == NULL) return a.data == b.data;
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static void meet(struct place *place, const struct port_record *letter) {
    const char *due = verdict_name(place->poison->reason);
    const int number = (int)place->partition;
    const long long offset = place->offset;
    char text[64];
    if (place->met) fail_msg("two dead letters for %d/%lld", number, offset);
    place->met = true;
    const char *reason = header_of(letter, "saqshy.dlq.reason", text);
    if (strcmp(reason, due) != 0)
        fail_msg("%d/%lld, kind %d: %s where %s is due", number, offset, place->poison->kind,
                 reason, due);
    if (!same_bytes(letter->value, (struct bytes){place->poison->data, place->poison->size}))
        fail_msg("the dead letter of %d/%lld holds another value", number, offset);
}

static void assert_dead_letters_are_the_poison(struct stand *stand) {
    struct port_record letter;
    for (size_t i = 0; memory_port_get(stand->memory, DEAD_LETTERS, 0, i, &letter); i++)
        meet(place_of(stand, &letter), &letter);
    for (size_t i = 0; i < stand->place_count; i++)
        if (!stand->places[i].met)
            fail_msg("no dead letter for %d/%lld, kind %d", (int)stand->places[i].partition,
                     (long long)stand->places[i].offset, stand->places[i].poison->kind);
    assert_int_equal(memory_port_count(stand->alone, DEAD_LETTERS, 0), 0);
}

/* Recommendations. */

static void assert_same_headers(const struct port_record *a, const struct port_record *b) {
    struct port_header x, y;
    size_t i = 0;
    for (; memory_port_get_header(b, i, &y); i++) {
        assert_true(memory_port_get_header(a, i, &x));
        assert_string_equal(x.name, y.name);
        assert_true(same_bytes(x.value, y.value));
    }
    assert_false(memory_port_get_header(a, i, &x));
}

static void on_difference(void *context, const char *path, const char *found, const char *due) {
    const size_t size = strlen(path), offset = strlen("offset");
    (void)context;
    if (strcmp(path, "previous_hash") == 0) return;
    const bool is_offset = size >= offset && strcmp(path + size - offset, "offset") == 0;
    if (found != NULL && due != NULL && is_offset)
        assert_int_equal(strtoll(found, NULL, 10),
                         strtoll(due, NULL, 10) * (POISONS + 1) + POISONS);
    else
        fail_msg("%s is %s, without poison %s", path, found, due);
}

static struct bytes body_of(const struct port_record *record) {
    return (struct bytes){record->value.data + FRAME_SIZE, record->value.size - FRAME_SIZE};
}

/* `diff` NULL: to the byte. Else every offset is where the same good record lies. */
static void assert_same_recommendations(struct stand *stand, struct avro_diff *diff) {
    size_t met = 0;
    for (int32_t p = 0; p < PARTITIONS; p++) {
        const size_t count = memory_port_count(stand->alone, RECOMMENDATIONS, p);
        assert_int_equal(memory_port_count(stand->memory, RECOMMENDATIONS, p), count);
        for (size_t i = 0; i < count; i++, met++) {
            struct port_record found, due;
            assert_true(memory_port_get(stand->memory, RECOMMENDATIONS, p, i, &found));
            assert_true(memory_port_get(stand->alone, RECOMMENDATIONS, p, i, &due));
            assert_true(same_bytes(found.key, due.key));
            assert_same_headers(&found, &due);
            if (diff == NULL)
                assert_true(same_bytes(found.value, due.value));
            else
                avro_diff_records(diff, body_of(&found), body_of(&due), on_difference, NULL);
        }
    }
    assert_int_equal(met, BURSTS * 3);
}

/* The tests. */

static void the_corpus_has_a_hundred_poisons_and_every_kind(void **state) {
    const struct stand *stand = *state;
    size_t met[KIND_COUNT] = {0};
    for (size_t i = 0; i < stand->corpus.count; i++)
        met[stand->corpus.poisons[i].kind]++;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        assert_true(met[kind] > 0);
    assert_true(stand->corpus.count >= CORPUS_LEAST);
    assert_int_equal(met[KIND_CUT], stand->corpus.base_size - 1);
}

static void poison_in_its_own_partition_does_not_change_a_byte(void **state) {
    struct stand *stand = *state;
    send_all(stand, true);
    must_run(stand, stand->memory);
    must_run(stand, stand->alone);
    assert_dead_letters_are_the_poison(stand);
    assert_same_recommendations(stand, NULL);
}

static void poison_between_good_records_changes_nothing_but_places(void **state) {
    struct stand *stand = *state;
    struct error error;
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    struct avro_diff *diff = avro_diff_open(schema, size, &error);
    assert_non_null(diff);
    send_all(stand, false);
    must_run(stand, stand->memory);
    must_run(stand, stand->alone);
    assert_dead_letters_are_the_poison(stand);
    assert_same_recommendations(stand, diff);
    avro_diff_close(diff);
}

static void a_restart_makes_no_dead_letter_again(void **state) {
    struct stand *stand = *state;
    send_all(stand, false);
    must_run(stand, stand->memory);
    must_run(stand, stand->memory);
    assert_dead_letters_are_the_poison(stand);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_corpus_has_a_hundred_poisons_and_every_kind),
        TEST(poison_in_its_own_partition_does_not_change_a_byte),
        TEST(poison_between_good_records_changes_nothing_but_places),
        TEST(a_restart_makes_no_dead_letter_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
