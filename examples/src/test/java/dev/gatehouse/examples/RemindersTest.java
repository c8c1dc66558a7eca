package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.testing.fixture.GatehouseExtension;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A host's unit test: thirty days pass in milliseconds. */
class RemindersTest {
  private static final List<String> MAILS = new ArrayList<>();

  @RegisterExtension
  static final GatehouseExtension GATEHOUSE =
      GatehouseExtension.with(
          builder ->
              builder.handler(
                  Reminders.HANDLER,
                  context ->
                      Reminders.remind(
                          context,
                          invoice -> {
                            if (context.attempt() == 1 && invoice.contains("bounces")) {
                              throw new IllegalStateException("mail server is down");
                            }
                            MAILS.add(invoice);
                          })));

  @BeforeEach
  void emptyMailbox() {
    MAILS.clear();
  }

  @Test
  void sent_unpaidAfterThirtyDays_remindsOnce(VirtualGatehouse virtual) {
    new Reminders(virtual.gatehouse()).sent("invoice-1");

    virtual.advance(Duration.ofDays(30).minusMillis(1));
    assertThat(MAILS).isEmpty();

    virtual.advance(Duration.ofMillis(1));
    assertThat(MAILS).containsExactly("\"invoice-1\"");

    virtual.advance(Duration.ofDays(365));
    assertThat(MAILS).hasSize(1);
  }

  @Test
  void paid_inTime_remindsNever(VirtualGatehouse virtual) {
    Reminders reminders = new Reminders(virtual.gatehouse());
    reminders.sent("invoice-1");

    virtual.advance(Duration.ofDays(29));
    assertThat(reminders.paid("invoice-1")).isTrue();

    virtual.advance(Duration.ofDays(365));
    assertThat(MAILS).isEmpty();
    assertThat(reminders.paid("invoice-1")).isFalse();
  }

  @Test
  void sent_mailServerDown_isTriedAgainFiveSecondsLater(VirtualGatehouse virtual) {
    new Reminders(virtual.gatehouse()).sent("invoice-bounces");

    virtual.advance(Duration.ofDays(30));
    assertThat(MAILS).isEmpty();
    virtual.advance(Duration.ofSeconds(5));
    assertThat(MAILS).hasSize(1);

    TaskDetail task = virtual.gatehouse().scheduler().findTask("invoice-bounces").orElseThrow();
    assertThat(task.status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(task.attempts())
        .extracting(Attempt::outcome)
        .containsExactly(Attempt.Outcome.FAILURE, Attempt.Outcome.SUCCESS);
  }

  @Test
  void sent_hostRestartsMeanwhile_remindsAllTheSame(VirtualGatehouse virtual) {
    new Reminders(virtual.gatehouse()).sent("invoice-1");
    virtual.advance(Duration.ofDays(15));
    virtual.restart();
    virtual.advance(Duration.ofDays(15));
    assertThat(MAILS).containsExactly("\"invoice-1\"");
  }
}
