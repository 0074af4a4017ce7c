import { signal } from '@preact/signals';
import type { VNode } from 'preact';

/** Renders a question; `answer` closes it. Undefined: the user has given up. */
export type Question<T> = (answer: (value: T | undefined) => void) => VNode;

interface Asked {
  readonly id: number;
  readonly render: () => VNode;
}

/** The open dialogs, the front one last. */
export const dialogs = signal<readonly Asked[]>([]);

let last = 0;

/** Opens a dialog, and resolves with its answer. */
export function ask<T>(question: Question<T>): Promise<T | undefined> {
  return new Promise(resolve => {
    last += 1;
    const id = last;
    const answer = (value: T | undefined) => {
      dialogs.value = dialogs.value.filter(each => each.id !== id);
      resolve(value);
    };
    dialogs.value = [...dialogs.value, { id, render: () => question(answer) }];
  });
}
