/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the seed corpus from valid inputs: make_corpus tests/fuzz/corpus. What fuzzing finds is
 * added by hand under names of its own. */
#include "detector/account_record.h"
#include "detector/accounts.h"
#include "detector/broker/recording.h"
#include "detector/feature_table.h"
#include "detector/policy_change.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"
#include "schemas/ocf.h"
#include "tests/a_signal.h"
#include "tests/advice_saved.h"
#include "tests/evolved.h"
#include "tests/fuzz/family.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sample.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

static const char *corpus;

static void name_file(char path[1024], const char *target, const char *kind, unsigned number) {
    snprintf(path, 1024, "%s/%s", corpus, target);
    mkdir(path, 0777);
    snprintf(path, 1024, "%s/%s/%s-%02u", corpus, target, kind, number);
}

static void save(const char *target, const char *kind, unsigned number, const void *data,
                 size_t size) {
    char path[1024];
    name_file(path, target, kind, number);
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) fuzz_broken(path);
}

static void make_plan(void) {
    static uint8_t input[1 << 16];
    for (unsigned i = 0; i < FAMILY_SIZE; i++) {
        struct evolved *evolved = evolved_new(FAMILY_SEED + i);
        input[0] = (uint8_t)i;
        for (unsigned record = 0; record < 3; record++) {
            const struct bytes bytes = evolved_write(evolved, i * 100 + record);
            memcpy(input + 1, bytes.data, bytes.size);
            save("fuzz_plan", "record", i * 3 + record, input, bytes.size + 1);
        }
        evolved_free(evolved);
    }
}

/* Without the words for people, which only lengthen the input. */
static void save_shipped(int32_t id) {
    size_t size = 0;
    const char *json = schema_shipped(id, &size);
    json_t *schema = json_loadb(json, size, 0, NULL);
    char *text = json_dumps(schema, JSON_COMPACT);
    save("fuzz_schema", "shipped", (unsigned)id, text, strlen(text));
    free(text);
    json_decref(schema);
}

static void make_schema(void) {
    for (int32_t id = SCHEMA_ID_TRANSACTION; id <= SCHEMA_ID_SHADOW; id++)
        save_shipped(id);
    for (unsigned i = 0; i < 16; i++) {
        struct evolved *evolved = evolved_new(FAMILY_SEED + i);
        save("fuzz_schema", "evolved", i, evolved_json(evolved), strlen(evolved_json(evolved)));
        evolved_free(evolved);
    }
}

static void make_order(void) {
    struct error error;
    struct encoder *encoder = encoder_open(&error);
    struct order_run runs[8];
    struct order_exception exceptions[2] = {{{"in", 2}, 1, 17, {"SCHEMA_UNKNOWN", 14}},
                                            {{"in", 2}, 0, INT64_MAX, {"OVERSIZE", 8}}};
    struct order_end ends[2] = {{{"in", 2}, 1, 17, 1}, {{"in", 2}, 0, INT64_MAX, UINT64_MAX}};
    struct order_output outputs[2] = {{{"out", 3}, 0, 5, {1, 2, 3}}, {{"out", 3}, 1, 0, {0}}};
    for (unsigned i = 0; i < 8; i++)
        runs[i] = (struct order_run){text_of(i % 2 == 0 ? "in" : "signals"), (int32_t)i, 1 << i};
    for (unsigned i = 0; i < 8; i++) {
        const struct order_record record = {.shard = text_of("shard-0"),
                                            .epoch = (int32_t)i,
                                            .sequence = i * 1000,
                                            .build = text_of("build"),
                                            .options_sha256 = text_of("00ff"),
                                            .features_sha256 = text_of(""),
                                            .model_sha256 = text_of("ab"),
                                            .policy_sha256 = text_of("cd"),
                                            .first_ordinal = i,
                                            .engine_clock_s = 1767225600 + i,
                                            .state_hash = UINT64_MAX / (i + 1),
                                            .runs = runs,
                                            .run_count = i,
                                            .exceptions = exceptions,
                                            .exception_count = i % 3,
                                            .outputs = outputs,
                                            .output_count = i % 2 * 2,
                                            .ends = ends,
                                            .end_count = i % 3};
        struct bytes framed;
        fuzz_must(encode_order(encoder, &record, &framed, &error), "no order record");
        save("fuzz_order", "record", i, framed.data, framed.size);
        if (record.end_count == 0) /* as a build wrote it that knew no ends */
            save("fuzz_order", "old-record", i, framed.data, framed.size - 1);
    }
    encoder_close(encoder);
}

