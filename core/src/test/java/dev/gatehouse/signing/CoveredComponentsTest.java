package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.signing.StructuredField.InnerList;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With the examples of RFC 9421, sections 2 and B. */
class CoveredComponentsTest {
  private static final String DIGEST =
      "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

  /** The request of section B.2, as it arrives: the host is in a header. */
  private static final Request REQUEST =
      Request.post(URI.create("/foo?param=Value&Pet=dog"), "{\"hello\": \"world\"}")
          .headers(
              Headers.of(
                  "Host", "example.com",
                  "Date", "Tue, 20 Apr 2021 02:07:55 GMT",
                  "Content-Type", "application/json",
                  "Content-Digest", DIGEST,
                  "Content-Length", "18"));

  private static final String ED25519_KEY =
      """
      -----BEGIN PUBLIC KEY-----
      MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
      -----END PUBLIC KEY-----
      """;
  private static final String P256_KEY =
      """
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
      w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
      -----END PUBLIC KEY-----
      """;
  private static final String RSA_KEY =
      """
      -----BEGIN RSA PUBLIC KEY-----
      MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
      WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
      MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
      kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
      uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
      PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
      -----END RSA PUBLIC KEY-----
      """;
  private static final String RSA_PSS_KEY =
      """
      -----BEGIN PUBLIC KEY-----
      MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
      +QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
      oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
      gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
      Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
      aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
      2wIDAQAB
      -----END PUBLIC KEY-----
      """;
  private static final String SHARED =
      "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";

  private static byte[] base(Request request, String input) {
    InnerList covered = (InnerList) StructuredFieldParser.dictionary("s=" + input, "Test").get("s");
    return CoveredComponents.of(request, covered, "https");
  }

  /** The value of a component that is the only one covered. */
  private static String value(Request request, String component) {
    String line =
        new String(base(request, "(" + component + ")"), StandardCharsets.US_ASCII)
            .lines()
            .findFirst()
            .orElseThrow();
    assertThat(line).startsWith(component + ": ");
    return line.substring(component.length() + 2);
  }

  private static void assertRefused(Request request, String component) {
    assertThatThrownBy(() -> value(request, component)).isInstanceOf(AuthenticationException.class);
  }

  private static byte[] bytes(String base64) {
    return Base64.getDecoder().decode(base64);
  }

  @Test
  void b22_selectiveCoverage_basePublished() {
    String input =
        "(\"@authority\" \"content-digest\" \"@query-param\";name=\"Pet\")"
            + ";created=1618884473;keyid=\"test-key-rsa-pss\";tag=\"header-example\"";
    assertThat(base(REQUEST, input))
        .asString(StandardCharsets.US_ASCII)
        .isEqualTo(
            String.join(
                "\n",
                "\"@authority\": example.com",
                "\"content-digest\": " + DIGEST,
                "\"@query-param\";name=\"Pet\": dog",
                "\"@signature-params\": " + input));
  }

  @Test
  void b23_fullCoverage_basePublished() {
    String input =
        "(\"date\" \"@method\" \"@path\" \"@query\" \"@authority\" \"content-type\""
            + " \"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-rsa-pss\"";
    assertThat(base(REQUEST, input))
        .asString(StandardCharsets.US_ASCII)
        .isEqualTo(
            String.join(
                "\n",
                "\"date\": Tue, 20 Apr 2021 02:07:55 GMT",
                "\"@method\": POST",
                "\"@path\": /foo",
                "\"@query\": ?param=Value&Pet=dog",
                "\"@authority\": example.com",
                "\"content-type\": application/json",
                "\"content-digest\": " + DIGEST,
                "\"content-length\": 18",
                "\"@signature-params\": " + input));
  }

  @Test
  void b21_minimal_signaturePublished() {
    assertProvenByPss(
        "();created=1618884473;keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\"",
        "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U"
            + "7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja"
            + "8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA"
            + "4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho"
            + "8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==");
  }

  @Test
  void b22_selectiveCoverage_signaturePublished() {
    assertProvenByPss(
        "(\"@authority\" \"content-digest\" \"@query-param\";name=\"Pet\")"
            + ";created=1618884473;keyid=\"test-key-rsa-pss\";tag=\"header-example\"",
        "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N"
            + "4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2Yy"
            + "FYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZ"
            + "UJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0"
            + "RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==");
  }

  @Test
  void b23_fullCoverage_signaturePublished() {
    assertProvenByPss(
        "(\"date\" \"@method\" \"@path\" \"@query\" \"@authority\" \"content-type\""
            + " \"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-rsa-pss\"",
        "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVx"
            + "FkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+"
            + "V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipw"
            + "vKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbh"
            + "l5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==");
  }

