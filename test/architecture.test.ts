import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const MAX_LINES = 400;

/** Rooms of webdav that its own files may use; the methods are on top of those. */
const WEBDAV_ROOMS = ['webdav/xml', 'webdav/headers', 'webdav/locks', 'webdav/properties', 'webdav/folder-page'];
/** Where an owner declares words that `config` reads, too: they import nothing but `lib` and each other. */
const LEAVES = [
  'auth/password-cost.ts',
  'auth/users-file-text.ts',
  'discovery/mailbox-pattern.ts',
  'discovery/mount-config.ts',
  'downloads/policy.ts',
  'graph/cloud-names.ts',
  'graph/credential-kinds.ts',
  'graph/drive-source.ts',
  'graph/tenant-options.ts',
  'mounts/junk-rule.ts',
  'mounts/limits.ts',
  'mounts/rights.ts',
  'mounts/shortcut-policy.ts',
  'people/people-rule.ts',
  'state/share-kind.ts',
];

/** What the app in the browser may have of the server's: pure functions without Node. */
const BROWSER_LEAVES = ['lib/quick-xor-hash.ts', 'lib/free-names.ts'];

/** Which folder may import which; a name with `.ts` is one file. Files of one folder may import each other. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'main.ts': ['cli', 'lib'],
  cli: [
    ...[
      'app/app.ts',
      'app/explain-downloads.ts',
      'app/hand-over.ts',
      'config',
      'doctor',
      'setup',
      'graph',
      'emulator',
      'auth/passwords.ts',
      'lib',
    ],
    // What commands ask of a running server.
    ...['control/address.ts', 'control/client.ts', 'control/errors.ts', 'control/status.ts'],
    // What commands are told of a server that they do not start.
    ...['discovery/find-by-rules.ts', 'discovery/recall.ts', 'discovery/mount-config.ts', 'downloads/policy.ts'],
    // Who would see what, and why.
    ...['people/explain-person.ts', 'people/people-rule.ts', 'mounts/rights.ts', 'mounts/sight.ts'],
    ...['discovery/mailbox-rule.ts'],
    // What is done to a state beside its servers.
    ...['state/beside.ts', 'state/sqlite/beside.ts', 'state/postgres/beside.ts', 'state/sqlite/maintenance.ts'],
    ...['state/copy/copy-state.ts', 'state/copy/sides.ts', 'state/copy/sqlite-side.ts', 'state/copy/postgres-side.ts'],
    ...['state/postgres/check.ts', 'state/lock-store.ts', 'state/share-store.ts'],
    ...['state/people-store.ts', 'state/device-password-store.ts', 'people/admission.ts'],
  ],
  doctor: [
    ...['config', 'graph', 'lib', 'auth/password-cost.ts'],
    // Words for what commands have found out; no behaviour comes with them.
    ...['discovery/mount-config.ts', 'discovery/rule-matches.ts', 'state/state-look.ts', 'control/status.ts'],
  ],
  setup: ['config', 'graph', 'lib'],
  // The composition root: it alone knows all parts.
  app: [
    ...[
      'http',
      'auth',
      'account',
      'people',
      'webdav',
      'webdav/folder-page/app-page.ts',
      'browser',
      'shares',
      'mounts',
      'downloads',
      'metrics',
      'tracing',
      'discovery',
      'onedrive',
      'drive',
      'graph',
    ],
    ...['state', 'config', 'control', 'operator', 'lib'],
  ],
  // What commands ask of a running server, over a socket of its own.
  control: ['auth/audit.ts', 'state', 'lib'],
  // The page on which operators see what commands are told, and do the same.
  operator: ['control/actions.ts', 'control/status.ts', 'words', 'lib'],
  http: ['auth', 'lib'],
  // What a scraper reads; what other parts report reaches it as numbers and words.
  metrics: ['http/metrics.ts', 'downloads/clients.ts', 'lib'],
  // Loaded only where the configuration wants traces.
  tracing: ['http/request-trace.ts', 'lib'],
  auth: ['people/people.ts', 'mounts/rights.ts', 'mounts/limits.ts', 'downloads/policy.ts', 'state', 'lib'],
  // The pages on which people sign in and make device passwords.
  account: ['auth', 'people/people.ts', 'state', 'words', 'lib'],
  people: [
    'auth/user.ts',
    'mounts/rights.ts',
    'mounts/limits.ts',
    'downloads/policy.ts',
    'discovery',
    'graph',
    'state',
    'config',
    'lib',
  ],
  webdav: [...WEBDAV_ROOMS, 'words', 'drive', 'downloads', 'state', 'lib'],
  // The rooms of webdav know each other in one direction (docs/decisions/0014).
  'webdav/handler.ts': ['webdav/methods'],
  'webdav/methods': ['webdav', ...WEBDAV_ROOMS, 'words', 'drive', 'state', 'lib'],
  'webdav/properties': [
    ...['webdav/xml', 'webdav/headers', 'webdav/errors.ts', 'webdav/request.ts', 'webdav/respond.ts'],
    ...['webdav/locks', 'drive', 'state', 'lib'],
  ],
  'webdav/locks': ['webdav', 'webdav/xml', 'webdav/headers', 'drive', 'state', 'lib'],
  'webdav/folder-page': ['webdav/xml', 'words', 'drive', 'lib'],
  'webdav/xml': ['webdav/errors.ts', 'webdav/content-codings.ts'],
  'webdav/headers': ['webdav/errors.ts', 'drive', 'lib'],
  // Looks and changes that WebDAV does not have; webdav knows nothing of it.
  browser: ['webdav', ...WEBDAV_ROOMS, 'downloads/proxy.ts', 'shares/sharing.ts', 'drive', 'state', 'lib'],
  // Who comes in by the URL of a share, and the part of its owner's tree that they get; WebDAV knows nothing of it.
  shares: [
    'webdav/errors.ts',
    'webdav/error-body.ts',
    'webdav/respond.ts',
    'webdav/folder-page/plain-document.ts',
    'webdav/folder-page/app-page.ts',
    // The form of a share that takes uploads stores as a PUT does.
    ...['webdav/request.ts', 'webdav/prepare.ts', 'webdav/store-file.ts', 'webdav/own-page.ts', 'webdav/href.ts'],
    'auth',
    'mounts',
    'drive',
    'state',
    'words',
    'lib',
  ],
  // What pages of the server say, by language.
  words: ['lib'],
  mounts: ['drive', 'state', 'lib'],
  downloads: ['drive', 'state/peers.ts', 'lib'],
  onedrive: ['drive', 'graph', 'state', 'lib'],
  discovery: ['mounts', 'drive', 'graph', 'state', 'config', 'lib', 'downloads/policy.ts'],
  drive: ['lib'],
  graph: ['lib'],
  state: ['lib'],
  // Words that their owners declare: leaf files, so that no behaviour comes with them.
  config: [...LEAVES, 'lib'],
  lib: [],
  emulator: [],
  // Runs in browsers: its own files, and leaves of lib that need no Node.
  'browser-app': ['browser-app', ...BROWSER_LEAVES],
};

/** Which folder or file may use which package, besides `node:`. */
const PACKAGES: Record<string, readonly string[]> = {
  'webdav-server': ['webdav/frame.ts'],
  saxes: ['webdav/xml'],
  negotiator: ['webdav/headers', 'lib/accept-language.ts'],
  yaml: ['config', 'emulator'],
  zod: ['config', 'emulator'],
  'fastest-levenshtein': ['config', 'emulator'],
  jose: ['auth'],
  undici: ['graph'],
  '@azure/identity': ['graph'],
  '@azure/core-rest-pipeline': ['graph'],
  '@microsoft/microsoft-graph-client': ['graph'],
  pino: ['lib'],
  commander: ['cli', 'emulator'],
  '@inquirer/prompts': ['cli'],
  open: ['cli'],
  bcryptjs: ['auth'],
  yazl: ['browser/zip'],
  '@fastify/busboy': ['shares/form-files.ts'],
  'lru-cache': [
    ...[
      'auth',
      'browser',
      'downloads',
      'emulator',
      'mounts',
      'onedrive',
      'shares',
      'webdav/kept-answers.ts',
      'state/postgres',
    ],
  ],
  'prom-client': ['metrics'],
  '@opentelemetry/api': ['tracing'],
  '@opentelemetry/exporter-trace-otlp-http': ['tracing'],
  '@opentelemetry/resources': ['tracing'],
  '@opentelemetry/sdk-trace': ['tracing'],
  pg: ['state/postgres', 'state/copy/postgres-side.ts'],
  'openid-client': ['account'],
  qr: ['account'],
  '@peculiar/x509': ['emulator', 'setup'],
  'reflect-metadata': ['emulator', 'setup'],
  'mime-types': ['emulator'],
  // Of development: thumbnails, where it is there.
  sharp: ['emulator'],
  // Built into the app in the browser; the server has none of them.
  preact: ['browser-app'],
  '@preact/signals': ['browser-app'],
  '@tanstack/virtual-core': ['browser-app'],
  marked: ['browser-app/view/preview/render-markdown.ts'],
  dompurify: ['browser-app/view/preview/render-markdown.ts'],
};

