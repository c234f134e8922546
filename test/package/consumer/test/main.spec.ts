import { main } from '../src/main';

it('loads in a stock Jest and serves 401, the challenge and 200', async () => {
  await main();
});
