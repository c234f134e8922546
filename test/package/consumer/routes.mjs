// Runs the installed command as a reviewer does, and fails unless it prints what each handler requires.
import { spawnSync } from 'node:child_process';

const expected = {
  table: [
    'called by               handler                     access    words  maxAge  scope  enforced by',
    'POST /api/transfers     TransfersController.create  required  mfa    300            handler',
    'GET /api/transfers      TransfersController.list    open',
    'GET /api/transfers/rates  TransfersController.rates   public',
  ],
};

const run = (...args) => spawnSync('npx', ['nestjs-step-up', 'routes', ...args], { encoding: 'utf8', timeout: 60_000 });

const { status, stdout, stderr } = run('dist/app.module.js', '--set-up', 'setUp');
const squeezed = (text) => text.replace(/ +/g, ' ').trim();
const lines = stdout.split('\n').map(squeezed);
const lacking = expected.table.map(squeezed).filter((line) => !lines.includes(line));
if (status !== 0 || lacking.length > 0 || !lines.includes('3 handlers: 1 open, 1 public')) {
  throw new Error(`routes ended with ${status}, without ${lacking.join(' and ')}\n${stdout}${stderr}`);
}

const json = run('dist/app.module.js', '--format', 'json');
const names = JSON.parse(json.stdout).map(({ name, triggers }) => `${name} ${triggers}`);
if (!names.includes('TransfersController.list GET /transfers')) throw new Error(`routes printed ${json.stdout}`);

const missing = run('dist/nowhere.js');
if (missing.status !== 1 || !/nowhere\.js cannot be loaded/.test(missing.stderr)) {
  throw new Error(`routes said ${missing.stderr} of a file that is not there`);
}
