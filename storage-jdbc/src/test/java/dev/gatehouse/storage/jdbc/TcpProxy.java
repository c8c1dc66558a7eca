package dev.gatehouse.storage.jdbc;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A wire to a server on the loopback address that can go black: then nothing comes through, and
 * nobody is told, until it is mended, and what was sent meanwhile arrives. Or the server can vanish
 * from it: what was sent since never arrives, and nobody is told that, even once it is back for
 * those who enter anew. Safe for use by multiple threads.
 */
final class TcpProxy implements AutoCloseable {
  private static final int BACKLOG = 200;

  private final int target;
  private final ServerSocket door;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean black = new AtomicBoolean();
  private final AtomicBoolean vanished = new AtomicBoolean();

  /** Bytes of connections that an earlier server had go nowhere. */
  private final AtomicInteger server = new AtomicInteger();

  private volatile boolean closed;

  /** A wire to that port. */
  TcpProxy(int target) {
    this.target = target;
    try {
      door = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    begin(this::accept);
  }

  /** The port at which it is entered. */
  int port() {
    return door.getLocalPort();
  }

  void goBlack() {
    black.set(true);
  }

  void mend() {
    synchronized (black) {
      black.set(false);
      black.notifyAll();
    }
  }

  /** As if its machine had lost its power: who enters is let in, and never gets an answer. */
  void vanish() {
    vanished.set(true);
    server.incrementAndGet();
  }

  /** As if another machine had taken its address: it knows nothing of the connections before. */
  void comeBack() {
    vanished.set(false);
    server.incrementAndGet();
  }

  private static void begin(Runnable work) {
    Thread thread = new Thread(work, "test-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket near = door.accept();
        open.add(near);
        if (vanished.get()) {
          continue;
        }
        int entered = server.get();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(far);
        begin(() -> pump(near, far, entered));
        begin(() -> pump(far, near, entered));
      } catch (IOException e) {
        // The server is away, or this is closed: who entered finds no way on.
        closeAll();
      }
    }
  }

  private void pump(Socket from, Socket to, int entered) {
    byte[] bytes = new byte[1 << 16];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        awaitMended();
        if (entered == server.get()) {
          out.write(bytes, 0, count);
        }
      }
      awaitMended();
    } catch (IOException e) {
      // One end has gone, and so goes the other, if it can be told.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (entered == server.get() || closed) {
      close(from);
      close(to);
    }
  }

  private void awaitMended() throws InterruptedException {
    synchronized (black) {
      while (black.get() && !closed) {
        black.wait();
      }
    }
  }

  private void closeAll() {
    open.forEach(this::close);
  }

  private void close(Closeable one) {
    try (one) {
      open.remove(one);
    } catch (IOException e) {
      // It is of no use any more.
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    mend();
    door.close();
    closeAll();
  }
}
