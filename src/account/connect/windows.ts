import { html } from '../../lib/html.ts';
import { copied } from '../copied.ts';
import type { Guide } from './guide.ts';
import { picture } from './picture.ts';

export const WINDOWS: Guide = {
  label: 'Windows',
  device: 'Windows',
  steps: ({
    address,
    userName,
    windowsFile,
  }) => html`<p>There are three ways; the first one also finds what is wrong.</p>
<ul class="steps">
<li>Download <a href="${windowsFile}" download>connect-onedrive.cmd</a> and open it. It checks the settings of Windows that WebDAV needs, says which are wrong, and connects a drive letter. It asks for the password; it holds none.</li>
<li>Type this line into a terminal (Command Prompt or PowerShell). Windows asks for the password.
${copied('net-use', 'the line', netUse(address, userName))}</li>
<li>In Explorer choose <b>This PC → Map network drive</b>, tick <b>Connect using different credentials</b>, and give the address and then the name and the password.
${copied('address', 'the address', address)}</li>
</ul>
${picture({
  title: 'Windows Security',
  fields: [
    ['User name', userName],
    ['Password', '••••••••••••••'],
  ],
  button: 'OK',
  caption: 'Windows asks for the user name and the password. Tick “Remember my credentials”.',
})}`,
};

function netUse(address: string, userName: string): string {
  return `net use * "${address}" * "/user:${userName}" /persistent:yes`;
}

const PARAMETERS = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\WebClient';

/**
 * Returns a batch file that checks the service WebClient and its limits (docs/clients.md, "Windows"), and maps a drive.
 * It holds no password: `net use` asks for it. Its checks were run by the cmd.exe of Wine 8.0, on right and wrong
 * values.
 */
export function windowsFile(address: string, userName: string): string {
  // Basic without TLS is off in Windows unless the level is 2 (KB841215).
  const level = address.startsWith('https:') ? 1 : 2;
  const lines = `@echo off
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
title Connect OneDrive over WebDAV
set "ADDRESS=${inBatch(address)}"
set "ACCOUNT=${inBatch(userName)}"
set "KEY=${PARAMETERS}"
set "WRONG=0"

echo Checking the settings of Windows ...
reg query "%KEY%" /v Start >nul 2>&1
if errorlevel 1 goto missing

call :read "%KEY%" Start 0x3
if /i "%VALUE%"=="0x4" call :wrong "The service WebClient is disabled." "sc config WebClient start= demand"
call :read "%KEY%\\Parameters" BasicAuthLevel 0x1
if /i "%VALUE%"=="0x0" call :wrong "BasicAuthLevel is 0: Windows sends no passwords." "reg add %KEY%\\Parameters /v BasicAuthLevel /t REG_DWORD /d ${level} /f"
${
  level === 2
    ? `if /i not "%VALUE%"=="0x2" call :wrong "BasicAuthLevel is not 2: without https, Windows sends no passwords." "reg add %KEY%\\Parameters /v BasicAuthLevel /t REG_DWORD /d 2 /f"`
    : 'rem This address has https, for which level 1 is enough.'
}
call :read "%KEY%\\Parameters" FileSizeLimitInBytes 0x2faf080
if /i not "%VALUE%"=="0xffffffff" call :wrong "FileSizeLimitInBytes is %VALUE%: larger files cannot be opened (0x2faf080 is 50 MB)." "reg add %KEY%\\Parameters /v FileSizeLimitInBytes /t REG_DWORD /d 0xffffffff /f"
call :read "%KEY%\\Parameters" FileAttributesLimitInBytes 0xf4240
if /i "%VALUE%"=="0xf4240" call :wrong "FileAttributesLimitInBytes is 1000000: folders with more than about 2000 entries look empty." "reg add %KEY%\\Parameters /v FileAttributesLimitInBytes /t REG_DWORD /d 10000000 /f"

if "%WRONG%"=="0" (
  echo   All settings are right.
) else (
  echo.
  echo To change them, run the lines above in a terminal as administrator, and then:
  echo   net stop WebClient
  echo   net start WebClient
)

echo.
echo Connecting "%ADDRESS%" as "%ACCOUNT%". Windows asks for your device password now.
net use * "%ADDRESS%" * "/user:%ACCOUNT%" /persistent:yes
if errorlevel 1 goto failed
echo The drive is in Explorer, under "This PC".
goto end

:missing
echo   The service WebClient is not installed. On Windows Server, add the feature "WebDAV Redirector".
goto end

:failed
echo The drive was not connected. Check the password, and the settings above.

:end
echo.
pause
endlocal
exit /b

:read
set "VALUE=%~3"
for /f "tokens=3" %%V in ('reg query "%~1" /v %~2 2^>nul ^| find "REG_DWORD"') do set "VALUE=%%V"
exit /b

:wrong
set "WRONG=1"
echo   [wrong] %~1
echo           %~2
exit /b
`;
  return lines.replaceAll('\n', '\r\n');
}

/** A text between the quotes of `set "X=…"`: only the percent sign means something there, and neither has a quote. */
function inBatch(text: string): string {
  return text.replaceAll('%', '%%').replaceAll(/["\r\n]/g, '');
}
