import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, the longest first; the order is all that they need. Vitest knows durations only of an
 * earlier run, and goes by the size of a file else, which says little: one of three lines can take half a minute.
 */
const LONGEST: readonly string[] = [
  // They wait for leases to end.
  'test/cluster/failures.test.ts',
  'test/cluster/rolling.test.ts',
  'test/cluster/model.test.ts',
  'test/faults/matrix-1.test.ts',
  'test/faults/matrix-2.test.ts',
  'test/faults/matrix-3.test.ts',
  'test/faults/matrix-4.test.ts',
  'test/faults/kill.test.ts',
  'test/e2e/sync-collection.test.ts',
  'test/cli/setup.test.ts',
  'test/faults/model/model-1.test.ts',
  'test/faults/model/model-2.test.ts',
  'test/onedrive/upload-shape.test.ts',
  'test/onedrive/buffers.test.ts',
  'test/e2e/locks.test.ts',
  'test/onedrive/intents.test.ts',
  'test/onedrive/onedrive-drive.test.ts',
  'test/cli/commands.test.ts',
  'test/onedrive/behaviour.test.ts',
  'test/onedrive/downloads.test.ts',
  'test/cli/doctor.test.ts',
  'test/webdav/changed-elsewhere.test.ts',
  'test/emulator/graph-contract.test.ts',
  'test/examples/download-proxy-program.test.ts',
  'test/emulator/sign-in-page.test.ts',
  'test/downloads/policies.test.ts',
  'test/http/unread-body.test.ts',
  'test/emulator/persistence.test.ts',
  'test/cli/demo-setup.test.ts',
];

/** Starts the longest files first, so that no worker is left alone with one at the end; the others as Vitest does. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId, project }: TestSpecification) => {
      const rank = LONGEST.indexOf(relative(project.config.root, moduleId));
      return rank === -1 ? LONGEST.length : rank;
    };
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
