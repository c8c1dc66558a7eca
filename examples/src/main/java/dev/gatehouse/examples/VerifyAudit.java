package dev.gatehouse.examples;

import dev.gatehouse.audit.AuditExport;
import dev.gatehouse.audit.HeadKey;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.signing.HeadKeys;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Verifies an exported range of an audit log, with nothing at hand but the file and, to know who
 * signed it, the public key: no database, no configuration.
 *
 * <p>Exit code 0: every record is in the tree of the file's head, and the key has signed that. 1:
 * not so. 2: called in the wrong way, or the file cannot be read. 3: the records add up to the
 * head, but no key was given, so that anyone may have made it. 4: genuine, but some records of the
 * range are gone, and only their hashes are left.
 */
public final class VerifyAudit {
  static final int GENUINE = 0;
  static final int NOT_GENUINE = 1;
  static final int UNUSABLE = 2;
  static final int UNSIGNED = 3;
  static final int GONE = 4;

  private VerifyAudit() {}

  /**
   * Verifies {@code FILE [PUBLIC_KEY [ORIGIN]]}, the key as {@link HeadKey} has it, the origin as
   * the log's options have it.
   */
  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  static int run(String[] arguments, PrintStream out, PrintStream err) {
    if (arguments.length < 1 || arguments.length > 3) {
      err.println("usage: VerifyAudit FILE [PUBLIC_KEY [ORIGIN]]");
      return UNUSABLE;
    }
    HeadKey key;
    try {
      key = arguments.length > 1 ? HeadKeys.parse(arguments[1]) : null;
    } catch (IllegalArgumentException e) {
      err.println("the key cannot be read: " + e.getMessage());
      return UNUSABLE;
    }
    try (InputStream in = Files.newInputStream(Path.of(arguments[0]))) {
      AuditExport.Verified verified = verify(in, key, arguments);
      tell(verified, out);
      if (key == null) {
        err.println("WHO MADE IT IS NOT KNOWN: give the public key to verify the signature");
        return UNSIGNED;
      }
      out.println("signed under " + key.name());
      return verified.gone() > 0 ? GONE : GENUINE;
    } catch (AuthenticationException | IllegalArgumentException e) {
      err.println("NOT GENUINE: " + e.getMessage());
      return NOT_GENUINE;
    } catch (IOException e) {
      err.println("the file cannot be read: " + e);
      return UNUSABLE;
    }
  }

  private static AuditExport.Verified verify(
      InputStream in, @Nullable HeadKey key, String[] arguments) throws IOException {
    return key != null && arguments.length > 2
        ? AuditExport.verify(in, key, arguments[2], (index, canonical, openings) -> {})
        : AuditExport.verify(in, key);
  }

  private static void tell(AuditExport.Verified verified, PrintStream out) {
    out.println(
        verified.records()
            + " records, leaves "
            + verified.from()
            + " to "
            + verified.to()
            + ", are in the tree of "
            + verified.head().size()
            + " leaves of "
            + verified.head().origin()
            + ", "
            + verified.head().time());
    if (verified.gone() > 0) {
      out.println(verified.gone() + " records of the range are not in the file, but their hashes");
    }
    if (verified.erased() > 0) {
      out.println(verified.erased() + " fields of the records were erased");
    }
  }
}
