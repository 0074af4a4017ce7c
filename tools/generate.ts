import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { GENERATED, pathOf } from './generated.ts';

for (const [name, make] of Object.entries(GENERATED)) {
  mkdirSync(dirname(pathOf(name)), { recursive: true });
  writeFileSync(pathOf(name), await make());
  console.log(`written: ${name}`);
}
