import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';

/** A line of a menu. */
export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  /** Given: the line is one of a choice, and says whether it is the chosen one. */
  readonly isChosen?: boolean;
  readonly isDangerous?: boolean;
  readonly hint?: string;
  readonly run: () => void;
}

/** Lines that belong together. */
export interface MenuGroup {
  readonly title?: string;
  readonly items: readonly MenuItem[];
}

interface OpenMenu {
  readonly groups: readonly MenuGroup[];
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** The side of `x` on which the menu is. */
  readonly isLeftOf: boolean;
}

const openMenu = signal<OpenMenu | undefined>(undefined);

/**
 * Opens a menu where the pointer is. On Linux and a Mac a menu is asked for by the press, and its release would close the
 * popover in Firefox, because it is outside (HTML, "light dismiss open popovers").
 */
export function openMenuAt(event: MouseEvent, label: string, groups: readonly MenuGroup[]): void {
  const { clientX: x, clientY: y, buttons } = event;
  const open = () => {
    openMenu.value = { groups, label, x, y, isLeftOf: false };
  };
  if (buttons === 0) {
    open();
  } else {
    addEventListener('pointerup', () => setTimeout(open), { once: true });
  }
}

interface MenuButtonProps {
  readonly label: string;
  readonly class?: string;
  readonly groups: () => readonly MenuGroup[];
  /** The keyboard gets there by other keys than Tab. */
  readonly isSkipped?: boolean;
  readonly children: ComponentChildren;
}

/** A button that opens a menu below itself. */
export function MenuButton({ label, groups, children, isSkipped = false, ...more }: MenuButtonProps) {
  const open = (button: HTMLElement) => {
    const { left, right, bottom } = button.getBoundingClientRect();
    const isLeftOf = left > innerWidth / 2;
    openMenu.value = { groups: groups(), label, x: isLeftOf ? right : left, y: bottom + 4, isLeftOf };
  };
  return (
    <button
      type="button"
      class={more.class ?? 'icon-button'}
      aria-label={label}
      title={label}
      aria-haspopup="menu"
      tabIndex={isSkipped ? -1 : undefined}
      onClick={event => {
        event.stopPropagation();
        open(event.currentTarget);
      }}
      onDblClick={event => event.stopPropagation()}
    >
      {children}
    </button>
  );
}

/** The menu that is open. It is in front of everything, and closes when something else is pressed. */
export function MenuHost() {
  const menu = openMenu.value;
  return menu === undefined ? null : <Menu {...menu} key={`${menu.x} ${menu.y} ${menu.label}`} />;
}

function Menu({ groups, label, x, y, isLeftOf }: OpenMenu) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const menu = element.current!;
    const opener = document.activeElement;
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(isLeftOf ? x - width : x, innerWidth - width - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
    menu.querySelector<HTMLElement>('button')?.focus();
    return () => {
      if (
        opener instanceof HTMLElement &&
        (document.activeElement === document.body || menu.contains(document.activeElement))
      ) {
        opener.focus();
      }
    };
  }, []);
  return (
    <div
      ref={element}
      class="menu"
      role="menu"
      aria-label={label}
      popover="auto"
      onToggle={event => {
        if (event.newState === 'closed') {
          close();
        }
      }}
      onKeyDown={event => moveFocus(event, element.current!)}
    >
      {groups.map((group, index) => (
        <div key={index} role="group" aria-label={group.title ?? label}>
          {group.title !== undefined && (
            <div class="menu-title" aria-hidden="true">
              {group.title}
            </div>
          )}
          {group.items.map(item => (
            <MenuLine key={item.label} {...item} />
          ))}
        </div>
      ))}
    </div>
  );
}

function MenuLine({ label, icon, isChosen, isDangerous, hint, run }: MenuItem) {
  return (
    <button
      type="button"
      role={isChosen === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={isChosen}
      class={isDangerous ? 'dangerous' : ''}
      tabIndex={-1}
      onClick={() => {
        close();
        run();
      }}
    >
      {isChosen === undefined ? (
        icon && <Icon name={icon} />
      ) : (
        <span class="tick">{isChosen && <Icon name="check" />}</span>
      )}
      <span>{label}</span>
      {hint !== undefined && <kbd>{hint}</kbd>}
    </button>
  );
}

function close(): void {
  openMenu.value = undefined;
}

function moveFocus(event: KeyboardEvent, menu: HTMLElement): void {
  const lines = [...menu.querySelectorAll<HTMLElement>('button')];
  const at = lines.indexOf(document.activeElement as HTMLElement);
  const targets: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const target = targets[event.key];
  if (target !== undefined) {
    event.preventDefault();
    event.stopPropagation();
    lines.at(target % lines.length)?.focus();
  } else if (event.key === 'Tab') {
    close();
  }
}
