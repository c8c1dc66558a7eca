package dev.gatehouse.benchmarks.http;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Application;
import dev.gatehouse.signing.SerendipityScheme;
import dev.gatehouse.signing.Signer;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Requests as they go over the wire, made before they are sent. */
final class Load {
  private static final String DONE = "https://billing.example/done";

  private Load() {}

  /** Signed tasks, each with a number of its own, due in years. */
  static List<byte[]> create(Gatehouse gatehouse, int count) {
    Application application =
        gatehouse.registry().register(Application.named("billing").callback(DONE));
    Signer signer = gatehouse.signer(application, SerendipityScheme.strict());
    List<byte[]> requests = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String body =
          "{\"taskNo\":\"order-"
              + i
              + "\",\"content\":{\"class\":\"http\",\"_params\":{\"id\":"
              + i
              + "}},\"timeout\":60000,\"name\":\"charge\",\"runtime\":\"2060-01-01 00:00:00\"}";
      Request request = Request.post(URI.create("/task/create"), body);
      requests.add(wire(request.headers(signer.sign(request).headers())));
    }
    return requests;
  }

  /** The newest ten records, of some that pass a filter. */
  static List<byte[]> find(Gatehouse gatehouse, int count) {
    for (int i = 0; i < 1_000; i++) {
      gatehouse
          .audit()
          .write(
              dev.gatehouse.audit.AuditRecord.of(1, i % 3, "Order " + i + " was placed")
                  .namespace("shop")
                  .severity("info")
                  .sourceNode("n" + i % 2)
                  .build());
    }
    String body =
        "{\"startTime\":9999999999999,\"endTime\":0,\"maxSize\":10,\"filter\":{\"expr\":["
            + "{\"field\":\"resultType\",\"operator\":\"Equal\",\"value\":[1]},"
            + "{\"field\":\"sourceNode\",\"operator\":\"InList\",\"value\":[\"n0\",\"n1\"]}]}}";
    byte[] wire = wire(Request.post(URI.create("/mw/v1/audit/find"), body));
    List<byte[]> requests = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      requests.add(wire);
    }
    return requests;
  }

  private static byte[] wire(Request request) {
    StringBuilder head =
        new StringBuilder("POST ").append(request.uri()).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (Headers.Field field : request.headers().fields()) {
      head.append(field.name()).append(": ").append(field.value()).append("\r\n");
    }
    byte[] body = request.body();
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    wire.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
    wire.writeBytes(body);
    return wire.toByteArray();
  }
}
