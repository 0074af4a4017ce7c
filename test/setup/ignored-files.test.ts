import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SECRET_FILES, STAGING_PREFIX } from '../../src/setup/new-files.ts';
import { describeWith } from '../support/foreign-client.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const linesOf = (name: string) => readFileSync(`${ROOT}${name}`, 'utf8').split('\n');
/** What setup leaves in a folder: `finish` in setup.ts places nothing whose name is of another type. */
const WRITTEN = ['config.yaml', ...SECRET_FILES.map(pattern => pattern.replace('*', '0a1b2c3d'))];

describeWith('git', 'the files that setup writes', () => {
  it.each(WRITTEN)('git ignores %s', name => {
    const { status, stderr } = spawnSync('git', ['check-ignore', '--quiet', '--no-index', name], { cwd: ROOT });
    expect([status, stderr.toString()]).toEqual([0, '']);
  });
});

describe('the lists of files to leave out', () => {
  it('of git name each secret in every folder, for setup writes beside the configuration', () => {
    expect(linesOf('.gitignore')).toEqual(expect.arrayContaining([...SECRET_FILES, `${STAGING_PREFIX}*/`]));
  });

  it('of the builder of images name each, too', () => {
    const anywhere = [...SECRET_FILES, 'config.yaml', `${STAGING_PREFIX}*`].map(pattern => `**/${pattern}`);
    expect(linesOf('.dockerignore')).toEqual(expect.arrayContaining(['*', ...anywhere]));
  });

  it('leave the builder all that the Dockerfile copies', () => {
    const sources = linesOf('Dockerfile').flatMap(
      line => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? [],
    );
    expect(sources.length).toBeGreaterThan(3);
    expect(linesOf('.dockerignore')).toEqual(expect.arrayContaining(sources.map(source => `!${source}`)));
  });
});
