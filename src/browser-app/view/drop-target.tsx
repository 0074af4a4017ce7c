import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { type Collection, collectDropped } from '../upload/collect.ts';
import { say } from '../words/words.ts';
import { Icon } from './icons.tsx';

interface DropTargetProps {
  /** Of the place that takes what is dropped; undefined: none does, and `onDrop` says why. */
  readonly name: string | undefined;
  readonly onDrop: (collection: Collection) => void;
  readonly children: ComponentChildren;
}

/** The page, which takes files that are dropped anywhere on it. */
export function DropTarget({ name, onDrop, children }: DropTargetProps) {
  const [isOver, setOver] = useState(false);
  // A drag enters an element before it leaves the last one.
  const depth = useRef(0);
  const change = (by: number) => {
    depth.current += by;
    setOver(depth.current > 0);
  };
  const isOfFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  return (
    <div
      class="app"
      onDragEnter={event => isOfFiles(event) && change(1)}
      onDragLeave={event => isOfFiles(event) && change(-1)}
      onDragOver={event => isOfFiles(event) && event.preventDefault()}
      onDrop={event => {
        if (isOfFiles(event)) {
          event.preventDefault();
          change(-depth.current);
          void collectDropped(event.dataTransfer!).then(onDrop);
        }
      }}
    >
      {children}
      {isOver && name !== undefined && (
        <div class="drop-hint" aria-hidden="true">
          <Icon name="upload" />
          <span>{say('dropHint', { name })}</span>
        </div>
      )}
    </div>
  );
}
