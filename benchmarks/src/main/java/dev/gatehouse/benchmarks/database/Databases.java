package dev.gatehouse.benchmarks.database;

import java.sql.SQLException;

/** Where a case gets the database for each of its measurements from. */
@FunctionalInterface
public interface Databases {
  /** An empty database. */
  Database create() throws SQLException;
}
