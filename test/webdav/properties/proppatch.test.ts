import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveError } from '../../../src/drive/errors.ts';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { baseName, type DrivePath, ROOT, toDrivePath } from '../../../src/drive/path.ts';
import { type Dav, type DavAnswer, davClient } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';
import { failedConditions, takeLock } from '../../support/locks.ts';
import { PASSWORD } from '../../support/passwords.ts';
import {
  conditionsIn,
  foundProperties,
  outcomes,
  propfind,
  proppatch,
  remove,
  set,
  textOf,
} from '../../support/properties.ts';
import { davElement, elementsBelow, elementsIn, parseTree, textIn } from '../../support/xml-tree.ts';

const EXPLORER = { 'User-Agent': 'Microsoft-WebDAV-MiniRedir/10.0.19041', translate: 'f' };
const XML_LANG = 'http://www.w3.org/XML/1998/namespace lang';

const NAMED = '<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/><D:nothing/></D:prop></D:propfind>';

let door: FrontDoorTest;
let ada: Dav;
let bob: Dav;
let reader: Dav;
let count = 0;

beforeAll(async () => {
  const shared = withFaults(createMemoryDrive(), { canonicalPath: path => toDrivePath(['drive 1', ...path]) });
  const mounts = [
    { name: 'm', drive: createMemoryDrive(), readOnly: false },
    { name: 'other', drive: createMemoryDrive(), readOnly: false },
    { name: 'one', drive: shared, readOnly: false },
    { name: 'two', drive: shared, readOnly: false },
    { name: 'fixed', drive: shared, readOnly: true },
  ];
  const user = (name: string, access: 'read' | 'write') => ({
    name,
    mounts: '*' as const,
    access,
  });
  door = await startFrontDoor({
    mounts,
    users: [user('ada', 'write'), user('bob', 'write'), user('reader', 'read')],
  });
  const as = (name: string) => davClient({ url: door.url, user: name, password: PASSWORD });
  [ada, bob, reader] = [as('ada'), as('bob'), as('reader')];
});
afterAll(async () => {
  await door?.stop();
});

/** A name that nothing has yet. */
function fresh(mount = 'm'): string {
  count += 1;
  return `/${mount}/${count}`;
}

async function file(mount = 'm'): Promise<string> {
  const at = fresh(mount);
  await ada('PUT', at, {}, 'content');
  return at;
}

/** A folder with `leaf` and `sub/deep` in it, each with its own `x:mark`. */
async function tree(): Promise<string> {
  const at = fresh();
  for (const folder of ['', '/sub']) {
    await ada('MKCOL', `${at}${folder}`);
  }
  for (const leaf of ['/leaf', '/sub/deep']) {
    await ada('PUT', `${at}${leaf}`, {}, 'x');
  }
  for (const name of ['', '/leaf', '/sub', '/sub/deep']) {
    await proppatch(ada, `${at}${name}`, set(`<x:mark>of ${name}</x:mark>`));
  }
  return at;
}

const marksOf = (at: string) =>
  Promise.all(['', '/leaf', '/sub', '/sub/deep'].map(name => textOf(ada, `${at}${name}`, '<x:mark/>')));
const MARKS = ['of', 'of /leaf', 'of /sub', 'of /sub/deep'];

