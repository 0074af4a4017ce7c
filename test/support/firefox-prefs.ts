import type { BrowserContextOptions } from 'playwright-core';

/** Of LookAndFeel, "PointerCapabilities" (Mozilla, widget/LookAndFeel.h): coarse, or fine with the power to hover. */
const FINGER = 1;
const MOUSE = 2 | 4;

/**
 * What Playwright 1.64 cannot tell a page of Firefox, because WebDriver BiDi has no command for it: as settings of a
 * Firefox of its own. Without them one without a window has neither a mouse nor a touch screen.
 */
export function firefoxPrefs(options: BrowserContextOptions): Record<string, number | boolean | string> {
  const pointer = options.hasTouch ? FINGER : MOUSE;
  return {
    'ui.primaryPointerCapabilities': pointer,
    'ui.allPointerCapabilities': pointer,
    // 0: dark, 1: light; unless it is told otherwise, Playwright's Chromium is light.
    'layout.css.prefers-color-scheme.content-override': options.colorScheme === 'dark' ? 0 : 1,
    'ui.prefersReducedMotion': options.reducedMotion === 'reduce' ? 1 : 0,
    // The machine may have no sound card, without which Firefox plays nothing that can be heard.
    'media.default_volume': '0.0',
    'javascript.enabled': options.javaScriptEnabled ?? true,
  };
}
