import { say } from '../../words/words.ts';
import { Modal } from '../modal.tsx';

interface Confirmation {
  readonly title: string;
  readonly text: string;
  /** What the button says that does it. */
  readonly button: string;
  readonly isDangerous?: boolean;
}

/** Asks whether something shall be done; the answer is `true`, or undefined. */
export function renderConfirm({ title, text, button, isDangerous = false }: Confirmation) {
  return (answer: (value: true | undefined) => void) => (
    <Modal title={title} onClose={() => answer(undefined)} submit={() => answer(true)}>
      <p>{text}</p>
      <footer>
        <button type="button" class="button" onClick={() => answer(undefined)}>
          {say('cancel')}
        </button>
        <button type="submit" class={`button ${isDangerous ? 'danger' : 'primary'}`} autoFocus>
          {button}
        </button>
      </footer>
    </Modal>
  );
}
