// Refuses a tag that must not be published: node .ci/release.cjs v0.2.0
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const [, , tag = '', folder = join(__dirname, '..')] = process.argv;
const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
const [, newest, date] = /^## (\S+) - (\S+)$/m.exec(changelog) ?? [];

if (tag !== `v${version}`) refuse(`the tag is "${tag}", and ${name} is ${version}: tag it v${version}, or raise the version`);
if (lock.version !== version || lock.packages[''].version !== version) {
  refuse(`package-lock.json is of ${lock.version}: run "npm install --package-lock-only"`);
}
if (newest !== version) refuse(`the newest entry of CHANGELOG.md is ${newest}: write one for ${version}`);
if (!/^\d{4}-\d\d-\d\d$/.test(date)) refuse(`CHANGELOG.md says "${date}" of ${version}: write the day, YYYY-MM-DD`);
console.log(`${name} ${version}, ${date}`);

function refuse(reason) {
  console.error(`No release: ${reason}.`);
  process.exit(1);
}
