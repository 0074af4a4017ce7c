import { effect, signal } from '@preact/signals';
import { COLUMNS, type Order } from '../dav/sort.ts';
import { showLanguage } from '../words/words.ts';
import { SERVER } from './page.ts';

export const LAYOUTS = ['list', 'grid'] as const;
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Layout = (typeof LAYOUTS)[number];
export type Theme = (typeof THEMES)[number];

/** Where a browser keeps what its user has chosen. */
const STORE = 'webdav-app';
/** The server shows a shell instead of the whole page to a browser that has run the app, in its theme. */
const COOKIE = 'webdav-app';
const COOKIE_SECONDS = 365 * 24 * 60 * 60;

const stored = readStored();

export const order = signal<Order>({
  by: oneOf(COLUMNS, stored.sort) ?? 'name',
  isDescending: stored.descending === true,
});
export const layout = signal<Layout>(oneOf(LAYOUTS, stored.layout) ?? 'list');
export const theme = signal<Theme>(oneOf(THEMES, stored.theme) ?? 'auto');
/** A tag, or `auto`. */
export const chosenLanguage = signal(typeof stored.language === 'string' ? stored.language : 'auto');

/** Applies the settings now and at each change, and keeps them. */
export function applySettings(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    // biome-ignore lint/suspicious/noDocumentCookie: Firefox ESR has no Cookie Store.
    document.cookie = `${COOKIE}=${theme.value}; path=${SERVER}; max-age=${COOKIE_SECONDS}; samesite=strict`;
  });
  effect(() => void showLanguage(chosenLanguage.value));
  effect(() => {
    const { by: sort, isDescending: descending } = order.value;
    const language = chosenLanguage.value;
    store({ sort, descending, layout: layout.value, theme: theme.value, language });
  });
}

function readStored(): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(STORE) ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // The browser keeps nothing, or somebody else has written there.
    return {};
  }
}

function store(value: object): void {
  try {
    localStorage.setItem(STORE, JSON.stringify(value));
  } catch {
    // The settings then last as long as the page.
  }
}

function oneOf<T extends string>(list: readonly T[], value: unknown): T | undefined {
  return list.find(each => each === value);
}