describe('PROPPATCH (RFC 4918 §9.2)', () => {
  it('keeps properties of any name, and answers with one response that names each', async () => {
    for (const at of [await file(), await tree(), '/m']) {
      const answer = await proppatch(ada, at, set('<x:author>Ada</x:author><x:year>1843</x:year>'));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        207,
        expect.stringMatching(/^(application|text)\/xml/),
      ]);
      expect(outcomes(answer)).toEqual({ 200: ['urn:x author', 'urn:x year'] });
      const responses = elementsBelow(parseTree(answer.text), 'DAV: response');
      expect(responses.map(response => textIn(davElement(response, 'href')).replace(/\/$/, ''))).toEqual([at]);
      expect([await textOf(bob, at, '<x:author/>'), await textOf(bob, at, '<x:year/>')]).toEqual(['Ada', '1843']);
    }
  });

  it('gives no values in its answer', async () => {
    const answer = await proppatch(ada, await file(), set('<x:author>Ada</x:author>'));
    expect(answer.text).not.toContain('Ada');
  });

  it('does all or nothing: what could have been done is 424 beside what could not', async () => {
    const at = await file();
    await proppatch(ada, at, set('<x:kept>1</x:kept>'));
    const answer = await proppatch(
      ada,
      at,
      `${set('<x:a>1</x:a><x:kept>2</x:kept>')}${set('<D:getetag>"mine"</D:getetag>')}${remove('<x:kept/>')}`,
    );
    expect(answer.status).toBe(207);
    expect(outcomes(answer)).toMatchObject({
      403: ['DAV: getetag'],
      424: expect.arrayContaining(['urn:x a', 'urn:x kept']),
    });
    expect([await textOf(ada, at, '<x:a/>'), await textOf(ada, at, '<x:kept/>')]).toEqual([undefined, '1']);
  });

  it('carries out the instructions in the order of the document', async () => {
    const at = await file();
    const last = (value: string) => set(`<x:a>${value}</x:a>`);
    await proppatch(ada, at, `${last('1')}${remove('<x:a/>')}`);
    expect(await textOf(ada, at, '<x:a/>')).toBeUndefined();
    await proppatch(ada, at, `${remove('<x:a/>')}${last('2')}`);
    expect(await textOf(ada, at, '<x:a/>')).toBe('2');
    await proppatch(ada, at, `${last('3')}${remove('<x:a/>')}${last('4')}${last('5')}`);
    expect(await textOf(ada, at, '<x:a/>')).toBe('5');
    await proppatch(ada, at, set('<x:a>6</x:a><x:a>7</x:a>'));
    expect(await textOf(ada, at, '<x:a/>')).toBe('7');
  });

  it('B2: lives through many blocks, and through names that come twice', async () => {
    const at = await file();
    const blocks = Array.from({ length: 20 }, (_, index) => set(`<x:p${index}>${index}</x:p${index}>`)).join('');
    const answer = await proppatch(ada, at, `${blocks}${blocks}${remove('<x:p0/>')}`);
    expect(answer.status).toBe(207);
    expect(Object.keys(outcomes(answer))).toEqual(['200']);
    expect([await textOf(ada, at, '<x:p0/>'), await textOf(ada, at, '<x:p19/>')]).toEqual([undefined, '19']);
  });

  it('B7: removing a property of DAV: that is not there is no error (§14.23)', async () => {
    expect(outcomes(await proppatch(ada, await file(), remove('<D:never/>')))).toEqual({ 200: ['DAV: never'] });
  });

  it('removing a property that does not exist is no error (§14.23)', async () => {
    const at = await file();
    expect(outcomes(await proppatch(ada, at, remove('<x:never/>')))).toEqual({ 200: ['urn:x never'] });
    await proppatch(ada, at, set('<x:a>1</x:a>'));
    for (const _ of [1, 2]) {
      expect(outcomes(await proppatch(ada, at, remove('<x:a/>')))).toEqual({ 200: ['urn:x a'] });
    }
    expect(await textOf(ada, at, '<x:a/>')).toBeUndefined();
  });

  it.each([
    'getetag',
    'getcontentlength',
    'resourcetype',
    'lockdiscovery',
    'supportedlock',
    'quota-used-bytes',
    'quota-available-bytes',
    'current-user-privilege-set',
  ])('B7: DAV:%s is protected, from being set and from being removed', async name => {
    const at = await file();
    for (const update of [set(`<D:${name}>1</D:${name}>`), remove(`<D:${name}/>`)]) {
      const answer = await proppatch(ada, at, `${set('<x:a>1</x:a>')}${update}`);
      expect(outcomes(answer)).toEqual({ 403: [`DAV: ${name}`], 424: ['urn:x a'] });
      expect(conditionsIn(answer)).toContain('DAV: cannot-modify-protected-property');
    }
    expect(await textOf(ada, at, '<x:a/>')).toBeUndefined();
  });

  it.each([
    ['no body', ''],
    ['broken XML', '<D:propertyupdate xmlns:D="DAV:"><D:set>'],
    ['another root', '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>'],
    ['nothing to do', '<D:propertyupdate xmlns:D="DAV:"/>'],
    ['a prefix bound to nothing', `<D:propertyupdate xmlns:D="DAV:">${set('<y:a xmlns:y=""/>')}</D:propertyupdate>`],
    ['a character that XML forbids', `<D:propertyupdate xmlns:D="DAV:">${set('<x>&#1;</x>')}</D:propertyupdate>`],
    ['a DOCTYPE', `<!DOCTYPE x [<!ENTITY a "b">]><D:propertyupdate xmlns:D="DAV:">${set('<x/>')}</D:propertyupdate>`],
    ['50,000 levels', `<D:propertyupdate xmlns:D="DAV:">${set('<a>'.repeat(50_000))}`],
  ])('with %s is 400', async (_, body) => {
    expect((await ada('PROPPATCH', await file(), {}, body || undefined)).status).toBe(400);
  });

  it.each(['utf16le', 'utf-8'] as const)(
    'reads a body in %s that begins with a byte order mark (§19)',
    async encoding => {
      const at = await file();
      const xml = `\ufeff<D:propertyupdate xmlns:D="DAV:" xmlns:x="urn:x">${set('<x:a>é😀</x:a>')}</D:propertyupdate>`;
      const type = encoding === 'utf-8' ? 'application/xml' : 'application/xml; charset=utf-16';
      expect((await ada('PROPPATCH', at, { 'Content-Type': type }, Buffer.from(xml, encoding))).status).toBe(207);
      expect(await textOf(ada, at, '<x:a/>')).toBe('é😀');
    },
  );

  it('ignores elements that it does not know (§17)', async () => {
    const at = await file();
    const answer = await proppatch(ada, at, `<x:new/><D:also-new/>${set('<x:a>1</x:a>')}<D:hint><D:prop/></D:hint>`);
    expect(outcomes(answer)).toEqual({ 200: ['urn:x a'] });
  });

  it('is 404 for a free name, and makes nothing', async () => {
    expect((await proppatch(ada, fresh(), set('<x:a/>'))).status).toBe(404);
    expect((await proppatch(ada, '/nomount/x', set('<x:a/>'))).status).toBe(404);
    expect((await ada('HEAD', `/m/${count}`)).status).toBe(404);
  });

  it('is 403 for a user who may only read, in a read-only mount and at the root of all mounts', async () => {
    const at = await file('one');
    expect((await proppatch(reader, at, set('<x:a/>'))).status).toBe(403);
    expect((await proppatch(ada, at.replace('one', 'fixed'), set('<x:a/>'))).status).toBe(403);
    expect((await proppatch(ada, '/', set('<x:a/>'))).status).toBe(403);
    expect(await textOf(ada, at, '<x:a/>')).toBeUndefined();
  });

  it('keeps the conditions of the request', async () => {
    const at = await file();
    for (const conditions of [{ 'If-Match': '"other"' }, { If: '(<urn:uuid:x>)' }] as Record<string, string>[]) {
      expect((await proppatch(ada, at, set('<x:a/>'), conditions)).status).toBe(412);
    }
    expect(await textOf(ada, at, '<x:a/>')).toBeUndefined();
  });

  it('changes neither the bytes nor their tag', async () => {
    const at = await file();
    const before = (await ada('HEAD', at)).headers.get('etag');
    await proppatch(ada, at, set('<x:a>1</x:a>'));
    const { headers, text } = await ada('GET', at);
    expect([headers.get('etag'), text]).toEqual([before, 'content']);
  });

  it.each([{ Prefer: 'return=minimal' }, { Brief: 't' }] as Record<string, string>[])(
    'PROPFIND with %j leaves out what was not found',
    async headers => {
      const at = await file();
      const answer = await ada('PROPFIND', at, { Depth: '0', ...headers }, NAMED);
      expect(outcomes(answer)).toEqual({ 200: ['DAV: getetag'] });
    },
  );

  it('says nothing of what went well when the client prefers it so (RFC 8144 §2, Brief)', async () => {
    for (const headers of [{ Prefer: 'return=minimal' }, { Brief: 't' }] as Record<string, string>[]) {
      const at = await file();
      const answer = await proppatch(ada, at, set('<x:a>1</x:a>'), headers);
      expect(answer.status).toBeLessThan(300);
      expect(answer.text).not.toContain('<x:a');
      expect(await textOf(ada, at, '<x:a/>')).toBe('1');
    }
  });
});

