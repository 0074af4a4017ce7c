import { nameIn, parentHref } from '../dav/href.ts';
import { dropFolder, takesEntries } from '../state/dragging.ts';
import { listing } from '../state/listing.ts';
import { open } from '../state/navigation.ts';
import { ROOT } from '../state/page.ts';
import { say } from '../words/words.ts';
import { Icon } from './icons.tsx';
import { followLink } from './link.ts';

interface Crumb {
  readonly name: string;
  readonly href: string;
}

/** The way from the root to the folder that is shown; on a phone only its last steps are in sight. */
export function Breadcrumbs() {
  const crumbs = crumbsOf();
  const last = crumbs.length - 1;
  return (
    <nav class="breadcrumbs" aria-label={say('breadcrumbs')}>
      <ol translate={false}>
        {crumbs.map(({ name, href }, index) => (
          <li key={href} class={dropFolder.value === href ? 'drop-into' : ''} {...takesEntries(href)}>
            {index > 0 && <Icon name="chevron" />}
            <a
              href={href}
              draggable={false}
              aria-current={index === last ? 'page' : undefined}
              onClick={followLink(() => open(href))}
            >
              {index === 0 && <Icon name="home" />}
              <bdi class={index === 0 && last > 0 ? 'unseen' : ''}>{name}</bdi>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function crumbsOf(): Crumb[] {
  const { place, head } = listing.value;
  const steps: Crumb[] = [];
  let { href } = place;
  const isRoot = () => (head === undefined ? href.length <= ROOT.length : steps.length >= head.path.length);
  while (!isRoot()) {
    steps.unshift({ name: nameIn(href), href });
    href = parentHref(href);
  }
  return [{ name: nameOfRoot(), href }, ...steps];
}

/** A share is called by what is shared; its URL has a secret in that place. */
export function nameOfRoot(): string {
  return listing.value.head?.root ?? say('home');
}
