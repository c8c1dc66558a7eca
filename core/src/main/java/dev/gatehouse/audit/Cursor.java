package dev.gatehouse.audit;

import dev.gatehouse.audit.InvalidQueryException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/**
 * What a continuation point says: the next page begins strictly after {@code last}, the previous
 * one ends strictly before {@code first}, in the order of the query.
 *
 * <p>On the wire, in base64url: version 1 (1 byte), hash of the query (16), first and last position
 * (16 each), and HMAC-SHA256 of all that (32). Immutable.
 */
record Cursor(AuditPosition first, AuditPosition last) {
  private static final byte VERSION = 1;
  private static final byte[] TAG = "gatehouse-audit-cursor".getBytes(StandardCharsets.US_ASCII);
  private static final int HASH_BYTES = 16;
  private static final int MAC_BYTES = 32;
  private static final int BODY_BYTES = 1 + HASH_BYTES + 4 * Long.BYTES;

  /** Where a query begins: before its first record. */
  static Cursor start(AuditQuery query) {
    AuditPosition begin = query.isDescending() ? query.upper() : query.lower();
    return new Cursor(begin, begin);
  }

  String write(AuditQuery query, PreparedMac key) {
    ByteBuffer body = ByteBuffer.allocate(BODY_BYTES + MAC_BYTES);
    body.put(VERSION).put(hash(query));
    body.putLong(first.timeMicros()).putLong(first.id());
    body.putLong(last.timeMicros()).putLong(last.id());
    body.put(key.mac(TAG, Arrays.copyOf(body.array(), BODY_BYTES)));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(body.array());
  }

  static Cursor read(String point, AuditQuery query, PreparedMac key) {
    byte[] bytes = decode(point);
    byte[] body = Arrays.copyOf(bytes, BODY_BYTES);
    byte[] mac = Arrays.copyOfRange(bytes, BODY_BYTES, bytes.length);
    requireGenuine(MessageDigest.isEqual(mac, key.mac(TAG, body)));
    ByteBuffer in = ByteBuffer.wrap(body);
    requireGenuine(in.get() == VERSION);
    byte[] hash = new byte[HASH_BYTES];
    in.get(hash);
    requireGenuine(Arrays.equals(hash, hash(query)));
    return new Cursor(
        new AuditPosition(in.getLong(), in.getLong()),
        new AuditPosition(in.getLong(), in.getLong()));
  }

  private static byte[] decode(String point) {
    byte[] bytes = new byte[0];
    if (point.length() == (BODY_BYTES + MAC_BYTES) / 3 * 4) {
      try {
        bytes = Base64.getUrlDecoder().decode(point);
      } catch (IllegalArgumentException e) {
        requireGenuine(false);
      }
    }
    requireGenuine(bytes.length == BODY_BYTES + MAC_BYTES);
    return bytes;
  }

  private static void requireGenuine(boolean genuine) {
    if (!genuine) {
      throw new InvalidQueryException(
          Reason.BAD_CONTINUATION,
          "continuationPoint",
          "must be one that this store gave for the same window and filter");
    }
  }

  /** Of what must stay the same from page to page: the window, the filter, and its analyzer. */
  private static byte[] hash(AuditQuery query) {
    String filter = query.filter().map(Filter::identity).orElse("");
    String text = query.start().toEpochMilli() + " " + query.end().toEpochMilli() + " " + filter;
    byte[] hash = MerkleHash.sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    return Arrays.copyOf(hash, HASH_BYTES);
  }
}
