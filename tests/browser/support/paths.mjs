// Where the pages under test are in the tree.

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const webDir = join(root, 'examples/download_manager/web');
export const sharedDir = join(root, 'examples/support/web');

let joined;

/** The browser module as one file: FANFARE_MODULE, or else joined now, for tests without a build. */
export function browserModule() {
  return joined ??= process.env.FANFARE_MODULE ? readFile(process.env.FANFARE_MODULE) : joinedNow();
}

async function joinedNow() {
  const folder = await mkdtemp(join(tmpdir(), 'fanfare-module-'));
  try {
    const output = join(folder, 'fanfare.js');
    await promisify(execFile)(process.env.FANFARE_CMAKE ?? 'cmake', ['-D', `entry=${join(root, 'src/web/elements.js')}`, '-D', `output=${output}`,
      '-D', 'version=0', '-P', join(root, 'cmake/bundle_module.cmake')]);
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The file that the programs serve at this path, as examples/support/web_page.hpp has it. */
export async function webFile(path, dir = webDir) {
  const name = normalize(decodeURIComponent(path)).replace(/\/$/, '/index.html');
  if (name === '/fanfare/fanfare.js') return browserModule();
  return readFile(join(dir, name)).catch(() => readFile(join(sharedDir, name)));
}

/** The built-in page, out of the raw string literals in the C++ source. */
export async function builtinPage() {
  const source = await readFile(join(root, 'include/fanfare/server/impl/page_text.ipp'), 'utf8');
  return [...source.matchAll(/R"page\(([^]*?)\)page"/g)].map(([, part]) => part).join('');
}

/**
 * Imports a module of the page. Its folder says nothing to node of being modules, so they are read from a copy that does,
 * with the browser module where the page finds it.
 */
export async function importWeb(name) {
  const copy = await mkdtemp(join(tmpdir(), 'fanfare-web-'));
  try {
    await writeFile(join(copy, 'package.json'), '{"type":"module"}');
    await mkdir(join(copy, 'fanfare'));
    await writeFile(join(copy, 'fanfare/fanfare.js'), await browserModule());
    for (const file of await readdir(webDir)) if (file.endsWith('.js')) await copyFile(join(webDir, file), join(copy, file));
    return await import(pathToFileURL(join(copy, name)));
  } finally {
    await rm(copy, { recursive: true });
  }
}
