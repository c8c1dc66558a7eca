package dev.gatehouse.audit;

import dev.gatehouse.audit.Damage.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What a verification finds. Records whose bytes are wrong are kept to the end, when it can be told
 * which of them have changed places. Not safe: confine to one thread.
 */
final class Findings {
  private final List<Damage> damages = new ArrayList<>();
  private final List<Wrong> wrong = new ArrayList<>();
  private final Map<Kind, Integer> listed = new EnumMap<>(Kind.class);
  private long further;

  /**
   * A record whose bytes are not those of its leaf.
   *
   * @param found hash of the bytes that are there
   * @param expected hash that should be there
   */
  record Wrong(long index, long id, String found, String expected) {
    static Wrong of(long index, long id, byte[] found, byte[] expected) {
      HexFormat hex = HexFormat.of();
      return new Wrong(index, id, hex.formatHex(found), hex.formatHex(expected));
    }
  }

  void add(Kind kind, long at, String detail) {
    int ofKind = listed.merge(kind, 1, Integer::sum);
    if (ofKind <= AuditReport.MAX_OF_A_KIND && damages.size() < AuditReport.MAX_DAMAGES) {
      damages.add(new Damage(kind, at, detail));
    } else {
      further++;
    }
  }

  /** One more that is not listed. */
  void addUnlisted() {
    further++;
  }

  void add(Wrong record) {
    if (wrong.size() < AuditReport.MAX_DAMAGES) {
      wrong.add(record);
    } else {
      further++;
    }
  }

  /** The report with the damages. */
  AuditReport report(AuditReport counted) {
    Map<String, Wrong> byExpected = new HashMap<>();
    wrong.forEach(one -> byExpected.put(one.expected, one));
    for (Wrong one : wrong) {
      Wrong owner = byExpected.get(one.found);
      if (owner != null) {
        add(
            Kind.RECORDS_SWAPPED,
            one.index,
            "leaf " + one.index + " has the record of leaf " + owner.index);
      } else {
        add(
            Kind.RECORD_EDITED,
            one.index,
            "record " + one.id + " at leaf " + one.index + " is not what was sequenced");
      }
    }
    wrong.clear();
    return new AuditReport(
        counted.size(),
        counted.records(),
        counted.erasedFields(),
        counted.removedRecords(),
        counted.anchoredHeads(),
        counted.anchoredUpTo(),
        damages,
        further);
  }
}
