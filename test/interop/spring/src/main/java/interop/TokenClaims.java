package interop;

import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenClaimsContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

/** Makes access tokens what RFC 9068 asks for, and has both tokens tell of the authentication. */
@Configuration
class TokenClaims {
  @Bean
  OAuth2TokenCustomizer<JwtEncodingContext> jwt() {
    return context -> {
      if (context.getRegisteredClient().getClientId().equals("untouched")) return;
      Map<String, Object> event = eventOf(context);
      // the server reads it back as a Date when it refreshes an ID token, and writes it as seconds
      if (!OAuth2TokenType.ACCESS_TOKEN.equals(context.getTokenType()))
        event.computeIfPresent("auth_time", (name, seconds) -> new Date((Long) seconds * 1_000));
      event.forEach((name, value) -> context.getClaims().claim(name, value));
      if (!OAuth2TokenType.ACCESS_TOKEN.equals(context.getTokenType())) return;
      context.getJwsHeader().type("at+jwt");
      context
          .getClaims()
          .audience(List.of(Parties.of("API")))
          .claim("client_id", context.getRegisteredClient().getClientId());
    };
  }

  /** What introspection tells of opaque tokens. */
  @Bean
  OAuth2TokenCustomizer<OAuth2TokenClaimsContext> opaque() {
    return context -> {
      eventOf(context).forEach((name, value) -> context.getClaims().claim(name, value));
      context.getClaims().audience(List.of(Parties.of("API")));
    };
  }

  private static Map<String, Object> eventOf(OAuth2TokenContext context) {
    Map<String, Object> event = new TreeMap<>();
    Authentication user = context.getPrincipal();
    if (!Factors.hasPassword(user)) return event;
    event.put("acr", Factors.hasCode(user) ? "mfa" : "pwd");
    boolean isWithout =
        context.getRegisteredClient().getClientId().equals("without-auth-time")
            && OAuth2TokenType.ACCESS_TOKEN.equals(context.getTokenType());
    if (!isWithout) event.put("auth_time", Factors.since(user).map(Instant::getEpochSecond).orElseThrow());
    return event;
  }
}
