// SPDX-License-Identifier: Apache-2.0
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The whole duty of a reader of freeze recommendations: freeze_queue.py, which says more, in Java.
 *
 * <pre>
 * mvn dependency:copy-dependencies -DoutputDirectory=jars
 * javac -cp 'jars/*' *.java
 * java -cp 'jars/*:.' FreezeQueue
 * </pre>
 */
public final class FreezeQueue {
    private FreezeQueue() {}

    private static String hash(byte[] value) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(value, Contracts.FRAME, value.length - Contracts.FRAME);
        return Contracts.HEX.formatHex(digest.digest());
    }

    /** Into the ledger, which checks the chain and knows what came before. */
    private static void take(Ledger ledger, ConsumerRecord<String, byte[]> record)
        throws Exception {
        String where = "partition " + record.partition() + ", offset " + record.offset();
        try {
            GenericRecord r = Contracts.read(record.value());
            String source = new String(record.headers().lastHeader("ce_source").value(), UTF_8);
            byte[] before = ((GenericFixed) r.get("previous_hash")).bytes();
            String previous = Contracts.HEX.formatHex(before);
            String identity = r.get("recommendation_id") + "." + r.get("revision");
            Object hold = r.get("hold_amount_kzt_minor");
            where += ", number " + r.get("sequence") + " of " + source + " after " + previous;
            ledger.sql("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                identity, hash(record.value()), source, record.partition(), record.offset(),
                r.get("sequence"), previous, r.get("mode").toString(),
                r.get("recommendation_id").toString(), r.get("revision"), r.get("state").toString(),
                r.get("target_account_token").toString(), hold == null ? 0L : hold,
                (long) r.get("valid_until") / 1000000,
                Objects.toString(r.get("payee_recommendation_id"), null));
            if (!ledger.sql("SELECT 1 WHERE changes() > 0").isEmpty()) {
                System.out.println(identity + " " + r.get("state") + " " + r.get("action"));
            }
        } catch (SQLException | IOException | RuntimeException why) { // nothing is acted on more
            System.err.println(where + ": " + why);
            System.exit(why instanceof SQLException failed && !Ledger.isRefused(failed) ? 1 : 65);
        }
    }

    /** Sent until the brokers have it; after a crash again, the same bytes under the same id. */
    private static void report(Ledger ledger, Producer<String, byte[]> producer) throws Exception {
        String topic = Ledger.setting("SIGNALS", "antifrod.signals");
        for (Object[] row : ledger.sql("SELECT * FROM unsent")) {
            String id = row[0].toString();
            producer.send(new ProducerRecord<>(topic, id, Contracts.outcome(row))).get();
            System.out.println(id + " " + row[2]);
            ledger.sql("UPDATE outcome SET sent = 1 WHERE id = ? AND number = ?", row[5], row[1]);
        }
    }

    private static boolean isAtEnd(Consumer<String, byte[]> consumer) {
        return consumer.endOffsets(consumer.assignment()).entrySet().stream()
            .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    public static void main(String[] arguments) throws Exception {
        String kafka = Ledger.setting("KAFKA", null);
        String group = Ledger.setting("GROUP", "freeze-queue");
        int end = Integer.parseInt(Ledger.setting("UNTIL_END", "-1"));
        Ledger ledger = new Ledger();
        Producer<String, byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers", kafka),
            new StringSerializer(), new ByteArraySerializer());
        Consumer<String, byte[]> consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", kafka,
            "group.id", group, "group.instance.id", group, "isolation.level", "read_committed",
            "enable.auto.commit", "false", "auto.offset.reset", "earliest",
            "allow.auto.create.topics", "false"),
            new StringDeserializer(), new ByteArrayDeserializer());
        String topic = Ledger.setting("TOPIC", "antifrod.freeze-recommendations");
        consumer.subscribe(List.of(topic));
        while (true) {
            ledger.lapse();
            ledger.decide();
            report(ledger, producer);
            if (consumer.assignment().size() == end && isAtEnd(consumer)) {
                break;
            }
            if (consumer.partitionsFor(topic).isEmpty()) { // which poll waits for without a word
                throw new UnknownTopicOrPartitionException(topic);
            }
            for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                take(ledger, record);
            }
            consumer.commitSync();
        }
        consumer.close();
        producer.close();
    }
}
