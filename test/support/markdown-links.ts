import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';

const SKIPPED = ['node_modules', 'dist', '.git', 'data', 'coverage'];
/** `[text](target)`, `![alt](target "title")`, and the attributes of the HTML in tables of pictures. */
const LINK = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|(?:src|href)="([^"]+)"/g;

/** Returns each relative link of the Markdown files below `root` whose file, or heading, is not there. */
export async function findDeadLinks(root: string): Promise<string[]> {
  const dead: string[] = [];
  for (const file of await findMarkdown(root)) {
    for (const target of linksOf(await readFile(file, 'utf8'))) {
      if (!(await isAlive(root, { file, target }))) {
        dead.push(`${relative(root, file)}: ${target}`);
      }
    }
  }
  return dead;
}

/** Links to other places on the network are not followed. */
export function linksOf(markdown: string): string[] {
  const text = markdown.replace(/^(```+|~~~+)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(LINK)]
    .map(([, link, attribute]) => link ?? attribute!)
    .filter(target => !/^[a-z]+:/i.test(target));
}

async function isAlive(root: string, { file, target }: { file: string; target: string }): Promise<boolean> {
  const [path = '', anchor] = target.split('#');
  const place = path === '' ? file : normalize(join(dirname(file), decodeURI(path)));
  // A link out of the folder leads nowhere for somebody who has only that.
  if (relative(root, place).startsWith('..') || !(await exists(place))) {
    return false;
  }
  return anchor === undefined || !place.endsWith('.md') || anchorsOf(await readFile(place, 'utf8')).has(anchor);
}

/** The anchors that GitHub gives to headings: lower case, without punctuation, spaces as hyphens, -1 for a second one. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  const text = markdown.replace(/^(```+|~~~+)[\s\S]*?^\1/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    for (let count = 0; ; count++) {
      const anchor = count === 0 ? slug : `${slug}-${count}`;
      if (!anchors.has(anchor)) {
        anchors.add(anchor);
        break;
      }
    }
  }
  return anchors;
}

async function findMarkdown(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !SKIPPED.includes(name));
  const found = await Promise.all(
    entries.map(entry => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? findMarkdown(path) : entry.name.endsWith('.md') ? [path] : [];
    }),
  );
  return found.flat();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
