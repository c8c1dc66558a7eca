package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.registry.Server;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM to a server under load: whoever was let in is answered whole, and told the truth. */
class HttpApiServerDrainTest {
  private static final int CLIENTS = 8;
  private static final String BODY = "{\"host\":\"10.0.0.3\",\"port\":8080}";
  private static final String DONE = "{\"retcode\":0,\"retmsg\":\"success\"}\n";
  private static final String REFUSED =
      "{\"retcode\":100,\"retmsg\":\"Exception('the service is not available')\"}\n";
  private static final Pattern ANSWER =
      Pattern.compile(
          "(?s)HTTP/1\\.1 200 OK\r\n(?:[^\r\n]+\r\n)*Content-length: ([0-9]+)\r\n"
              + "(?:[^\r\n]+\r\n)*\r\n(.*)");

  @TempDir Path directory;

  private final Set<String> done = ConcurrentHashMap.newKeySet();
  private final Set<String> unanswered = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refused = new AtomicInteger();
  private final List<String> broken = new ArrayList<>();

  private static byte[] request(String name, String more) {
    String head =
        "POST /v1/server/"
            + name
            + "/register HTTP/1.1\r\nHost: h\r\n"
            + more
            + "Content-Length: "
            + BODY.length()
            + "\r\n\r\n";
    return (head + BODY).getBytes(StandardCharsets.US_ASCII);
  }

  /** Registers one server after the other until it is refused or hung up on. */
  private void load(int port, int client) {
    boolean kept = client % 2 == 0;
    int i = 0;
    boolean up = true;
    while (up) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(20_000);
        boolean open = true;
        while (open) {
          String name = "s" + client + "x" + i++;
          String answer;
          try {
            socket.getOutputStream().write(request(name, kept ? "" : "Connection: close\r\n"));
            answer = answer(socket);
          } catch (IOException e) {
            answer = "";
          }
          open = judge(name, answer) && kept;
          up = !answer.isEmpty();
        }
      } catch (IOException e) {
        up = false; // nobody listens any more
      }
    }
  }

  /** Whether it was done; what is neither an answer nor nothing is a fault. */
  private boolean judge(String name, String answer) {
    Matcher whole = ANSWER.matcher(answer);
    boolean isWhole =
        whole.matches() && whole.group(2).length() == Integer.parseInt(whole.group(1));
    String body = isWhole ? whole.group(2) : "";
    if (body.equals(DONE)) {
      done.add(name);
    } else if (body.equals(REFUSED)) {
      refused.incrementAndGet();
    } else if (answer.isEmpty()) {
      unanswered.add(name);
    } else {
      synchronized (broken) {
        broken.add(answer);
      }
    }
    return body.equals(DONE);
  }

  /** An answer, or as much of it as comes; empty if the server hangs up without a word. */
  private static String answer(Socket socket) throws IOException {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[4_096];
    while (true) {
      int read;
      try {
        read = in.read(buffer);
      } catch (IOException e) {
        read = -1;
      }
      if (read < 0) {
        return heard.toString(StandardCharsets.US_ASCII);
      }
      heard.write(buffer, 0, read);
      String text = heard.toString(StandardCharsets.US_ASCII);
      Matcher whole = ANSWER.matcher(text);
      if (whole.matches() && whole.group(2).length() >= Integer.parseInt(whole.group(1))) {
        return text;
      }
    }
  }

  @Test
  void sigterm_underLoad_answersWholeOrRefuses_andWhatWasAnsweredIsStored() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try (ServerProcess server = ServerProcess.start("--storage", "h2:" + directory, "--open");
        Socket slow = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      byte[] request = request("slow", "");
      slow.setSoTimeout(20_000);
      List<Future<?>> loads = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        loads.add(clients.submit(() -> load(server.port(), client)));
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> done.size() > 100);
      // Not before: a body has 10 s. Others that are answered after it show that it was let in.
      slow.getOutputStream().write(request, 0, request.length - 5);
      int before = done.size();
      await().atMost(Duration.ofSeconds(30)).until(() -> done.size() > before + 100);
      server.tellToEnd();
      await().atMost(Duration.ofSeconds(10)).until(() -> refused.get() > 0);
      slow.getOutputStream().write(request, request.length - 5, 5);
      assertThat(judge("slow", answer(slow))).as("what was let in before is done").isTrue();
      assertThat(server.exitCode()).isZero();
      for (Future<?> load : loads) {
        load.get(30, TimeUnit.SECONDS);
      }
    } finally {
      clients.shutdownNow();
    }
    assertThat(broken).isEmpty();
    assertThat(unanswered).hasSizeLessThanOrEqualTo(CLIENTS);
    assertThat(stored()).isEqualTo(done);
  }

  private Set<String> stored() {
    Set<String> names = new HashSet<>();
    try (Storage storage = JdbcStorage.h2(directory.resolve("gatehouse"));
        dev.gatehouse.Gatehouse gatehouse =
            dev.gatehouse.Gatehouse.builder().storage(storage).build()) {
      String after = "";
      List<Server> page;
      do {
        page = gatehouse.registry().servers(after, 100);
        page.forEach(server -> names.add(server.name().toLowerCase(java.util.Locale.ROOT)));
        after = page.isEmpty() ? after : page.get(page.size() - 1).name();
      } while (!page.isEmpty());
    }
    return names;
  }
}
