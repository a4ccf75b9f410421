/* SPDX-License-Identifier: Apache-2.0 */
/* The whole duty of a reader of freeze recommendations: freeze_queue.py, which says more, in C.
 *     cc -std=c17 freeze_queue.c -o freeze_queue \
 *         $(pkg-config --cflags --libs rdkafka avro-c sqlite3 libcrypto) */
#define _POSIX_C_SOURCE 200809L /* getline */
#include "clients.h"
#include "contracts.h"

#include <openssl/sha.h>

/* Into the ledger, which checks the chain and knows what came before. */
static void take(const rd_kafka_message_t *message, avro_value_t *r) {
    char hash[2 * HASH_SIZE + 1], previous_hash[2 * HASH_SIZE + 1];
    uint8_t digest[HASH_SIZE];
    const char *value = message->payload;
    const void *source = NULL, *previous = NULL;
    rd_kafka_headers_t *headers = NULL;
    size_t size = 0;
    const int at = snprintf(place, sizeof place, "partition %d, offset %lld, ", message->partition,
                            (long long)message->offset);
    if (message->len < FRAME_SIZE || memcmp(value, "\0\0\0\0\2", FRAME_SIZE) != 0 ||
        rd_kafka_message_headers(message, &headers) != 0 ||
        rd_kafka_header_get_last(headers, "ce_source", &source, &size) != 0)
        fail(65, "record", "not framed, or of no shard");
    avro_reader_t body = avro_reader_memory(value + FRAME_SIZE, (int64_t)message->len - FRAME_SIZE);
    if (avro_value_read(body, r) != 0) fail(65, "record", avro_strerror());
    avro_reader_free(body);
    const avro_value_t field = field_of(r, "previous_hash");
    avro_value_get_fixed(&field, &previous, &size);
    put_hex(previous, previous_hash);
    put_hex(SHA256((const uint8_t *)value + FRAME_SIZE, message->len - FRAME_SIZE, digest), hash);
    const char *id = text_of(r, "recommendation_id"), *state = text_of(r, "state");
    const long long revision = number_of(r, "revision");
    snprintf(place + at, sizeof place - (size_t)at,
             "number %lld of %s after %s: ", number_of(r, "sequence"), (const char *)source,
             previous_hash);
    sql("INSERT INTO record VALUES ('%q.%lld', %Q, %Q, %d, %lld, %lld, %Q, %Q, %Q, %lld, %Q, %Q, "
        "%lld, %lld, %Q)",
        id, revision, hash, source, message->partition, (long long)message->offset,
        number_of(r, "sequence"), previous_hash, text_of(r, "mode"), id, revision, state,
        text_of(r, "target_account_token"), number_of(r, "hold_amount_kzt_minor"),
        number_of(r, "valid_until") / 1000000, text_of(r, "payee_recommendation_id"));
    if (sqlite3_changes(ledger) > 0)
        printf("%s.%lld %s %s\n", id, revision, state, text_of(r, "action"));
}

/* Sent until the brokers have it; after a crash again, the same bytes under the same id. */
static void report(rd_kafka_t *producer, avro_value_t *signal) {
    while (sql("SELECT * FROM unsent LIMIT 1")) {
        char out[4096] = "\0\0\0\0\4";
        avro_writer_t writer = avro_writer_memory(out + FRAME_SIZE, sizeof out - FRAME_SIZE);
        fill_outcome(signal);
        if (avro_value_write(writer, signal) != 0) fail(1, "outcome", avro_strerror());
        const size_t size = FRAME_SIZE + (size_t)avro_writer_tell(writer);
        avro_writer_free(writer);
        if (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(setting("SIGNALS", "antifrod.signals")),
                              RD_KAFKA_V_KEY(column[0], strlen(column[0])),
                              RD_KAFKA_V_VALUE(out, size), RD_KAFKA_V_END) != 0 ||
            rd_kafka_flush(producer, 30000) != 0)
            fail(1, column[0], "not sent");
        printf("%s %s\n", column[0], column[2]);
        sql("UPDATE outcome SET sent = 1 WHERE id = %Q AND number = %s", column[5], column[1]);
    }
}

int main(void) {
    const char *kafka = setting("KAFKA", NULL), *schemas = setting("SCHEMAS", NULL);
    const char *group = setting("GROUP", "freeze-queue");
    const char *const reading[][2] = {
        {"bootstrap.servers", kafka},     {"group.id", group},
        {"group.instance.id", group},     {"isolation.level", "read_committed"},
        {"enable.auto.commit", "false"},  {"auto.offset.reset", "earliest"},
        {"enable.partition.eof", "true"}, {NULL, NULL}};
    const char *const writing[][2] = {{"bootstrap.servers", kafka},
                                      {"enable.idempotence", "true"},
                                      {"partitioner", "murmur2_random"},
                                      {NULL, NULL}};
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, reading);
    rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, writing);
    avro_value_t record = record_of(schemas, "FreezeRecommendation.avsc");
    avro_value_t signal = record_of(schemas, "FraudSignal.avsc");
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, setting("TOPIC", "antifrod.freeze-recommendations"),
                                      RD_KAFKA_PARTITION_UA);
    ledger_open(setting("LEDGER", NULL), setting("RULES", "."));
    rd_kafka_subscribe(consumer, topics);
    for (int ended = 0, end = atoi(setting("UNTIL_END", "-1")); ended != end;) {
        lapse();
        decide(setting("DECISIONS", NULL));
        report(producer, &signal);
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
        if (message == NULL) continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            take(message, &record);
            if (rd_kafka_commit_message(consumer, message, 0) != 0) fail(1, "commit", "failed");
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            ended++;
        else
            complain(consumer, message);
        rd_kafka_message_destroy(message);
    }
    return rd_kafka_consumer_close(consumer) != 0;
}
