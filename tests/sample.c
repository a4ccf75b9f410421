/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sample.h"

#include "detector/base/murmur2.h"
#include "detector/feature_table.h"
#include "tests/chance.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct transaction sample(const char *tx_id, int64_t second, int64_t amount_tiyn) {
    struct transaction tx = {
        .event_id = text_of(tx_id),
        .tx_id = text_of(tx_id),
        .currency = text_of("KZT"),
        .reporter_bic = text_of("TESTKZKA"),
        .token_key_id = text_of("test-key"),
        .event_time_s = SAMPLE_START_S + second,
        .ingest_time_s = SAMPLE_START_S + second,
        .ingest_time_present = true,
        .amount_minor = amount_tiyn,
        .amount_kzt_minor = amount_tiyn,
        .amount_kzt_present = true,
        .tx_status = TX_STATUS_SETTLED,
        .channel = CHANNEL_MOBILE_APP,
        .active_call = TRISTATE_NULL,
        .remote_access = TRISTATE_NULL,
    };
    tx.event_time_us = tx.event_time_s * 1000000;
    tx.ingest_time_us = tx.ingest_time_s * 1000000;
    tx.payer.phone_owner_mismatch = TRISTATE_NULL;
    tx.payee.phone_owner_mismatch = TRISTATE_NULL;
    return tx;
}

struct transaction sample_transfer(const char *tx_id, const char *payer, const char *payee,
                                   int64_t second, int64_t amount_tiyn) {
    struct transaction tx = sample(tx_id, second, amount_tiyn);
    tx.event_type = EVENT_TYPE_P2P_TRANSFER;
    tx.rail = RAIL_INSTANT_INTERBANK;
    tx.payer.account_token = text_of(payer);
    tx.payee.account_token = text_of(payee);
    return tx;
}

struct transaction sample_cash(const char *tx_id, const char *account, int64_t second,
                               int64_t amount_tiyn) {
    struct transaction tx = sample(tx_id, second, amount_tiyn);
    tx.event_type = EVENT_TYPE_CASH_WITHDRAWAL;
    tx.rail = RAIL_ATM;
    tx.channel = CHANNEL_ATM;
    tx.payer.account_token = text_of(account);
    return tx;
}

struct signal sample_signal(const char *signal_id, const char *account, int64_t second) {
    enum { VALID_S = 30 * 86400, MICROSECONDS = 1000000 };
    const int64_t now_s = SAMPLE_START_S + second;
    return (struct signal){
        .signal_id = text_of(signal_id),
        .category = text_of("scam"),
        .revision = 1,
        .kind = SIGNAL_INCIDENT,
        .source = SOURCE_POLICE,
        .confidence = CONFIDENCE_REPORTED,
        .list_colour = COLOUR_NULL,
        .reported_at_us = now_s * MICROSECONDS,
        .reported_at_s = now_s,
        .valid_from_us = now_s * MICROSECONDS,
        .valid_from_s = now_s,
        .valid_until_present = true,
        .valid_until_us = (now_s + VALID_S) * MICROSECONDS,
        .valid_until_s = now_s + VALID_S,
        .subject_count = 1,
        .subjects = {{text_of(account), SUBJECT_ACCOUNT, ROLE_DROPPER}},
    };
}

void sample_send_signal(struct memory_port *memory, struct encoder *encoder, const char *signal_id,
                        const struct signal *signal, int32_t partitions) {
    const struct bytes key = {(const uint8_t *)signal_id, (uint32_t)strlen(signal_id)};
    struct bytes value = {NULL, 0};
    struct error error;
    const bool encoded = signal == NULL || encode_signal(encoder, signal, &value, &error);
    assert(encoded);
    const struct port_message message = {
        .topic = "antifrod.signals",
        .partition = murmur2_partition(key, partitions),
        .timestamp_ms = signal == NULL ? 0 : signal->reported_at_s * 1000,
        .key = key,
        .value = value,
    };
    const bool appended = memory_port_append(memory, &message, -1);
    assert(appended);
}

struct memory_port *sample_cluster(int32_t partitions) {
    struct memory_port *memory = memory_port_open();
    memory_port_create_topic(memory, "antifrod.transactions", partitions);
    memory_port_create_topic(memory, "antifrod.freeze-recommendations", partitions);
    memory_port_create_topic(memory, "antifrod.transactions.dlq", 1);
    memory_port_create_topic(memory, "antifrod.order", 1);
    return memory;
}

void sample_send(struct memory_port *memory, struct encoder *encoder, const struct transaction *tx,
                 int32_t partitions) {
    const struct bytes key = transaction_key(tx);
    struct bytes value;
    struct error error;
    const bool encoded = encode_transaction(encoder, tx, &value, &error);
    assert(encoded);
    const struct port_message message = {
        .topic = "antifrod.transactions",
        .partition = key.data == NULL ? 0 : murmur2_partition(key, partitions),
        .timestamp_ms = tx->ingest_time_s * 1000,
        .key = key,
        .value = value,
    };
    const bool appended = memory_port_append(memory, &message, -1);
    assert(appended);
}

