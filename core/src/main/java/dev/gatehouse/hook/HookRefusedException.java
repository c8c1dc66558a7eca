package dev.gatehouse.hook;

import dev.gatehouse.error.AuthenticationException;

/** An authentication hook refused a request, or could not be asked. */
public class HookRefusedException extends AuthenticationException {
  private static final long serialVersionUID = 1L;

  /** What is answered if a hook refuses without an integer code other than 0. */
  public static final int AUTHENTICATION_ERROR = 109;

  private final int retcode;

  /** A refusal with the hook's code and message. */
  public HookRefusedException(Reason reason, int retcode, String message) {
    super(reason, message);
    this.retcode = retcode;
  }

  /**
   * What FATE Flow answers: the hook's code; 109 if it gave none; 100 if it could not be asked, or
   * the request has not the form that it should.
   */
  public int retcode() {
    return retcode;
  }
}
