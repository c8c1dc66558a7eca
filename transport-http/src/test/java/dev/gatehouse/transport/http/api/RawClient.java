package dev.gatehouse.transport.http.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Says to a server whatever bytes a test wants it to hear. */
final class RawClient implements AutoCloseable {
  private final Socket socket;

  RawClient(int port) {
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(20_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RawClient say(String text) {
    try {
      OutputStream out = socket.getOutputStream();
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    } catch (IOException e) {
      // Whoever does not listen any more has answered already.
      return this;
    }
    return this;
  }

  /** What the server says up to an empty line. */
  String hearHead() {
    StringBuilder heard = new StringBuilder();
    try {
      InputStream in = socket.getInputStream();
      for (int b = in.read(); b >= 0; b = in.read()) {
        heard.append((char) b);
        if (heard.length() > 3 && heard.substring(heard.length() - 4).equals("\r\n\r\n")) {
          return heard.toString();
        }
      }
    } catch (IOException e) {
      return heard + "\n[" + e.getMessage() + "]";
    }
    return heard.toString();
  }

  /** All that the server says until it hangs up. */
  String hear() {
    StringBuilder heard = new StringBuilder();
    try {
      InputStream in = socket.getInputStream();
      for (int b = in.read(); b >= 0; b = in.read()) {
        heard.append((char) b);
      }
    } catch (IOException e) {
      return heard + "\n[" + e.getMessage() + "]";
    }
    return heard.toString();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String exchange(int port, String request) {
    try (RawClient client = new RawClient(port)) {
      return client.say(request).hear();
    }
  }
}
