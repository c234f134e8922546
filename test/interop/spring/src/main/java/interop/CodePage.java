package interop;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Asks a user who has given a password for a one-time code. */
@RestController
class CodePage {
  private final HttpSessionSecurityContextRepository contexts = new HttpSessionSecurityContextRepository();

  static boolean canGive(Authentication user) {
    return user.getName().equals("ada");
  }

  @GetMapping(path = "/code", produces = "text/html")
  String page(CsrfToken token) {
    return "<!doctype html><title>One-time code</title><form method=\"post\" action=\"/code\">"
        + "<input type=\"hidden\" name=\"" + token.getParameterName() + "\" value=\"" + token.getToken() + "\">"
        + "<input name=\"code\"><button>Go on</button></form>";
  }

  @PostMapping("/code")
  void check(@RequestParam String code, Authentication user, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (!canGive(user) || !OneTimeCode.isValid(code)) {
      response.sendRedirect("/code");
      return;
    }
    List<GrantedAuthority> authorities = new ArrayList<>(user.getAuthorities());
    authorities.removeIf(authority -> authority.getAuthority().equals(Factors.CODE));
    authorities.add(FactorGrantedAuthority.fromAuthority(Factors.CODE));
    SecurityContext context = SecurityContextHolder.createEmptyContext();
    context.setAuthentication(
        UsernamePasswordAuthenticationToken.authenticated(user.getPrincipal(), null, authorities));
    contexts.saveContext(context, request, response);
    response.sendRedirect(new HttpSessionRequestCache().getRequest(request, response).getRedirectUrl());
  }
}
