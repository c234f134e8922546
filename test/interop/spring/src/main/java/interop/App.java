package interop;

import java.util.List;
import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.OAuth2TokenFormat;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.context.SecurityContextHolderFilter;

/** Spring Authorization Server with a password, a one-time code, and what step-up needs beside it. */
@SpringBootApplication
public class App {
  static final List<String> LEVELS = List.of("pwd", "mfa");

  public static void main(String[] arguments) {
    SpringApplication.run(App.class, arguments);
  }

  @Bean
  @Order(1)
  SecurityFilterChain protocol(HttpSecurity http) throws Exception {
    return http.oauth2AuthorizationServer(
            server -> {
              http.securityMatcher(server.getEndpointsMatcher());
              server.oidc(
                  oidc ->
                      oidc.providerConfigurationEndpoint(
                          endpoint ->
                              endpoint.providerConfigurationCustomizer(
                                  metadata -> metadata.claim("acr_values_supported", LEVELS))));
            })
        .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
        .exceptionHandling(
            handling -> handling.authenticationEntryPoint(new LoginUrlAuthenticationEntryPoint("/login")))
        .addFilterAfter(new StepUpFilter(), SecurityContextHolderFilter.class)
        .build();
  }

  @Bean
  @Order(2)
  SecurityFilterChain pages(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
        .formLogin(Customizer.withDefaults())
        .build();
  }

  @Bean
  UserDetailsService users() {
    return new InMemoryUserDetailsManager(
        User.withUsername("ada").password("{noop}" + Parties.of("ADA_PASSWORD")).build(),
        User.withUsername("bob").password("{noop}" + Parties.of("BOB_PASSWORD")).build());
  }

  @Bean
  RegisteredClientRepository clients() {
    return new InMemoryRegisteredClientRepository(
        client("app").build(),
        client("other").build(),
        client("untouched").build(),
        client("without-auth-time").build(),
        client("opaque")
            .tokenSettings(TokenSettings.builder().accessTokenFormat(OAuth2TokenFormat.REFERENCE).build())
            .build(),
        client("machine").authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS).build(),
        client(Parties.of("API")).build());
  }

  private static RegisteredClient.Builder client(String id) {
    return RegisteredClient.withId(UUID.randomUUID().toString())
        .clientId(id)
        // salted, for a secret that stands at two clients as it is would be refused
        .clientSecret(PasswordEncoderFactories.createDelegatingPasswordEncoder().encode(Parties.of("SECRET")))
        .clientAuthenticationMethod(
            ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
        .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
        .authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
        .redirectUri(Parties.of("CALLBACK"))
        .redirectUri(Parties.of("DOCTOR_CALLBACK"))
        .scope("openid")
        .scope("bank")
        .clientSettings(ClientSettings.builder().requireAuthorizationConsent(false).requireProofKey(true).build());
  }
}
