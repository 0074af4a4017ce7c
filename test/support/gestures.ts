import type { ElementHandle, Locator, Page } from 'playwright-core';

/** A drag that goes on. */
export interface Drag {
  /** Moves it over an element, which shows whether it would take it. */
  over(target: Locator): Promise<void>;
  /** Lets go; the page hears of a drop only where it has agreed to it. */
  drop(): Promise<void>;
}

interface DragOptions {
  readonly withControl?: boolean;
}

/**
 * Touches an element as a finger does. Playwright 1.64 has no touch for Firefox: there the element that is in front at
 * that point gets the click that a touch ends with (Pointer Events, `click` is a PointerEvent).
 */
export async function tap(target: Locator, options: { position?: { x: number; y: number } } = {}): Promise<void> {
  if (!isFirefox(target.page())) {
    return target.tap(options);
  }
  await target.click({ ...options, trial: true });
  await target.evaluate((element, position) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const [clientX, clientY] = [left + (position?.x ?? width / 2), top + (position?.y ?? height / 2)];
    const touch = {
      bubbles: true,
      cancelable: true,
      composed: true,
      clientX,
      clientY,
      detail: 1,
      pointerType: 'touch',
    };
    document.elementFromPoint(clientX, clientY)!.dispatchEvent(new PointerEvent('click', touch));
  }, options.position);
}

/** The browser's own Back. Playwright 1.64 waits in vain for Firefox when only the fragment changes. */
export async function goBack(page: Page): Promise<void> {
  await (isFirefox(page) ? page.evaluate('history.back()') : page.goBack());
}

/** Drags an element with the mouse, and drops it on another one. */
export async function dragOnto(from: Locator, target: Locator, options: DragOptions = {}): Promise<void> {
  const drag = await pickUp(from, options);
  await drag.over(target);
  await drag.drop();
}

/** Begins to drag an element with the mouse. */
export function pickUp(from: Locator, options: DragOptions = {}): Promise<Drag> {
  return isFirefox(from.page()) ? pickUpInFirefox(from, options) : pickUpByMouse(from, options);
}

async function pickUpByMouse(from: Locator, { withControl }: DragOptions): Promise<Drag> {
  const { mouse, keyboard } = from.page();
  if (withControl) {
    await keyboard.down('Control');
  }
  await from.hover();
  await mouse.down();
  return {
    over: async target => {
      // The first move begins the drag.
      await target.hover();
      await target.hover();
    },
    drop: async () => {
      await mouse.up();
      if (withControl) {
        await keyboard.up('Control');
      }
    },
  };
}

/**
 * WebDriver BiDi begins a drag in Firefox, and never ends it: no drop comes (w3c/webdriver-bidi, issue 487). So the page
 * gets the events of a drag as HTML orders them (the drag-and-drop processing model), at what is in front there.
 */
async function pickUpInFirefox(from: Locator, { withControl: ctrlKey = false }: DragOptions): Promise<Drag> {
  const data = await from.page().evaluateHandle(() => new DataTransfer());
  // What is dragged is the next element that may be. It hears of the end as well, in the page or out of it.
  const source = await inFrontOf(from, '[draggable="true"]');
  const send = (kind: string, to: ElementHandle) =>
    to.evaluate(
      (element, [type, control, dataTransfer]) => {
        const init = { bubbles: true, cancelable: true, composed: true, ctrlKey: control, dataTransfer };
        return !element.dispatchEvent(new DragEvent(type, init));
      },
      [kind, ctrlKey, data] as const,
    );
  const isRefused = await send('dragstart', source);
  let at: ElementHandle | undefined;
  let isTaken = false;
  return {
    over: async target => {
      const next = await inFrontOf(target);
      if (!isRefused) {
        await send('dragenter', next);
        await (at && send('dragleave', at));
        at = next;
        isTaken = await send('dragover', next);
      }
    },
    drop: async () => {
      await (at && send(isTaken ? 'drop' : 'dragleave', at));
      await send('dragend', source);
    },
  };
}

/** What is in front at the middle of an element, or the first of that kind around it. */
async function inFrontOf(target: Locator, kind = '*'): Promise<ElementHandle<Element>> {
  await target.hover({ trial: true });
  const found = await target.evaluateHandle((element, selector) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2)!.closest(selector);
  }, kind);
  return found.asElement()!;
}

/** Whether a page is one of Firefox. */
export function isFirefox(page: Page): boolean {
  return page.context().browser()?.browserType().name() === 'firefox';
}
