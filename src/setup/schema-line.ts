import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Beside both `src` and `dist`. */
const SCHEMA = fileURLToPath(new URL('../../config.schema.json', import.meta.url));

/**
 * Returns the comment by which editors find the JSON Schema of a configuration (yaml-language-server, "Using inlined
 * schema"). It leads to the installed package, whose keys are those that this server knows: relative when the package
 * is below the folder of the file, as in a clone or in `node_modules`, and a file URL elsewhere.
 */
export function schemaLine(configFile: string, schemaFile = SCHEMA): string {
  const way = relative(dirname(resolve(configFile)), schemaFile);
  const isBelow = !isAbsolute(way) && way.split(sep)[0] !== '..';
  const url = isBelow ? `./${way.split(sep).map(encodeURIComponent).join('/')}` : pathToFileURL(schemaFile).href;
  return `# yaml-language-server: $schema=${url}`;
}
