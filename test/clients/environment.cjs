// What a test in jsdom or happy-dom meets: their classes stand in the place of those that `fetch` knows.
exports.play = async (origin, { stepUpFetch }) => {
  const session = { accessToken: 't1' };
  let prompts = 0;
  const api = stepUpFetch({
    origins: [origin],
    accessToken: () => session.accessToken,
    stepUp: async () => {
      prompts += 1;
      session.accessToken = 't-mfa';
      return session.accessToken;
    },
  });
  const headers = { 'content-type': 'application/json' };
  const sent = await Promise.all(['1', '2'].map((body) => api(`${origin}/one`, { method: 'POST', body, headers })));
  return { prompts, bodies: await Promise.all(sent.map((response) => response.text())) };
};
exports.expected = { prompts: 1, bodies: ['done', 'done'] };
