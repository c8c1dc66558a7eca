package dev.gatehouse.hook;

/** The four services that a third party may offer, and what FATE Flow calls them in its errors. */
enum Hook {
  SIGNATURE("signature", "signature error", "signature", true),
  SITE_AUTHENTICATION(
      "site_authentication", "site authentication error", "site_authentication", true),
  CLIENT_AUTHENTICATION(
      "client_authentication", "client authentication error", "authentication", false),
  PERMISSION("permission", "permission check error", "permission", false);

  private final String service;
  private final String error;
  private final String url;
  private final boolean mergesData;

  Hook(String service, String error, String url, boolean mergesData) {
    this.service = service;
    this.error = error;
    this.url = url;
    this.mergesData = mergesData;
  }

  /** The name under which it is registered. */
  String service() {
    return service;
  }

  /** Whether what was registered as its data goes into the body, where that has nothing else. */
  boolean mergesData() {
    return mergesData;
  }

  String notFound(String server) {
    return error + ": no found server " + server + " service " + service;
  }

  String failed(String why) {
    return error + ": request " + url + " url failed, " + why;
  }
}
