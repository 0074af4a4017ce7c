import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mustRun } from './foreign-client.ts';

/** Runs Basic statements in a LibreOffice of its own and returns their output, line by line. */
export type LibreOffice = (...statements: string[]) => Promise<string[]>;

/**
 * LibreOffice without a screen. It asks for a password with a dialog, unless it finds one in its password container; so
 * Basic puts it there. At hand in the statements: `Say`, `Files` (a file access service), `Options` (for whatever loads
 * or stores a document by URL) and `Opened`, which loads one.
 */
export async function libreOfficeOnWebDav(
  folder: string,
  server: { url: string; user: string; password: string },
): Promise<LibreOffice> {
  const profile = join(folder, 'office');
  const library = join(profile, 'user', 'basic', 'Standard');
  const soffice = (...args: string[]) =>
    // `timeout` ends all of its processes, should it hang.
    mustRun('timeout', ['110', 'soffice', `-env:UserInstallation=${pathToFileURL(profile)}`, '--headless', ...args], {
      env: { HOME: folder, LC_ALL: 'C.UTF-8' },
      cwd: folder,
    });
  // The first start makes the profile, and ignores its other arguments.
  await soffice('--terminate_after_init');
  await mkdir(library, { recursive: true });
  await writeFile(join(profile, 'user', 'basic', 'script.xlc'), LIBRARIES);
  await writeFile(join(library, 'script.xlb'), LIBRARY);
  const said = join(folder, 'said.txt');
  return async (...statements) => {
    await writeFile(said, '');
    await writeFile(join(library, 'Module1.xba'), moduleOf(program(statements, { said, ...server })));
    await soffice('macro:///Standard.Module1.Main');
    const lines = (await readFile(said, 'utf8')).split('\n').slice(0, -1);
    const failure = lines.find(line => line.startsWith('failed: '));
    if (failure !== undefined) {
      throw new Error(`LibreOffice ${failure}`);
    }
    return lines;
  };
}

/** A text as Basic writes it. */
export function basicText(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function program(
  statements: readonly string[],
  { said, url, user, password }: { said: string; url: string; user: string; password: string },
): string {
  return `
Global Options
Global Files

Sub Say(words)
  Dim number
  number = FreeFile
  Open ${basicText(said)} For Append As #number
  Print #number, CStr(words)
  Close #number
End Sub

Function Opened(url)
  Opened = StarDesktop.loadComponentFromURL(url, "_blank", 0, Options)
End Function

Sub Main
  Dim container, document, entry, handler
  Dim given(1) As New com.sun.star.beans.PropertyValue
  On Error GoTo Failed
  handler = CreateUnoService("com.sun.star.task.PasswordContainerInteractionHandler")
  container = CreateUnoService("com.sun.star.task.PasswordContainer")
  container.add(${basicText(url)}, ${basicText(user)}, Array(${basicText(password)}), handler)
  given(0).Name = "InteractionHandler"
  given(0).Value = handler
  given(1).Name = "AuthenticationHandler"
  given(1).Value = handler
  Options = given
  Files = CreateUnoService("com.sun.star.ucb.SimpleFileAccess")
  Files.setInteractionHandler(handler)
  ${statements.join('\n  ')}
  StarDesktop.terminate()
  Exit Sub
Failed:
  Say("failed: " & Join(Split(Error, Chr(10)), " "))
  StarDesktop.terminate()
End Sub
`;
}

function moduleOf(source: string): string {
  const escaped = source.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">${escaped}</script:module>
`;
}

const LIBRARIES = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">
<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">
 <library:library library:name="Standard" library:link="false"/>
</library:libraries>
`;

const LIBRARY = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" library:passwordprotected="false">
 <library:element library:name="Module1"/>
</library:library>
`;
