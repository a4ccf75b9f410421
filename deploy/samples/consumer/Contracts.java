// SPDX-License-Identifier: Apache-2.0
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Reads recommendations and writes outcomes for FreezeQueue, framed with the shipped ids. */
final class Contracts {
    static final HexFormat HEX = HexFormat.of();
    static final int FRAME = 5;
    private static final Schema ADVICE = schema("FreezeRecommendation");
    private static final Schema SIGNAL = schema("FraudSignal");

    private Contracts() {}

    private static Schema schema(String name) {
        String folder = Ledger.setting("SCHEMAS", null);
        return new Schema.Parser().parse(Ledger.text(folder, name + ".avsc"));
    }

    static GenericRecord read(byte[] value) throws IOException {
        if (!HEX.formatHex(value, 0, FRAME).equals("0000000002")) {
            throw new IOException("not a framed recommendation");
        }
        return new GenericDatumReader<GenericRecord>(ADVICE).read(null,
            DecoderFactory.get().binaryDecoder(value, FRAME, value.length - FRAME, null));
    }

    /** A record of pairs of name and value; of an enum the value is its symbol. */
    private static GenericRecord record(Schema schema, Object... pairs) {
        GenericRecordBuilder builder = new GenericRecordBuilder(schema);
        for (int i = 0; i < pairs.length; i += 2) {
            Schema type = schema.getField((String) pairs[i]).schema();
            builder.set((String) pairs[i], type.getType() != Schema.Type.ENUM ? pairs[i + 1]
                : new GenericData.EnumSymbol(type, pairs[i + 1]));
        }
        return builder.build();
    }

    /** The signal for a row of `unsent`. */
    static byte[] outcome(Object[] row) throws IOException {
        Schema subject = SIGNAL.getField("subjects").schema().getElementType();
        Schema outcome = SIGNAL.getField("outcome").schema().getTypes().get(1);
        GenericRecord signal = record(SIGNAL, "signal_id", row[0], "revision", row[1],
            "kind", "OUTCOME", "source", "BANK", "category", "freeze-recommendation",
            "confidence", "CONFIRMED", "reported_at", row[4], "valid_from", row[4],
            "subjects", List.of(record(subject, "type", "ACCOUNT", "token", row[6],
                "role", row[7])),
            "outcome", record(outcome, "recommendation_id", row[5], "result", row[2],
                "held_amount_kzt_minor", ((Number) row[3]).longValue()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(HEX.parseHex("0000000004"));
        new GenericDatumWriter<GenericRecord>(SIGNAL)
            .write(signal, EncoderFactory.get().directBinaryEncoder(out, null));
        return out.toByteArray();
    }
}
