import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

interface Rows {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly count: number;
  /** Of each row, in pixels. */
  readonly height: number;
  /** Room above the first row, in pixels: what is fixed there hides nothing. */
  readonly above: number;
}

export interface VirtualRows {
  /** Those that are in sight, and a few around them. */
  readonly items: readonly VirtualItem[];
  /** Of all rows, in pixels. */
  readonly totalHeight: number;
  /** Brings a row into sight. */
  readonly show: (index: number) => void;
}

/** Tells which of many rows to render. */
export function useVirtualRows({ scroller, count, height, above }: Rows): VirtualRows {
  const [, rerender] = useReducer((turn: number) => turn + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 8,
    scrollPaddingStart: above,
    scrollPaddingEnd: 8,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => rerender(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, Element>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => virtualizer.measure(), [height, count]);
  return {
    items: virtualizer.getVirtualItems(),
    totalHeight: virtualizer.getTotalSize(),
    show: index => virtualizer.scrollToIndex(index),
  };
}
