import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { TOKEN_REFUSALS } from '../src/graph/token-refusals.ts';
import { anchorsOf, findDeadLinks, linksOf } from './support/markdown-links.ts';

it('every relative link and anchor of the documentation leads somewhere', async () => {
  expect(await findDeadLinks(fileURLToPath(new URL('../', import.meta.url)))).toEqual([]);
});

it('a link is seen in text, pictures and HTML, and not in code', () => {
  const text =
    '[a](x.md#y) ![b](p.png "t") <img src="q.png"> `[c](no.md)` [d](https://example.com)\n```\n[e](no.md)\n```\n';
  expect(linksOf(text)).toEqual(['x.md#y', 'p.png', 'q.png']);
});

it('headings have the anchors of GitHub', () => {
  const text = "# What it's for: `a_b`\n## [Link](x.md) here\n## Twice\n## Twice\n```\n# no\n```\n";
  expect([...anchorsOf(text)]).toEqual(['what-its-for-a_b', 'link-here', 'twice', 'twice-1']);
});

it('the page of symptoms has each AADSTS code that the server explains, and no other', async () => {
  const text = await readFile(new URL('../docs/troubleshooting.md', import.meta.url), 'utf8');
  const [, table = ''] = /^## AADSTS.*?$([\s\S]*?)^## /m.exec(text) ?? [];
  const codes = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, list]) => list!.split(', '));
  expect(codes.sort()).toEqual(Object.keys(TOKEN_REFUSALS).sort());
});

it('each test that the page of clients names is there', async () => {
  const text = await readFile(new URL('../docs/clients.md', import.meta.url), 'utf8');
  const names = new Set([...text.matchAll(/`([a-z0-9-]+\.test\.ts)`/g)].map(([, name]) => name!));
  const folder = new URL('./clients/', import.meta.url);
  const missing = await Promise.all(
    [...names].map(name =>
      readFile(new URL(name, folder)).then(
        () => [],
        () => [name],
      ),
    ),
  );
  expect([names.size > 15, missing.flat()]).toEqual([true, []]);
});
