import type { Entry } from '../../dav/entry.ts';
import { say } from '../../words/words.ts';
import type { PreviewProps } from './preview-props.ts';
import { useContent } from './use-content.ts';

/** A text of this length is shown at once by any browser. */
const MAX_BYTES = 1024 * 1024;

export interface TextPart {
  readonly text: string;
  /** False: the file goes on. */
  readonly isWhole: boolean;
}

/** The beginning of a file as text. */
export function useText(entry: Entry, onFail: (reason: string) => void): TextPart | undefined {
  const isWhole = entry.size !== undefined && entry.size <= MAX_BYTES;
  const headers: Record<string, string> = isWhole ? {} : { Range: `bytes=0-${MAX_BYTES - 1}` };
  const read = async (response: Response) => {
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { text: decode(bytes), isWhole: response.status === 200 };
  };
  return useContent(entry, { read, headers, onFail });
}

export function PlainText({ entry, onFail }: PreviewProps) {
  const part = useText(entry, onFail);
  return part === undefined ? (
    <p role="status">{say('loading')}</p>
  ) : (
    <div class="paper">
      {!part.isWhole && <p class="part-note">{say('previewPart')}</p>}
      <pre tabIndex={0} translate={false} dir="auto">
        {part.text}
      </pre>
    </div>
  );
}

/** By its byte order mark; without one as UTF-8 (Encoding standard, "decode"). */
function decode(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const isUtf16Be = bytes[0] === 0xfe && bytes[1] === 0xff;
  return new TextDecoder(isUtf16 ? 'utf-16le' : isUtf16Be ? 'utf-16be' : 'utf-8').decode(bytes);
}
