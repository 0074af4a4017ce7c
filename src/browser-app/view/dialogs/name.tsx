import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { asRequestError } from '../../dav/errors.ts';
import { say, sayError } from '../../words/words.ts';
import { Modal } from '../modal.tsx';

/** The characters that OneDrive has in no name (Microsoft, "Restrictions and limitations in OneDrive and SharePoint"). */
const FORBIDDEN = /["*:<>?/\\|]/;

interface NameDialog {
  readonly title: string;
  readonly label: string;
  readonly button: string;
  /** The present name. */
  readonly name?: string;
  readonly kind?: 'file' | 'folder';
  /** Does it. An error is shown in the dialog, and another name can be tried. */
  readonly apply: (name: string) => Promise<void>;
}

/** Asks for a name; the answer is the name that was applied. */
export function renderNameDialog(options: NameDialog) {
  return (answer: (value: string | undefined) => void) => <NameDialogView {...options} answer={answer} />;
}

function NameDialogView(props: NameDialog & { answer: (value: string | undefined) => void }) {
  const { title, label, button, name: present = '', kind, apply, answer } = props;
  const [name, setName] = useState(present);
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const problemId = useId();
  useEffect(() => {
    // People change the stem of a file's name, seldom its ending.
    const point = present.lastIndexOf('.');
    field.current?.setSelectionRange(0, kind === 'file' && point > 0 ? point : present.length);
  }, []);
  const submit = async () => {
    const wanted = name.trim();
    const objection = objectionTo(wanted);
    if (objection !== undefined || wanted === present) {
      setProblem(objection);
      return objection === undefined ? answer(undefined) : undefined;
    }
    setBusy(true);
    try {
      await apply(wanted);
      answer(wanted);
    } catch (error) {
      setProblem(sayError(asRequestError(error).code));
      setBusy(false);
    }
  };
  return (
    <Modal title={title} onClose={() => answer(undefined)} submit={() => void submit()}>
      <label class="field">
        <span>{label}</span>
        <input
          ref={field}
          value={name}
          onInput={event => setName(event.currentTarget.value)}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : problemId}
          autoComplete="off"
          spellcheck={false}
          dir="auto"
          autoFocus
        />
      </label>
      {problem !== undefined && (
        <p class="problem" id={problemId} role="alert">
          {problem}
        </p>
      )}
      <footer>
        <button type="button" class="button" onClick={() => answer(undefined)}>
          {say('cancel')}
        </button>
        <button type="submit" class="button primary" disabled={isBusy}>
          {button}
        </button>
      </footer>
    </Modal>
  );
}

function objectionTo(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') {
    return say('nameEmpty');
  }
  return FORBIDDEN.test(name) ? say('nameSlash') : undefined;
}
