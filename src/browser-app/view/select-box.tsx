import type { Ref } from 'preact';

interface SelectBoxProps {
  readonly label: string;
  readonly isChecked: boolean;
  readonly onChange: () => void;
  readonly box?: Ref<HTMLInputElement>;
}

/**
 * The box that selects an entry. What is around it belongs to it, because a finger needs more room than a mouse. A press
 * there is about the selection alone: two of them are no double click that opens the entry.
 */
export function SelectBox({ label, isChecked, onChange, box }: SelectBoxProps) {
  return (
    <label class="select-box" onClick={keepFromEntry} onDblClick={keepFromEntry}>
      <input type="checkbox" tabIndex={-1} aria-label={label} checked={isChecked} ref={box} onChange={onChange} />
    </label>
  );
}

function keepFromEntry(event: Event): void {
  event.stopPropagation();
}