describe('the value of a dead property (RFC 4918 §4.3)', () => {
  it.each([
    ['text', '<x:p>1 &lt; 2 &amp; "3" &gt; \'0\'</x:p>'],
    ['nothing', '<x:p/>'],
    ['white space', '<x:p>  a\n\t b  \n</x:p>'],
    ['only white space', '<x:p> \n </x:p>'],
    ['a carriage return', '<x:p>a&#13;b&#13;&#10;c</x:p>'],
    ['CDATA', '<x:p><![CDATA[<b>&amp;</b>]]> and ]]&gt;</x:p>'],
    ['mixed content', '<x:p>one <x:b>two</x:b> three<x:c/> four</x:p>'],
    ['attributes', '<x:p a="1" x:b="2" y:b="3" xmlns:y="urn:y"/>'],
    ['odd characters in attributes', '<x:p a="&quot;&lt;&amp;&#9;&#10;&#13;\'&gt;"/>'],
    ['a language', '<x:p xml:lang="de">Größe <x:b xml:lang="fr">ça</x:b></x:p>'],
    ['preserved space', '<x:p xml:space="preserve"> a </x:p>'],
    ['foreign namespaces', '<x:p><y:q xmlns:y="urn:y"><z xmlns="urn:z" y:a="1"/></y:q></x:p>'],
    ['no namespace within one', '<x:p><a xmlns="urn:a"><b xmlns=""><c/></b></a></x:p>'],
    ['one prefix for two namespaces', '<x:p><y:a xmlns:y="urn:1"/><y:a xmlns:y="urn:2"><x:b/></y:a></x:p>'],
    ['the prefix D for something else', '<x:p><D:a xmlns:D="urn:d"/></x:p>'],
    ['elements of DAV:', '<x:p><D:href>/x</D:href><D:propstat><D:status>HTTP/1.1 500 No</D:status></D:propstat></x:p>'],
    ['characters beyond U+FFFF', '<x:p a="😀">&#65536;&#x1F600;\u{10ffff}</x:p>'],
    ['a name beyond U+FFFF', '<x:\u{10400}>1</x:\u{10400}>'],
    ['composed and decomposed letters', '<x:p>é e\u0301 \u212b</x:p>'],
    ['no namespace of its own', '<p xmlns=""><q/>text</p>'],
    ['a namespace that needs escaping', '<p xmlns="urn:a&amp;b&quot;c">1</p>'],
    ['10,000 characters', `<x:p>${'<x:a b="c">d</x:a>'.repeat(500)}</x:p>`],
  ])('of %s comes back as it went', async (_, property) => {
    const at = await file();
    expect(Object.keys(outcomes(await proppatch(ada, at, set(property))))).toEqual(['200']);
    const sent = elementsIn(parseTree(`<D:prop xmlns:D="DAV:" xmlns:x="urn:x">${property}</D:prop>`))[0]!;
    const [namespace, name] = sent.name.split(' ');
    const asked = `<n:${name} xmlns:n="${namespace!.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"/>`;
    const named = await propfind(bob, at, namespace === '' ? `<${name} xmlns=""/>` : asked);
    expect(foundProperties(named)).toEqual({ [sent.name]: sent });
    const all = await bob('PROPFIND', at, { Depth: '0' });
    expect(foundProperties(all)[sent.name]).toEqual(sent);
  });

  it('has the language that was said around it', async () => {
    const at = await file();
    await proppatch(ada, at, '<D:set><D:prop xml:lang="de"><x:p>Hallo</x:p></D:prop></D:set>');
    await proppatch(ada, at, '<D:set xml:lang="fr"><D:prop><x:q xml:lang="en">hello</x:q></D:prop></D:set>');
    const found = foundProperties(await propfind(bob, at, '<x:p/><x:q/>'));
    expect(found['urn:x p']?.attributes).toEqual({ [XML_LANG]: 'de' });
    expect(found['urn:x q']?.attributes).toEqual({ [XML_LANG]: 'en' });
  });

  it.each(['<x:p><y:type xmlns:y="urn:y">y:number</y:type></x:p>', '<x:p xmlns:y="urn:y">y:number</x:p>'])(
    'keeps the prefixes, which names in its text may need: %s',
    async property => {
      const at = await file();
      await proppatch(ada, at, set(property));
      expect((await propfind(bob, at, '<x:p/>')).text).toContain('xmlns:y="urn:y">y:number<');
    },
  );

  it('belongs to its whole name: namespace, and case', async () => {
    const at = await file();
    await proppatch(ada, at, set('<x:p>1</x:p><x:P>2</x:P><y:p xmlns:y="urn:y">3</y:p><p xmlns="">4</p>'));
    const found = foundProperties(await propfind(bob, at, '<x:p/><x:P/><y:p xmlns:y="urn:y"/><p xmlns=""/>'));
    expect(Object.entries(found).map(([name, node]) => [name, textIn(node)])).toEqual([
      ['urn:x p', '1'],
      ['urn:x P', '2'],
      ['urn:y p', '3'],
      [' p', '4'],
    ]);
  });

  it('shows in allprop, by name in propname, and once when it is included, too', async () => {
    const at = await file();
    await proppatch(ada, at, set('<x:p>value</x:p>'));
    const ask = async (body: string) =>
      (await bob('PROPFIND', at, { Depth: '0' }, `<D:propfind xmlns:D="DAV:" xmlns:x="urn:x">${body}</D:propfind>`))
        .text;
    const names = await ask('<D:propname/>');
    expect(elementsBelow(parseTree(names), 'urn:x p')).toEqual([{ name: 'urn:x p', attributes: {}, children: [] }]);
    for (const body of ['<D:allprop/>', '<D:allprop/><D:include><x:p/></D:include>']) {
      expect(elementsBelow(parseTree(await ask(body)), 'urn:x p')).toHaveLength(1);
    }
    const included = await ask('<D:allprop/><D:include><x:q/></D:include>');
    expect(included).toContain('404');
  });

  it('shows in the listing of its folder, each at its own place', async () => {
    const at = await tree();
    const { text } = await propfind(bob, at, '<x:mark/>', '1');
    const marks = elementsBelow(parseTree(text), 'DAV: response').map(response => [
      textIn(davElement(response, 'href')).slice(at.length),
      textIn(davElement(response, 'propstat', 'prop')),
    ]);
    expect(Object.fromEntries(marks)).toEqual({ '/': 'of', '/leaf': 'of /leaf', '/sub/': 'of /sub' });
  });
});

