import { useEffect, useRef } from 'preact/hooks';
import { say } from '../../words/words.ts';
import { useText } from './plain-text.tsx';
import type { PreviewProps } from './preview-props.ts';

/** Markdown as a reader sees it. What turns it into HTML is loaded for the first such file. */
export function Markdown({ entry, onFail }: PreviewProps) {
  const part = useText(entry, onFail);
  const paper = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (part !== undefined) {
      import('./render-markdown.ts').then(
        ({ renderMarkdown }) => paper.current?.replaceChildren(renderMarkdown(part.text)),
        () => onFail(say('previewFailed')),
      );
    }
  }, [part]);
  return part === undefined ? (
    <p role="status">{say('loading')}</p>
  ) : (
    <div class="paper">
      {!part.isWhole && <p class="part-note">{say('previewPart')}</p>}
      <div class="prose" ref={paper} translate={false} dir="auto" />
    </div>
  );
}
