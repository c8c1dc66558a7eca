package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.SignedHead;
import dev.gatehouse.error.StorageException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
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
  private static final String INSERT =
      "INSERT INTO gh_audit_anchor(tree_size, note_hash, note) VALUES (?, ?, ?)";

  private static final String NEWEST =
      "SELECT note FROM gh_audit_anchor ORDER BY tree_size DESC LIMIT :limit";

  private static final int TIMEOUT_SECONDS = 10;

  /** A database that vanished cannot be asked to cancel anything either. */
  private static final NetworkTimeout NETWORK_TIMEOUT =
      NetworkTimeout.of(Duration.ofSeconds(TIMEOUT_SECONDS));

  private final Jdbi jdbi;

  JdbcAnchor(DataSource dataSource, TableNames names) {
    TemplateEngine tables = new NamedTables(names);
    jdbi = Jdbi.create(new Connections(requireNonNull(dataSource, "dataSource")));
    jdbi.configure(
        SqlStatements.class,
        statements -> statements.setQueryTimeout(TIMEOUT_SECONDS).setTemplateEngine(tables));
  }

  @Override
  public void publish(SignedHead head) {
    try {
      withTable(
          handle -> {
            String note = head.note();
            return Database.inserted(
                handle
                    .createUpdate(INSERT + Profile.of(handle).dialect().orNothing())
                    .bind(0, head.size())
                    .bind(1, hash(note))
                    .bind(2, note));
          });
    } catch (JdbiException e) {
      throw new StorageException("the anchor's database cannot be written", e);
    }
  }

  @Override
  public List<SignedHead> heads() {
    try {
      return withTable(
              handle ->
                  handle.createQuery(NEWEST).bind("limit", MAX_HEADS).mapTo(String.class).list())
          .stream()
          .flatMap(note -> head(note).stream())
          .toList();
    } catch (JdbiException e) {
      throw new StorageException("the anchor's database cannot be read", e);
    }
  }

  /** Makes the table only where it is missing: who may write to it need not be who may make it. */
  private <T> T withTable(Function<Handle, T> work) {
    return jdbi.withHandle(
        handle -> {
          boolean timed = NETWORK_TIMEOUT.begin(handle.getConnection());
          try {
            return withTable(handle, work);
          } finally {
            if (timed) {
              NetworkTimeout.end(handle.getConnection());
            }
          }
        });
  }

  private static <T> T withTable(Handle handle, Function<Handle, T> work) {
    try {
      return work.apply(handle);
    } catch (JdbiException e) {
      if (!Migration.isOfNoTable(e)) {
        throw e;
      }
    }
    Migration.make(handle, Profile.of(handle).dialect(), "anchor.sql");
    return work.apply(handle);
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
