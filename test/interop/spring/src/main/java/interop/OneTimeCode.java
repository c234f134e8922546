package interop;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** RFC 6238 with its defaults: SHA-1, six digits, half a minute. The code before the present one counts as well. */
final class OneTimeCode {
  private static final byte[] SECRET = HexFormat.of().parseHex(Parties.of("ADA_OTP_SECRET_HEX"));

  private OneTimeCode() {}

  static boolean isValid(String code) {
    long step = System.currentTimeMillis() / 30_000;
    return matches(code, step) || matches(code, step - 1);
  }

  private static boolean matches(String code, long step) {
    return MessageDigest.isEqual(at(step).getBytes(), code.getBytes());
  }

  private static String at(long step) {
    try {
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(SECRET, "RAW"));
      byte[] digest = mac.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(step).array());
      int truncated = ByteBuffer.wrap(digest).getInt(digest[digest.length - 1] & 0xf) & Integer.MAX_VALUE;
      return String.format("%06d", truncated % 1_000_000);
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException(error);
    }
  }
}
