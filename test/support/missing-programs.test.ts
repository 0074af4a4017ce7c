import { expect, it } from 'vitest';
import { describeMissing, reasonToSkip } from './missing-programs.ts';

it('names each missing program once, with the script that installs it', () => {
  const text = describeMissing([
    reasonToSkip(['rclone']),
    reasonToSkip(['rclone', 'curl']),
    reasonToSkip(['/home/ada/.cache/onedrive-webdav-tests/python (by .ci/install-python-clients)']),
    reasonToSkip(['/home/ada/.cache/onedrive-webdav-tests/kubernetes/helm']),
    'needs FUSE',
    undefined,
  ]);
  expect(text).toContain('4 groups of tests were skipped');
  expect(text).toContain('  .ci/install-clients installs curl, rclone\n');
  expect(text).toContain('  .ci/install-python-clients installs python\n');
  expect(text).toContain('  .ci/install-kubernetes-tools installs helm\n');
});

it('says nothing when nothing was missing', () => {
  expect(describeMissing([undefined, 'needs FUSE'])).toBeUndefined();
});
