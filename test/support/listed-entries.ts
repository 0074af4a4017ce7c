import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';

/** What somebody sees of a folder in the app, as a list. */
export function listedOn(page: () => Page) {
  const rows = () => page().locator('.rows .cell.name bdi').allTextContents();
  return {
    rows,
    row: (name: string) => page().locator('.rows .row', { hasText: name }),
    /** Waits until these are listed, in this order, and no others. */
    seesRows: (...names: string[]) => eventually(async () => expect(await rows()).toEqual(names)),
    hears: (text: string) => page().getByText(text, { exact: true }).first().waitFor(),
  };
}
