import { useState } from 'preact/hooks';
import { say } from '../../words/words.ts';
import { Modal } from '../modal.tsx';

export type Choice = 'replace' | 'keep-both' | 'skip';

export interface Conflict {
  readonly name: string;
  /** The name of the folder where the other one is. */
  readonly folder: string;
  readonly canReplace: boolean;
}

export interface ConflictAnswer {
  readonly choice: Choice;
  readonly isForAll: boolean;
}

/** Asks what to do where a name is taken. */
export function renderConflict(conflict: Conflict) {
  return (answer: (value: ConflictAnswer | undefined) => void) => <ConflictDialog {...conflict} answer={answer} />;
}

function ConflictDialog({
  name,
  folder,
  canReplace,
  answer,
}: Conflict & { answer: (value: ConflictAnswer | undefined) => void }) {
  const [isForAll, setForAll] = useState(false);
  const choose = (choice: Choice) => () => answer({ choice, isForAll });
  return (
    <Modal title={say('conflictTitle', { name })} onClose={() => answer(undefined)}>
      <p>{canReplace ? say('conflictText', { folder }) : say('conflictFolder')}</p>
      <label class="check">
        <input type="checkbox" checked={isForAll} onChange={event => setForAll(event.currentTarget.checked)} />
        {say('conflictForAll')}
      </label>
      <footer>
        <button type="button" class="button" onClick={choose('skip')}>
          {say('conflictSkip')}
        </button>
        {canReplace && (
          <button type="button" class="button" onClick={choose('replace')}>
            {say('conflictReplace')}
          </button>
        )}
        <button type="button" class="button primary" onClick={choose('keep-both')}>
          {say('conflictKeepBoth')}
        </button>
      </footer>
    </Modal>
  );
}
