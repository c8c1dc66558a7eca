package dev.gatehouse.transport.http;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import okhttp3.Connection;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;

/**
 * Keeps requests off connections that the server has closed while they were idle. OkHttp notices
 * that by sending the request and, when no answer comes, sending it again elsewhere; a request that
 * must not be sent twice would fail. So a connection that was idle for 10 ms is read from for 1 ms
 * before it is used again: silence is what a live one gives. A connection that was answered by
 * HTTP/1.0 is not used again at all: its server closes it, but OkHttp keeps it unless the answer
 * says so. What is left is a server that closes in the very moment the request goes out.
 */
final class LiveConnections {
  private static final long TRUSTED_NANOS = Duration.ofMillis(10).toNanos();

  /** What a connection, once it has been used, last gave. */
  private final Map<Connection, Answered> answered =
      Collections.synchronizedMap(new WeakHashMap<>());

  private final int attempts;

  private record Answered(long atNanos, Protocol protocol) {}

  private LiveConnections(int attempts) {
    this.attempts = attempts;
  }

  /** Goes through at most that many dead connections for one call. */
  static void install(OkHttpClient.Builder client, int attempts) {
    LiveConnections connections = new LiveConnections(attempts);
    client.addInterceptor(connections::tryAgain);
    client.networkInterceptors().add(0, connections::probe);
  }

  private Response tryAgain(Interceptor.Chain chain) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return chain.proceed(chain.request());
      } catch (DeadConnectionException e) {
        if (attempt == attempts) {
          throw e;
        }
      }
    }
  }

  private Response probe(Interceptor.Chain chain) throws IOException {
    Connection connection = chain.connection();
    if (connection == null) {
      throw new IOException("a network interceptor has a connection");
    }
    Answered last = answered.get(connection);
    if (last != null && isOver(last, connection.socket())) {
      connection.socket().close();
      throw new DeadConnectionException();
    }
    Response response = chain.proceed(chain.request());
    answered.put(connection, new Answered(System.nanoTime(), response.protocol()));
    return response;
  }

  private static boolean isOver(Answered last, Socket socket) {
    return last.protocol() == Protocol.HTTP_1_0
        || (System.nanoTime() - last.atNanos() >= TRUSTED_NANOS && isDead(socket));
  }

  private static boolean isDead(Socket socket) {
    try {
      int timeout = socket.getSoTimeout();
      socket.setSoTimeout(1);
      try {
        // An end, or bytes that nobody asked for.
        int unused = socket.getInputStream().read();
        return true;
      } catch (SocketTimeoutException e) {
        return false;
      } finally {
        socket.setSoTimeout(timeout);
      }
    } catch (IOException e) {
      return true;
    }
  }

  /** Nothing was sent. */
  private static final class DeadConnectionException extends IOException {
    private static final long serialVersionUID = 1L;

    DeadConnectionException() {
      super("the server closed the connection while it was idle");
    }
  }
}
