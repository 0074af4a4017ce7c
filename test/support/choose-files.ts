import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, relative, sep } from 'node:path';
import type { FileChooser, Page } from 'playwright-core';

/** A file that is only in the test, or the path of one on this machine. */
export type Chosen = string | { readonly name: string; readonly mimeType: string; readonly buffer: Buffer }[];

/** Chooses files in the browser's own dialog, which `open` has the page show. */
export async function chooseFiles(page: Page, open: () => Promise<unknown>, files: Chosen): Promise<void> {
  const chooser = await chooserOf(page, open);
  await chooser.setFiles(files as Parameters<FileChooser['setFiles']>[0]);
}

/** As `chooseFiles`, in the dialog for a folder of this machine. */
export async function chooseFolder(page: Page, open: () => Promise<unknown>, path: string): Promise<void> {
  const chooser = await chooserOf(page, open);
  if (page.context().browser()!.browserType().name() === 'firefox') {
    await fill(chooser, path);
  } else {
    await chooser.setFiles(path);
  }
}

async function chooserOf(page: Page, open: () => Promise<unknown>): Promise<FileChooser> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open()]);
  return chooser;
}

/**
 * WebDriver BiDi cannot choose a folder ("input.setFiles": Firefox answers NS_ERROR_FILE_IS_DIRECTORY). So the field gets
 * what Firefox puts there, files that know their path below the folder (File and Directory Entries API, 3).
 */
async function fill(chooser: FileChooser, folder: string): Promise<void> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter(entry => entry.isFile()).map(entry => `${entry.parentPath}/${entry.name}`);
  const files = paths.map(async path => ({
    name: basename(path),
    path: relative(dirname(folder), path).split(sep).join('/'),
    text: await readFile(path, 'utf8'),
  }));
  await chooser.element().evaluate(
    (node, given) => {
      const field = node as HTMLInputElement;
      if (!field.webkitdirectory) {
        throw new Error('the page asks for files, not for a folder');
      }
      const chosen = given.map(({ name, path, text }) =>
        Object.defineProperty(new File([text], name), 'webkitRelativePath', { value: path }),
      );
      Object.defineProperty(field, 'files', { value: chosen });
      field.dispatchEvent(new Event('change'));
    },
    await Promise.all(files),
  );
}
