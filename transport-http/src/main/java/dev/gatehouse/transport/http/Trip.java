package dev.gatehouse.transport.http;

import java.io.IOException;
import okhttp3.Headers;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What happened on the wire to one call.
 *
 * <p>OkHttp acts on what a server answers: it repeats a GET after 408 and after 503 with {@code
 * Retry-After: 0}, throws an unchecked exception on a {@code Retry-After} beyond 32 bits, and
 * refuses a 407. A trip shows it a bare 200 instead and puts the real status and headers back
 * behind it, so that one send is at most one request and any status is an answer.
 */
final class Trip {
  private volatile boolean connected;
  private volatile @Nullable Response answer;

  /** Whether a connection to the server stood. */
  boolean connected() {
    return connected;
  }

  /** Puts the two ends of a trip nearest to OkHttp's own work, inside what the host has added. */
  static void install(OkHttpClient.Builder client) {
    client.addInterceptor(Trip::restore);
    client.networkInterceptors().add(0, Trip::hide);
  }

  private static Response hide(Interceptor.Chain chain) throws IOException {
    Trip trip = of(chain.request());
    trip.connected = true;
    Response answer = chain.proceed(chain.request());
    trip.answer = answer;
    return answer.newBuilder().code(200).headers(Headers.EMPTY).build();
  }

  private static Response restore(Interceptor.Chain chain) throws IOException {
    Response bare = chain.proceed(chain.request());
    Response answer = of(chain.request()).answer;
    if (answer == null) {
      throw new IOException("no answer came by the network");
    }
    return bare.newBuilder().code(answer.code()).headers(answer.headers()).build();
  }

  private static Trip of(Request request) throws IOException {
    Trip trip = request.tag(Trip.class);
    if (trip == null) {
      throw new IOException("an interceptor replaced the request and lost its tags");
    }
    return trip;
  }
}