void sample_send_crowd(struct memory_port *memory, struct encoder *encoder, int first, int count,
                       uint32_t people, int32_t partitions) {
    enum { EVERY_S = 20, KNOWN = 8, PART_OF_THEM = 5, LEAST = 1000, SPREAD = 5000000 };
    for (int i = first; i < first + count; i++) {
        struct chance chance = {(uint64_t)i};
        char payer[32], payee[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%u", chance_below(&chance, people));
        snprintf(payee, sizeof payee, "payee-%u",
                 chance_below(&chance, chance_is(&chance, PART_OF_THEM) ? KNOWN : people));
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        const struct transaction tx = sample_transfer(tx_id, payer, payee, EVERY_S * i,
                                                      LEAST + chance_below(&chance, SPREAD));
        sample_send(memory, encoder, &tx, partitions);
    }
}

void sample_send_burst(struct memory_port *memory, struct encoder *encoder, const char *payee,
                       int first, int count, int32_t partitions) {
    enum { EVERY_S = 60, AMOUNT = 5000000 };
    for (int i = first; i < first + count; i++) {
        char payer[32], tx_id[32];
        snprintf(payer, sizeof payer, "payer-%d", i);
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        const struct transaction tx = sample_transfer(tx_id, payer, payee, EVERY_S * i, AMOUNT);
        sample_send(memory, encoder, &tx, partitions);
    }
}

static void copy_record(const struct port_record *r, struct memory_port *to, const char *topic,
                        int32_t partition) {
    struct port_header headers[32];
    size_t count = 0;
    while (memory_port_get_header(r, count, &headers[count]))
        count++;
    const struct port_message message = {.topic = topic,
                                         .partition = partition,
                                         .timestamp_ms = r->timestamp_ms,
                                         .key = r->key,
                                         .value = r->value,
                                         .headers = headers,
                                         .header_count = count};
    const bool appended = memory_port_append(to, &message, r->offset);
    assert(appended);
}

void sample_copy(const struct memory_port *from, struct memory_port *to, const char *topic,
                 int32_t partitions, const size_t *gone) {
    struct port_record r;
    for (int32_t p = 0; p < partitions; p++)
        for (size_t i = gone == NULL ? 0 : gone[p]; memory_port_get(from, topic, p, i, &r); i++)
            copy_record(&r, to, topic, p);
}

void sample_send_raw(struct memory_port *memory, int32_t partition, const void *data,
                     uint32_t size) {
    const struct port_message message = {.topic = "antifrod.transactions",
                                         .partition = partition,
                                         .timestamp_ms = (int64_t)SAMPLE_START_S * 1000,
                                         .value = {data, size}};
    const bool appended = memory_port_append(memory, &message, -1);
    assert(appended);
}

static void write_file(char *path, size_t room, const char *directory, const char *name,
                       const char *content) {
    snprintf(path, room, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert(file != NULL);
    fputs(content, file);
    fclose(file);
}

const char *sample_policy(const char *id, double probability, char out[SAMPLE_POLICY_SIZE]) {
    snprintf(out, SAMPLE_POLICY_SIZE,
             "{\"format\":\"saqshy-policy/1\",\"id\":\"%s\",\"actions\":{\"REVIEW_ONLY\":"
             "{\"probability\":%g,\"per_hour\":1000,\"priority\":\"NORMAL\"}},"
             "\"cool_down_hours\":24,\"allow\":[],\"max_hold_business_days\":5,"
             "\"decide_within_minutes\":60,\"holidays\":[],\"protected_flows\":[]}",
             id, probability);
    return out;
}

void sample_options(struct options *options, const char *directory) {
    char model[2048], policy[SAMPLE_POLICY_SIZE];
    snprintf(model, sizeof model,
             "{\"format\":\"saqshy-model/1\",\"id\":\"sample\",\"features_sha256\":\"%s\","
             "\"intercept\":-5.0,\"transforms\":{},\"terms\":[{\"name\":\"credits\",\"type\":"
             "\"linear\",\"feature\":\"in_count_1h\",\"weight\":2.0,\"text\":{\"en\":\"credits\","
             "\"ru\":\"поступления\",\"kk\":\"түсімдер\"}}],"
             "\"calibration\":{\"type\":\"logistic\"},\"provenance\":{\"how\":\"by hand\"}}",
             feature_table_sha256());
    options_init(options);
    write_file(options->model_path, sizeof options->model_path, directory, "model.json", model);
    write_file(options->policy_path, sizeof options->policy_path, directory, "policy.json",
               sample_policy("sample", 0.5, policy));
    snprintf(options->start_from, sizeof options->start_from, "earliest");
    options->memory_prefault_mib = 0;
    options->episodes_max = 1024;
    options->runs_max = 65536;
    options->http_port = 0;
}

void sample_add_shadow(struct options *options, const char *directory, const char *name,
                       const char *from, const char *to) {
    char json[4096] = "", changed[4096], path[128];
    FILE *file = fopen(options->model_path, "r");
    assert(file != NULL);
    json[fread(json, 1, sizeof json - 1, file)] = '\0';
    fclose(file);
    const char *at = strstr(json, from);
    assert(at != NULL);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - json), json, to, at + strlen(from));
    write_file(path, sizeof path, directory, name, changed);
    char *list = options->model_shadow;
    snprintf(list + strlen(list), sizeof options->model_shadow - strlen(list), "%s%s",
             list[0] == '\0' ? "" : ", ", path);
}

bool sample_directory_make(char directory[64], struct options *options) {
    snprintf(directory, 64, "/tmp/saqshy-test-XXXXXX");
    if (mkdtemp(directory) == NULL) return false;
    sample_options(options, directory);
    return true;
}

void sample_directory_remove(const char *directory, struct options *options) {
    DIR *files = opendir(directory);
    const struct dirent *file;
    while (files != NULL && (file = readdir(files)) != NULL)
        unlinkat(dirfd(files), file->d_name, 0);
    if (files != NULL) closedir(files);
    rmdir(directory);
    options_free(options);
}
