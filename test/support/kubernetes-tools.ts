import { homedir } from 'node:os';
import { join } from 'node:path';

const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const FOLDER = join(CACHE, 'onedrive-webdav-tests', 'kubernetes');

/** Where .ci/install-kubernetes-tools puts them. */
export const HELM: string = join(FOLDER, 'helm');
export const KUBERNETES_VALIDATE: string = join(FOLDER, 'python', 'bin', 'kubernetes-validate');
