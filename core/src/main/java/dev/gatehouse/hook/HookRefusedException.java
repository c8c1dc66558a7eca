package dev.gatehouse.hook;

import dev.gatehouse.error.AuthenticationException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An authentication hook refused a request, or could not be asked. */
public class HookRefusedException extends AuthenticationException {
  private static final long serialVersionUID = 1L;

  /** What is answered if a hook refuses without an integer code other than 0. */
  public static final int AUTHENTICATION_ERROR = 109;

  private final int retcode;
  private final @Nullable String said;

  private HookRefusedException(Reason reason, int retcode, String message, @Nullable String said) {
    super(reason, message);
    this.retcode = retcode;
    this.said = said;
  }

  /** Nobody asked the hook, or it did not answer as it should. */
  static HookRefusedException unasked(Reason reason, RuntimeException why) {
    HookRefusedException refused =
        new HookRefusedException(
            reason, HookException.RETCODE, String.valueOf(why.getMessage()), null);
    refused.initCause(why);
    return refused;
  }

  /** The hook's own refusal. */
  static HookRefusedException by(HookAnswer answer) {
    return new HookRefusedException(
        Reason.SIGNATURE,
        answer.code().orElse(AUTHENTICATION_ERROR),
        answer.message().orElse("authentication failed"),
        answer.message().orElse(null));
  }

  /** The hook lets it pass, but it is no application's here. */
  static HookRefusedException stranger(String message) {
    return new HookRefusedException(Reason.SIGNATURE, AUTHENTICATION_ERROR, message, null);
  }

  /**
   * What FATE Flow answers: the hook's code; 109 if it gave none; 100 if it could not be asked, or
   * the request has not the form that it should.
   */
  public int retcode() {
    return retcode;
  }

  /** What the hook said of its refusal, of 1,000 characters at most, if it said anything. */
  public Optional<String> said() {
    return Optional.ofNullable(said);
  }
}