interface Source {
  /** Path below `src`. */
  readonly file: string;
  readonly text: string;
}

/** Everything about one file's imports that the tables above do not allow. */
function findBreaches({ file, text }: Source): string[] {
  return importsOf(text).flatMap(specifier => {
    if (specifier.startsWith('node:')) {
      return file.startsWith('browser-app/') ? [`${file} imports ${specifier}`] : [];
    }
    return specifier.startsWith('.') ? checkOwn(file, specifier) : checkPackage(file, specifier);
  });
}

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|import\('([^']+)'\)/g,
  );
  return [...found].map(match => match[1] ?? match[2] ?? match[3]!);
}

function checkOwn(file: string, specifier: string): string[] {
  const target = relative('.', join(dirname(file), specifier));
  const [from, to] = [layerOf(file), layerOf(target)];
  const listed = [...(MAY_IMPORT[from] ?? []), ...(MAY_IMPORT[file] ?? [])];
  const allowed = from === to || listed.some(name => name === to || name === target);
  return allowed ? [] : [`${file} imports ${target}`];
}

function checkPackage(file: string, specifier: string): string[] {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const allowed = (PACKAGES[name] ?? []).some(place => file === place || file.startsWith(`${place}/`));
  return allowed ? [] : [`${file} imports the package ${name}`];
}