static struct signal seed_signal(unsigned i) {
    static const char *const ids[] = {"one", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"};
    struct signal s = a_signal(ids[i % 2], SUBJECT_ACCOUNT, "account", 0);
    s.kind = (uint8_t)(1 + i % (SIGNAL_KIND_COUNT - 1));
    s.revision = (int32_t)(1 + i);
    s.source = (uint8_t)(1 + i % (SOURCE_COUNT - 1));
    s.confidence = (uint8_t)(1 + i % (CONFIDENCE_COUNT - 1));
    if (s.kind == SIGNAL_LIST_ENTRY) s.list_colour = COLOUR_GREY;
    if (s.kind == SIGNAL_WITHDRAWAL) s.withdraws_signal_id = text_of(ids[(i + 1) % 2]);
    s.outcome_present = s.kind == SIGNAL_OUTCOME;
    s.recommendation_id = text_of("0123456789abcdef");
    s.outcome_result = OUTCOME_CONFIRMED_FRAUD;
    s.telecom_present = s.kind == SIGNAL_SIM_BOX || s.kind == SIGNAL_FRAUD_CALL;
    s.telecom_operator = text_of("op");
    s.called_phone_token = text_of("called");
    for (unsigned k = 0; k < i % 5; k++) {
        signal_also(&s, (enum subject_type)(1 + k), "token", ROLE_DROPPER);
        s.related_tx_ids[s.tx_id_count++] = text_of("tx");
    }
    return s;
}

static void make_signal(void) {
    struct error error;
    struct encoder *encoder = encoder_open(&error);
    for (unsigned i = 0; i < 24; i++) {
        struct bytes framed;
        const struct signal s = seed_signal(i);
        fuzz_must(encode_signal(encoder, &s, &framed, &error), "no signal");
        save("fuzz_signal", "record", i, framed.data + FRAME_SIZE, framed.size - FRAME_SIZE);
    }
    encoder_close(encoder);
}

static void make_csv(void) {
    static const char *const files[] = {"a,b,c\n1,2,3\n", "\"a,1\",\"b\"\"c\"\r\n\r\nx,\n",
                                        "no line end",    "\"two\nlines\",x\n\"open",
                                        ",,,\n\"\"\n",    "перевод,\"Қазақстан\"\n",
                                        "\"a\"b,c\nd\n"};
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++)
        save("fuzz_csv", "file", i, files[i], strlen(files[i]));
}

static void make_ocf(void) {
    struct error error;
    char path[1024];
    for (unsigned i = 0; i < 4; i++) {
        name_file(path, "fuzz_ocf", "bytes", i);
        struct ocf_writer *writer = ocf_create(path, "\"boolean\"", 9, &error);
        for (unsigned n = 0; n < i * 5; n++)
            ocf_append(writer, (struct bytes){(const uint8_t *)"\1", 1}, &error);
        fuzz_must(ocf_finish(writer, &error), "no container file");
    }
    struct memory_port *memory = memory_port_open();
    const struct port_header header = {"traceparent", {(const uint8_t *)"00", 2}};
    memory_port_create_topic(memory, "in", 2);
    for (unsigned i = 0; i < 4; i++) {
        const struct port_message message = {.topic = "in",
                                             .partition = (int32_t)i % 2,
                                             .timestamp_ms = 1767225600000 + i,
                                             .key = {(const uint8_t *)"key", i},
                                             .value = {(const uint8_t *)"v", i / 2},
                                             .headers = &header,
                                             .header_count = i / 3};
        memory_port_append(memory, &message, -1);
        name_file(path, "fuzz_ocf", "recording", i);
        static const char *const topics[] = {"in"};
        fuzz_must(recording_save(path, memory, topics, 1, &error), "no recording");
    }
    struct port *port = memory_port_port(memory);
    port->ops->close(port);
}

static uint8_t *space(void *context, size_t size) {
    return pack_space(context, size);
}

/* A few accounts, some of which have moved to other classes. */
static void fill_table(struct accounts *accounts, unsigned count) {
    enum { START_S = 1767225600 };
    for (unsigned i = 0; i < 4 * count; i++) {
        char token[32];
        snprintf(token, sizeof token, "account-%u", i % count);
        account_place *place = accounts_locate(accounts, account_key_of(text_of(token)));
        struct account *account = accounts_touch(accounts, place, START_S + i);
        if (!account_has_room(account))
            account = accounts_resize(accounts, place, (uint8_t)(account->size_class + 1));
        const struct ring_event event = {.second = START_S + i,
                                         .amount_tiyn = 100 * i,
                                         .amount = 100 * i,
                                         .ordinal = i,
                                         .counterparty = 1 + i % 3,
                                         .bits = BIT_CREDIT | BIT_P2P,
                                         .kind = KIND_IN};
        account_insert(account, &event, &kernels_scalar);
    }
}

