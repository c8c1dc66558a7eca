package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers and texts one after the other: a number in groups of seven bits, the lowest first, all
 * but the last with the highest bit set; one that may be negative with its sign in the lowest bit;
 * a text as the length of its UTF-8 plus one, or 0 if there is none, and the bytes.
 */
final class Packed {
  private Packed() {}

  static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);

    Writer number(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        bytes.write((int) (rest & 0x7F) | 0x80);
        rest >>>= 7;
      }
      bytes.write((int) rest);
      return this;
    }

    Writer signed(long value) {
      return number(value << 1 ^ value >> 63);
    }

    Writer text(@Nullable String value) {
      if (value == null) {
        return number(0);
      }
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      number(utf8.length + 1L);
      bytes.write(utf8, 0, utf8.length);
      return this;
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }
  }

  static final class Reader {
    private final byte[] bytes;
    private int next;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    long number() {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE; shift += 7) {
        byte group = bytes[need(1)];
        value |= (group & 0x7FL) << shift;
        if (group >= 0) {
          return value;
        }
      }
      throw new StorageException("a number in a page of finished tasks is too long");
    }

    long signed() {
      long value = number();
      return value >>> 1 ^ -(value & 1);
    }

    @Nullable String text() {
      long length = number() - 1;
      if (length < 0) {
        return null;
      }
      int from = need(length);
      return new String(Arrays.copyOfRange(bytes, from, next), StandardCharsets.UTF_8);
    }

    /** Where the next bytes begin, which are passed over. */
    private int need(long length) {
      if (length > bytes.length - next) {
        throw new StorageException("a page of finished tasks is cut short");
      }
      int from = next;
      next += (int) length;
      return from;
    }
  }
}
