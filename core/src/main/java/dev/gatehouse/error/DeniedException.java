package dev.gatehouse.error;

/** A permission was required and is not granted; the message carries the reason. */
public class DeniedException extends GatehouseException {
  private static final long serialVersionUID = 1L;

  /** A denial for the given reason. */
  public DeniedException(String message) {
    super(message);
  }
}
