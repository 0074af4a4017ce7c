import { expect, it } from 'vitest';
import { html, trusted } from '../../src/lib/html.ts';

it('escapes texts, keeps HTML, joins lists and leaves out what is undefined', () => {
  const name = `<b title="x" data-y='z'>&`;
  expect(String(html`<p title="${name}">${name}</p>`)).toBe(
    '<p title="&lt;b title=&quot;x&quot; data-y=&#39;z&#39;&gt;&amp;">&lt;b title=&quot;x&quot; data-y=&#39;z&#39;&gt;&amp;</p>',
  );
  expect(String(html`<ul>${[1, 2].map(each => html`<li>${each}</li>`)}</ul>${undefined}${trusted('<br>')}`)).toBe(
    '<ul><li>1</li><li>2</li></ul><br>',
  );
});
