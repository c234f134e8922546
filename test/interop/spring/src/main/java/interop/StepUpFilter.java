package interop;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.web.filter.OncePerRequestFilter;

/** Reads acr_values, max_age and prompt of an authorization request, which the server itself does nothing about. */
class StepUpFilter extends OncePerRequestFilter {
  /** Name in the session of the request whose user has been sent to the password page. */
  private static final String RENEWED = StepUpFilter.class.getName();

  private final HttpSessionRequestCache requests = new HttpSessionRequestCache();

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return !request.getRequestURI().equals("/oauth2/authorize");
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    Authentication user = SecurityContextHolder.getContext().getAuthentication();
    String page = Factors.hasPassword(user) ? pageFor(request, user) : null;
    if (page == null) {
      chain.doFilter(request, response);
    } else if (words(request.getParameter("prompt")).contains("none")) {
      // the server then says login_required, to a redirect URI that it has checked
      SecurityContextHolder.clearContext();
      chain.doFilter(request, response);
    } else {
      requests.saveRequest(request, response);
      response.sendRedirect(page);
    }
  }

  private static String pageFor(HttpServletRequest request, Authentication user) {
    if (isTooOld(request, user)) return "/login";
    String wanted = words(request.getParameter("acr_values")).stream().filter(App.LEVELS::contains).findFirst().orElse("pwd");
    return wanted.equals("mfa") && CodePage.canGive(user) && !Factors.hasCode(user) ? "/code" : null;
  }

  private static boolean isTooOld(HttpServletRequest request, Authentication user) {
    String maxAge = request.getParameter("max_age");
    boolean isDemanded = words(request.getParameter("prompt")).contains("login");
    if (maxAge == null && !isDemanded) return false;
    String state = request.getParameter("state");
    if (state != null && state.equals(request.getSession().getAttribute(RENEWED))) return false;
    Instant since = Factors.since(user).orElse(Instant.EPOCH);
    boolean isOld = maxAge != null && !since.plusSeconds(Long.parseLong(maxAge)).isAfter(Instant.now());
    if (isOld || isDemanded) request.getSession().setAttribute(RENEWED, state);
    return isOld || isDemanded;
  }

  private static List<String> words(String parameter) {
    return parameter == null ? List.of() : List.of(parameter.split(" "));
  }
}
