package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.StoredKey;
import dev.gatehouse.signing.UnknownKey;
import dev.gatehouse.transaction.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.StatementContext;

/** The KeyStore of a {@link JdbcStorage}. */
final class JdbcKeyStore implements KeyStore {
  private static final int MAX_LIMIT = 1000;
  private static final String SELECT_ALL =
      "SELECT id, application_id, algorithm, purpose, state, not_before, not_after, material"
          + " FROM gh_key WHERE ";
  private static final String VERSION = "(SELECT version FROM gh_key_version WHERE id = 1)";
  private static final String SELECT = SELECT_ALL + "application_id = :application_id";

  private final Database database;

  JdbcKeyStore(Database database) {
    this.database = database;
  }

  @Override
  public void insert(StoredKey key) {
    String sql =
        "INSERT INTO gh_key(id, application_id, algorithm, purpose, state, not_before, not_after,"
            + " material, version) VALUES (:id, :application_id, :algorithm, :purpose, :state,"
            + " :not_before, :not_after, :material, "
            + VERSION
            + ")"
            + database.dialect().orNothing();
    boolean inserted =
        database.use(handle -> Database.inserted(bind(handle.createUpdate(sql), key)));
    if (!inserted) {
      throw new ConflictException("there is a key of id " + key.key().id());
    }
  }

  @Override
  public boolean update(StoredKey key) {
    int rows =
        database.use(
            handle ->
                bind(
                        handle.createUpdate(
                            "UPDATE gh_key SET algorithm = :algorithm, purpose = :purpose,"
                                + " state = :state, not_before = :not_before,"
                                + " not_after = :not_after, material = :material, version = "
                                + VERSION
                                + " WHERE id = :id AND application_id = :application_id"),
                        key)
                    .execute());
    return rows == 1;
  }

  @Override
  public boolean destroy(long applicationId, long keyId) {
    int rows =
        database.use(
            handle ->
                handle
                    .createUpdate(
                        "UPDATE gh_key SET state = :destroyed, material = :nothing, version = "
                            + VERSION
                            + " WHERE id = :id AND application_id = :application_id")
                    .bind("destroyed", Key.State.DESTROYED.name())
                    .bind("nothing", new byte[0])
                    .bind("id", keyId)
                    .bind("application_id", applicationId)
                    .execute());
    return rows == 1;
  }

  private static <S extends SqlStatement<S>> S bind(S statement, StoredKey stored) {
    Key key = stored.key();
    return statement
        .bind("id", key.id())
        .bind("application_id", key.applicationId())
        .bind("algorithm", key.algorithm().name())
        .bind("purpose", key.purpose().name())
        .bind("state", key.state().name())
        .bind("not_before", key.notBefore().toEpochMilli())
        .bind("not_after", key.notAfter().toEpochMilli())
        .bind("material", stored.material());
  }

  @Override
  public Optional<StoredKey> find(long applicationId, long keyId) {
    return database.use(
        handle ->
            of(handle.createQuery(SELECT + " AND id = :id" + Sql.latest(handle)), applicationId)
                .bind("id", keyId)
                .map(JdbcKeyStore::stored)
                .findOne());
  }

  @Override
  public List<StoredKey> live(long applicationId, int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return database.use(
        handle ->
            of(
                    handle.createQuery(
                        SELECT
                            + " AND state <> :destroyed ORDER BY id DESC LIMIT :limit"
                            + Sql.latest(handle)),
                    applicationId)
                .bind("destroyed", Key.State.DESTROYED.name())
                .bind("limit", limit)
                .map(JdbcKeyStore::stored)
                .list());
  }

  @Override
  public List<StoredKey> page(long applicationId, long beforeId, int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return database.use(
        handle ->
            of(
                    handle.createQuery(
                        SELECT
                            + " AND id < :before ORDER BY id DESC LIMIT :limit"
                            + Sql.latest(handle)),
                    applicationId)
                .bind("before", beforeId)
                .bind("limit", limit)
                .map(JdbcKeyStore::stored)
                .list());
  }

  @Override
  public List<StoredKey> liveAfter(long afterId, int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return database.use(
        handle ->
            handle
                .createQuery(
                    SELECT_ALL
                        + "id > :after AND application_id > 0 AND state <> :destroyed"
                        + " ORDER BY id LIMIT :limit"
                        + Sql.latest(handle))
                .bind("after", afterId)
                .bind("destroyed", Key.State.DESTROYED.name())
                .bind("limit", limit)
                .map(JdbcKeyStore::stored)
                .list());
  }

  private static Query of(Query query, long applicationId) {
    return query.bind("application_id", applicationId);
  }

  private static StoredKey stored(ResultSet row, StatementContext context) throws SQLException {
    UnknownKey unknown =
        new UnknownKey(
            row.getLong("id"),
            row.getLong("application_id"),
            known(Key.Purpose.class, row.getString("purpose")),
            known(Key.State.class, row.getString("state")),
            Instant.ofEpochMilli(row.getLong("not_before")),
            Instant.ofEpochMilli(row.getLong("not_after")));
    Optional<Key.Algorithm> algorithm = known(Key.Algorithm.class, row.getString("algorithm"));
    if (algorithm.isEmpty() || unknown.purpose().isEmpty() || unknown.state().isEmpty()) {
      return StoredKey.of(unknown);
    }
    Key key =
        new Key(
            unknown.id(),
            unknown.applicationId(),
            algorithm.get(),
            unknown.purpose().get(),
            unknown.state().get(),
            unknown.notBefore(),
            unknown.notAfter());
    try {
      return new StoredKey(key, row.getBytes("material"));
    } catch (IllegalArgumentException e) {
      return StoredKey.of(unknown);
    }
  }

  /** The constant of that name, unless only a later version has it. */
  private static <E extends Enum<E>> Optional<E> known(Class<E> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.name().equals(name))
        .findFirst();
  }

  @Override
  public void advance() {
    int rows =
        database.use(
            handle ->
                handle.execute("UPDATE gh_key_version SET version = version + 1 WHERE id = 1"));
    if (rows != 1) {
      throw noVersion();
    }
  }

  @Override
  public long version() {
    return database.use(
        handle ->
            handle
                .createQuery("SELECT version FROM gh_key_version WHERE id = 1")
                .mapTo(Long.class)
                .findOne()
                .orElseThrow(this::noVersion));
  }

  private StorageException noVersion() {
    return new StorageException(database.named("the row of gh_key_version is missing"));
  }

  @Override
  public List<Long> changedAfter(long version, int limit) {
    Check.range(version, 0, Long.MAX_VALUE, "version");
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT DISTINCT application_id FROM gh_key WHERE version > :version"
                        + " AND application_id > 0 ORDER BY application_id LIMIT :limit")
                .bind("version", version)
                .bind("limit", limit)
                .mapTo(Long.class)
                .list());
  }

  @Override
  public KeyStore joining(Transaction transaction) {
    return new JdbcKeyStore(database.joining(transaction));
  }
}
