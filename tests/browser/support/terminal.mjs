// A terminal of 60 columns and 12 rows, which the command `script` makes, and what it shows.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { noTool, Tool, watchTool } from './tool.mjs';

export const COLUMNS = 60;
export const noTerminal = noTool || (spawnSync('script', ['-V']).error ? 'no script(1)' : false);

/** Runs a shell's line in it. */
export const inTerminal = (line, env = {}) => new Tool('script', ['-qfec', `stty cols ${COLUMNS} rows 12; ${line}`, '/dev/null'],
  { input: 'pipe', env: { TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', NO_COLOR: '', ...env } });

/** Runs fanfare-watch in it, and then says its status; `isAsBefore` waits for its end and looks at the terminal. */
export function watchInTerminal(url, folder) {
  // The shell goes on after Ctrl-C, so that it can say what has become of the program.
  const watch = inTerminal(`trap : INT; stty -a > ${folder}/before; ${watchTool} '${url}'; echo status=$?; stty -a > ${folder}/after`);
  watch.isAsBefore = async () => {
    await watch.ended;
    const { attributes, cursor } = shown(watch.out);
    assert.deepEqual({ attributes, cursor }, { attributes: false, cursor: true });
    assert.equal(await readFile(`${folder}/after`, 'utf8'), await readFile(`${folder}/before`, 'utf8'));
  };
  return watch;
}

/**
 * What a terminal shows that was sent this: its lines, and what is still switched on. Throws for what fanfare-watch has
 * no reason to send. Wide characters and wrapped lines are not its business.
 */
export function shown(text) {
  const lines = [''];
  let row = 0, column = 0, attributes = false, cursor = true;
  const put = (character) => {
    lines[row] = lines[row].padEnd(column).slice(0, column) + character + lines[row].slice(column + 1);
    column += 1;
  };
  // eslint-disable-next-line no-control-regex
  for (const [sequence, parameter, kind] of text.matchAll(/\x1b\[([?\d;]*)([A-Za-z])|[^]/g)) {
    if (sequence === '\r') column = 0;
    else if (sequence === '\n') lines[row += 1] ??= '';
    else if (kind === 'm') attributes = !['', '0'].includes(parameter);
    else if (kind === 'A') row = Math.max(0, row - Number(parameter || 1));
    else if (kind === 'K' && parameter === '') lines[row] = lines[row].slice(0, column);
    else if (kind === 'J' && parameter === '') lines.splice(row, Infinity, lines[row].slice(0, column));
    else if (['h', 'l'].includes(kind) && parameter === '?25') cursor = kind === 'h';
    else if (kind || sequence < ' ') throw new Error(`it sent ${JSON.stringify(sequence)}`);
    else put(sequence);
  }
  return { lines, attributes, cursor };
}
