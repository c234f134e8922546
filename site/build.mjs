// Builds the site from the pages of the repository and the docstrings of the package: npm run docs
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, ReflectionKind } from 'typedoc';
import { groups, pageOf } from './pages.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const content = join(here, '.content');

rmSync(content, { recursive: true, force: true });
mkdirSync(content);
const sources = [
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
];
const listed = groups.flatMap(({ items }) => items.map(({ link }) => link));
for (const source of sources) {
  const page = pageOf(source);
  if (page !== 'index' && !listed.includes(`/${page}`)) throw new Error(`site/pages.mjs does not list ${source}`);
  writeFileSync(join(content, `${page}.md`), withSiteLinks(readFileSync(join(root, source), 'utf8'), source));
}
await writeReference();
execFileSync('npx', ['vitepress', 'build'], { cwd: here, stdio: 'inherit' });

/** Lets links lead to pages of the site. A file of the repository has none: its name stays as text. */
function withSiteLinks(markdown, source) {
  return markdown.replace(/\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)/g, (_, text, path, hash = '') => {
    const target = posix.join(posix.dirname(source), path);
    if (!existsSync(join(root, target))) throw new Error(`${source} links to ${path}, which is not there`);
    return sources.includes(target) ? `[${text}](/${pageOf(target)}${hash})` : `${text} (\`${target}\`)`;
  });
}

/** Writes a page for each module that the package exports. */
async function writeReference() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const folders = Object.keys(exports).filter((name) => name !== './package.json');
  const application = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: folders.map((name) => join(root, 'lib', name, 'index.ts')),
    tsconfig: join(root, 'lib/tsconfig.lib.json'),
    basePath: join(root, 'lib'),
    readme: 'none',
    name: 'API reference',
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    treatWarningsAsErrors: false,
    out: join(content, 'reference'),
    router: 'member',
    sortEntryPoints: false,
    indexFormat: 'table',
    entryFileName: 'index',
    validation: { invalidLink: true, notExported: false, notDocumented: false },
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    logLevel: 'Warn',
  });
  const project = await application.convert();
  if (project === undefined) throw new Error('the declarations of the package cannot be read');
  for (const module of project.children ?? []) {
    module.name = module.name === 'index' ? 'nestjs-step-up' : `nestjs-step-up/${module.name}`;
  }
  application.validate(project);
  for (const module of project.children ?? []) {
    const silent = (module.children ?? []).filter((exported) => !isDocumented(exported)).map(({ name }) => name);
    if (silent.length > 0) {
      throw new Error(`${module.name} exports names whose docstring, or its example, is missing: ${silent.join(', ')}`);
    }
  }
  if (application.logger.warningCount + application.logger.errorCount > 0) {
    throw new Error('the reference has gaps: see the warnings above');
  }
  await application.generateOutputs(project);
}

/**
 * Returns whether an exported name has a docstring, and an example if it can be called. Functions have them on their
 * signature, re-exported names on the original.
 */
function isDocumented(exported) {
  const original = exported.isReference() ? exported.getTargetReflection() : exported;
  const comments = [original, ...(original.signatures ?? [])].flatMap(({ comment }) => comment ?? []);
  const isCallable = original.signatures !== undefined || original.kindOf(ReflectionKind.Class);
  const hasExample = comments.some(({ blockTags }) => blockTags.some(({ tag }) => tag === '@example'));
  return comments.length > 0 && (hasExample || !isCallable);
}
