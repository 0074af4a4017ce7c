import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Checks all sums, and prints each member's text by its name. */
const PYTHON = `
import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({i.filename: z.read(i).decode() for i in z.infolist()}))
`;

/** Reads a zip of texts as Python does. */
export async function unzipped(path: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)('python3', ['-c', PYTHON, path]);
  return JSON.parse(stdout);
}
