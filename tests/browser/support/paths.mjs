// Where the pages under test are in the tree.

import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const webDir = join(root, 'examples/download_manager/web');

/** The built-in page, out of the raw string literal in the C++ source. */
export async function builtinPage() {
  const source = await readFile(join(root, 'include/fanfare/server/impl/page.ipp'), 'utf8');
  return source.match(/R"page\(([^]*)\)page"/)[1];
}

/** Imports a module of the page. Its folder says nothing to node of being modules, so they are read from a copy that does. */
export async function importWeb(name) {
  const copy = await mkdtemp(join(tmpdir(), 'fanfare-web-'));
  try {
    await writeFile(join(copy, 'package.json'), '{"type":"module"}');
    for (const file of await readdir(webDir)) if (file.endsWith('.js')) await copyFile(join(webDir, file), join(copy, file));
    return await import(pathToFileURL(join(copy, name)));
  } finally {
    await rm(copy, { recursive: true });
  }
}
