import { describe, expect, it } from 'vitest';
import type { ConfigError } from '../../src/config/config-error.ts';
import { parseConfigText } from '../../src/config/parse.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';

const KEY = 'a key of 16 letters or more';

/**
 * A config with what follows `downloads:` and, of two mounts, the second one's policy, and a user's; the messages, none
 * when it is fine.
 */
function problemsOf(downloads: string, policy = 'auto', user = 'mounts: "*"'): string[] {
  const lines = [
    'tenant: { tenantId: contoso.com, clientId: app, clientSecret: top-secret }',
    'mounts:',
    '  - { mailbox: ada@contoso.com }',
    `  - { mailbox: grace@contoso.com, download: ${policy} }`,
    `users: [{ name: ada, passwordHash: "${PASSWORD_HASH}", ${user} }]`,
    `downloads: ${downloads}`,
  ];
  try {
    parseConfigText(lines.join('\n'), 'file');
    return [];
  } catch (error) {
    return (error as ConfigError).message.split('\n').map(line => line.replace('file:', ''));
  }
}

const withUrl = (url: string) =>
  problemsOf(`{ proxy: { urls: [${JSON.stringify(url)}], keys: [{ secret: ${KEY} }] } }`);
const withKeys = (keys: string, policy?: string) =>
  problemsOf(`{ proxy: { urls: ["https://dl.example.com"], keys: ${keys} } }`, policy);

describe('downloads.proxy', () => {
  it.each(['https://dl.example.com', 'http://127.0.0.1:8090', 'https://[::1]:8443', 'HTTPS://DL.example.com'])(
    'takes the URL %s',
    url => {
      expect(withUrl(url)).toEqual([]);
    },
  );

  it.each([
    ['dl.example.com', /write an absolute http or https URL/],
    ['ftp://dl.example.com', /write an absolute http or https URL/],
    ['https://me:secret@dl.example.com', /must not hold credentials/],
    ['https://dl.example.com/', /leave out the slash at the end/],
    ['https://dl.example.com/files', /write only the origin/],
    ['https://dl.example.com?', /write only the origin/],
    ['https://dl.example.com#', /write only the origin/],
    ['https:dl.example.com', /write only the origin/],
    [' https://dl.example.com', /write only the origin/],
    ['https://dl.example.com\n', /write only the origin/],
    ['https://dl.example.com\\', /write only the origin/],
    ['https://müller.example', /write only the origin, with its host in ASCII/],
  ])('refuses the URL %j', (url, message) => {
    expect(withUrl(url)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['[]', /^6: downloads.proxy.urls: a download proxy needs a key/],
    ['[{ secret: short }]', /at least 16 characters/],
    ['[{ secret: "a key, and another key" }]', /use ASCII, without commas/],
    ['[{ secret: " a key with spaces at its ends " }]', /or spaces at its ends/],
    ['[{ secret: schlüssel-zum-glück }]', /use ASCII/],
    [`[{ secret: ${KEY}, secretEnv: KEY }]`, /in exactly one way/],
    ['[{ mounts: [ada] }]', /in exactly one way/],
    [`[{ secret: ${KEY}, mounts: [eva] }]`, /there is no mount "eva"; there are: ada, grace/],
  ])('refuses the keys %s', (keys, message) => {
    expect(withKeys(keys)).toEqual([expect.stringMatching(message)]);
  });

  it('wants the first key to open the mounts whose clients are sent to the proxy', () => {
    const keys = `[{ secret: ${KEY}, mounts: [Ada] }, { secret: ${KEY} of another }]`;
    expect(withKeys(keys)).toEqual([]);
    expect(withKeys(keys, 'download-proxy')).toEqual([
      expect.stringMatching(/^4: mounts.1.download: the first of downloads.proxy.keys signs the URLs of "grace"/),
    ]);
    expect(withKeys(keys.replace('Ada', 'ada, GRACE'), 'download-proxy')).toEqual([]);
  });

  it.each([
    ['auto', 'policy: download-proxy', 'mounts: "*"', true],
    ['auto', 'policy: redirect', 'mounts: "*"', false],
    ['proxy', 'policy: download-proxy', 'mounts: "*", download: download-proxy', false],
    ['redirect', 'policy: download-proxy', 'mounts: "*"', false],
    ['redirect', 'policy: download-proxy', 'mounts: "*", download: auto', true],
    ['redirect', 'policy: redirect', 'mounts: "*", download: auto', false],
    ['redirect', 'policy: redirect', 'mounts: [Grace], download: download-proxy', true],
    ['auto', 'policy: redirect', 'mounts: ["g*"], download: download-proxy', true],
    ['auto', 'policy: redirect', 'mounts: [ada], download: download-proxy', false],
  ])(
    'wants that too where some are: a mount with %s, a rule with %s, a user with %s',
    (mount, rule, user, isWanted) => {
      const proxy = `{ urls: ["https://dl.example.com"], keys: [{ secret: ${KEY}, mounts: [ada] }] }`;
      const problems = problemsOf(`{ clients: [{ userAgent: aria2, ${rule} }], proxy: ${proxy} }`, mount, user);
      expect(problems).toEqual(
        isWanted ? [expect.stringMatching(/^4: mounts.1.download: the first of .*"grace"/)] : [],
      );
    },
  );

  it('wants a place for the signature in a template, unless there is none', () => {
    const withTemplate = (template: string, sign: boolean) =>
      problemsOf(
        JSON.stringify({ proxy: { urls: ['https://dl.example.com'], template, sign, keys: [{ secret: KEY }] } }),
      );
    expect(withTemplate('/get{path}?s={signature}', true)).toEqual([]);
    expect(withTemplate('/get{path}', false)).toEqual([]);
    expect(withTemplate('/get{path}?e={expires}', true)).toEqual([
      expect.stringMatching(/^6: downloads.proxy.template: the template has no place for the signature/),
    ]);
  });

  it.each([
    ['{path}', /must begin with a slash/],
    ['/static', /must hold {path} or {url}/],
    ['/{path}{token}', /there is no {token}/],
    ['/a b{path}', /percent-encode spaces/],
    ['/ä{path}', /percent-encode spaces and letters beyond ASCII/],
    ['/a\n{path}', /percent-encode spaces/],
  ])('refuses the template %j', (template, message) => {
    const proxy = { urls: ['https://dl.example.com'], template, sign: false };
    expect(problemsOf(JSON.stringify({ proxy }))).toEqual([expect.stringMatching(message)]);
  });
});
