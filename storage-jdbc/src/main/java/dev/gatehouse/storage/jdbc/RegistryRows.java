package dev.gatehouse.storage.jdbc;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.transport.Headers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the rows of a {@link JdbcRegistryStore} say. */
final class RegistryRows {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

  private RegistryRows() {}

  /** Empty, and logged, for a row that a later version wrote and this one cannot read. */
  static <T> RowMapper<Optional<T>> ifReadable(RowMapper<T> mapper) {
    return (row, context) -> {
      try {
        return Optional.of(mapper.map(row, context));
      } catch (IllegalArgumentException e) {
        LOG.warn("A row of the registry cannot be read, and is left out: {}", e.getMessage());
        return Optional.empty();
      }
    };
  }

  static Application application(ResultSet row, StatementContext context) throws SQLException {
    Application.Draft draft =
        Application.named(row.getString("name"))
            .retryPolicy(RetryPolicy.parse(row.getString("retry_policy")))
            .status(Application.Status.valueOf(row.getString("status")))
            .remark(row.getString("remark"));
    String callback = row.getString("callback");
    return (callback == null ? draft : draft.callback(callback))
        .registered(row.getLong("id"), row.getString("app_key"), instant(row, "created_at"), null);
  }

  static Server server(ResultSet row, StatementContext context) throws SQLException {
    return Server.named(row.getString("name"))
        .at(row.getString("host"), row.getInt("port"))
        .protocol(row.getString("protocol"))
        .weight(row.getInt("weight"))
        .metadata(JdbcInstances.metadata(row.getString("metadata")))
        .ownedBy(row.getLong("owner_id"))
        .registered(instant(row, "created_at"), instant(row, "updated_at"));
  }

  static Service service(ResultSet row, StatementContext context) throws SQLException {
    Service service =
        Service.named(row.getString("name"))
            .on(row.getString("server"))
            .uri(row.getString("uri"))
            .method(row.getString("method"))
            .params(row.getString("params"))
            .data(row.getString("data"))
            .headers(headers(row.getString("headers")));
    String protocol = row.getString("protocol");
    return (protocol == null ? service : service.protocol(protocol))
        .registered(
            row.getString("origin"), instant(row, "created_at"), instant(row, "updated_at"));
  }

  /** One line a field, {@code name:value}: no name holds a colon, neither holds a line feed. */
  static String text(Headers headers) {
    return headers.fields().stream()
        .map(field -> field.name() + ':' + field.value() + '\n')
        .collect(Collectors.joining());
  }

  private static Headers headers(String text) {
    List<Headers.Field> fields = new ArrayList<>();
    for (String line : text.lines().toList()) {
      int colon = line.indexOf(':');
      fields.add(new Headers.Field(line.substring(0, colon), line.substring(colon + 1)));
    }
    return Headers.of(fields);
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return Instant.ofEpochMilli(row.getLong(column));
  }
}
