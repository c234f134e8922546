import { lines, STEPS } from '../../sample-app/src/bff/inspector/narration.js';
import * as words from '../../sample-app/src/bff/inspector/words.js';
import * as money from '../../sample-app/src/bff/money.js';

// The page of the bank runs as it lies in its folder, without a build, so that the BFF cannot import from it.
const page = (file: string) => jest.requireActual(`../../sample-app/src/bank/public/${file}.mjs`);

describe('the BFF writes as the page of the bank does', () => {
  it.each([0, 1, 99, 25_00, 1000_00, 2480_50, 12_000_00, 9_999_999_99])('%d cents', (cents) => {
    expect(money.formatCents(cents)).toBe(page('money').formatCents(cents));
  });

  it.each(['25', '25.00', '25,00', ' 25 ', '0', '0.00', '', '-1', '1e3', 'ten', '1.5', '1.001', '12345678', '१'])(
    'reads %j as cents as the page does',
    (text) => {
      expect(money.parseCents(text)).toBe(page('money').parseCents(text));
    },
  );

  it.each([
    [undefined, 100],
    [0, 100],
    [100, 100],
    [101, 100],
    [101, undefined],
  ])('says the same of %s cents with a balance of %s', (cents, balance) => {
    expect(money.amountProblem(cents, balance)).toBe(page('money').amountProblem(cents, balance));
  });

  it.each([0, 5, 59, 60, 89, 90, 300, 3600])('%d seconds', (seconds) => {
    expect(words.durationOf(seconds)).toBe(page('authentication-event').durationOf(seconds));
  });

  it.each([['urn:example:pwd'], ['urn:example:mfa', 'phr'], ['urn:other'], []])('%s', (...acrValues) => {
    expect(words.meansOf(acrValues)).toBe(page('authentication-event').meansOf(acrValues));
  });

  it.each([{ acrValues: ['phr'] }, { maxAge: 300 }, { acrValues: ['urn:example:mfa', 'phr'], maxAge: 60 }])(
    'the demand %j',
    (demand: { acrValues?: string[]; maxAge?: number }) => {
      const challenge = { acr_values: demand.acrValues?.join(' '), max_age: demand.maxAge };
      expect(words.demandOf(demand)).toBe(page('narration').demandOf(challenge));
    },
  );

  it('the six steps, and the ways they can end', () => {
    const withoutParty = (title: string) =>
      title.replace(/^The (?:page|server) sends (?:you|the user)/, 'Sends the user');
    const titles = (steps: readonly { title: string }[]) =>
      steps.map(({ title }) => withoutParty(title).replace(/^The (?:page|server) /, ''));
    expect(titles(STEPS)).toEqual(titles(page('narration').STEPS));
    expect(Object.keys(lines).filter((name) => !(name in page('narration').lines))).toEqual([]);
  });
});
