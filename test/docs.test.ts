import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
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
