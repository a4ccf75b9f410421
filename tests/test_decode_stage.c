/* SPDX-License-Identifier: Apache-2.0 */
/* What the decode stage makes of whole values: the bounds that lie outside the plan. */
#include "detector/decode.h"
#include "schemas/encode.h"
#include "tests/sample.h"
#include "tests/support.h"

enum { VALUE_BYTES_MAX = 300 };

struct stage {
    struct decode *decode;
    struct batch *batch;
    struct encoder *encoder;
    uint8_t value[1024];
    uint32_t size;
};

static int setup(void **state) {
    static struct stage stage;
    struct error error;
    const struct decode_options options = {.schema_dir = "", .value_bytes_max = VALUE_BYTES_MAX};
    stage = (struct stage){.decode = decode_open(&options, &error),
                           .batch = batch_new(),
                           .encoder = encoder_open(&error)};
    const struct transaction tx = sample_transfer("tx-1", "payer", "payee", 60, 1000);
    struct bytes value;
    if (!encode_transaction(stage.encoder, &tx, &value, &error)) return -1;
    memcpy(stage.value, value.data, value.size);
    stage.size = value.size;
    *state = &stage;
    return 0;
}

static int teardown(void **state) {
    struct stage *stage = *state;
    decode_close(stage->decode);
    batch_free(stage->batch);
    encoder_close(stage->encoder);
    return 0;
}

static enum verdict verdict_of(struct stage *stage, struct bytes value) {
    stage->batch->count = 1;
    stage->batch->forced[0] = VERDICT_ACCEPTED;
    stage->batch->input[0] = (struct input){.record = {.value = value}, .topic = "in"};
    decode_batch(stage->decode, stage->batch);
    return stage->batch->verdict[0];
}

static void a_whole_value_is_accepted(void **state) {
    struct stage *stage = *state;
    const struct bytes value = {stage->value, stage->size};
    assert_int_equal(verdict_of(stage, value), VERDICT_ACCEPTED);
    assert_true(text_equal(stage->batch->tx[0].tx_id, text_of("tx-1")));
}

static void a_value_is_at_most_as_large_as_the_option_says(void **state) {
    struct stage *stage = *state;
    assert_int_equal(verdict_of(stage, (struct bytes){stage->value, VALUE_BYTES_MAX + 1}),
                     VERDICT_OVERSIZE);
    assert_int_not_equal(verdict_of(stage, (struct bytes){stage->value, VALUE_BYTES_MAX}),
                         VERDICT_OVERSIZE);
}

static void bytes_left_over_are_malformed(void **state) {
    struct stage *stage = *state;
    const struct bytes value = {stage->value, stage->size + 1};
    assert_int_equal(verdict_of(stage, value), VERDICT_MALFORMED);
    assert_string_equal(stage->batch->verdict_text[0], "bytes are left over behind the record");
}

static void a_value_cut_anywhere_is_never_accepted(void **state) {
    struct stage *stage = *state;
    for (uint32_t size = 0; size < stage->size; size++) {
        const enum verdict verdict = verdict_of(stage, (struct bytes){stage->value, size});
        assert_int_equal(verdict, size < 5 ? VERDICT_NOT_FRAMED : VERDICT_MALFORMED);
    }
}

static void a_look_alike_is_named_in_the_verdict(void **state) {
    struct stage *stage = *state;
    const struct bytes json = {(const uint8_t *)"{\"tx_id\":1}", 11};
    assert_int_equal(verdict_of(stage, json), VERDICT_NOT_FRAMED);
    assert_string_equal(stage->batch->verdict_text[0],
                        "not in the Confluent frame; it looks like JSON");
}

static void an_unknown_schema_is_a_verdict_of_its_own(void **state) {
    struct stage *stage = *state;
    stage->value[4] = 99;
    assert_int_equal(verdict_of(stage, (struct bytes){stage->value, stage->size}),
                     VERDICT_SCHEMA_UNKNOWN);
    stage->value[4] = 2;
    assert_int_equal(verdict_of(stage, (struct bytes){stage->value, stage->size}),
                     VERDICT_SCHEMA_REFUSED);
    assert_non_null(strstr(stage->batch->verdict_text[0], "schema id 2: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_value_is_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_is_at_most_as_large_as_the_option_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bytes_left_over_are_malformed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_cut_anywhere_is_never_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_look_alike_is_named_in_the_verdict, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_schema_is_a_verdict_of_its_own, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
