import { expect, it } from 'vitest';
import { describeMissing, nameOfSkipped } from './missing-programs.ts';

it('names each missing program once, with the script that installs it', () => {
  const text = describeMissing([
    nameOfSkipped(['rclone']),
    nameOfSkipped(['rclone', 'curl']),
    nameOfSkipped(['/home/ada/.cache/onedrive-webdav-tests/python (by .ci/install-python-clients)']),
    nameOfSkipped(['/home/ada/.cache/onedrive-webdav-tests/kubernetes/helm']),
    'needs FUSE',
  ]);
  expect(text).toContain('4 groups of tests were skipped');
  expect(text).toContain('  .ci/install-clients installs curl, rclone\n');
  expect(text).toContain('  .ci/install-python-clients installs python\n');
  expect(text).toContain('  .ci/install-kubernetes-tools installs helm\n');
});

it('says nothing when nothing was missing', () => {
  expect(describeMissing(['needs FUSE'])).toBeUndefined();
});
