/* SPDX-License-Identifier: Apache-2.0 */
/* What is read in the value of a dead letter, which may be any bytes: by the topic it came from. */
#include "detector/commands/dlq_decode.h"
#include "schemas/encode.h"
#include "tests/a_signal.h"
#include "tests/printed.h"
#include "tests/sample.h"
#include "tests/support.h"

#include <stdio.h>

#define TRANSACTIONS "antifrod.transactions"
#define SIGNALS "antifrod.signals"
#define POLICY "antifrod.policy"

struct stand {
    struct options options;
    struct dlq_decoder *decoder;
    struct encoder *encoder;
    struct error error;
    struct printed printed;
};

static int setup(void **state) {
    static struct stand stand;
    memset(&stand, 0, sizeof stand);
    options_init(&stand.options);
    stand.decoder = dlq_decoder_open(&stand.options, &stand.error);
    stand.encoder = encoder_open(&stand.error);
    *state = &stand;
    return stand.decoder == NULL || stand.encoder == NULL ? -1 : 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    dlq_decoder_close(stand->decoder);
    encoder_close(stand->encoder);
    options_free(&stand->options);
    printed_free(&stand->printed);
    return 0;
}

static void put(void *context, const struct avro_leaf *leaf) {
    fprintf(context, "%s=%s\n", leaf->path, leaf->value);
}

static bool decode(struct stand *stand, const char *topic, struct bytes value) {
    struct dlq_decoded decoded;
    FILE *out = printed_begin(&stand->printed);
    const bool ok = dlq_decode(stand->decoder, topic, value, &decoded, &stand->error);
    if (ok) dlq_decoded_tell(&decoded, put, out);
    fclose(out);
    return ok;
}

static bool decode_text(struct stand *stand, const char *topic, const char *text) {
    return decode(stand, topic, (struct bytes){(const uint8_t *)text, (uint32_t)strlen(text)});
}

static bool says(const struct stand *stand, const char *what) {
    return strstr(stand->printed.text, what) != NULL;
}

static void each_topic_has_its_contract(void **state) {
    struct stand *stand = *state;
    const struct signal signal = a_signal("s-1", SUBJECT_PHONE, "p-1", 0);
    const struct transaction tx = sample_transfer("tx-1", "payer", "payee", 0, 1000);
    struct bytes value;
    assert_true(encode_signal(stand->encoder, &signal, &value, &stand->error));
    assert_true(decode(stand, SIGNALS, value));
    assert_true(says(stand, "signal_id=\"s-1\"\n") && says(stand, "subjects[0].token=\"p-1\"\n"));
    assert_false(decode(stand, TRANSACTIONS, value));
    assert_true(encode_transaction(stand->encoder, &tx, &value, &stand->error));
    assert_true(decode(stand, TRANSACTIONS, value) && says(stand, "tx_id=\"tx-1\"\n"));
    assert_true(decode(stand, "of.yore", value) && says(stand, "tx_id=\"tx-1\"\n"));
    assert_false(decode(stand, SIGNALS, value));
}

static void a_change_of_the_documents_is_read_by_its_keys(void **state) {
    struct stand *stand = *state;
    options_set(&stand->options, "topic.policy", POLICY, "test", &stand->error);
    dlq_decoder_close(stand->decoder);
    stand->decoder = dlq_decoder_open(&stand->options, &stand->error);
    assert_true(decode_text(stand, POLICY,
                            "{\"author\":\"a\\u001b[31m\",\"policy\":\"{\\\"id\\\":1}\","
                            "\"k\\u0007\":[1,null]}"));
    assert_string_equal(stand->printed.text, "author=\"a\\u001B[31m\"\npolicy=\"{\\\"id\\\":1}\"\n"
                                             "k\\u0007=[1,null]\n");
    assert_false(decode_text(stand, POLICY, "[1]"));
    assert_false(decode_text(stand, POLICY, "{\"a\":1,\"a\":2}"));
    assert_false(decode_text(stand, POLICY, "\xff\xfe"));
    assert_non_null(strstr(stand->error.text, "no JSON: "));
    assert_false(decode(stand, POLICY, (struct bytes){NULL, 0}));
}

/* Cut anywhere, and with any bit changed. */
static void any_bytes_may_come(void **state) {
    struct stand *stand = *state;
    const struct signal signal = a_signal("s-1", SUBJECT_PHONE, "p-1", 0);
    struct bytes value;
    uint8_t bytes[1024];
    assert_true(encode_signal(stand->encoder, &signal, &value, &stand->error));
    assert_true(value.size <= sizeof bytes);
    const uint32_t size = value.size;
    memcpy(bytes, value.data, size);
    for (uint32_t cut = 0; cut < size; cut++)
        assert_false(decode(stand, SIGNALS, (struct bytes){bytes, cut}));
    uint32_t read = 0;
    for (uint32_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        read += decode(stand, SIGNALS, (struct bytes){bytes, size});
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(read > 0 && read < 8 * size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_topic_has_its_contract, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_of_the_documents_is_read_by_its_keys, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(any_bytes_may_come, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
