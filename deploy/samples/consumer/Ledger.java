// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The ledger of ledger.sql, and where it lies, for FreezeQueue. */
final class Ledger {
    private static final int CONSTRAINT = 19;
    private final Connection connection;

    Ledger() throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + setting("LEDGER", null));
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(text(setting("RULES", "."), "ledger.sql"));
        }
    }

    static String setting(String name, String otherwise) {
        return Objects.requireNonNull(System.getenv().getOrDefault(name, otherwise), name);
    }

    static String text(String folder, String... names) {
        try {
            return Files.readString(Path.of(folder, names));
        } catch (IOException why) {
            throw new UncheckedIOException(why);
        }
    }

    /** Whether a rule of ledger.sql was broken; else the disk is full, say. */
    static boolean isRefused(SQLException why) {
        return (why.getErrorCode() & 255) == CONSTRAINT;
    }

    /** Runs SQL; its rows. */
    List<Object[]> sql(String text, Object... values) throws SQLException {
        List<Object[]> rows = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            ResultSet set = statement.execute() ? statement.getResultSet() : null;
            while (set != null && set.next()) {
                Object[] row = new Object[set.getMetaData().getColumnCount()];
                for (int i = 0; i < row.length; i++) {
                    row[i] = set.getObject(i + 1);
                }
                rows.add(row);
            }
        }
        return rows;
    }

    /** Advice ends by its term even if nobody says so. */
    void lapse() throws SQLException {
        String now = setting("NOW", String.valueOf(System.currentTimeMillis() / 1000));
        sql("UPDATE freeze SET state = 'LAPSED' WHERE state IN ('ISSUED', 'AMENDED') AND "
            + "valid_until <= ?", Long.parseLong(now));
    }

    /** What people have decided since. */
    void decide() throws SQLException {
        int taken = ((Number) sql("SELECT count(*) FROM decision").get(0)[0]).intValue();
        String written = text(setting("DECISIONS", null));
        String whole = written.substring(0, written.lastIndexOf('\n') + 1);
        for (String line : whole.lines().skip(taken).toList()) {
            Object[] words = line.replaceFirst("[.]", " ").split(" +");
            sql("INSERT INTO decision (id, revision, result, held) VALUES (?, ?, ?, ?)",
                words.length == 4 ? words : new Object[4]);
        }
        for (Object[] row : sql("SELECT line FROM decision WHERE NOT stands AND line > ?", taken)) {
            System.err.println("line " + row[0] + " of the decisions is refused");
        }
    }
}
