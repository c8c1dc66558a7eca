package dev.gatehouse.benchmarks.database;

import java.sql.SQLException;

/**
 * Where a case gets the database for each of its measurements from. Safe for use by multiple
 * threads if what it asks is.
 */
@FunctionalInterface
public interface Databases {
  /** An empty database. */
  Database create() throws SQLException;
}
