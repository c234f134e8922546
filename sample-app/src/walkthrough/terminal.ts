const isColorful = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

const paint = (code: number) => (text: string) => (isColorful ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
const cyan = paint(36);

export const WIDTH = 96;

type Block = 'heading' | 'text' | 'exchange' | 'check';
let last: Block | undefined;

export function write(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Leaves a line free between one block and the next; checks stay together. */
export function begin(block: Block): void {
  if (last !== undefined && last !== 'heading' && !(block === 'check' && last === 'check')) write();
  last = block;
}

/** A heading with a rule up to the right edge. */
export function heading(text: string): void {
  if (last === 'heading') write();
  begin('heading');
  write(bold(cyan(`${text} ${'─'.repeat(Math.max(3, WIDTH - text.length - 1))}`)));
}

/** A paragraph, broken at spaces. */
export function say(text: string): void {
  begin('text');
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH) {
      write(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  write(line);
}
