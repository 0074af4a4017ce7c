import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { objectionToNode } from '../../src/lib/node-version.ts';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

it.each(['v0.12.18', 'v18.20.4', 'v20.19.2', 'v22.21.0', 'v23.11.1'])(
  '%s is too old, which is said in a sentence',
  version => {
    expect(objectionToNode(version, '/usr/bin/node')).toBe(
      `onedrive-webdav needs Node.js 24 or newer; /usr/bin/node is ${version}. Install a newer one from https://nodejs.org/.`,
    );
  },
);

it.each(['v24.0.0', 'v24.21.0', 'v26.1.0', 'v100.0.0'])('%s will do', version => {
  expect(objectionToNode(version, '/usr/bin/node')).toBeUndefined();
});

it('is what package.json asks for', () => {
  expect(objectionToNode(`v${/\d+/.exec(engines.node)![0]}.0.0`, '')).toBeUndefined();
});