describe('dead properties go with what they belong to', () => {
  it('through PUT, rename and MOVE', async () => {
    const at = await tree();
    await ada('PUT', `${at}/leaf`, {}, 'more');
    const to = fresh();
    expect((await ada('MOVE', at, { Destination: to })).status).toBe(201);
    expect(await marksOf(to)).toEqual(MARKS);
    expect((await ada('MOVE', `${to}/leaf`, { Destination: `${to}/LEAF` })).status).toBeLessThan(300);
    expect(await textOf(ada, `${to}/leaf`, '<x:mark/>')).toBe('of /leaf');
    await ada('PUT', `${to}/target`, {}, 'x');
    await proppatch(ada, `${to}/target`, set('<x:old>1</x:old>'));
    await ada('MOVE', `${to}/leaf`, { Destination: `${to}/target` });
    expect(await textOf(ada, `${to}/target`, '<x:mark/>')).toBe('of /leaf');
    expect(await textOf(ada, `${to}/target`, '<x:old/>')).toBeUndefined();
  });

  it('to another mailbox by MOVE', async () => {
    const [at, to] = [await tree(), fresh('other')];
    expect((await ada('MOVE', at, { Destination: to })).status).toBe(201);
    expect(await marksOf(to)).toEqual(MARKS);
  });

  it.each(['m', 'other'])(
    'with a COPY to /%s, a whole tree or a folder alone, and change apart from then on',
    async mount => {
      const [at, to, shallow] = [await tree(), fresh(mount), fresh(mount)];
      expect((await ada('COPY', at, { Destination: to })).status).toBe(201);
      expect([await marksOf(to), await marksOf(at)]).toEqual([MARKS, MARKS]);
      await proppatch(ada, to, set('<x:mark>changed</x:mark>'));
      expect(await textOf(ada, at, '<x:mark/>')).toBe('of');
      expect((await ada('COPY', at, { Destination: shallow, Depth: '0' })).status).toBe(201);
      expect(await textOf(ada, shallow, '<x:mark/>')).toBe('of');
    },
  );

  it.each(['m', 'other'])('and a COPY over something in /%s leaves none of what that had', async mount => {
    const [at, target] = [await file(), await file(mount)];
    await proppatch(ada, at, set('<x:new>1</x:new>'));
    await proppatch(ada, target, set('<x:old>1</x:old>'));
    expect((await ada('COPY', at, { Destination: target })).status).toBe(204);
    expect(await textOf(ada, target, '<x:new/>')).toBe('1');
    expect(await textOf(ada, target, '<x:old/>')).toBeUndefined();
  });

  it.each(['COPY', 'MOVE'])('and a %s of something without any over something with some leaves none', async method => {
    for (const mount of ['m', 'other']) {
      const [at, target] = [await file(), await file(mount)];
      await proppatch(ada, target, set('<x:old>1</x:old>'));
      expect((await ada(method, at, { Destination: target })).status).toBe(204);
      expect(await textOf(ada, target, '<x:old/>')).toBeUndefined();
    }
  });

  it('and end with DELETE: what comes by the same name has none', async () => {
    const at = await tree();
    await ada('DELETE', at);
    await ada('MKCOL', at);
    await ada('PUT', `${at}/leaf`, {}, 'x');
    expect(await textOf(ada, at, '<x:mark/>')).toBeUndefined();
    expect(await textOf(ada, `${at}/leaf`, '<x:mark/>')).toBeUndefined();
  });

  it('are the same through two mounts of one drive', async () => {
    const at = await file('one');
    await proppatch(ada, at, set('<x:p>1</x:p>'));
    const again = at.replace('one', 'two');
    expect(await textOf(bob, again, '<x:p/>')).toBe('1');
    await proppatch(bob, again, remove('<x:p/>'));
    expect(await textOf(ada, at, '<x:p/>')).toBeUndefined();
  });
});

