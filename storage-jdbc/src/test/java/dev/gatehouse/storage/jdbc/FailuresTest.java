package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.jdbi.v3.core.ConnectionException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailuresTest {
  /** What MariaDB says, as it says it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1021 | Disk full (/tmp/#sql); waiting for someone to free some space... | full",
        "1026 | Error writing file 'd1/t' (Errcode: 28 \"No space left on device\") | full",
        "1030 | Got error 28 \"No space left on device\" from storage engine InnoDB | full",
        "1030 | Got error 168 \"Unknown error\" from storage engine InnoDB | other",
        "1114 | The table 't' is full | full",
        "1290 | The server is running with the --read-only option | read-only",
        "1064 | You have an error in your SQL syntax near 'error 28' | other"
      })
  void of_codeOfMariaDb_saysWhatItIsAbout(int code, String message, String about) {
    String says =
        Failures.of(new ConnectionException(new SQLException(message, "HY000", code))).getMessage();
    assertThat(says.contains("as when the disk is full")).isEqualTo(about.equals("full"));
    assertThat(says.contains("as it is read-only")).isEqualTo(about.equals("read-only"));
    assertThat(says).endsWith("SQL state HY000, code " + code);
  }

  /** A conflict is tried again, and so is what a session that ended was at. */
  @ParameterizedTest
  @CsvSource({
    "1205, true, false",
    "3101, true, false",
    "1053, false, true",
    "1927, false, true",
    "3169, false, true",
    "4031, false, true",
    "1064, false, false"
  })
  void isTransient_codeOfMariaDbOrMySql_asItIs(int code, boolean conflict, boolean lost) {
    SQLException thrown = new SQLException("-", "HY000", code);
    assertThat(Thrown.isTransient(thrown)).isEqualTo(conflict);
    assertThat(Thrown.isLost(thrown)).isEqualTo(lost);
  }
}
