// cmake/bundle_module.cmake, which joins the files to one. FANFARE_CMAKE is cmake.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../../../cmake/bundle_module.cmake', import.meta.url));
const cmake = process.env.FANFARE_CMAKE ?? 'cmake';
let folder;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'fanfare-bundle-')); });
afterEach(() => rm(folder, { recursive: true }));

async function bundle(files) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const output = join(folder, 'out.mjs');
  await promisify(execFile)(cmake, ['-D', `entry=${join(folder, 'entry.js')}`, '-D', `output=${output}`, '-D', 'version=1', '-P', script]);
  return readFile(output, 'utf8');
}
const refused = (files) => bundle(files).then(() => 'taken', ({ stderr }) => stderr.replace(/\s+/g, ' '));

test('what is imported comes first, once, and the exports are the entry\'s', async () => {
  const text = await bundle({
    'entry.js': "export { twice } from './b.js';\nexport * from './a.js';\nexport const own = [1, 2][1]; // ; [ \\\n",
    'b.js': "import { one } from './a.js';\nimport * as all from './a.js';\n\nexport async function twice() { return one() + all.one(); }\nfunction hidden() {}\n",
    'a.js': "export function one() { return ';[\\\\]'.length; }\nexport class A {}\n",
  });
  expect(text.match(/import|function one/g)).toEqual(['function one']);
  expect(text.indexOf('function one')).toBeLessThan(text.indexOf('function twice'));
  const module = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`);
  expect(Object.keys(module)).toEqual(['A', 'one', 'own', 'twice']);
  expect([await module.twice(), module.own]).toEqual([8, 2]);
  expect(text).toContain('[1, 2][1]; // ; [ \\\n');
});

test.each([
  ['a name in two files', { 'entry.js': "import { a } from './a.js';\nconst x = a;\n", 'a.js': 'const x = 1;\nexport const a = x;\n' }, 'x is declared at'],
  ['a circle', { 'entry.js': "import { a } from './a.js';\n", 'a.js': "import './entry.js';\nexport const a = 1;\n" }, 'import each other'],
  ['a file that is not there', { 'entry.js': "import './a.js';\n" }, 'which is not there'],
  ['a name that is not exported', { 'entry.js': "import { b } from './a.js';\n", 'a.js': 'const b = 1;\n' }, 'does not export b'],
  ['another name for it', { 'entry.js': "import { a as b } from './a.js';\n", 'a.js': 'export const a = 1;\n' }, 'does not export as'],
  ['a package', { 'entry.js': "import { a } from 'a';\n" }, 'that can be joined'],
  ['an import over several lines', { 'entry.js': "import {\n  a } from './a.js';\n" }, 'that can be joined'],
  ['a default', { 'entry.js': 'export default 1;\n' }, 'that can be joined'],
  ['several names at once', { 'entry.js': 'const { a, b } = {};\n' }, 'no declaration of one name'],
])('refused: %s', async (_, files, why) => { expect(await refused(files)).toContain(why); });
