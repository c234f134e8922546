// LemonLDAP::NG by Debian's packages, unpacked into a folder: nothing of them is installed on the machine.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Missing } from '../missing.mjs';
import { cached } from '../setup/cache.mjs';
import { tool } from '../setup/tool.mjs';

const DEBIAN = 'LemonLDAP::NG is taken from the packages of Debian, by apt-get and dpkg.';

/** The portal and what it takes, and Plack, which serves it. Libraries of C and fonts are not needed. */
const PACKAGES = [
  'liblemonldap-ng-portal-perl',
  'libconvert-base32-perl',
  'libdigest-hmac-perl',
  'libio-string-perl',
  'libplack-perl',
  'libstring-random-perl',
];
const NEEDLESS =
  /^(perl|perl-base|perl-modules-.*|libperl5.*|fonts-.*|libjs-.*|lemonldap-ng-fastcgi-server|.*-systemd.*)$/;

/**
 * Returns the folder into which the packages of a version have been unpacked.
 *
 * @throws Missing without Debian's tools, or for a version that the packages of this machine do not have
 */
export function lemonldapRoot(version) {
  return cached(`lemonldap-ng-${version}`, (directory) => {
    if (candidate() === undefined) tool('apt-get', ['update', '-qq'], { what: 'apt-get update', install: DEBIAN });
    const offered = candidate();
    if (!offered?.startsWith(`${version}+`)) {
      throw new Missing(
        `Debian 12 has LemonLDAP::NG ${version}, the packages of this machine have ${offered ?? 'none'}.`,
      );
    }
    console.log(`Unpacking LemonLDAP::NG ${version} and what it takes from Debian's packages, once (10 MB)`);
    const plan = tool('apt-get', ['install', '--simulate', '--no-install-recommends', '--reinstall', ...PACKAGES], {
      what: 'apt-get install --simulate',
      install: DEBIAN,
    });
    const names = [...plan.matchAll(/^Inst (\S+)/gm)]
      .map(([, found]) => found)
      .filter((found) => !NEEDLESS.test(found));
    tool('apt-get', ['download', '-o', 'APT::Sandbox::User=root', ...names], {
      cwd: directory,
      what: 'apt-get download',
      install: DEBIAN,
    });
    for (const file of readdirSync(directory).filter((found) => found.endsWith('.deb'))) {
      tool('dpkg', ['-x', file, '.'], { cwd: directory, what: `Unpacking ${file}`, install: DEBIAN });
      rmSync(join(directory, file));
    }
  });
}

/** Where packages of Debian put what is compiled for this Perl and this machine. */
export function perlLibraries() {
  return tool('perl', ['-MConfig', '-e', 'print $Config{vendorarch}'], { what: 'perl', install: DEBIAN });
}

function candidate() {
  const policy = tool('apt-cache', ['policy', PACKAGES[0]], { what: 'apt-cache policy', install: DEBIAN });
  const [, version] = /Candidate: (\S+)/.exec(policy) ?? [];
  return version === '(none)' ? undefined : version;
}
