import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { ROOT } from './clean-copy.ts';

/** Gives the Helm chart the version of the package; `npm version` runs it. */
const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const file = join(ROOT, 'examples/helm/onedrive-webdav/Chart.yaml');
const chart = parseDocument(await readFile(file, 'utf8'));
chart.set('version', version);
chart.set('appVersion', version);
await writeFile(file, chart.toString());
