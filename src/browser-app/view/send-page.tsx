import { useEffect } from 'preact/hooks';
import { ROOT } from '../state/page.ts';
import { chooseFiles, uploadHere } from '../state/uploads.ts';
import { say } from '../words/words.ts';
import { DropTarget } from './drop-target.tsx';
import { Icon } from './icons.tsx';
import { News } from './news.tsx';
import { usePastedFiles } from './use-pasted-files.ts';

/** The page of a share that takes files and shows none. `name`: what people call it. */
export function SendPage({ name }: { readonly name: string }) {
  const title = say('sendTitle', { name });
  usePastedFiles(uploadHere);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <DropTarget name={name} onDrop={uploadHere}>
      <main class="send-page">
        <section class="notice">
          <span class="notice-icon">
            <Icon name="upload" />
          </span>
          <h1>{title}</h1>
          <p>{say('sendText')}</p>
          <div class="notice-actions">
            <button type="button" class="button primary" onClick={() => chooseFiles({ isFolder: false })}>
              {say('uploadFiles')}
            </button>
            <button type="button" class="button" onClick={() => chooseFiles({ isFolder: true })}>
              {say('uploadFolder')}
            </button>
          </div>
          <p>
            <a href={`${ROOT}?view=plain`}>{say('plainPage')}</a>
          </p>
        </section>
      </main>
      <News />
    </DropTarget>
  );
}
