import { filter, listing } from '../state/listing.ts';
import { open } from '../state/navigation.ts';
import { say } from '../words/words.ts';
import { Icon } from './icons.tsx';

/** The id by which the keyboard finds it. */
export const SEARCH_ID = 'filter';

/** Narrows the list as somebody types; Enter searches in all folders below. */
export function SearchField() {
  const { head, place } = listing.value;
  const canSearch = head?.can.search ?? false;
  const text = filter.value;
  const search = () => {
    if (canSearch && text.trim() !== '') {
      open(place.href, text.trim());
    }
  };
  return (
    <search class="search">
      <Icon name="search" />
      <input
        id={SEARCH_ID}
        type="text"
        enterkeyhint={canSearch ? 'search' : 'done'}
        aria-label={say('filter')}
        placeholder={say(canSearch ? 'filterHint' : 'filter')}
        value={text}
        autoComplete="off"
        spellcheck={false}
        onInput={event => {
          filter.value = event.currentTarget.value;
        }}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            search();
          } else if (event.key === 'Escape') {
            filter.value = '';
            document.getElementById('entries')?.focus();
          } else if (event.key === 'ArrowDown') {
            event.preventDefault();
            document.getElementById('entries')?.focus();
          }
        }}
      />
      {text !== '' && (
        <button
          type="button"
          class="icon-button"
          aria-label={say('clearFilter')}
          onClick={() => {
            filter.value = '';
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </search>
  );
}
