import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readCommandTree } from '../src/cli/command-tree.ts';
import { EXIT_CODES } from '../src/cli/exit-codes.ts';
import { renderManPage } from '../src/cli/man-page.ts';
import { makeWholeProgram } from '../src/cli/program.ts';
import { describedJsonSchema } from '../src/config/json-schema.ts';
import { VERSION } from '../src/lib/version.ts';

export function pathOf(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** The files of the package that are made from its sources, by name. `npm run generate` writes them. */
export const GENERATED: Readonly<Record<string, () => Promise<string>>> = {
  'config.schema.json': async () => {
    const example = readFileSync(pathOf('config.example.yaml'), 'utf8');
    return `${JSON.stringify(describedJsonSchema(example), null, 2)}\n`;
  },
  'man/onedrive-webdav.1': async () =>
    renderManPage(readCommandTree(await makeWholeProgram()), { version: VERSION, exitCodes: EXIT_CODES }),
};
