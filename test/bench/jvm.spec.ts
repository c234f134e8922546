import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** Modules of the bench, which have no types. */
const load = (file: string) => import(join(root, 'bench', file));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-step-up-jvm-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

onLinux('npm run bench:jvm, on Linux alone, whose /proc it reads', () => {
  /** Runs it where nothing is installed but a Java of this version. */
  function runWithJava(version?: string) {
    const bin = join(folder, 'jdk', 'bin');
    mkdirSync(bin, { recursive: true });
    if (version !== undefined) {
      writeFileSync(join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "${version}" 2025-04-15' >&2\n`, {
        mode: 0o755,
      });
    }
    const env = { PATH: folder, JAVA_HOME: join(folder, 'jdk'), STEP_UP_INTEROP_CACHE: join(folder, 'cache') };
    return spawnSync(process.execPath, ['bench/jvm.mjs'], { cwd: root, env, encoding: 'utf8' });
  }

  it.each<[string, string | undefined, RegExp]>([
    ['Java', undefined, /^Java was not found; the bench needs 17 or later\. Install it with `apt-get install /],
    ['a newer Java than 8', '1.8.0_372', /^Java 1\.8\.0_372 is too old; /],
    ['a newer Java than 11', '11.0.22', /^Java 11\.0\.22 is too old; /],
    ['Maven', '17.0.15', /^mvn was not found\. Install it and a JDK with `apt-get install maven /],
    ['Maven, of a Java without a minor version', '21', /^mvn was not found\. /],
  ])('ends with exit code 2 and says what to install where it lacks %s', (_, version, says) => {
    const { status, stderr } = runWithJava(version);
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });
});

describe('the CPU of the threads of a process', () => {
  function thread(id: number, nanoseconds: number) {
    const path = join(folder, '7', 'task', String(id));
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'schedstat'), `${nanoseconds} 55 3\n`);
  }

  it('is counted from now on: of those that go on, and of those that begin, not of those that have ended', async () => {
    const { threadMeter } = await load('thread-meter.mjs');
    thread(1, 5_000_000);
    thread(2, 800_000_000);
    thread(3, 1_000);
    const used = threadMeter(7, folder);
    expect(used()).toBe(0);
    thread(1, 6_000_000);
    rmSync(join(folder, '7', 'task', '2'), { recursive: true });
    thread(4, 250_000);
    expect(used()).toBe(1_250);
  });

  it('is that of a thread that ends while it is read: none', async () => {
    const { threadMeter } = await load('thread-meter.mjs');
    mkdirSync(join(folder, '7', 'task', '9'), { recursive: true });
    thread(1, 1_000);
    expect(threadMeter(7, folder)()).toBe(0);
  });

  it('cannot be read of a process that has ended', async () => {
    const { threadMeter } = await load('thread-meter.mjs');
    expect(() => threadMeter(8, folder)).toThrow('ENOENT');
  });
});

describe('the side-by-side table', () => {
  const rows = (...cpu: number[]) => ({ open: { cpu }, missing: { cpu } });
  const measured = {
    fastify: { name: 'Fastify', rows: rows(10, 20, 30) },
    express: { name: 'Express', rows: rows(40, 80, 120) },
    spring: { name: 'Spring', rows: rows(20, 40, 60) },
    quarkus: { name: 'Quarkus', rows: rows(10, 20, 30) },
    'fastify-again': { name: 'Fastify again', rows: rows(11, 22, 33) },
    'quarkus-again': { name: 'Quarkus again', rows: rows(10, 20, 30) },
  };

  it('has ours ÷ theirs round by round, bold where ours uses more, and controls as they are', async () => {
    const { sideBySide } = await load('report.mjs');
    expect(sideBySide(measured)).toEqual([
      '| Ratio of CPU | open route | no token |',
      '| --- | ---: | ---: |',
      '| Fastify ÷ Spring Security | 0.50 (0.50–0.50) | 0.50 (0.50–0.50) |',
      '| Fastify ÷ Quarkus | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) |',
      '| Express ÷ Spring Security | **2.00** (2.00–2.00) | **2.00** (2.00–2.00) |',
      '| Express ÷ Quarkus | **4.00** (4.00–4.00) | **4.00** (4.00–4.00) |',
      '| control: Fastify again ÷ Fastify | 1.10 (1.10–1.10) | 1.10 (1.10–1.10) |',
      '| control: Quarkus again ÷ Quarkus | 1.00 (1.00–1.00) | 1.00 (1.00–1.00) |',
    ]);
  });

  it.each(['jvm 20', 'jvm 24', 'node 20', 'node 22', 'node 24'])(
    '%s has a place in bench/README.md, where alone it is written',
    async (name) => {
      const { inserted } = await load('report.mjs');
      const page = readFileSync(join(root, 'bench/README.md'), 'utf8');
      const [begin, end] = [`<!-- ${name} -->`, `<!-- end ${name} -->`];
      expect(page.split(begin)).toHaveLength(2);
      const [before, after] = [page.split(begin)[0], page.split(end)[1]];
      expect(inserted(page, name, ['new', 'lines'])).toBe(`${before}${begin}\n\nnew\nlines\n\n${end}${after}`);
      expect(() => inserted(before, name, [])).toThrow(`README.md has no place for ${name}`);
    },
  );
});