const isFull = (answer: DavAnswer) => answer.status === 507 || 507 in outcomes(answer);

describe('too much of one resource', () => {
  it('in number is reported in a Multi-Status, like every decision about the body (§9.2)', async () => {
    const at = await file();
    const names = Array.from({ length: 2000 }, (_, index) => `<x:n${index}/>`).join('');
    const answer = await proppatch(ada, at, set(names));
    expect([answer.status, Object.keys(outcomes(answer))]).toEqual([207, expect.arrayContaining(['507'])]);
  });

  it('in size is 507, for that request as a whole, and leaves what there was', async () => {
    const at = await file();
    const value = 'x'.repeat(10_000);
    let [answer, stored] = [await proppatch(ada, at, set(`<x:p0>${value}</x:p0>`)), 0];
    while (!isFull(answer) && stored < 500) {
      stored += 1;
      answer = await proppatch(ada, at, set(`<x:small>${stored}</x:small><x:p${stored}>${value}</x:p${stored}>`));
    }
    expect(stored).toBeLessThan(500);
    expect(await textOf(ada, at, `<x:p${stored}/>`)).toBeUndefined();
    expect(await textOf(ada, at, '<x:small/>')).not.toBe(String(stored));
    expect(await textOf(ada, at, '<x:p0/>')).toBe(value);
  });

  it('in number is 507 as well, and there is room again when some go', async () => {
    const at = await file();
    const names = (first: number) => Array.from({ length: 50 }, (_, index) => `<x:n${first + index}/>`).join('');
    let [answer, asked] = [await proppatch(ada, at, set(names(0))), 50];
    while (!isFull(answer) && asked < 20_000) {
      answer = await proppatch(ada, at, set(names(asked)));
      asked += 50;
    }
    expect(asked).toBeLessThan(20_000);
    await proppatch(ada, at, remove(names(0)));
    expect(Object.keys(outcomes(await proppatch(ada, at, set(names(asked)))))).toEqual(['200']);
  });
});

