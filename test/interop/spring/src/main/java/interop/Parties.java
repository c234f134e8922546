package interop;

/** Who takes part, as the tests name them in the environment. */
final class Parties {
  private Parties() {}

  static String of(String name) {
    String value = System.getenv(name);
    if (value == null) throw new IllegalStateException(name + " is not set");
    return value;
  }
}
