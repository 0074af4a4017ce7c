import { askRemove, askRename } from '../state/actions.ts';
import { clipboard, keepForPaste } from '../state/clipboard.ts';
import { listing, shown } from '../state/listing.ts';
import { openParent } from '../state/navigation.ts';
import {
  actedOn,
  clearSelection,
  cursorIndex,
  moveCursor,
  moveToPrefix,
  selectAll,
  toggle,
} from '../state/selection.ts';
import { paste } from '../state/transfers.ts';
import { canCopy, canWrite, openEntry } from './entry-menu.ts';
import { SEARCH_ID } from './search-field.tsx';

/** How the cursor moves in the layout that is shown. */
export interface Steps {
  /** Entries between one line and the next. */
  readonly line: number;
  /** Entries of a page. */
  readonly page: number;
  /** Whether Left and Right go to the neighbours. */
  readonly isWide: boolean;
}

/** The typing of a name ends after such a pause. */
const TYPING_MS = 1_000;
let typed = { text: '', at: 0 };

/** Handles a key that was pressed in the list of entries, as file managers do. */
export function handleKey(event: KeyboardEvent, steps: Steps): void {
  if (event.target instanceof HTMLInputElement && event.target.type === 'checkbox' && event.key === ' ') {
    return;
  }
  const isHandled = event.ctrlKey || event.metaKey ? handleCommand(event) : handlePlain(event, steps);
  if (isHandled) {
    event.preventDefault();
  }
}

function handleCommand({ key, shiftKey }: KeyboardEvent): boolean {
  const commands: Readonly<Record<string, () => void>> = {
    a: selectAll,
    c: () => canCopy() && keepForPaste('COPY', actedOn()),
    x: () => canWrite() && keepForPaste('MOVE', actedOn()),
    // The browser's own paste brings files of the machine (app.tsx).
    ...(clipboard.value === undefined ? {} : { v: () => void paste() }),
    ' ': () => {
      const entry = shown.value[cursorIndex.value];
      return entry && toggle(entry);
    },
  };
  const command = shiftKey ? undefined : commands[key.toLowerCase()];
  command?.();
  return command !== undefined;
}

function handlePlain(event: KeyboardEvent, steps: Steps): boolean {
  const { key, shiftKey: isExtending } = event;
  const at = cursorIndex.value;
  const target = targetOf(key, at, steps);
  if (target !== undefined) {
    moveCursor(target, { isExtending });
    return true;
  }
  const [entry] = actedOn();
  const actions: Readonly<Record<string, () => void>> = {
    Enter: () => shown.value[at] && openEntry(shown.value[at]),
    Backspace: openParent,
    F2: () => entry && canWrite() && void askRename(entry),
    Delete: () => canWrite() && void askRemove(actedOn()),
    Escape: clearSelection,
    '/': () => document.getElementById(SEARCH_ID)?.focus(),
    ' ': () => {
      if (isTyping()) {
        typeAhead(' ');
      } else if (shown.value[at] !== undefined) {
        toggle(shown.value[at]);
      }
    },
  };
  const action = actions[key];
  if (action !== undefined) {
    action();
    return true;
  }
  if ([...key].length === 1 && !event.altKey) {
    typeAhead(key);
    return true;
  }
  return false;
}

function targetOf(key: string, at: number, { line, page, isWide }: Steps): number | undefined {
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at < 0 ? 0 : at + line,
    ArrowUp: at < 0 ? 0 : at - line,
    ...(isWide ? { ArrowRight: at + 1, ArrowLeft: at - 1 } : {}),
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: shown.value.length - 1,
  };
  return targets[key];
}

function isTyping(): boolean {
  return typed.text !== '' && performance.now() - typed.at < TYPING_MS;
}

function typeAhead(character: string): void {
  typed = { text: isTyping() ? typed.text + character : character, at: performance.now() };
  if (listing.value.entries.length > 0) {
    moveToPrefix(typed.text);
  }
}
