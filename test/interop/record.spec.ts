import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Outcome = { verdict: string; outcome?: string; why?: string; source?: string };
type Kept = {
  scenarios: { id: string; asks: string; expected: string }[];
  servers: Record<string, { name: string; setUp: string; outcomes: Record<string, Outcome> }>;
};

const kept: Kept = JSON.parse(readFileSync(join(__dirname, 'record.json'), 'utf8'));
const [folder, server] = Object.entries(kept.servers)[0]!;
const [differing, difference] = Object.entries(server.outcomes).find(([, { verdict }]) => verdict === 'differs')!;

/** Modules of the run, which have no types. */
const load = (file: string) => import(join(__dirname, file));

describe('the record of interoperability', () => {
  it('is what docs/interop.md shows', async () => {
    const { matrixPage } = await load('matrix-page.mjs');
    expect(readFileSync(join(__dirname, '../../docs/interop.md'), 'utf8')).toBe(matrixPage(kept));
  });

  it('has every server, and for each every scenario', () => {
    const folders = readdirSync(__dirname).filter((name) => existsSync(join(__dirname, name, 'server.mjs')));
    expect(Object.keys(kept.servers)).toEqual(folders.sort());
    const ids = kept.scenarios.map(({ id }) => id);
    for (const { outcomes } of Object.values(kept.servers)) expect(Object.keys(outcomes)).toEqual(ids);
  });

  it('has a reason and a source for each difference, and nothing unexpected', () => {
    const outcomes = Object.values(kept.servers).flatMap((each) => Object.values(each.outcomes));
    expect(new Set(outcomes.map(({ verdict }) => verdict))).toEqual(new Set(['ok', 'differs', 'absent']));
    const differences = outcomes.filter(({ verdict }) => verdict === 'differs');
    expect(differences.filter(({ outcome, why, source }) => !(outcome && why && source))).toEqual([]);
  });

  it('keeps the outcomes of before where one is unexpected', async () => {
    const { Record: InteropRecord } = await load('record.mjs');
    const record = new InteropRecord(kept.scenarios);
    const log = jest.spyOn(console, 'log').mockImplementation();
    const rows = kept.scenarios.map((scenario) => ({ scenario, verdict: 'unexpected', outcome: 'x', expected: 'y' }));
    record.keep(folder, { ...server, name: 'another version', rows });
    expect(log).toHaveBeenCalledWith(expect.stringContaining('UNEXPECTED'));
    log.mockRestore();
    expect(record.isStale(folder, { ...server, differences: differencesOf(server.outcomes) })).toBe(false);
  });

  it.each([
    ['as it was played', false, {}],
    ['of another version', true, { name: 'another version' }],
    ['set up otherwise', true, { setUp: 'otherwise' }],
    ['with a difference less', true, { differences: {} }],
    ['with another outcome', true, { differences: changed({ outcome: 'another' }) }],
    ['with another reason', true, { differences: changed({ why: 'another' }) }],
    ['with another source', true, { differences: changed({ source: 'another' }) }],
    ['with a difference more', true, { differences: { ...differencesOf(server.outcomes), ...more() } }],
  ])('a server %s is stale: %s', async (_, expected, change) => {
    const { Record: InteropRecord } = await load('record.mjs');
    const now = { ...server, differences: differencesOf(server.outcomes), ...change };
    expect(new InteropRecord(kept.scenarios).isStale(folder, now)).toBe(expected);
  });

  it('is stale where the table has a scenario more', async () => {
    const { Record: InteropRecord } = await load('record.mjs');
    const record = new InteropRecord([...kept.scenarios, { id: 'new', asks: 'x', expected: 'y' }]);
    expect(record.isStale(folder, { ...server, differences: differencesOf(server.outcomes) })).toBe(true);
  });
});

function differencesOf(outcomes: Record<string, Outcome>) {
  const entries = Object.entries(outcomes).filter(([, { verdict }]) => verdict === 'differs');
  return Object.fromEntries(entries.map(([id, { outcome, why, source }]) => [id, { outcome, why, source }]));
}

function changed(change: Partial<Outcome>) {
  return { ...differencesOf(server.outcomes), [differing]: { ...difference, ...change } };
}

function more() {
  const [id] = Object.entries(server.outcomes).find(([, { verdict }]) => verdict === 'ok')!;
  return { [id]: { outcome: 'another', why: 'x', source: 'y' } };
}
