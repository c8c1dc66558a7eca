package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.database.Database;
import java.sql.SQLException;

/** Where a case gets the database for each of its measurements from. */
@FunctionalInterface
interface Databases {
  /** An empty database. */
  Database create() throws SQLException;
}
