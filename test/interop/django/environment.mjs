// Django OAuth Toolkit from PyPI, in a virtual environment of its own.
import { join } from 'node:path';
import { cached } from '../setup/cache.mjs';
import { tool } from '../setup/tool.mjs';

export const VERSION = '3.4.1';
/** The long-term version of Django; the toolkit takes whichever is newest. */
const DJANGO = '5.2.19';

/**
 * Returns the Python that has it.
 *
 * @throws Missing without Python, or without its module `venv`
 */
export function djangoPython() {
  const environment = cached(`django-oauth-toolkit-${VERSION}`, (directory) => {
    console.log(`Installing Django OAuth Toolkit ${VERSION} from PyPI, once (60 MB)`);
    const install = 'Install it with `apt-get install python3-venv`, or name yours with PYTHON=/path/to/python3.';
    const options = { what: 'Installing Django OAuth Toolkit', install, cwd: directory };
    tool(process.env.PYTHON ?? 'python3', ['-m', 'venv', '.'], options);
    const packages = [`django==${DJANGO}`, `django-oauth-toolkit==${VERSION}`];
    tool('bin/python', ['-m', 'pip', 'install', '--quiet', '--no-input', ...packages], options);
  });
  return join(environment, 'bin', 'python');
}
