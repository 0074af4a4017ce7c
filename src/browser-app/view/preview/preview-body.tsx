import type { FunctionComponent } from 'preact';
import { useState } from 'preact/hooks';
import type { Entry } from '../../dav/entry.ts';
import { type FileKind, fileKindOf } from '../../dav/file-kind.ts';
import { viewHref } from '../../dav/href.ts';
import { download } from '../../state/download.ts';
import { hrefOf } from '../../state/navigation.ts';
import { say } from '../../words/words.ts';
import { FileIcon, Icon } from '../icons.tsx';
import { Markdown } from './markdown.tsx';
import { Pdf } from './pdf.tsx';
import { PlainText } from './plain-text.tsx';
import type { PreviewProps } from './preview-props.ts';

/** How each kind is shown; undefined: not at all. Microsoft's picture stands for a kind that browsers do not know. */
const VIEWS: Record<FileKind, FunctionComponent<PreviewProps> | undefined> = {
  folder: undefined,
  image: Picture,
  video: Video,
  audio: Audio,
  pdf: Pdf,
  markdown: Markdown,
  text: PlainText,
  code: PlainText,
  document: Thumbnail,
  sheet: Thumbnail,
  slides: Thumbnail,
  archive: undefined,
  other: undefined,
};

export function PreviewBody({ entry }: { readonly entry: Entry }) {
  const View = VIEWS[fileKindOf(entry)];
  const [failure, setFailure] = useState(View === undefined ? say('noPreview') : undefined);
  return View === undefined || failure !== undefined ? (
    <NoPreview entry={entry} reason={failure ?? say('noPreview')} />
  ) : (
    <View entry={entry} onFail={setFailure} />
  );
}

function NoPreview({ entry, reason }: { readonly entry: Entry; readonly reason: string }) {
  return (
    <section class="notice">
      <span class="notice-file">
        <FileIcon kind={fileKindOf(entry)} />
      </span>
      <p role="status">{reason}</p>
      <button type="button" class="button primary" onClick={() => void download([entry])}>
        <Icon name="download" />
        <span>{say('download')}</span>
      </button>
    </section>
  );
}

/** The file itself; a format that the browser does not know is shown as Microsoft's picture of it. */
function Picture({ entry, onFail }: PreviewProps) {
  const [isUnknown, setUnknown] = useState(false);
  return isUnknown ? (
    <Thumbnail entry={entry} onFail={onFail} />
  ) : (
    <img class="picture" src={hrefOf(entry)} alt={entry.name} onError={() => setUnknown(true)} />
  );
}

function Thumbnail({ entry, onFail }: PreviewProps) {
  const src = viewHref(hrefOf(entry), 'thumbnail', { size: 'large', v: entry.etag });
  return <img class="picture" src={src} alt={entry.name} onError={() => onFail(say('noPreview'))} />;
}

/** The browser asks for the parts that it needs; a redirect leads it to OneDrive. */
function Video({ entry, onFail }: PreviewProps) {
  return (
    // biome-ignore lint/a11y/useMediaCaption: a stranger's file has no captions of its own here.
    <video
      class="picture"
      src={hrefOf(entry)}
      controls
      autoPlay
      aria-label={entry.name}
      onError={() => onFail(say('previewFailed'))}
    />
  );
}

function Audio({ entry, onFail }: PreviewProps) {
  return (
    <div class="audio">
      <FileIcon kind="audio" />
      {/* biome-ignore lint/a11y/useMediaCaption: a stranger's file has no captions of its own here. */}
      <audio
        src={hrefOf(entry)}
        controls
        autoPlay
        aria-label={entry.name}
        onError={() => onFail(say('previewFailed'))}
      />
    </div>
  );
}
