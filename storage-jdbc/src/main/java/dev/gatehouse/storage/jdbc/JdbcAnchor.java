package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.error.StorageException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.TemplateEngine;

/**
 * An anchor in a table of another database. Two heads of one size are both kept: that there are two
 * is what a verifier wants to know.
 */
final class JdbcAnchor implements Anchor {
  private static final String TABLE =
      "CREATE TABLE IF NOT EXISTS gh_audit_anchor(tree_size BIGINT NOT NULL,"
          + " note_hash VARCHAR(64) NOT NULL, note VARCHAR(4000) NOT NULL,"
          + " PRIMARY KEY (tree_size, note_hash))";

  private static final int TIMEOUT_SECONDS = 10;

  private final Jdbi jdbi;
  private volatile boolean made;

  JdbcAnchor(DataSource dataSource, TableNames names) {
    TemplateEngine tables = new NamedTables(names);
    jdbi = Jdbi.create(new Connections(requireNonNull(dataSource, "dataSource")));
    jdbi.configure(
        SqlStatements.class,
        statements -> statements.setQueryTimeout(TIMEOUT_SECONDS).setTemplateEngine(tables));
  }

  @Override
  public void publish(SignedHead head) {
    String note = head.note();
    try {
      jdbi.useHandle(
          handle -> {
            Dialect dialect = Profile.of(handle).dialect();
            makeTable(handle, dialect);
            Database.inserted(
                handle
                    .createUpdate(
                        "INSERT INTO gh_audit_anchor(tree_size, note_hash, note) VALUES (?, ?, ?)"
                            + dialect.orNothing())
                    .bind(0, head.size())
                    .bind(1, hash(note))
                    .bind(2, note));
          });
    } catch (JdbiException e) {
      throw new StorageException("the anchor's database cannot be written", e);
    }
  }

  private void makeTable(Handle handle, Dialect dialect) {
    if (!made) {
      dialect.makeTable(handle, TABLE);
      made = true;
    }
  }

  @Override
  public List<SignedHead> heads() {
    try {
      return jdbi.withHandle(
          handle -> {
            makeTable(handle, Dialect.of(handle));
            return handle
                .createQuery(
                    "SELECT note FROM gh_audit_anchor ORDER BY tree_size DESC"
                        + " FETCH FIRST :limit ROWS ONLY")
                .bind("limit", MAX_HEADS)
                .mapTo(String.class)
                .list()
                .stream()
                .flatMap(note -> head(note).stream())
                .toList();
          });
    } catch (JdbiException e) {
      throw new StorageException("the anchor's database cannot be read", e);
    }
  }

  /** What is no head is skipped: others may write there too. */
  private static Optional<SignedHead> head(String note) {
    try {
      return Optional.of(SignedHead.parse(note));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String hash(String note) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(note.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return "anchor in a database";
  }
}