static void pack_part(struct pack *out, const struct pack *part) {
    pack_u32(out, (uint32_t)part->size);
    pack_bytes(out, part->data, part->size);
}

static void make_snapshot(void) {
    struct error error;
    for (unsigned i = 0; i < 4; i++) {
        struct pack head = {.data = NULL}, records = {.data = NULL}, input = {.data = NULL};
        const struct accounts_options options = {.memory_limit = 64 << 20,
                                                 .dormancy_s = 180 * 86400};
        const struct pack_sink sink = {&records, space};
        struct accounts *accounts = accounts_open(&options, &error);
        struct advice_tables advice = advice_tables_of(16, 16, 16);
        fuzz_must(accounts != NULL, "no state");
        fill_table(accounts, 1 + 5 * i);
        accounts_save_begin(accounts, &head, &sink);
        while (accounts_save_step(accounts, 1000))
            continue;
        const struct episode_opening opening = {7,
                                                text_of("account-0"),
                                                text_of("BIC"),
                                                text_of("tx"),
                                                text_of("0123456789abcdef0123456789abcdef"),
                                                1767225600};
        if (i > 0) episodes_add_tx(episodes_add(advice.episodes, &opening), text_of("another"));
        if (i > 0) issued_add(advice.issued, opening.id.data, opening.due_s);
        if (i > 1) instructions_add(advice.instructions, &opening, opening.id.data);
        pack_part(&input, &head);
        pack_part(&input, &records);
        advice_save(&advice, &input);
        save("fuzz_snapshot", "state", i, input.data, input.size);
        advice_tables_close(&advice);
        accounts_close(accounts);
        free(head.data);
        free(records.data);
        free(input.data);
    }
}

static void save_change(unsigned number, const struct policy_change *change) {
    struct error error;
    size_t size = 0;
    char *json = policy_change_write(change, &size, &error);
    if (json == NULL) fuzz_broken(error.text);
    save("fuzz_change", "change", number, json, size);
    free(json);
}

/* No more than a model needs. */
static const char *small_model(void) {
    static char json[1024];
    snprintf(json, sizeof json,
             "{\"format\":\"saqshy-model/1\",\"id\":\"m2\",\"features_sha256\":\"%s\","
             "\"intercept\":-5.0,\"transforms\":{},\"terms\":[{\"name\":\"credits\",\"type\":"
             "\"linear\",\"feature\":\"in_count_1h\",\"weight\":2.0,\"text\":{\"en\":\"credits\","
             "\"ru\":\"поступления\",\"kk\":\"түсімдер\"}}],"
             "\"calibration\":{\"type\":\"logistic\"},\"provenance\":{\"how\":\"by hand\"}}",
             feature_table_sha256());
    return json;
}

/* Changes that are one, and a few that are none. */
static void make_change(void) {
    char policy[SAMPLE_POLICY_SIZE];
    sample_policy("p2", 0.875, policy);
    const char *const policies[] = {NULL, policy, "{}", "not JSON"};
    const char *const models[] = {NULL, small_model()};
    static const char *const refused[] = {
        "{\"format\":\"saqshy-change/1\",\"author\":\"a\"}",
        "{\"format\":\"saqshy-change/1\",\"author\":\" a\",\"policy\":\"{}\"}",
        "{\"format\":\"saqshy-change/1\",\"author\":\"a\",\"author\":\"b\",\"policy\":\"{}\"}",
        "{\"format\":\"saqshy-change/1\",\"autor\":\"a\",\"policy\":{}}",
        "{\"format\":\"saqshy-change-ack/1\",\"shard\":\"s\",\"result\":\"REFUSED\"}",
    };
    unsigned number = 0;
    for (unsigned p = 0; p < sizeof policies / sizeof policies[0]; p++)
        for (unsigned m = p == 0 ? 1 : 0; m < 2; m++) {
            const struct policy_change change = {
                .author = "Асел",
                .approver = p > 0 ? "marat" : "",
                .reason = m > 0 ? "fewer reviews" : "",
                .policy = policies[p],
                .model = models[m],
                .policy_size = policies[p] == NULL ? 0 : strlen(policies[p]),
                .model_size = models[m] == NULL ? 0 : strlen(models[m])};
            save_change(number++, &change);
        }
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        save("fuzz_change", "refused", i, refused[i], strlen(refused[i]));
}

int main(int argc, char **argv) {
    if (argc != 2) fuzz_broken("usage: make_corpus DIRECTORY");
    corpus = argv[1];
    mkdir(corpus, 0777);
    make_plan();
    make_schema();
    make_order();
    make_signal();
    make_csv();
    make_ocf();
    make_snapshot();
    make_change();
    return 0;
}