  private static void assertProvenByPss(String input, String signature) {
    SignatureKey key = TestKeys.ofPem(Key.Algorithm.RSA_PSS_SHA512, RSA_PSS_KEY);
    byte[] base = base(REQUEST, input);
    assertThat(key.verify(base, bytes(signature))).isTrue();
    base[0] ^= 1;
    assertThat(key.verify(base, bytes(signature))).isFalse();
  }

  @Test
  void b25_hmac_signaturePublished() {
    byte[] base =
        base(
            REQUEST,
            "(\"date\" \"@authority\" \"content-type\")"
                + ";created=1618884473;keyid=\"test-shared-secret\"");
    SignatureKey key = TestKeys.hmac(bytes(SHARED));
    assertThat(key.sign(base)).isEqualTo(bytes("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="));
  }

  @Test
  void b26_ed25519_signaturePublished() {
    byte[] base =
        base(
            REQUEST,
            "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")"
                + ";created=1618884473;keyid=\"test-key-ed25519\"");
    assertThat(
            TestKeys.ofPem(Key.Algorithm.ED25519, ED25519_KEY)
                .verify(
                    base,
                    bytes(
                        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")))
        .isTrue();
  }

  /** The proxy of section B.3 signed by ECDSA what a client certificate was for. */
  @Test
  void b3_ecdsa_signaturePublished() {
    Request proxied =
        Request.post(URI.create("https://service.internal.example/foo?param=Value&Pet=dog"), "")
            .header(
                "Client-Cert",
                ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdX"
                    + "RoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNa"
                    + "Fw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQg"
                    + "AE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJi"
                    + "Ny6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaS"
                    + "ED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEP"
                    + "YmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bM"
                    + "jeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:");
    byte[] base =
        base(
            proxied,
            "(\"@path\" \"@query\" \"@method\" \"@authority\" \"client-cert\")"
                + ";created=1618884473;keyid=\"test-key-ecc-p256\"");
    assertThat(
            TestKeys.ofPem(Key.Algorithm.ECDSA_P256_SHA256, P256_KEY)
                .verify(
                    base,
                    bytes(
                        "xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==")))
        .isTrue();
  }

  /** An answer is not signed here; the key and the form of the base are those of requests. */
  @Test
  void b24_response_signaturePublishedOverTheBasePublished() {
    String base =
        String.join(
            "\n",
            "\"@status\": 200",
            "\"content-type\": application/json",
            "\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5"
                + "oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:",
            "\"content-length\": 23",
            "\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\""
                + " \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"");
    byte[] signature =
        bytes(
            "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==");
    SignatureKey key = TestKeys.ofPem(Key.Algorithm.ECDSA_P256_SHA256, P256_KEY);
    assertThat(key.verify(base.getBytes(StandardCharsets.US_ASCII), signature)).isTrue();
    String other = base.replace("@status\": 200", "@status\": 201");
    assertThat(key.verify(other.getBytes(StandardCharsets.US_ASCII), signature)).isFalse();
    assertRefused(REQUEST, "\"@status\"");
    assertRefused(REQUEST, "\"@method\";req");
  }

  /** What intermediaries may do to a request that was signed, and what they may not. */
  @Test
  void b4_transformations_asPublished() {
    URI target = URI.create("/demo?name1=Value1&Name2=value2");
    Headers sent =
        Headers.of(
            "Host", "example.org",
            "Date", "Fri, 15 Jul 2022 14:24:55 GMT",
            "Accept", "application/json",
            "Accept", "*/*");
    Headers withoutDate =
        Headers.of(
            "Host", "example.org",
            "Referer", "https://developer.example.org/demo",
            "Accept", "application/json, */*");
    Headers reordered =
        Headers.of(
            "Accept", "application/json",
            "Accept", "*/*",
            "Date", "Fri, 15 Jul 2022 14:24:55 GMT",
            "Host", "example.org");
    assertThat(isTransforms(Request.get(target).headers(sent))).isTrue();
    assertThat(
            isTransforms(
                Request.get(URI.create("/demo?name1=Value1&Name2=value2&param=added"))
                    .headers(sent)
                    .header("Accept-Language", "en-US,en;q=0.5")))
        .isTrue();
    assertThat(isTransforms(Request.get(target).headers(withoutDate))).isTrue();
    assertThat(isTransforms(Request.get(target).headers(reordered))).isTrue();
    Headers elsewhere =
        Headers.of("Host", "example.com", "Accept", "application/json", "Accept", "*/*");
    assertThat(isTransforms(Request.post(target, "").headers(elsewhere))).isFalse();
    assertThat(isTransforms(Request.get(target).headers(elsewhere))).isFalse();
    assertThat(isTransforms(Request.post(target, "").headers(sent))).isFalse();
    Headers swapped =
        Headers.of("Host", "example.org", "Accept", "*/*", "Accept", "application/json");
    assertThat(isTransforms(Request.get(target).headers(swapped))).isFalse();
  }

  /** Whether the signature of section B.4 is the request's. */
  private static boolean isTransforms(Request request) {
    byte[] base =
        base(
            request,
            "(\"@method\" \"@path\" \"@authority\" \"accept\")"
                + ";created=1618884473;keyid=\"test-key-ed25519\"");
    return TestKeys.ofPem(Key.Algorithm.ED25519, ED25519_KEY)
        .verify(
            base,
            bytes(
                "ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA=="));
  }

  /** A signature over the signature of another, by RSASSA-PKCS1-v1_5. */
  @Test
  void multipleSignatures_rsa_signaturePublished() {
    Request forwarded =
        Request.get(URI.create("https://origin.host.internal.example/foo"))
            .header(
                "Signature",
                "sig1=:LAH8BjcfcOcLojiuOBFWn0P5keD3xAOuJRGziCLuD8r5MW9S0RoXXLzLSRfGY/3S"
                    + "F8kVIkHjE13SEFdTo4Af/fJ/Pu9wheqoLVdwXyY/UkBIS1M8Brc8IODsn5DFIrG0IrburbLi0uCc+E2ZII"
                    + "b6HbUJ+o+jP58JelMTe0QE3IpWINTEzpxjqDf5/Df+InHCAkQCTuKsamjWXUpyOT1Wkxi7YPVNOjW4MfNu"
                    + "TZ9HdbD2Tr65+BXeTG9ZS/9SWuXAc+BZ8WyPz0QRz//ec3uWXd7bYYODSjRAxHqX+S1ag3LZElYyUKaAIj"
                    + "Z8MGOt4gXEwCSLDv/zqxZeWLj/PDkn6w==:")
            .header("Forwarded", "for=192.0.2.123");
    byte[] base =
        base(
            forwarded,
            "(\"signature\";key=\"sig1\" \"forwarded\");created=1618884480;expires=2145809960"
                + ";keyid=\"test-key-rsa\";alg=\"rsa-v1_5-sha256\"");
    assertThat(
            TestKeys.ofPem(Key.Algorithm.RSA_PKCS1_SHA256, RSA_KEY)
                .verify(
                    base,
                    bytes(
                        "ExHrNxgtUCrDoUrHIOxVIZkTf8XOzg9dhFtvN27X40o8Bn+cUTHT618rqj"
                            + "0omkTCgaWyy1/w2Jh35yLyP8pu4XpAP3IfER5rDqaGLA1yF2Y8+5XHJFdMzouQGUo7EItKMQT3YhgUGA/q"
                            + "jje6EAbtGoYM/fVgB40mlx8QPztZH3mw/3qEt9zdWpjCUWJ/ClNPM/gmTfWGztT2TbF3v0/z4UfD+AexgK"
                            + "3fTfHlehx6M6zQvBvIWsg9l0OkHxWqGxXSnLziEi2LDEweXQG6Xgj29sqFH5rAsJVZWhXS77CthSvHaRbN"
                            + "FSybcVw/SCHD1Kvw9q6feJquj08pezf5tmoL2g==")))
        .isTrue();
  }

  /** Section 2.1 and 2.1.2. */
  @Test
  void fields_examplesOfTheRfc_asPublished() {
    Request request =
        Request.get(URI.create("https://www.example.com/"))
            .headers(
                Headers.of(
                    "X-OWS-Header", "   Leading and trailing whitespace.   ",
                    "Cache-Control", "max-age=60",
                    "Cache-Control", "   must-revalidate",
                    "Example-Dict", "  a=1,    b=2;x=1;y=2,   c=(a   b   c), d",
                    "X-Empty-Header", ""))
            .headers(
                Headers.of(
                    "Example-Header", "value, with, lots",
                    "Example-Header", "of, commas"));
    assertThat(value(request, "\"x-ows-header\"")).isEqualTo("Leading and trailing whitespace.");
    assertThat(value(request, "\"cache-control\"")).isEqualTo("max-age=60, must-revalidate");
    assertThat(value(request, "\"x-empty-header\"")).isEmpty();
    assertThat(value(request, "\"example-dict\";key=\"a\"")).isEqualTo("1");
    assertThat(value(request, "\"example-dict\";key=\"b\"")).isEqualTo("2;x=1;y=2");
    assertThat(value(request, "\"example-dict\";key=\"c\"")).isEqualTo("(a b c)");
    assertThat(value(request, "\"example-dict\";key=\"d\"")).isEqualTo("?1");
    assertThat(value(request, "\"example-header\"")).isEqualTo("value, with, lots, of, commas");
    assertThat(value(request, "\"example-header\";bs"))
        .isEqualTo(":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:");
  }

  /** Section 2.2. */
  @ParameterizedTest
  @CsvSource({
    "https://www.example.com/path?param=value, @method, POST",
    "https://www.example.com/path?param=value, @target-uri, https://www.example.com/path?param=value",
    "https://www.example.com/path?param=value, @authority, www.example.com",
    "https://www.example.com/path?param=value, @scheme, https",
    "http://www.example.com/path?param=value, @scheme, http",
    "https://www.example.com/path?param=value, @request-target, /path?param=value",
    "https://www.example.com/path?param=value, @path, /path",
    "https://www.example.com/path?param=value&foo=bar&baz=batman, @query, ?param=value&foo=bar&baz=batman",
    "https://www.example.com/path?queryString, @query, ?queryString",
    "https://www.example.com/path, @query, ?",
    "https://www.example.com/path?, @query, ?",
    "https://www.example.com, @path, /",
    "https://www.example.com?a=b, @request-target, /?a=b",
    "HTTPS://WWW.Example.COM:443/p, @target-uri, https://www.example.com/p",
    "https://www.example.com:8443/p, @authority, www.example.com:8443",
    "https://www.example.com:80/p, @authority, www.example.com:80",
    "http://www.example.com:80/p, @authority, www.example.com",
    "http://www.example.com:443/p, @authority, www.example.com:443",
    "https://www.example.com:/p, @authority, www.example.com",
    "https://[2001:DB8::1]:443/p, @authority, [2001:db8::1]",
    "https://xn--bcher-kva.example/p, @authority, xn--bcher-kva.example",
    "https://h.example/a%2Fb, @path, /a%2Fb",
    "https://h.example/a%2fb, @path, /a%2fb",
    "https://h.example/a/b, @path, /a/b",
    "https://h.example/a//b, @path, /a//b",
    "https://h.example//a/b, @path, //a/b",
    "https://h.example/a/./b/../c, @path, /a/./b/../c",
    "https://h.example/%E4%B8%AD, @path, /%E4%B8%AD",
    "https://h.example/p?a=1&a=2, @query, ?a=1&a=2"
  })
  void derived_component_asTheRfcHasIt(String uri, String component, String expected) {
    Request request = Request.post(URI.create(uri), "");
    assertThat(value(request, "\"" + component + "\"")).isEqualTo(expected);
  }

  /** Which of its two names would be signed, the parties would have to agree upon. */
  @Test
  void target_hostBeyondAscii_refused() {
    Request request = Request.post(URI.create("https://b\u00fccher.example/"), "");
    assertRefused(request, "\"@authority\"");
    assertRefused(request, "\"@target-uri\"");
  }

  /** Section 2.2.8. */
  @ParameterizedTest
  @CsvSource({
    "?param=value&foo=bar&baz=batman&qux=, baz, batman",
    "?param=value&foo=bar&baz=batman&qux=, qux, ''",
    "?param=value&foo=bar&baz=batman&qux=, param, value",
    "?qux, qux, ''",
    "?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace, var, this%20is%20a%20big%0Amultiline%20value",
    "?bar=with+plus+whitespace, bar, with%20plus%20whitespace",
    "?fa%C3%A7ade%22%3A%20=something, fa%C3%A7ade%22%3A%20, something",
    "?a=%2f%7e*-._, a, %2F%7E*-._"
  })
  void queryParameter_examplesOfTheRfc_asPublished(String query, String name, String expected) {
    Request request = Request.get(URI.create("https://www.example.com/parameters" + query));
    assertThat(value(request, "\"@query-param\";name=\"" + name + "\"")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"?a=1&a=2", "?a=1&%61=1", "?b=1", "?", "", "?A=1", "?a=%C3", "?a=%ff"})
  void queryParameter_notOnceOrNoText_refused(String query) {
    Request request = Request.get(URI.create("https://www.example.com/" + query));
    assertRefused(request, "\"@query-param\";name=\"a\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"@status\"",
        "\"@query-param\"",
        "\"@query-param\";name=1",
        "\"@query-param\";name=\"Pet\";req",
        "\"@method\";req",
        "\"@authority\";key=\"a\"",
        "\"@\"",
        "\"@Method\"",
        "\"@signature-params\"",
        "\"x-missing\"",
        "\"Date\"",
        "\"\"",
        "\"da te\"",
        "\"date\";sf",
        "\"date\";tr",
        "\"date\";req",
        "\"date\";bs;key=\"a\"",
        "\"date\";bs=?0",
        "\"date\";key",
        "\"date\";key=\"a\"",
        "\"content-digest\";key=\"sha-256\"",
        "date",
        "1",
        "\"date\" \"date\"",
        "\"@path\" \"@method\" \"@path\""
      })
  void of_componentThatCannotBe_refused(String components) {
    assertRefused(REQUEST, components);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//evil.example/foo",
        "foo",
        "",
        "?a=b",
        "mailto:a@b",
        "https:foo",
        "/foo#part",
        "/f\u00e4o"
      })
  void path_noTarget_refused(String uri) {
    Request request = Request.get(URI.create(uri)).header("Host", "example.com");
    for (String component : List.of("@path", "@query", "@request-target", "@target-uri")) {
      assertRefused(request, "\"" + component + "\"");
    }
    assertRefused(request, "\"@authority\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "user@example.com",
        "example.com/",
        "example.com:port",
        "example.com:",
        "a b",
        "example.com:123456",
        "example.com, evil.example",
        "b\u00fccher.example",
        "[::1",
        "\u212aelvin",
        "example.com:\u0664\u0664\u0663"
      })
  void authority_hostHeaderThatIsNone_refused(String host) {
    Request request = Request.get(URI.create("/")).header("Host", host);
    if (host.equals("example.com:")) {
      assertThat(value(request, "\"@authority\"")).isEqualTo("example.com");
    } else {
      assertRefused(request, "\"@authority\"");
    }
  }

  @Test
  void authority_hostHeader_asTheUrlWouldHaveIt() {
    Request path = Request.get(URI.create("/p?q"));
    assertRefused(path, "\"@authority\"");
    assertThat(value(path.header("Host", "EXAMPLE.com:443"), "\"@authority\""))
        .isEqualTo("example.com");
    assertThat(value(path.header("Host", "example.com:80"), "\"@target-uri\""))
        .isEqualTo("https://example.com:80/p?q");
    assertRefused(path.header("Host", "a.example").header("host", "a.example"), "\"@authority\"");
    Request whole = Request.get(URI.create("https://a.example:443/"));
    assertThat(value(whole.header("Host", "A.example"), "\"@authority\"")).isEqualTo("a.example");
    assertRefused(whole.header("Host", "b.example"), "\"@authority\"");
  }

  /** The base is in ASCII: another byte could be anything, a line feed among them. */
  @Test
  void field_notAscii_refusedButInBytes() {
    Request request =
        Request.get(URI.create("https://a.example/")).header("X-Name", "B\u00fccher\ttab");
    assertRefused(request, "\"x-name\"");
    assertThat(value(request, "\"x-name\";bs")).isEqualTo(":QvxjaGVyCXRhYg==:");
    assertRefused(
        Request.get(URI.create("https://a.example/")).header("X-Name", "\u4e2d"), "\"x-name\";bs");
  }

  /** Each is parsed before anybody knows who sent it. */
  @Test
  void of_membersOfTooManyOrTooLongFields_refused() {
    Request request = Request.get(URI.create("https://a.example/"));
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      request = request.header("x-" + i, "a=1, b=" + i);
      members.append("\"x-" + i + "\";key=\"a\" \"x-" + i + "\";key=\"b\" ");
    }
    String eight = members.toString().strip();
    assertThat(text(request, eight)).contains("\"x-0\";key=\"b\": 0", "\"x-7\";key=\"b\": 7");
    assertRefused(request.header("x-8", "a=1"), eight + " \"x-8\";key=\"a\"");
    String long16 = "a=1, b=\"" + "x".repeat(16_384 - 9) + "\"";
    Request longest = Request.get(URI.create("https://a.example/")).header("x", long16);
    assertThat(value(longest, "\"x\";key=\"a\"")).isEqualTo("1");
    assertRefused(longest.header("x", "c"), "\"x\";key=\"a\"");
    assertThat(value(longest.header("x", "c"), "\"x\"")).hasSize(16_384 + 3);
  }

  private static String text(Request request, String components) {
    return new String(base(request, "(" + components + ")"), StandardCharsets.US_ASCII);
  }

  @Test
  void of_tooManyComponents_refused() {
    StringBuilder many = new StringBuilder();
    Request request = Request.get(URI.create("https://a.example/"));
    for (int i = 0; i < 65; i++) {
      request = request.header("x-" + i, "v");
      many.append("\"x-").append(i).append("\" ");
    }
    assertRefused(request, many.toString().strip());
  }
}