/** The folder of a file; a room that the table names is one of its own. */
function layerOf(file: string): string {
  if (file.startsWith('browser-app/')) {
    return 'browser-app';
  }
  const room = dirname(file);
  return room in MAY_IMPORT ? room : file.split('/')[0]!;
}

function readSources(): Source[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.tsx?$/.test(file))
    .map(file => ({ file, text: readFileSync(join(SRC, file), 'utf8') }));
}

/** The files of one import circle, or none. Imports of types count: they tie files together as well. */
function findCircle(sources: readonly Source[]): string[] {
  const graph = new Map(
    sources.map(({ file, text }) => [
      file,
      importsOf(text)
        .filter(specifier => specifier.startsWith('.'))
        .map(specifier => relative('.', join(dirname(file), specifier))),
    ]),
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) {
      return [...path.slice(path.indexOf(file)), file];
    }
    if (done.has(file)) {
      return [];
    }
    const circle = (graph.get(file) ?? []).map(next => visit(next, [...path, file])).find(found => found.length > 0);
    done.add(file);
    return circle ?? [];
  };
  return [...graph.keys()].map(file => visit(file, [])).find(found => found.length > 0) ?? [];
}

describe('the sources', () => {
  const sources = readSources();

  it('import only what their folder may import', () => {
    expect(sources.flatMap(findBreaches)).toEqual([]);
  });

  it('have no import circle', () => {
    expect(findCircle(sources)).toEqual([]);
  });

  it('keep below the review stop of lines', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > MAX_LINES).map(({ file }) => file);
    expect(long).toEqual([]);
  });

  it('name an engine of the state in the state itself and in app/open-state.ts only', () => {
    const naming = sources.filter(({ text }) =>
      importsOf(text).some(specifier => /\/state\/(sqlite|postgres)\/state\.ts$/.test(specifier)),
    );
    expect(naming.map(({ file }) => file)).toEqual(['app/open-state.ts']);
  });

  it('import `lib` and leaves only where they are the leaves that config reads', () => {
    const leaves = sources.filter(({ file }) => LEAVES.includes(file));
    expect(leaves.map(({ file }) => file).sort()).toEqual(LEAVES);
    const imports = leaves.flatMap(({ file, text }) =>
      importsOf(text).map(specifier => relative('.', join(dirname(file), specifier))),
    );
    expect(imports.filter(target => !target.startsWith('lib/') && !LEAVES.includes(target))).toEqual([]);
  });

  it('have no barrels', () => {
    expect(sources.filter(({ file }) => /(^|\/)index\.ts$/.test(file))).toEqual([]);
  });

  it('read the environment in cli only, and end the process in main.ts only', () => {
    const using = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
    expect(using(/process\.env/).filter(file => !file.startsWith('cli/'))).toEqual([]);
    expect(using(/process\.exit\(/)).toEqual(['main.ts']);
  });
});

describe('the checker itself', () => {
  it.each([
    ['webdav/handler.ts', "import { getItem } from '../graph/items.ts';", 'webdav/handler.ts imports graph/items.ts'],
    ['emulator/x.ts', "import type { Log } from '../lib/log.ts';", 'emulator/x.ts imports lib/log.ts'],
    ['webdav/handler.ts', "import { v2 } from 'webdav-server';", 'webdav/handler.ts imports the package webdav-server'],
    [
      'cli/x.ts',
      "import { createAuthenticator } from '../auth/authenticate.ts';",
      'cli/x.ts imports auth/authenticate.ts',
    ],
    ['browser-app/x.ts', "import { join } from 'node:path';", 'browser-app/x.ts imports node:path'],
    ['browser-app/x.ts', "import { isLog } from '../lib/log.ts';", 'browser-app/x.ts imports lib/log.ts'],
    [
      'browser/x.ts',
      "import { say } from '../browser-app/words/words.ts';",
      'browser/x.ts imports browser-app/words/words.ts',
    ],
    [
      'webdav/xml/xml-reader.ts',
      "import { isLive } from '../properties/live-properties.ts';",
      'webdav/xml/xml-reader.ts imports webdav/properties/live-properties.ts',
    ],
    [
      'webdav/transfer.ts',
      "import { put } from './methods/put.ts';",
      'webdav/transfer.ts imports webdav/methods/put.ts',
    ],
  ])('finds a wrong import in %s', (file, text, breach) => {
    expect(findBreaches({ file, text })).toEqual([breach]);
  });

  it('finds a circle', () => {
    const sources = [
      { file: 'a/x.ts', text: "import { y } from './y.ts';" },
      { file: 'a/y.ts', text: "import { x } from './x.ts';" },
    ];
    expect(findCircle(sources)).toEqual(['a/x.ts', 'a/y.ts', 'a/x.ts']);
  });
});
