package interop;

import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.FactorGrantedAuthority;

/** When the user gave a password and a code, as Spring Security keeps it with its authorities. */
final class Factors {
  static final String CODE = "FACTOR_CODE";

  private Factors() {}

  static boolean hasPassword(Authentication user) {
    return user != null && given(user).anyMatch(factor -> factor.getAuthority().equals(FactorGrantedAuthority.PASSWORD_AUTHORITY));
  }

  static boolean hasCode(Authentication user) {
    return given(user).anyMatch(factor -> factor.getAuthority().equals(CODE));
  }

  /** The time of the oldest factor: none is older than this says. */
  static Optional<Instant> since(Authentication user) {
    return given(user).map(FactorGrantedAuthority::getIssuedAt).min(Comparator.naturalOrder());
  }

  private static Stream<FactorGrantedAuthority> given(Authentication user) {
    return user.getAuthorities().stream()
        .filter(FactorGrantedAuthority.class::isInstance)
        .map(FactorGrantedAuthority.class::cast);
  }
}
