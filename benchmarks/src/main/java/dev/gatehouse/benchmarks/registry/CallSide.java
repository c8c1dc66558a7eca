package dev.gatehouse.benchmarks.registry;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.registry.ServiceCall;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.http.HttpTransport;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Someone who posts a short JSON text to a server on this machine, and reads the answer. */
interface CallSide extends AutoCloseable {
  /** Where it is posted to. */
  String PATH = "/v1/upload";

  /** What is posted. */
  String JSON = "{\"text\":\"" + "x".repeat(200) + "\"}";

  /** What it is. */
  MediaType TYPE = MediaType.get("application/json");

  /** Posts once, and returns the length of the answer. */
  int post() throws IOException, ExecutionException, InterruptedException;

  @Override
  void close();

  /** Makes a side for a server at that port. */
  @FunctionalInterface
  interface Opener {
    CallSide open(int port);
  }

  /** A call through the registry of a started Gatehouse. */
  static CallSide registry(int port) {
    Gatehouse gatehouse =
        Gatehouse.builder().storage(MemoryStorage.create()).transport(transport()).build();
    gatehouse.registry().register(Server.named("features").at("127.0.0.1", port));
    gatehouse.registry().register(Service.named("upload").on("features").uri(PATH));
    gatehouse.start();
    return new CallSide() {
      @Override
      public int post() {
        return gatehouse.registry().call("features", "upload", ServiceCall.of(JSON)).body().length;
      }

      @Override
      public void close() {
        gatehouse.close();
      }
    };
  }

  /** The transport by itself, on the caller's thread. */
  static CallSide transport(int port) {
    HttpTransport transport = transport();
    URI target = URI.create("http://127.0.0.1:" + port + PATH);
    return new CallSide() {
      @Override
      public int post() throws InterruptedException {
        Request request =
            Request.of("POST", target)
                .header("Content-Type", "application/json")
                .body(JSON.getBytes(StandardCharsets.UTF_8));
        return transport.execute(request, Deadline.in(Duration.ofSeconds(10))).body().length;
      }

      @Override
      public void close() {
        transport.close();
      }
    };
  }

  private static HttpTransport transport() {
    return HttpTransport.builder().allow("127.0.0.0/8").build();
  }

  /** OkHttp as it comes, on the caller's thread, with a timeout for the call. */
  static CallSide bare(int port) {
    OkHttpClient client = client();
    return new CallSide() {
      @Override
      public int post() throws IOException {
        return length(client.newCall(request(port)).execute());
      }

      @Override
      public void close() {
        CallSide.close(client);
      }
    };
  }

  /** The same on a thread of OkHttp's, for which the caller waits. */
  static CallSide enqueued(int port) {
    OkHttpClient client = client();
    return new CallSide() {
      @Override
      public int post() throws ExecutionException, InterruptedException {
        CompletableFuture<Integer> length = new CompletableFuture<>();
        client
            .newCall(request(port))
            .enqueue(
                new Callback() {
                  @Override
                  public void onFailure(Call call, IOException e) {
                    length.completeExceptionally(e);
                  }

                  @Override
                  public void onResponse(Call call, Response response) throws IOException {
                    length.complete(length(response));
                  }
                });
        return length.get();
      }

      @Override
      public void close() {
        CallSide.close(client);
      }
    };
  }

  private static OkHttpClient client() {
    return new OkHttpClient.Builder().callTimeout(Duration.ofSeconds(10)).build();
  }

  private static okhttp3.Request request(int port) {
    return new okhttp3.Request.Builder()
        .url("http://127.0.0.1:" + port + PATH)
        .post(RequestBody.create(JSON.getBytes(StandardCharsets.UTF_8), TYPE))
        .build();
  }

  private static int length(Response response) throws IOException {
    try (response) {
      return response.body().bytes().length;
    }
  }

  private static void close(OkHttpClient client) {
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