describe('room for properties', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `<x:n${index}/>`).join('');

  it('is not needed for a property that exists already, nor for one that replaces another', async () => {
    const at = await file();
    await proppatch(ada, at, set(names(200)));
    expect(Object.keys(outcomes(await proppatch(ada, at, set(names(200)))))).toEqual(['200']);
    const swap = `${remove(names(200))}${set(names(200).replaceAll('x:n', 'x:m'))}`;
    expect(Object.keys(outcomes(await proppatch(ada, at, swap)))).toEqual(['200']);
  });

  it('is needed by MKCOL as well, which makes no folder without it', async () => {
    const at = fresh();
    const type = '<D:resourcetype><D:collection/></D:resourcetype>';
    const body = `<D:mkcol xmlns:D="DAV:" xmlns:x="urn:x">${set(`${type}${names(2000)}`)}</D:mkcol>`;
    const { status } = await ada('MKCOL', at, { 'Content-Type': 'application/xml' }, body);
    expect([424, 507]).toContain(status);
    expect((await ada('HEAD', at)).status).toBe(404);
  });
});

describe('times that clients set', () => {
  const HTTP = 'Thu, 02 Jan 2020 03:04:05 GMT';
  const UNIX = '1577934245';
  const ISO = '2020-01-02T03:04:05Z';

  it('Explorer sets all its Win32 properties at once, and each is 200', async () => {
    const at = await file();
    const names = ['Win32CreationTime', 'Win32LastAccessTime', 'Win32LastModifiedTime'];
    const times = names.map(name => `<Z:${name}>${HTTP}</Z:${name}>`).join('');
    const answer = await proppatch(
      ada,
      at,
      set(`${times}<Z:Win32FileAttributes>00000020</Z:Win32FileAttributes>`),
      EXPLORER,
    );
    expect(answer.status).toBe(207);
    expect(outcomes(answer)).toEqual({
      200: [...names, 'Win32FileAttributes'].map(name => `urn:schemas-microsoft-com: ${name}`),
    });
    expect(await textOf(ada, at, '<Z:Win32LastModifiedTime/>')).toBe(HTTP);
    expect(await textOf(ada, at, '<Z:Win32CreationTime/>')).toBe(HTTP);
    expect(await textOf(ada, at, '<D:creationdate/>')).toBe(ISO);
  });

  it.each([
    ['urn:schemas-microsoft-com: Win32LastModifiedTime', `<Z:Win32LastModifiedTime>${HTTP}</Z:Win32LastModifiedTime>`],
    ['DAV: lastmodified', `<D:lastmodified>${UNIX}</D:lastmodified>`],
    ['DAV: getlastmodified', `<D:getlastmodified>${HTTP}</D:getlastmodified>`],
  ])('%s reaches the file and the folder, and not the tag', async (name, property) => {
    for (const at of [await file(), await tree()]) {
      const tag = await textOf(ada, at, '<D:getetag/>');
      expect(outcomes(await proppatch(ada, at, set(property)))).toEqual({ 200: [name] });
      expect(await textOf(ada, at, '<D:getlastmodified/>')).toBe(HTTP);
      expect(await textOf(ada, at, '<D:getetag/>')).toBe(tag);
    }
  });

  it('X-OC-Mtime and X-OC-CTime come with a PUT and are accepted', async () => {
    const at = fresh();
    for (const status of [201, 204]) {
      const { status: got, headers } = await ada('PUT', at, { 'X-OC-Mtime': UNIX, 'X-OC-CTime': UNIX }, 'x');
      expect([got, headers.get('x-oc-mtime')]).toEqual([status, 'accepted']);
      expect((await ada('HEAD', at)).headers.get('last-modified')).toBe(HTTP);
      expect(await textOf(ada, at, '<D:creationdate/>')).toBe(ISO);
    }
  });

  it.each(['COPY', 'MOVE'])('X-OC-Mtime comes with a %s as well', async method => {
    const [at, to] = [await file(), fresh()];
    const { status, headers } = await ada(method, at, { Destination: to, 'X-OC-Mtime': UNIX });
    expect([status, headers.get('x-oc-mtime')]).toEqual([201, 'accepted']);
    expect((await ada('HEAD', to)).headers.get('last-modified')).toBe(HTTP);
  });

  it('a time that is none is refused and stops the rest', async () => {
    const at = await file();
    const answer = await proppatch(ada, at, set('<x:a>1</x:a><D:lastmodified>soon</D:lastmodified>'));
    expect(outcomes(answer)).toEqual({ 409: ['DAV: lastmodified'], 424: ['urn:x a'] });
    for (const value of ['', 'soon', '-1', '1e99', '99999999999999999999']) {
      expect((await ada('PUT', at, { 'X-OC-Mtime': value }, 'x')).status).toBeLessThan(500);
    }
  });

  it('a date is read as HTTP writes it, and not guessed', async () => {
    const at = await file();
    for (const value of ['1', 'file 5', '02/03/04']) {
      const answer = await proppatch(ada, at, set(`<D:getlastmodified>${value}</D:getlastmodified>`));
      expect(outcomes(answer)).toEqual({ 409: ['DAV: getlastmodified'] });
    }
  });

  it('the year 1601, by which Windows means that there is none, does not fail', async () => {
    const at = await file();
    const none = 'Mon, 01 Jan 1601 00:00:00 GMT';
    const properties = `<Z:Win32CreationTime>${none}</Z:Win32CreationTime><Z:Win32LastAccessTime>${none}</Z:Win32LastAccessTime>`;
    expect(Object.keys(outcomes(await proppatch(ada, at, set(properties), EXPLORER)))).toEqual(['200']);
  });

  it('a time is not set when something else in the request fails', async () => {
    const at = await file();
    const before = await textOf(ada, at, '<D:getlastmodified/>');
    const answer = await proppatch(ada, at, set(`<D:lastmodified>${UNIX}</D:lastmodified><D:getetag>1</D:getetag>`));
    expect(outcomes(answer)).toEqual({ 403: ['DAV: getetag'], 424: ['DAV: lastmodified'] });
    expect(await textOf(ada, at, '<D:getlastmodified/>')).toBe(before);
  });
});

