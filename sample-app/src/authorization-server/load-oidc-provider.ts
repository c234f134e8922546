/**
 * Loads oidc-provider. It warns on every Node before 22 although it works there, in the middle of what a reader of the
 * terminal wants to see, so that this one line is kept from them.
 */
export async function loadOidcProvider(): Promise<typeof import('oidc-provider')> {
  const { warn } = console;
  console.warn = (...message: unknown[]) => {
    if (!String(message[0]).includes('Unsupported runtime')) warn(...message);
  };
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
}
