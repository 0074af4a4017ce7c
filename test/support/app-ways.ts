import type { Page } from 'playwright-core';
import { IS_PHONE } from './app-browser.ts';
import { tap } from './gestures.ts';

/** How a user does something with what is listed. */
export interface AppWays {
  /** Selects these entries, and no others. */
  select(...names: string[]): Promise<void>;
  copy(): Promise<void>;
  cut(): Promise<void>;
  /** `items`: how many were copied or cut. */
  paste(items: number): Promise<void>;
  rename(): Promise<void>;
  remove(): Promise<void>;
  sortBy(column: 'Name' | 'Size' | 'Modified'): Promise<void>;
}

/** The ways at the usual size: with a mouse and keys, or with a finger. */
export function waysOn(page: () => Page): AppWays {
  return IS_PHONE ? byFinger(page) : byMouseAndKeys(page);
}

function byMouseAndKeys(page: () => Page): AppWays {
  const key = async (keys: string) => {
    await page().getByRole('grid').focus();
    await page().keyboard.press(keys);
  };
  return {
    select: async (...names) => {
      for (const [index, name] of names.entries()) {
        await rowOn(page(), name).click(index === 0 ? {} : { modifiers: ['Control'] });
      }
    },
    copy: () => key('Control+c'),
    cut: () => key('Control+x'),
    paste: () => key('Control+v'),
    rename: () => key('F2'),
    remove: () => key('Delete'),
    sortBy: column => page().getByRole('columnheader').getByRole('button', { name: column }).click(),
  };
}

function byFinger(page: () => Page): AppWays {
  const press = (name: string) => tap(page().getByRole('toolbar').getByRole('button', { name, exact: true }));
  const choose = async (menu: string, name: string) => {
    await press(menu);
    await tap(page().getByRole('menuitem', { name }).or(page().getByRole('menuitemradio', { name })));
  };
  return {
    select: async (...names) => {
      for (const box of await page().locator('.rows').getByRole('checkbox', { checked: true }).all()) {
        await tap(box);
      }
      for (const name of names) {
        await tap(rowOn(page(), name).getByRole('checkbox'));
      }
    },
    copy: () => press('Copy'),
    cut: () => press('Cut'),
    paste: items => press(items === 1 ? 'Paste 1 item here' : `Paste ${items} items here`),
    rename: () => choose('More actions', 'Rename'),
    remove: () => press('Delete'),
    sortBy: column => choose('View', `Sort by ${column}`),
  };
}

/** A row or a tile. */
function rowOn(page: Page, name: string) {
  return page.locator('.rows .row, .rows .tile', { hasText: name });
}
