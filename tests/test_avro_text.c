/* SPDX-License-Identifier: Apache-2.0 */
/* Records as text: every leaf by its path, and nothing of a record that is not whole. */
#include "tests/support.h"

#include "schemas/avro_text.h"
#include "schemas/catalog.h"
#include "schemas/encode.h"
#include "schemas/frame.h"

#include <math.h>
#include <stdlib.h>

struct stand {
    struct encoder *encoder;
    struct avro_text *text;
    struct bytes body; /* of a recommendation */
};

static int setup(void **state) {
    static struct stand stand;
    static const double vector[] = {1.5, NAN, -0.25};
    struct error error;
    struct bytes value;
    size_t size = 0;
    const char *schema = schema_shipped(SCHEMA_ID_RECOMMENDATION, &size);
    struct recommendation r = {.id = "0123456789abcdef0123456789abcdef",
                               .revision = 2,
                               .state = RECOMMENDATION_AMENDED,
                               .target_account_token = text_of("acc\"ount\n"),
                               .target_tx_ids = {text_of("t1"), text_of("t2")},
                               .target_tx_count = 2,
                               .issued_at_us = -1,
                               .score = 0.1,
                               .reason_count = 2,
                               .model_id = "m",
                               .policy_id = "p\xc2\x9bq\x7f\xff\xd1",
                               .build = text_of("b"),
                               .feature_vector = vector,
                               .feature_count = 3,
                               .input_topic = "in",
                               .input_offset = INT64_MIN,
                               .sequence = 77};
    for (int i = 0; i < 2; i++)
        r.reasons[i] = (struct reason){.code = i == 0 ? "ONE" : "TWO",
                                       .feature = "f",
                                       .value = NAN,
                                       .baseline = 3,
                                       .unit = "u",
                                       .text_ru = "р",
                                       .text_kk = "қ",
                                       .text_en = "e"};
    r.previous_hash[31] = 0xab;
    stand.encoder = encoder_open(&error);
    stand.text = avro_text_open(schema, size, &error);
    assert_true(encode_recommendation(stand.encoder, &r, &value, &error));
    stand.body = (struct bytes){value.data + FRAME_SIZE, value.size - FRAME_SIZE};
    *state = &stand;
    return stand.text == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    avro_text_close(stand->text);
    encoder_close(stand->encoder);
    return 0;
}

struct wanted {
    const char *path;
    char value[AVRO_TEXT_VALUE_SIZE];
    int64_t number;
    int found;
    size_t raw;
};

static void look(void *context, const struct avro_leaf *leaf) {
    struct wanted *wanted = context;
    wanted->raw += leaf->raw.size;
    if (strcmp(leaf->path, wanted->path) != 0) return;
    snprintf(wanted->value, sizeof wanted->value, "%s", leaf->value);
    wanted->number = leaf->number;
    wanted->found++;
}

static struct wanted find(struct stand *stand, const char *path) {
    struct wanted wanted = {.path = path};
    const char *why = NULL;
    if (!avro_text_read(stand->text, stand->body, look, &wanted, &why)) fail_msg("%s", why);
    if (wanted.found != 1) fail_msg("%s: found %d times", path, wanted.found);
    return wanted;
}

static void every_kind_of_leaf_is_named_and_written(void **state) {
    struct stand *stand = *state;
    static const char *const leaves[][2] = {
        {"revision", "2"},
        {"state", "AMENDED"},
        {"addressee_bic", "null"},
        {"target_account_token", "\"acc\\\"ount\\x0a\""},
        {"target_tx_ids[1]", "\"t2\""},
        {"issued_at", "1969-12-31T23:59:59.999999Z"},
        {"score", "0.10000000000000001"},
        {"reasons[1].code", "\"TWO\""},
        {"reasons[0].value", "null"},
        {"reasons[0].baseline", "3"},
        {"reasons[1].text_kk", "\"қ\""},
        {"reasons[1].evidence", "[]"},
        {"money_trail", "[]"},
        {"human_decision_required", "true"},
        {"feature_vector[1]", "null"},
        {"feature_vector[2]", "-0.25"},
        {"input_offset", "-9223372036854775808"},
        {"policy_id", "\"p\\xc2\\x9bq\\x7f\\xff\\xd1\""}, /* nothing that steers a terminal */
        {"sequence", "77"},
        {"previous_hash", "00000000000000000000000000000000000000000000000000000000000000ab"},
    };
    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++)
        assert_string_equal(find(stand, leaves[i][0]).value, leaves[i][1]);
    assert_int_equal(find(stand, "sequence").number, 77);
}

static void ignore(void *context, const struct avro_leaf *leaf) {
    (void)context;
    (void)leaf;
}

/* From memory of its own, so that a sanitizer sees a byte too many. */
static bool reads(struct stand *stand, uint32_t size, int extra) {
    const char *why = NULL;
    uint8_t *copy = calloc(1, size + (size_t)extra + 1);
    memcpy(copy, stand->body.data, size);
    const bool ok = avro_text_read(stand->text, (struct bytes){copy, size + (uint32_t)extra},
                                   ignore, NULL, &why);
    free(copy);
    if (!ok) assert_non_null(why);
    return ok;
}

static void a_record_cut_anywhere_is_refused(void **state) {
    struct stand *stand = *state;
    assert_true(reads(stand, stand->body.size, 0));
    assert_false(reads(stand, stand->body.size, 1));
    for (uint32_t size = 0; size < stand->body.size; size++)
        if (reads(stand, size, 0)) fail_msg("%u bytes of %u", size, stand->body.size);
}

static void any_flipped_byte_is_survived(void **state) {
    struct stand *stand = *state;
    for (uint32_t at = 0; at < stand->body.size; at++)
        for (int bit = 0; bit < 8; bit++) {
            const char *why = NULL;
            uint8_t *copy = malloc(stand->body.size);
            memcpy(copy, stand->body.data, stand->body.size);
            copy[at] ^= (uint8_t)(1 << bit);
            avro_text_read(stand->text, (struct bytes){copy, stand->body.size}, ignore, NULL, &why);
            free(copy);
        }
}

static void the_depth_and_the_count_are_bounded(void **state) {
    static const char list[] = "{\"type\":\"record\",\"name\":\"List\",\"fields\":[{\"name\":"
                               "\"next\",\"type\":[\"null\",\"List\"]}]}";
    static const char nulls[] = "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"a\","
                                "\"type\":{\"type\":\"array\",\"items\":\"null\"}}]}";
    static const uint8_t deep[] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0};
    static const uint8_t many[] = {0xfe, 0xff, 0xff, 0xff, 0x0f, 0};
    const struct bytes bodies[] = {{deep, sizeof deep}, {many, sizeof many}};
    const char *const schemas[] = {list, nulls};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct error error;
        const char *why = NULL;
        struct avro_text *text = avro_text_open(schemas[i], strlen(schemas[i]), &error);
        assert_false(avro_text_read(text, bodies[i], ignore, NULL, &why));
        avro_text_close(text);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_leaf_is_named_and_written),
        TEST(a_record_cut_anywhere_is_refused),
        TEST(any_flipped_byte_is_survived),
        cmocka_unit_test(the_depth_and_the_count_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
