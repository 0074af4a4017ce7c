/** What the server has written on the page for the app. */
const script = document.querySelector<HTMLScriptElement>('script[data-root]');

/** The href of the root of the tree, with a slash at its end. */
export const ROOT = script?.dataset.root ?? '/';
/** The href below which the server's own files are; a share has its root elsewhere. */
export const SERVER = script?.dataset.server ?? ROOT;
/** On the page of a share that only takes files: what people call it. */
export const TAKES_FILES_AS = script?.dataset.takesFilesAs;
export const STYLE = script?.dataset.style;
export const NONCE = script?.nonce ?? '';