describe('PROPPATCH of a locked resource', () => {
  const times = set('<Z:Win32LastModifiedTime>Thu, 02 Jan 2020 03:04:05 GMT</Z:Win32LastModifiedTime>');

  it('without the token passes for Explorer of the user who holds the lock, and for no other user', async () => {
    const at = await file();
    const token = await takeLock(ada, at, EXPLORER);
    const foreign = await proppatch(bob, at, times, EXPLORER);
    expect([foreign.status, failedConditions(foreign)]).toEqual([
      423,
      { names: ['lock-token-submitted'], hrefs: [at] },
    ]);
    for (const others of [set('<x:a/>'), `${times}${set('<x:a/>')}`]) {
      expect((await proppatch(ada, at, others, EXPLORER)).status).toBe(423);
    }
    const own = await proppatch(ada, at, times, EXPLORER);
    expect([own.status, Object.keys(outcomes(own))]).toEqual([207, ['200']]);
    expect((await proppatch(ada, at, times, { ...EXPLORER, If: `(<${token}>)` })).status).toBe(207);
    expect((await proppatch(ada, at, times, { ...EXPLORER, If: '(<urn:uuid:x>)' })).status).toBe(412);
  });

  it('without the token is refused for the name of an Explorer property in another namespace', async () => {
    const at = await file();
    await takeLock(ada, at);
    expect((await proppatch(ada, at, set('<x:Win32FileAttributes>1</x:Win32FileAttributes>'))).status).toBe(423);
  });

  it('changes nothing when it is refused', async () => {
    const at = await file();
    await takeLock(ada, at);
    expect((await proppatch(bob, at, set('<x:a>1</x:a>'))).status).toBe(423);
    expect(await textOf(bob, at, '<x:a/>')).toBeUndefined();
  });
});

