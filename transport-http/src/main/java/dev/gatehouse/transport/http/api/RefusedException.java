package dev.gatehouse.transport.http.api;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request is not done. The message is for the audit log; adapters say what the sender reads. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Refusal refusal;
  private final String allowed;
  private final String sender;
  private final transient @Nullable ApiResponse answer;

  RefusedException(Refusal refusal, String message) {
    this(refusal, message, "", "", null);
  }

  /** A refusal that is answered so. */
  RefusedException(Refusal refusal, String message, ApiResponse answer) {
    this(refusal, message, "", "", answer);
  }

  private RefusedException(
      Refusal refusal,
      String message,
      String allowed,
      String sender,
      @Nullable ApiResponse answer) {
    // Refusing must cost little: whoever is refused may come again and again.
    super(message, null, false, false);
    this.refusal = refusal;
    this.allowed = allowed;
    this.sender = sender;
    this.answer = answer;
  }

  /** The path has other methods. */
  static RefusedException wrongMethod(String allowed) {
    return new RefusedException(
        Refusal.WRONG_METHOD, "the path takes " + allowed + " only", allowed, "", null);
  }

  /** This refusal, of a request whose sender is proven. */
  RefusedException of(String proven) {
    return new RefusedException(refusal, why(), allowed, proven, answer);
  }

  /** Who sent it, as far as that is proven and known here; else empty text. */
  String sender() {
    return sender;
  }

  Refusal refusal() {
    return refusal;
  }

  /** The methods that the path has, if that is the matter; else empty text. */
  String allowed() {
    return allowed;
  }

  /** The answer that it comes with; the adapter makes one if it comes with none. */
  Optional<ApiResponse> answer() {
    return Optional.ofNullable(answer);
  }

  /** The message, which is never null here. */
  String why() {
    return String.valueOf(getMessage());
  }
}
