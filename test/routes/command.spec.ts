import { FORMATS } from '../../lib/routes/formats.js';
import { runRoutes } from '../../lib/routes/index.js';

// That the command boots applications of Nest 11 and 12, in CommonJS and ESM, is shown by the package test.

async function run(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    write(text: string) {
      written[name] += text;
    },
  });
  const exitCode = await runRoutes(args, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { exitCode, ...written };
}

describe('nestjs-step-up routes', () => {
  it.each<[what: string, args: string[], message: string]>([
    ['no file', [], '"routes" takes one file, such as dist/app.module.js'],
    ['two files', ['a.js', 'b.js'], '"routes" takes one file, such as dist/app.module.js'],
    ['an unknown format', ['a.js', '--format', 'csv'], '"--format" must be one of table, markdown, json'],
    ['a format of every object', ['a.js', '--format', 'toString'], '"--format" must be one of table, markdown, json'],
    ['an unknown option', ['a.js', '--listen'], "Unknown option '--listen'"],
  ])('is refused with its usage for %s', async (_, args, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`nestjs-step-up: ${message}`);
    expect(stderr).toContain('Usage: nestjs-step-up routes <file>');
  });

  it('prints its usage for --help', async () => {
    const { exitCode, stdout } = await run('--help');
    expect({ exitCode, start: stdout.slice(0, 42) }).toEqual({
      exitCode: 0,
      start: 'Usage: nestjs-step-up routes <file> [optio',
    });
  });

  it('says that TypeScript has to be compiled first', async () => {
    const { exitCode, stdout, stderr } = await run('/app/src/app.module.ts');
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'nestjs-step-up: /app/src/app.module.ts is TypeScript; give the compiled file, such as dist/app.module.js\n',
    });
  });
});

describe('an access matrix', () => {
  const routes = [
    {
      name: 'BankController.pay',
      triggers: ['POST /transfers'],
      access: 'required',
      requirements: { acrValues: ['phr', 'mfa'], maxAge: 0, scope: 'pay' },
      dynamic: true,
      enforcedBy: 'handler',
    },
    { name: 'BankController.show', triggers: ['GET /a', 'GET /b|c'], access: 'open', dynamic: false },
    { name: 'BankController.news', access: 'public', dynamic: false },
  ];

  it('is a table', () => {
    expect(FORMATS.table(routes)).toBe(
      [
        'called by         handler              access    words                          maxAge  scope  enforced by',
        'POST /transfers   BankController.pay   required  phr mfa (decided per request)  0       pay    handler',
        'GET /a, GET /b|c  BankController.show  open',
        '                  BankController.news  public',
        '',
        '3 handlers: 1 open, 1 public',
        '',
      ].join('\n'),
    );
  });

  it('is Markdown', () => {
    expect(FORMATS.markdown(routes)).toBe(
      [
        '| called by | handler | access | words | maxAge | scope | enforced by |',
        '| --- | --- | --- | --- | --- | --- | --- |',
        '| POST /transfers | BankController.pay | required | phr mfa (decided per request) | 0 | pay | handler |',
        '| GET /a, GET /b\\|c | BankController.show | open |  |  |  |  |',
        '|  | BankController.news | public |  |  |  |  |',
        '',
        '3 handlers: 1 open, 1 public',
        '',
      ].join('\n'),
    );
  });

  it('has nothing that a terminal or Markdown would take for more than text', () => {
    const [first] = routes;
    const hostile = [{ ...first, name: '\u001b[31m<b>x</b>\n| a |' }] as typeof routes;
    expect(FORMATS.table(hostile)).toContain('\\u001b[31m<b>x</b>\\u000a| a |');
    expect(FORMATS.markdown(hostile)).toContain('\\\\u001b\\[31m\\<b\\>x\\</b\\>\\\\u000a\\| a \\|');
  });

  it('is JSON, as StepUpService.routes() has it', () => {
    expect(JSON.parse(FORMATS.json(routes))).toEqual(routes);
  });
});
