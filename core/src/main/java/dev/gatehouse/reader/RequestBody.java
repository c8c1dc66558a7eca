package dev.gatehouse.reader;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Endpoint;
import dev.gatehouse.signing.FateSiteScheme;
import java.math.BigInteger;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The query parameter {@code requestBody}, in which FATE tells third parties what it wants: JSON as
 * Python writes it, encoded as Python encodes forms.
 */
final class RequestBody {
  private RequestBody() {}

  /** Of an upload: the parameters, then {@code job_id} and {@code sign}. */
  static URI ofUpload(Endpoint endpoint, Reading reading) {
    ObjectNode json = (ObjectNode) Json.parse(reading.parameters(), "parameters");
    json.remove("job_id");
    json.remove("sign");
    json.put("job_id", reading.number()).put("sign", md5(reading.number()));
    return with(endpoint, json);
  }

  /** Of a download: {@code jobId} and {@code sign}. */
  static URI ofDownload(Endpoint endpoint, String jobId) {
    return with(endpoint, Json.object().put("jobId", jobId).put("sign", md5(jobId)));
  }

  /** The body of a query, which is JSON itself. */
  static byte[] ofQuery(String jobId) {
    return python(Json.object().put("jobId", jobId)).getBytes(StandardCharsets.US_ASCII);
  }

  private static URI with(Endpoint endpoint, ObjectNode json) {
    char before = endpoint.uri().getRawQuery() == null ? '?' : '&';
    return URI.create(endpoint.uri().toString() + before + "requestBody=" + encoded(python(json)));
  }

  private static String python(ObjectNode json) {
    return FateSiteScheme.signedText(Json.write(json));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.US_ASCII)
        .replace("*", "%2A")
        .replace("%7E", "~");
  }

  /** No secret goes in, so it proves nothing: a checksum, as FATE has it. */
  private static String md5(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
      return String.format("%032x", new BigInteger(1, hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
