import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { schemaLine } from '../../src/setup/schema-line.ts';

const urlIn = (line: string) => line.replace('# yaml-language-server: $schema=', '');

describe('schemaLine', () => {
  it.each([
    ['/srv/dav/config.yaml', './node_modules/onedrive-webdav/config.schema.json'],
    ['/srv/config.yaml', './dav/node_modules/onedrive-webdav/config.schema.json'],
    ['/etc/dav/config.yaml', 'file:///srv/dav/node_modules/onedrive-webdav/config.schema.json'],
    ['/srv/dav/etc/config.yaml', 'file:///srv/dav/node_modules/onedrive-webdav/config.schema.json'],
  ])('of %s is %s', (file, url) => {
    expect(urlIn(schemaLine(file, '/srv/dav/node_modules/onedrive-webdav/config.schema.json'))).toBe(url);
  });

  it('encodes what a URL cannot hold', () => {
    expect(urlIn(schemaLine('/a/c.yaml', '/a/b c#/s.json'))).toBe('./b%20c%23/s.json');
    expect(urlIn(schemaLine('/x/c.yaml', '/a/b c/s.json'))).toBe('file:///a/b%20c/s.json');
  });

  it('leads to a schema that is there', async () => {
    const elsewhere = fileURLToPath(urlIn(schemaLine('/nowhere/config.yaml')));
    expect(JSON.parse(await readFile(elsewhere, 'utf8')).properties.mounts).toBeDefined();
    const beside = schemaLine(join(elsewhere, '../config.yaml'));
    expect(urlIn(beside)).toBe('./config.schema.json');
  });
});
