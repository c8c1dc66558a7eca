package dev.gatehouse.signing;

import static dev.gatehouse.signing.Signed.NOW;
import static dev.gatehouse.signing.Signed.altered;
import static dev.gatehouse.signing.Signed.assertMalformed;
import static dev.gatehouse.signing.Signed.at;
import static dev.gatehouse.signing.Signed.header;
import static dev.gatehouse.signing.Signed.proves;
import static dev.gatehouse.signing.Signed.with;
import static dev.gatehouse.signing.Signed.without;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.signing.WechatPayScheme.SignatureForm;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WechatPaySchemeTest {
  private static final String SERIAL = "157056765AB5A9EEE5D363D0329039A254D5EF49";
  private static final WechatPayScheme MERCHANT = WechatPayScheme.merchant("1900009191", SERIAL);
  private static final WechatPayScheme PLATFORM = WechatPayScheme.platform("PUB_KEY_ID_0114");
  private static final SignatureKey RSA = TestKeys.of(Key.Algorithm.RSA_PKCS1_SHA256);
  private static final SignatureKey SM2 = TestKeys.of(Key.Algorithm.SM2_SM3);
  private static final String PLACE =
      "https://api.mch.weixin.qq.com/v3/pay/transactions/id/4?mchid=1900009191";
  private static final Request ORDER =
      Request.post(URI.create(PLACE), "{\"\u63cf\u8ff0\":\"\u8ba2\u5355\"}");

  private static final Request SIGNED = Signed.by(MERCHANT, SM2, ORDER);
  private static final String AUTHORIZATION = header(SIGNED, "Authorization");
  private static final Request NOTICE = Signed.by(PLATFORM, SM2, ORDER);

  /** As WeChat Pay's own SDK has it among its tests: the key of a certificate, and DER. */
  @Test
  void der_signatureOfTheirSdk_isBySm2() {
    SignatureKey theirs =
        TestKeys.ofSpki(
            Key.Algorithm.SM2_SM3,
            "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEe81H916hnQTApytNpw9X3Rs/kzfM"
                + "XdEkGIG5E0MZOb9ppV72tGcQx+FyRSPQ9kbdaU0kg5dvboUNRmN4+osvfg==");
    byte[] der =
        Base64.getDecoder()
            .decode(
                "MEYCIQD35Rp3CKt7pLme/a0GaCVmwSeOl7X/12+ppRivcJuf6QIhAO5Vpy4tSk9SJUrgH5I5Qy0aYhFG9lN0aof1f5wJOI05");
    byte[] raw = EcSignatures.raw(der).orElseThrow();
    assertThat(theirs.verify("message".getBytes(StandardCharsets.UTF_8), raw)).isTrue();
    assertThat(theirs.verify("false-message".getBytes(StandardCharsets.UTF_8), raw)).isFalse();
    assertThat(EcSignatures.der(raw)).isEqualTo(der);
  }

  /** The header that WeChat Pay's guide shows. */
  @Test
  void read_headerOfTheirGuide_wellFormed() {
    Request request =
        Request.get(URI.create("/v3/certificates"))
            .header(
                "Authorization",
                "WECHATPAY2-SM2-WITH-SM3 mchid=\"2480467911\",nonce_str=\"fixednonce\","
                    + "timestamp=\"1636620536\",serial_no=\"157056765AB5A9EEE5D363D0329039A254D5EF49\","
                    + "signature=\"MEYCIQC9Pab48+YSk12XBmbFOptRwDxbOy/deyz2haXso+UJhAIhAIXMAPRvH1qruowl21i8w/Ahy0/SpQvBrpcl9NGLomeV\"");
    Claim claim = PLATFORM.read(request);
    assertThat(claim.party()).isEqualTo("2480467911");
    assertThat(claim.nonce()).isEqualTo("fixednonce");
    assertThat(claim.proofs()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(SignatureForm.class)
  void bothSides_sm2_provenInTheFormThatWasSet(SignatureForm form) {
    WechatPayScheme merchant = MERCHANT.signatureForm(form);
    WechatPayScheme platform = PLATFORM.signatureForm(form);
    Request request = Signed.by(merchant, SM2, ORDER);
    assertThat(header(request, "Authorization"))
        .startsWith(
            "WECHATPAY2-SM2-WITH-SM3 mchid=\"1900009191\",nonce_str=\"aB3dE5fG7hI9jK1L\","
                + "timestamp=\"1700000100\",serial_no=\""
                + SERIAL
                + "\",signature=\"");
    assertThat(proves(platform, SM2, request)).isTrue();
    assertThat(proves(platform, TestKeys.another(Key.Algorithm.SM2_SM3), request)).isFalse();
    Request notice = Signed.by(platform, SM2, ORDER);
    assertThat(header(notice, "Wechatpay-Serial")).isEqualTo("PUB_KEY_ID_0114");
    assertThat(proves(merchant, SM2, notice)).isTrue();
    SignatureForm other = form == SignatureForm.DER ? SignatureForm.RAW : SignatureForm.DER;
    assertMalformed(platform.signatureForm(other), request);
    assertMalformed(merchant.signatureForm(other), notice);
  }

  /** Answers are signed as notices are, without method and path: a request of any will do. */
  @Test
  void answer_asARequestOfAnyMethodAndPath_proven() {
    Request answer =
        Request.of("GET", URI.create("/anything")).headers(NOTICE.headers()).body(NOTICE.body());
    assertThat(proves(MERCHANT, SM2, answer)).isTrue();
    assertThat(proves(MERCHANT, SM2, answer.body(new byte[] {1}))).isFalse();
  }

  @Test
  void bothSides_rsa_proven() {
    Request request = Signed.by(MERCHANT, RSA, ORDER);
    assertThat(header(request, "Authorization")).startsWith("WECHATPAY2-SHA256-RSA2048 mchid=");
    assertThat(proves(PLATFORM, RSA, request)).isTrue();
    assertThat(proves(PLATFORM, SM2, request)).isFalse();
    Request notice = Signed.by(PLATFORM, RSA, ORDER);
    assertThat(proves(MERCHANT, RSA, notice)).isTrue();
    assertThat(proves(MERCHANT, SM2, notice)).isFalse();
    assertThat(
            proves(
                MERCHANT, RSA, with(notice, "Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3")))
        .isFalse();
  }

  @Test
  void read_noType_provenAsTheKeyIs() {
    Request notice = without(NOTICE, "Wechatpay-Signature-Type");
    assertThat(proves(MERCHANT, SM2, notice)).isTrue();
    assertThat(proves(MERCHANT, RSA, notice)).isFalse();
    Request byRsa = without(Signed.by(PLATFORM, RSA, ORDER), "Wechatpay-Signature-Type");
    assertThat(proves(MERCHANT, RSA, byRsa)).isTrue();
    assertThat(proves(MERCHANT, SM2, byRsa)).isFalse();
  }

  /** The exact bytes, as the documents have them. */
  @Test
  void sign_merchant_methodTargetTimeNonceAndBodyInLines() {
    byte[] message =
        """
        POST
        /v3/pay/transactions/id/4?mchid=1900009191
        1700000100
        aB3dE5fG7hI9jK1L
        {"\u63cf\u8ff0":"\u8ba2\u5355"}
        """
            .getBytes(StandardCharsets.UTF_8);
    String signature = AUTHORIZATION.substring(AUTHORIZATION.indexOf("signature=\"") + 11);
    byte[] der = Base64.getDecoder().decode(signature.substring(0, signature.length() - 1));
    assertThat(SM2.verify(message, EcSignatures.raw(der).orElseThrow())).isTrue();
    byte[] notice =
        """
        1700000100
        aB3dE5fG7hI9jK1L
        {"\u63cf\u8ff0":"\u8ba2\u5355"}
        """
            .getBytes(StandardCharsets.UTF_8);
    byte[] other = Base64.getDecoder().decode(header(NOTICE, "Wechatpay-Signature"));
    assertThat(SM2.verify(notice, EcSignatures.raw(other).orElseThrow())).isTrue();
  }

  static Stream<Arguments> tamperedRequests() {
    return Stream.of(
        Arguments.of("method", Signed.by(SIGNED, "PUT")),
        Arguments.of("path", at(SIGNED, PLACE.replace("/4", "/5"))),
        Arguments.of("%2F", at(SIGNED, PLACE.replace("id/4", "id%2F4"))),
        Arguments.of("query", at(SIGNED, PLACE.replace("9191", "9192"))),
        Arguments.of("empty query", at(SIGNED, PLACE.substring(0, PLACE.indexOf('?') + 1))),
        Arguments.of("body", SIGNED.body("{}".getBytes(StandardCharsets.UTF_8))),
        Arguments.of("no body", SIGNED.body(new byte[0])),
        Arguments.of("nonce", authorization("nonce_str=\"aB3", "nonce_str=\"aB4")),
        Arguments.of("time", authorization("1700000100", "1700000101")),
        Arguments.of(
            "line feed moved",
            authorization("nonce_str=\"aB3dE5fG7hI9jK1L", "nonce_str=\"B3dE5fG7hI9jK1L")),
        Arguments.of("type", authorization("SM2-WITH-SM3", "SHA256-RSA2048")));
  }

  private static Request authorization(String from, String to) {
    assertThat(AUTHORIZATION).contains(from);
    return with(SIGNED, "Authorization", AUTHORIZATION.replace(from, to));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tamperedRequests")
  void readOfMerchant_tampered_notProven(String what, Request request) {
    assertThat(proves(PLATFORM, SM2, SIGNED)).isTrue();
    assertThat(proves(PLATFORM, SM2, request)).isFalse();
  }

  @Test
  void readOfMerchant_pathOnly_provenAsTheUrl() {
    Request arrived = at(SIGNED, "/v3/pay/transactions/id/4?mchid=1900009191");
    assertThat(proves(PLATFORM, SM2, arrived)).isTrue();
    assertMalformed(PLATFORM, at(SIGNED, "//v3/pay/transactions/id/4?mchid=1900009191"));
  }

  static Stream<String> malformedAuthorizations() {
    return Stream.of(
        "",
        "WECHATPAY2-SM2-WITH-SM3",
        "WECHATPAY2-SM2-WITH-SM3 ",
        AUTHORIZATION.replace("WECHATPAY2-SM2-WITH-SM3", "Bearer"),
        AUTHORIZATION.replace("WECHATPAY2-SM2-WITH-SM3", "wechatpay2-sm2-with-sm3"),
        AUTHORIZATION.replace("SM3 ", "SM3  "),
        AUTHORIZATION.replace("SM3 ", "SM3\t"),
        AUTHORIZATION.replace("\",", "\", "),
        AUTHORIZATION.replace("\",", "\";"),
        AUTHORIZATION.replace("\",", "\" "),
        AUTHORIZATION + ",",
        AUTHORIZATION + ",extra=\"1\"",
        AUTHORIZATION + ",mchid=\"1900009191\"",
        AUTHORIZATION + ",mchid=\"1900009192\"",
        AUTHORIZATION.replace("mchid=\"1900009191\",", ""),
        AUTHORIZATION.replace("serial_no=\"" + SERIAL + "\",", ""),
        AUTHORIZATION.replace("1900009191", ""),
        AUTHORIZATION.replace("1900009191", "1900 9191"),
        AUTHORIZATION.replace("1900009191", "1".repeat(33)),
        AUTHORIZATION.replace("\"1900009191\"", "1900009191"),
        AUTHORIZATION.replace("1700000100", "+1700000100"),
        AUTHORIZATION.replace("1700000100", "1700000100000"),
        AUTHORIZATION.replace("aB3dE5fG7hI9jK1L", ""),
        AUTHORIZATION.replace("aB3dE5fG7hI9jK1L", "a b"),
        AUTHORIZATION.replace("aB3dE5fG7hI9jK1L", "n".repeat(129)),
        AUTHORIZATION.replace(SERIAL, "12 34"),
        AUTHORIZATION.replace("signature=\"", "signature=\" "),
        AUTHORIZATION.substring(0, AUTHORIZATION.length() - 1),
        AUTHORIZATION.replaceAll("signature=\".*", "signature=\"\""),
        AUTHORIZATION.replaceAll("signature=\".*", "signature=\"AAAA\""));
  }

  @ParameterizedTest
  @MethodSource("malformedAuthorizations")
  void readOfMerchant_malformed_refused(String authorization) {
    assertMalformed(PLATFORM, with(SIGNED, "Authorization", authorization));
  }

  @Test
  void readOfMerchant_noAuthorizationOrTwo_refused() {
    assertMalformed(PLATFORM, ORDER);
    assertMalformed(PLATFORM, SIGNED.header("authorization", AUTHORIZATION));
    assertMalformed(PLATFORM, NOTICE);
    assertMalformed(MERCHANT, SIGNED);
  }

  static Stream<Arguments> tamperedNotices() {
    return Stream.of(
        Arguments.of("body", NOTICE.body("{}".getBytes(StandardCharsets.UTF_8))),
        Arguments.of("no body", NOTICE.body(new byte[0])),
        Arguments.of("time", with(NOTICE, "Wechatpay-Timestamp", "1700000101")),
        Arguments.of("nonce", with(NOTICE, "Wechatpay-Nonce", "aB4dE5fG7hI9jK1L")),
        Arguments.of(
            "signature",
            with(
                NOTICE,
                "Wechatpay-Signature",
                altered(header(NOTICE, "Wechatpay-Signature"), 20))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tamperedNotices")
  void readOfPlatform_tampered_notProven(String what, Request request) {
    assertThat(proves(MERCHANT, SM2, NOTICE)).isTrue();
    assertThat(proves(MERCHANT, SM2, request)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "Wechatpay-Timestamp, 01700000100",
    "Wechatpay-Timestamp, 1700000100000",
    "Wechatpay-Nonce, ''",
    "Wechatpay-Nonce, a b",
    "Wechatpay-Serial, ''",
    "Wechatpay-Serial, 12-34",
    "Wechatpay-Signature, ''",
    "Wechatpay-Signature, AAA",
    "Wechatpay-Signature, WECHATPAY/SIGNTEST/CSzdYcAtIc",
    "Wechatpay-Signature-Type, ''",
    "Wechatpay-Signature-Type, WECHATPAY2-SM2",
    "Wechatpay-Signature-Type, none"
  })
  void readOfPlatform_malformed_refused(String name, String value) {
    assertMalformed(MERCHANT, with(NOTICE, name, value));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Wechatpay-Timestamp",
        "Wechatpay-Nonce",
        "Wechatpay-Serial",
        "Wechatpay-Signature",
        "Wechatpay-Signature-Type"
      })
  void readOfPlatform_headerTwice_refused(String name) {
    assertMalformed(MERCHANT, NOTICE.header(name, header(NOTICE, name)));
    if (!name.endsWith("Type")) {
      assertMalformed(MERCHANT, without(NOTICE, name));
    }
  }

  /** WeChat Pay sends such from time to time, to see whether signatures are looked at. */
  @Test
  void readOfPlatform_probe_notProven() {
    String probe = "WECHATPAY/SIGNTEST/" + header(NOTICE, "Wechatpay-Signature").substring(19);
    assertThat(proves(MERCHANT, SM2, with(NOTICE, "Wechatpay-Signature", probe))).isFalse();
    String rsa = header(Signed.by(PLATFORM, RSA, ORDER), "Wechatpay-Signature");
    Request request =
        with(
            without(NOTICE, "Wechatpay-Signature-Type"),
            "Wechatpay-Signature",
            "WECHATPAY/SIGNTEST/" + rsa.substring(19));
    assertThat(proves(MERCHANT, RSA, request)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"300, true", "301, false", "-300, true", "-301, false"})
  void isTimely_edges_exact(long age, boolean timely) {
    assertThat(proves(PLATFORM, SM2, SIGNED, NOW.plusSeconds(age))).isEqualTo(timely);
    assertThat(proves(MERCHANT, SM2, NOTICE, NOW.plusSeconds(age))).isEqualTo(timely);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "19 00", "1900\"", "1900\r\nX: y", "\u0661\u0662"})
  void merchant_unfitNumbers_refused(String value) {
    assertThatIllegalArgumentException().isThrownBy(() -> WechatPayScheme.merchant(value, SERIAL));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WechatPayScheme.merchant("1900009191", value));
    assertThatIllegalArgumentException().isThrownBy(() -> WechatPayScheme.platform(value));
  }

  @Test
  void sign_signedAlreadyOrNoTarget_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(MERCHANT, SM2, SIGNED));
    assertThatIllegalArgumentException().isThrownBy(() -> Signed.by(PLATFORM, SM2, NOTICE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Signed.by(MERCHANT, SM2, at(ORDER, "mailto:a@b")));
  }
}
