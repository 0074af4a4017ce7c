import { useEffect } from 'preact/hooks';
import { say } from '../../words/words.ts';
import type { PreviewProps } from './preview-props.ts';
import { useContent } from './use-content.ts';

/** A PDF in the browser's own viewer. The type is fixed here, so no bytes can be another kind of document. */
export function Pdf({ entry, onFail }: PreviewProps) {
  const read = async (response: Response) =>
    URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: 'application/pdf' }));
  const url = useContent(entry, { read, onFail });
  useEffect(() => () => url && URL.revokeObjectURL(url), [url]);
  return url === undefined ? (
    <p role="status">{say('loading')}</p>
  ) : (
    <iframe class="document" src={url} title={entry.name} />
  );
}
