/** A file to upload, and the names of the folders that it is in, below the one that was dropped or chosen. */
export interface Collected {
  readonly file: File;
  readonly folders: readonly string[];
}

/** Files and folders that were dropped, chosen or pasted. A folder without members is there as well. */
export interface Collection {
  readonly files: readonly Collected[];
  readonly emptyFolders: readonly (readonly string[])[];
}

/** What was chosen in a file field; a folder's files know their path (File and Directory Entries API, `webkitRelativePath`). */
export function collectChosen(chosen: Iterable<File>): Collection {
  const files = [...chosen].map(file => ({ file, folders: file.webkitRelativePath.split('/').slice(0, -1) }));
  return { files, emptyFolders: [] };
}

/** All files of a drop, with those in dropped folders. It must be called while the drop is handled. */
export async function collectDropped({ items, files }: DataTransfer): Promise<Collection> {
  const entries = [...items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null);
  if (entries.length === 0) {
    return collectChosen(files);
  }
  const parts = await Promise.all(entries.map(entry => collectEntry(entry, [])));
  return join(parts);
}

async function collectEntry(entry: FileSystemEntry, folders: readonly string[]): Promise<Collection> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return { files: [{ file, folders }], emptyFolders: [] };
  }
  if (!isFolder(entry)) {
    return join([]);
  }
  const path = [...folders, entry.name];
  const members = await readMembers(entry.createReader());
  if (members.length === 0) {
    return { files: [], emptyFolders: [path] };
  }
  return join(await Promise.all(members.map(member => collectEntry(member, path))));
}

/** A reader tells some members at a time, and none at its end. */
async function readMembers(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const members: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) {
      return members;
    }
    members.push(...some);
  }
}

function join(parts: readonly Collection[]): Collection {
  return {
    files: parts.flatMap(({ files }) => files),
    emptyFolders: parts.flatMap(({ emptyFolders }) => emptyFolders),
  };
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
