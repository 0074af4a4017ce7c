import { render } from 'preact';
import { startNavigation } from './state/navigation.ts';
import { NONCE, STYLE, TAKES_FILES_AS } from './state/page.ts';
import { applySettings } from './state/settings.ts';
import { guardUploads, tellUnfinished } from './state/uploads.ts';
import './style/app.css';
import { App } from './view/app.tsx';
import { SendPage } from './view/send-page.tsx';

/** The page names the style, and the script takes it over together with the page's nonce. */
function loadStyle(href: string): Promise<void> {
  if (document.querySelector(`link[rel=stylesheet][href="${CSS.escape(href)}"]`) !== null) {
    return Promise.resolve();
  }
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.nonce = NONCE;
  link.href = href;
  return new Promise(resolve => {
    link.onload = () => resolve();
    link.onerror = () => resolve();
    document.head.append(link);
  });
}

/** The script may run before the parser has come that far. */
function untilBody(): Promise<HTMLElement> {
  return new Promise(resolve => {
    const look = () => {
      if (document.body !== null) {
        observer.disconnect();
        resolve(document.body);
      }
    };
    const observer = new MutationObserver(look);
    observer.observe(document.documentElement, { childList: true });
    look();
  });
}

async function start(style: string): Promise<void> {
  applySettings();
  if (TAKES_FILES_AS === undefined) {
    startNavigation();
  }
  guardUploads();
  await loadStyle(style);
  // The plain page has done its work. What is still to come of it goes to the body that nobody sees.
  const [plain, body] = [await untilBody(), document.createElement('body')];
  document.querySelector('head > style')?.remove();
  plain.replaceWith(body);
  if (TAKES_FILES_AS !== undefined) {
    render(<SendPage name={TAKES_FILES_AS} />, body);
    return;
  }
  render(<App />, body);
  tellUnfinished();
}

if (STYLE !== undefined) {
  void start(STYLE);
}
