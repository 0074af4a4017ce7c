import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, the longest first, below `test`; the order is all that they need. Vitest knows durations
 * only of an earlier run, and goes by the size of a file else, which says little: one of three lines can take half a
 * minute. What such files do is seldom work of ours: they wait for foreign programs, and for leases to end.
 */
const LONGEST: readonly string[] = [
  'cluster/rolling',
  'e2e/reload-load',
  'browser-app/direct-uploads',
  'clients/downloads',
  'clients/rclone',
  'e2e/restart',
  'clients/kio',
  'clients/reverse-proxy',
  'faults/matrix-1',
  'faults/matrix-2',
  'cluster/failures',
  'clients/rclone-vendors',
  'faults/matrix-3',
  'faults/matrix-4',
  'e2e/sync-collection',
  'clients/libreoffice',
  'e2e/kept-answers',
  'browser-app/in-a-share',
  'cluster/model',
  'faults/model/model-1',
  'faults/model/model-2',
  'faults/kill',
  'state/postgres/servers',
  'clients/traces',
  'cli/doctor-server',
  'cli/setup',
  'e2e/locks',
  'clients/gvfs',
  'clients/davfs2',
  'clients/http2',
  'clients/chromium-account',
  'clients/media-players',
  'cli/commands',
  'browser-app/look',
  'cluster/rclone',
  'e2e/process-log',
  'e2e/reload',
  'clients/curl',
  'emulator/foreign/rclone',
  'cli/demo-setup',
  'cli/running-server',
  'cli/serve-reload',
  'onedrive/buffers',
  'onedrive/intents',
  'state/postgres/peers',
  'onedrive/upload-shape',
  'webdav/locks/interleavings',
  'cluster/locks',
  'shares/upload-share',
  'onedrive/onedrive-drive',
  'onedrive/downloads',
  'cli/doctor',
  'webdav/changed-elsewhere',
  'emulator/graph-contract',
  'downloads/policies',
  'http/unread-body',
  'clients/chromium-media',
  'clients/rclone-bearer',
  'cluster/traces',
  'browser-app/shares',
];

/** Starts the longest files first, so that no worker is left alone with one at the end; the others as Vitest does. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId, project }: TestSpecification) => {
      const rank = LONGEST.indexOf(relative(join(project.config.root, 'test'), moduleId).replace(/\.test\.ts$/, ''));
      return rank === -1 ? LONGEST.length : rank;
    };
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
