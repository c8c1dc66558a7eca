package dev.gatehouse.transport.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import okio.ByteString;

/** A server on loopback that says whatever bytes a test tells it to. */
final class RawServer implements AutoCloseable {
  /** Speaks on one connection, which is closed when it returns. */
  @FunctionalInterface
  interface Script {
    void run(Conversation conversation) throws IOException, InterruptedException;
  }

  /** A request as it came over the wire. */
  record Heard(String head, ByteString body) {
    List<String> lines() {
      return head.lines().filter(line -> !line.isEmpty()).toList();
    }
  }

  /** An answer that keeps the connection alive. */
  static final String SUCCESS = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess";

  private static final long DRIP_MILLIS = 5;

  private final ServerSocket listener;
  private final Script script;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<Heard> heard = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch hangUp = new CountDownLatch(1);

  RawServer(Script script) {
    this(ServerSocketFactory.getDefault(), script);
  }

  RawServer(ServerSocketFactory sockets, Script script) {
    this.script = script;
    try {
      listener = sockets.createServerSocket(0, 300, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    run(this::accept);
  }

  /** A server that hears one request per connection and says the same bytes to each. */
  static RawServer saying(String answer) {
    return new RawServer(
        conversation -> {
          conversation.hear();
          conversation.say(answer);
        });
  }

  /** A server that keeps connections alive and says the same bytes to each request. */
  static RawServer repeating(String answer) {
    return new RawServer(
        conversation -> {
          while (conversation.hearNext()) {
            conversation.say(answer);
          }
        });
  }

  /** A server that keeps connections alive and answers 200 and "success". */
  static RawServer friendly() {
    return repeating(SUCCESS);
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** All requests so far. */
  List<Heard> heard() {
    return heard;
  }

  /** The number of connections so far. */
  int connections() {
    return connections.get();
  }

  /** Opens when a script that watches for it has seen the client hang up. */
  CountDownLatch hangUp() {
    return hangUp;
  }

  /** Waits until each connection so far has been closed by this end, for 20 seconds at most. */
  void awaitClosed() throws InterruptedException {
    long begin = System.nanoTime();
    while (!open.isEmpty()) {
      if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(20)) {
        throw new AssertionError(open.size() + " connections are open still");
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        open.add(socket);
        connections.incrementAndGet();
        run(() -> converse(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void converse(Socket socket) {
    try (socket) {
      script.run(new Conversation(socket));
    } catch (IOException e) {
      hangUp.countDown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(socket);
    }
  }

  private void run(Runnable task) {
    Thread thread = new Thread(task, "raw-server");
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
    threads.forEach(Thread::interrupt);
  }

  /** One connection, seen from the server. */
  final class Conversation {
    private final InputStream in;
    private final OutputStream out;
    private Heard last = new Heard("", ByteString.EMPTY);

    private Conversation(Socket socket) throws IOException {
      in = new BufferedInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    /** Reads a request. */
    Heard hear() throws IOException {
      if (!hearNext()) {
        throw new EOFException("no request came");
      }
      return heard.get(heard.size() - 1);
    }

    /** Reads a request, if the client sends another. */
    boolean hearNext() throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        int next = in.read();
        if (next < 0) {
          return false;
        }
        head.write(next);
      }
      String text = head.toString(StandardCharsets.ISO_8859_1);
      int length = 0;
      for (String line : text.lines().toList()) {
        if (line.startsWith("Content-Length: ")) {
          length = Integer.parseInt(line.substring("Content-Length: ".length()));
        }
      }
      byte[] body = in.readNBytes(length);
      if (body.length < length) {
        throw new EOFException("the request was cut");
      }
      last = new Heard(text, ByteString.of(body));
      heard.add(last);
      return true;
    }

    /** The request that was read last. */
    Heard last() {
      return last;
    }

    void say(String text) throws IOException {
      say(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void say(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    /**
     * Says the text again and again, until the client hangs up: never silent for long, and never
     * done in time. Whoever waits for the end must end it by a deadline, whatever the pace is.
     */
    void drip(String text) throws IOException, InterruptedException {
      while (true) {
        say(text);
        TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
      }
    }

    /** Waits until the client closes, and opens the latch. */
    void awaitHangUp() throws IOException {
      while (in.read() >= 0) {
        // What comes is of no interest.
      }
      hangUp.countDown();
    }
  }
}
