import { listing } from '../state/listing.ts';
import { ROOT } from '../state/page.ts';
import { chosenLanguage, THEMES, type Theme, theme } from '../state/settings.ts';
import { LANGUAGES, nameOfLanguage, say } from '../words/words.ts';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { askAllShares } from './dialogs/share-list.tsx';
import { Icon } from './icons.tsx';
import { MenuButton, type MenuGroup } from './menu.tsx';
import { SearchField } from './search-field.tsx';

export function TopBar() {
  return (
    <header class="top-bar">
      <Breadcrumbs />
      <SearchField />
      <MenuButton label={say('settings')} groups={settingsMenu}>
        <Icon name="settings" />
      </MenuButton>
    </header>
  );
}

const THEME_WORDS = { auto: 'themeAuto', light: 'themeLight', dark: 'themeDark' } as const satisfies Record<
  Theme,
  string
>;

function settingsMenu(): MenuGroup[] {
  const { head, place } = listing.value;
  const go = (url: string) => () => location.assign(url);
  const { user, account, status, hasShares } = head ?? {};
  return [
    {
      title: user ? say('signedInAs', { name: user }) : say('settings'),
      items: [
        ...(account === undefined ? [] : [{ label: say('account'), icon: 'user', run: go(account) } as const]),
        ...(hasShares ? [{ label: say('allShares'), icon: 'share', run: () => void askAllShares(ROOT) } as const] : []),
        ...(status === undefined ? [] : [{ label: say('status'), icon: 'activity', run: go(status) } as const]),
        { label: say('plainPage'), icon: 'list', run: go(`${place.href}?view=plain`) },
      ],
    },
    {
      title: say('theme'),
      items: THEMES.map(each => ({
        label: say(THEME_WORDS[each]),
        isChosen: theme.value === each,
        run: () => {
          theme.value = each;
        },
      })),
    },
    {
      title: say('languageChoice'),
      items: ['auto', ...LANGUAGES].map(tag => ({
        label: tag === 'auto' ? say('themeAuto') : nameOfLanguage(tag),
        isChosen: chosenLanguage.value === tag,
        run: () => {
          chosenLanguage.value = tag;
        },
      })),
    },
  ];
}
