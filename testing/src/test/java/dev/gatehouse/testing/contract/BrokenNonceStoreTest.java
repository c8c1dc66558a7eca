package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.BrokenStorage.invoke;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.signing.NonceStore.Outcome;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Nonce stores that break one rule each: the contract must notice. */
class BrokenNonceStoreTest {
  /** A store of which each defect changes what it must. */
  static class Delegating implements NonceStore {
    final NonceStore sound;

    Delegating(NonceStore sound) {
      this.sound = sound;
    }

    @Override
    public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
      return sound.claim(application, nonce, expiry, now, quota);
    }

    @Override
    public Instant remembersSince() {
      return sound.remembersSince();
    }
  }

  abstract static class Broken extends NonceStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      Storage sound = MemoryStorage.create(leaseClock);
      NonceStore broken = broken(sound.nonces());
      return BrokenStorage.broken(
          Storage.class,
          sound,
          (storage, method, arguments) ->
              method.getName().equals("nonces") ? broken : invoke(storage, method, arguments));
    }

    abstract NonceStore broken(NonceStore sound);
  }

  static final class LooksBeforeItLeaps extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      Set<String> seen = ConcurrentHashMap.newKeySet();
      return new Delegating(sound) {
        @Override
        public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
          if (!nonce.startsWith("contested")) {
            return super.claim(application, nonce, expiry, now, quota);
          }
          if (seen.contains(nonce)) {
            return Outcome.REPLAYED;
          }
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
          seen.add(nonce);
          return Outcome.CLAIMED;
        }
      };
    }
  }

  /** The trap of a cache with a maximal size. */
  static final class EvictsWhatIsOldest extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      Map<String, Long> cache =
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
              return size() > 1_000;
            }
          };
      return new Delegating(sound) {
        @Override
        public synchronized Outcome claim(
            long application, String nonce, long expiry, long now, int quota) {
          Long present = cache.get(application + nonce);
          if (present != null && present > now) {
            return Outcome.REPLAYED;
          }
          cache.put(application + nonce, expiry);
          return Outcome.CLAIMED;
        }
      };
    }
  }

  static final class ForgetsTooSoon extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      return new Delegating(sound) {
        @Override
        public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
          return super.claim(application, nonce, expiry - 1, now, quota);
        }
      };
    }
  }

  static final class ForgetsTooLate extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      return new Delegating(sound) {
        @Override
        public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
          return super.claim(application, nonce, expiry + 1, now, quota);
        }
      };
    }
  }

  static final class MixesApplications extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      return new Delegating(sound) {
        @Override
        public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
          return super.claim(1, nonce, expiry, now, quota);
        }
      };
    }
  }

  /** What a database with a case-insensitive collation does. */
  static final class IgnoresCase extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      return new Delegating(sound) {
        @Override
        public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
          return super.claim(application, nonce.toLowerCase(Locale.ROOT), expiry, now, quota);
        }
      };
    }
  }

  static final class HasNoQuota extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      return new Delegating(sound) {
        @Override
        public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
          return super.claim(application, nonce, expiry, now, Integer.MAX_VALUE);
        }
      };
    }
  }

  static final class StaysFull extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      Set<Long> full = ConcurrentHashMap.newKeySet();
      return new Delegating(sound) {
        @Override
        public Outcome claim(long application, String nonce, long expiry, long now, int quota) {
          Outcome outcome =
              full.contains(application)
                  ? Outcome.FULL
                  : super.claim(application, nonce, expiry, now, quota);
          if (outcome == Outcome.FULL) {
            full.add(application);
          }
          return outcome;
        }
      };
    }
  }

  static final class RemembersOnlyFromNowOn extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      return new Delegating(sound) {
        @Override
        public Instant remembersSince() {
          return super.remembersSince().plus(Duration.ofDays(1));
        }
      };
    }
  }

  /** Claims in the transaction of the thread, and so takes them back with it. */
  static final class TakesClaimsBack extends NonceStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      NonceStore[] nonces = {MemoryStorage.create(leaseClock).nonces()};
      return BrokenStorage.broken(
          Storage.class,
          MemoryStorage.create(leaseClock),
          (storage, method, arguments) -> {
            if (method.getName().equals("nonces")) {
              return nonces[0];
            }
            try {
              return invoke(storage, method, arguments);
            } catch (IllegalStateException e) {
              nonces[0] = MemoryStorage.create(leaseClock).nonces();
              throw e;
            }
          });
    }
  }

  @Test
  void contract_eachDefect_noticedByItsRule() {
    assertThat(ContractRun.brokenRules(LooksBeforeItLeaps.class)).containsExactly("NONCE1");
    assertThat(ContractRun.brokenRules(EvictsWhatIsOldest.class)).contains("NONCE1");
    assertThat(ContractRun.brokenRules(ForgetsTooSoon.class)).contains("NONCE2");
    assertThat(ContractRun.brokenRules(ForgetsTooLate.class)).contains("NONCE2");
    assertThat(ContractRun.brokenRules(MixesApplications.class)).contains("NONCE3");
    assertThat(ContractRun.brokenRules(IgnoresCase.class)).containsExactly("NONCE3");
    assertThat(ContractRun.brokenRules(HasNoQuota.class)).contains("NONCE4");
    assertThat(ContractRun.brokenRules(StaysFull.class)).contains("NONCE5");
    assertThat(ContractRun.brokenRules(RemembersOnlyFromNowOn.class)).containsExactly("NONCE6");
    assertThat(ContractRun.brokenRules(TakesClaimsBack.class)).containsExactly("NONCE7");
  }

  static final class Sound extends Broken {
    @Override
    NonceStore broken(NonceStore sound) {
      return new Delegating(sound);
    }
  }

  @Test
  void contract_noDefect_nothingNoticed() {
    assertThat(ContractRun.brokenRules(Sound.class)).isEmpty();
  }
}
