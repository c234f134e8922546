import { main } from '../src/main';

it('loads in a stock Jest and serves 401, the challenge and 200', async () => {
  // a stock Jest cannot load openid-client before Node 24.9; the log says what to do
  await main(500);
});
