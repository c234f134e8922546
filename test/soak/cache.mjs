import KeyvRedis, { createClient } from '@keyv/redis';
import Keyv from 'keyv';

/** The caches that both APIs share: answers of introspection, and used proofs. */
export async function cacheOf(url) {
  const client = createClient({ url, socket: { reconnectStrategy: 100 }, disableOfflineQueue: true });
  // Redis goes away in the middle: that is what the run is about.
  client.on('error', () => undefined);
  await client.connect();
  const introspection = new Keyv(new KeyvRedis(client, { throwOnErrors: true }), { throwOnErrors: true });
  introspection.on('error', () => undefined);
  return {
    introspection,
    replays: { setIfAbsent: async (key, ttl) => (await client.set(key, '1', { NX: true, PX: ttl })) !== null },
    close: async () => client.destroy(),
  };
}
