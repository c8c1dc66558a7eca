package dev.gatehouse.transport.http.api;

/** Why a request was not done, each with the HTTP status that says so and its phrase. */
enum Refusal {
  /** The head is not what HTTP or the API allows. */
  MALFORMED_REQUEST(400, "Bad Request"),
  /** The path could be read in two ways. */
  MALFORMED_PATH(400, "Bad Request"),
  /** What was sent breaks a rule of the interface. */
  INVALID(400, "Bad Request"),
  /** Nobody has proven who sent it. */
  UNAUTHENTICATED(401, "Unauthorized"),
  /** It needs an administrator. */
  NOT_ADMINISTRATOR(401, "Unauthorized"),
  /** The sender may not. */
  FORBIDDEN(403, "Forbidden"),
  /** There is no such path. */
  UNKNOWN_PATH(404, "Not Found"),
  /** The path has other methods. */
  WRONG_METHOD(405, "Method Not Allowed"),
  /** The body did not come in time. */
  TOO_SLOW(408, "Request Timeout"),
  /** The body is longer than allowed. */
  BODY_TOO_LARGE(413, "Request Entity Too Large"),
  /** The target is longer than allowed. */
  TARGET_TOO_LONG(414, "Request URI Too Long"),
  /** The body is encoded, which is not undone here. */
  ENCODED(415, "Unsupported Media Type"),
  /** The sender has used up what it may send for now. */
  TOO_MANY_REQUESTS(429, "Too Many Requests"),
  /** The head is longer than allowed. */
  HEADERS_TOO_LARGE(431, "Request Header Fields Too Large"),
  /** A mistake of ours, told to the log alone. */
  FAILED(500, "Internal Server Error"),
  /** The storage cannot be reached. */
  UNAVAILABLE(503, "Service Unavailable");

  private final int status;
  private final String phrase;

  Refusal(int status, String phrase) {
    this.status = status;
    this.phrase = phrase;
  }

  int status() {
    return status;
  }

  String phrase() {
    return phrase;
  }

  /** Whether it is the sender's doing, and so a refusal to record. */
  boolean isOfSender() {
    return status < 500;
  }
}
