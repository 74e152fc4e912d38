import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as module from 'fanfare';

// The joined file has the elements, too; the parts are looked at without them.
test.runIf(process.env.FANFARE_MODULE)('what is exported is declared, and the other way round', async () => {
  const read = (name) => readFile(fileURLToPath(new URL(`../../../src/web/${name}`, import.meta.url)), 'utf8');
  const text = await read('fanfare.d.ts') + await read('elements.d.ts');
  const declared = [...text.matchAll(/^export (?:declare )?(?:abstract )?(?:function|class|const) (\w+)/gm)].map(([, name]) => name);
  expect(Object.keys(module).sort()).toEqual([...new Set(declared)].sort());
});
