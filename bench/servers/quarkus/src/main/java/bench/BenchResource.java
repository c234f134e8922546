package bench;

import io.quarkus.oidc.AuthenticationContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.util.Map;

/** A resource server as the guide of Quarkus has it: the annotation requires, and writes the challenge of RFC 9470. */
@Path("/")
public class BenchResource {
  @GET
  @Path("open")
  public Map<String, Boolean> open() {
    return Map.of("ok", true);
  }

  @GET
  @Path("protected")
  @AuthenticationContext(value = "mfa", maxAge = "PT5M")
  public Map<String, Boolean> guarded() {
    return Map.of("ok", true);
  }
}
