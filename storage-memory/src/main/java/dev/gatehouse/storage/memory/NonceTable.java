package dev.gatehouse.storage.memory;

import dev.gatehouse.hash.Fingerprint;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Fingerprints of nonces with their expiry, in one array of numbers: to look one up is to fetch one
 * line of memory, and the collector has nothing to follow. Open addressing with linear probing; a
 * place follows from the upper bits, so that growing reads and writes in one direction. Not safe:
 * confine to one thread.
 */
final class NonceTable {
  /** Most nonces in a table: three in four of the slots that an array can hold are more. */
  static final int MAX_SIZE = 1 << 28;

  private static final int WIDTH = 3;
  private static final int HIGH = 1;
  private static final int EXPIRY = 2;
  private static final int MIN_SLOTS = 16;

  /** Slots of {@link #WIDTH} numbers, of which no more than three in four are used. */
  private long[] slots = new long[MIN_SLOTS * WIDTH];

  private final Room room;
  private int size;
  private long latestExpiry = Long.MIN_VALUE;

  /**
   * What all tables of a store may take beyond the least that each has. Safe for use by multiple
   * threads.
   */
  static final class Room {
    private final AtomicLong slots;

    /** Room for so many bytes. */
    Room(long bytes) {
      slots = new AtomicLong(bytes / (WIDTH * Long.BYTES));
    }

    private boolean take(int number) {
      if (slots.addAndGet(-number) >= 0) {
        return true;
      }
      slots.addAndGet(number);
      return false;
    }

    private void give(int number) {
      slots.addAndGet(number);
    }
  }

  NonceTable(Room room) {
    this.room = room;
  }

  /** Gives back what it has taken; it must not be used any more. */
  void close() {
    room.give(slots.length / WIDTH - MIN_SLOTS);
  }

  int size() {
    return size;
  }

  /** Whether every nonce in it has expired. */
  boolean isExpired(long now) {
    return latestExpiry <= now;
  }

  boolean remembers(Fingerprint nonce, long now) {
    int slot = slot(slots, nonce.low(), nonce.high());
    return slots[slot] != 0 && slots[slot + EXPIRY] > now;
  }

  /**
   * Puts it in, in place of an earlier expiry if it is there.
   *
   * @return false if there is no room for more
   */
  boolean put(Fingerprint nonce, long expiry) {
    int capacity = slots.length / WIDTH;
    if (size >= capacity - capacity / 4 && !grow(capacity)) {
      return false;
    }
    int slot = slot(slots, nonce.low(), nonce.high());
    if (slots[slot] == 0) {
      size++;
    }
    fill(slots, slot, nonce.low(), nonce.high(), expiry);
    latestExpiry = Math.max(latestExpiry, expiry);
    return true;
  }

  private boolean grow(int capacity) {
    if (!room.take(capacity)) {
      return false;
    }
    boolean done = false;
    try {
      rebuild(2 * capacity, Long.MIN_VALUE);
      done = true;
      return true;
    } finally {
      if (!done) {
        room.give(capacity);
      }
    }
  }

  /** Drops what has expired and returns when the first of the rest will. */
  long dropExpired(long now) {
    long earliest = Long.MAX_VALUE;
    int left = 0;
    for (int slot = 0; slot < slots.length; slot += WIDTH) {
      if (slots[slot] != 0 && slots[slot + EXPIRY] > now) {
        earliest = Math.min(earliest, slots[slot + EXPIRY]);
        left++;
      }
    }
    if (left < size) {
      int capacity = slots.length / WIDTH;
      int enough = Math.max(MIN_SLOTS, Integer.highestOneBit(Math.max(1, left)) * 4);
      rebuild(Math.min(capacity, enough), now);
      room.give(capacity - slots.length / WIDTH);
    }
    return earliest;
  }

  /** Moves what expires later into so many slots; as it was if there is no memory for them. */
  private void rebuild(int capacity, long expired) {
    long[] wider = new long[capacity * WIDTH];
    int moved = 0;
    for (int from = 0; from < slots.length; from += WIDTH) {
      long low = slots[from];
      if (low != 0 && slots[from + EXPIRY] > expired) {
        long high = slots[from + HIGH];
        fill(wider, slot(wider, low, high), low, high, slots[from + EXPIRY]);
        moved++;
      }
    }
    slots = wider;
    size = moved;
  }

  private static void fill(long[] slots, int slot, long low, long high, long expiry) {
    slots[slot] = low;
    slots[slot + HIGH] = high;
    slots[slot + EXPIRY] = expiry;
  }

  /** Where the fingerprint is, or where it belongs. */
  private static int slot(long[] slots, long low, long high) {
    int capacity = slots.length / WIDTH;
    int slot = (int) (low >>> Long.numberOfLeadingZeros(capacity - 1L)) * WIDTH;
    while (slots[slot] != 0 && (slots[slot] != low || slots[slot + HIGH] != high)) {
      slot += WIDTH;
      if (slot == slots.length) {
        slot = 0;
      }
    }
    return slot;
  }

  @Override
  public String toString() {
    return "NonceTable of " + size;
  }
}
