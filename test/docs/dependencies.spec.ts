import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

const read = (file: string) => readFileSync(join(__dirname, '../..', file), 'utf8');
const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, Locked>> };

/** Returns where a package finds a dependency: in its own folder, or in one further out. */
function placeOf(name: string, from: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const place = `${folder}${folder === '' ? '' : '/'}node_modules/${name}`;
    if (packages[place] !== undefined) return place;
    if (folder === '') throw new Error(`the lock file does not have ${name}`);
  }
}

/** Everything that an installation of the package brings, peers apart. */
function installed(): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (names: readonly string[], from: string) => {
    for (const place of names.map((name) => placeOf(name, from))) {
      if (found.has(place)) continue;
      found.add(place);
      add(Object.keys(packages[place]?.dependencies ?? {}), place);
    }
  };
  add(Object.keys(dependencies), '');
  return found;
}

test('each dependency stands in CONTRIBUTING with what it is for', () => {
  const rows = [...read('CONTRIBUTING.md').matchAll(/^\| `([\w@/-]+)` \| [^|]{15,} \|$/gm)].map(([, name]) => name);
  expect(rows).toEqual(Object.keys(dependencies));
});

test('nothing that the package installs runs a script', () => {
  const places = [...installed()];
  expect(places.length).toBeGreaterThan(Object.keys(dependencies).length);
  expect(places.filter((place) => packages[place]?.hasInstallScript)).toEqual([]);
});
