// Times are short, so that within minutes everything expires, ages, is rotated and forgotten many times. In seconds.
export const SETTINGS = {
  audience: 'https://api.example',
  publicUrl: 'https://api.example.com',
  tenants: ['tenant-0', 'tenant-1', 'tenant-2'],
  maxAge: 20,
  refreshAfter: 20,
  cacheFor: 5,
  proofMaxAge: 15,
  /** Small, so that it is full before the memory is measured. */
  tokenCacheBytes: 262_144,
};

/** What the package says of its times: `clockTolerance`, and for how long a server is not asked about an unknown key. */
export const CLOCK_TOLERANCE = 5;
export const COOLDOWN = 10;
/** Between an event here and its effect in another process, on a busy machine. */
export const SLACK = 2;
