package bench;

import java.time.Instant;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * A resource server as the reference of Spring Security has it. Its rules do not know auth_time of a token: the
 * requirement and the challenge of RFC 9470 are written by hand.
 */
@RestController
@SpringBootApplication
public class App {
  private static final int MAX_AGE = 300;

  public static void main(String[] arguments) {
    SpringApplication.run(App.class, arguments);
  }

  @GetMapping("/open")
  Map<String, Boolean> open() {
    return Map.of("ok", true);
  }

  @GetMapping("/protected")
  Map<String, Boolean> guarded() {
    return Map.of("ok", true);
  }

  @Bean
  SecurityFilterChain rules(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(
            requests ->
                requests
                    .requestMatchers("/open")
                    .permitAll()
                    .anyRequest()
                    .access((who, request) -> new AuthorizationDecision(isSufficient(who.get()))))
        .oauth2ResourceServer(
            server ->
                server
                    .jwt(Customizer.withDefaults())
                    .accessDeniedHandler(
                        (request, response, denied) -> {
                          response.setStatus(401);
                          response.setHeader(
                              HttpHeaders.WWW_AUTHENTICATE,
                              "Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa\", max_age=\""
                                  + MAX_AGE
                                  + "\"");
                        }))
        .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .build();
  }

  @Bean
  JwtDecoder decoder(@Value("${ISSUER}") String issuer, @Value("${AUDIENCE}") String audience) {
    var decoder = NimbusJwtDecoder.withJwkSetUri(issuer + "/jwks").validateType(false).build();
    decoder.setJwtValidator(
        JwtValidators.createAtJwtValidator().issuer(issuer).audience(audience).clientId("test-client").build());
    return decoder;
  }

  private static boolean isSufficient(Authentication who) {
    if (!(who.getPrincipal() instanceof Jwt token) || !"mfa".equals(token.getClaimAsString("acr"))) return false;
    Instant authTime = token.getClaimAsInstant("auth_time");
    return authTime != null && authTime.plusSeconds(MAX_AGE).isAfter(Instant.now());
  }
}