describe('MKCOL with properties (RFC 5689)', () => {
  const type = '<D:resourcetype><D:collection/></D:resourcetype>';
  const mkcol = (dav: Dav, path: string, properties: string, headers: Record<string, string> = {}) =>
    dav(
      'MKCOL',
      path,
      { 'Content-Type': 'application/xml', ...headers },
      `<D:mkcol xmlns:D="DAV:" xmlns:x="urn:x">${properties}</D:mkcol>`,
    );

  it('makes a folder that has them', async () => {
    const at = fresh();
    expect((await mkcol(ada, at, set(`${type}<x:mark>new</x:mark>`))).status).toBe(201);
    expect(await textOf(bob, at, '<x:mark/>')).toBe('new');
    expect((await mkcol(ada, fresh(), set(type))).status).toBe(201);
    expect((await mkcol(ada, fresh(), `${set(type)}${set('<x:mark>1</x:mark>')}`)).status).toBe(201);
  });

  it('makes nothing when one of them cannot be set, and says which (§3)', async () => {
    const at = fresh();
    const answer = await mkcol(ada, at, set(`${type}<x:mark>new</x:mark><D:getetag>"mine"</D:getetag>`));
    expect([403, 409, 424]).toContain(answer.status);
    expect(parseTree(answer.text).name).toBe('DAV: mkcol-response');
    expect(outcomes(answer)).toMatchObject({ 403: ['DAV: getetag'], 424: expect.arrayContaining(['urn:x mark']) });
    expect((await ada('HEAD', at)).status).toBe(404);
  });

  it('makes nothing of a type that it does not have, and names valid-resourcetype (§3.3)', async () => {
    const at = fresh();
    const answer = await mkcol(ada, at, set('<D:resourcetype><D:collection/><x:calendar/></D:resourcetype>'));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('<D:valid-resourcetype/>');
    expect((await ada('HEAD', at)).status).toBe(404);
  });

  it.each([
    ['broken XML', 400, '<D:mkcol xmlns:D="DAV:">'],
    ['another root', 415, '<x/>'],
  ])('with %s is %i', async (_, status, body) => {
    const at = fresh();
    expect((await ada('MKCOL', at, { 'Content-Type': 'application/xml' }, body)).status).toBe(status);
    expect((await ada('HEAD', at)).status).toBe(404);
  });

  it('makes nothing when its times cannot be set, and keeps a file that another client has put into it', async () => {
    const inner = createMemoryDrive();
    const setTimes = async (path: DrivePath) => {
      if (baseName(path) === 'used') {
        await client('PUT', '/m/used/member', {}, 'x');
      }
      throw new DriveError('forbidden', 'no times here');
    };
    const failing = await startFrontDoor({ drive: withFaults(inner, { setTimes }) });
    const client = davClient(failing);
    try {
      const times = set('<D:getlastmodified>Wed, 02 Jan 2002 03:04:05 GMT</D:getlastmodified>');
      expect((await mkcol(client, '/m/new', times)).status).toBe(403);
      expect((await mkcol(client, '/m/used', times)).status).toBe(403);
      expect((await inner.list(ROOT, { signal: new AbortController().signal })).map(({ name }) => name)).toEqual([
        'used',
      ]);
      expect((await client('GET', '/m/used/member')).text).toBe('x');
    } finally {
      await failing.stop();
    }
  });

  it('keeps the rules of MKCOL', async () => {
    const at = await tree();
    expect((await mkcol(ada, at, set(type))).status).toBe(405);
    expect((await mkcol(ada, `${at}/missing/new`, set(type))).status).toBe(409);
    expect((await mkcol(reader, `${at}/new`, set(type))).status).toBe(403);
    expect((await mkcol(ada, `${at}/new`, set(type), { If: '(<urn:uuid:x>)' })).status).toBe(412);
    await takeLock(ada, at, { Depth: '0' });
    expect((await mkcol(bob, `${at}/new`, set(type))).status).toBe(423);
    expect((await ada('HEAD', `${at}/new`)).status).toBe(404);
    expect(await marksOf(at)).toEqual(MARKS);
  });

  it('is announced (§3.1)', async () => {
    expect((await ada('OPTIONS', '/m/')).headers.get('dav')).toMatch(/(^|,)\s*extended-mkcol\s*(,|$)/);
  });
});
