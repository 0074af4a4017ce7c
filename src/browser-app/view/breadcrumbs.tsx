import { nameIn, parentHref } from '../dav/href.ts';
import { listing } from '../state/listing.ts';
import { open } from '../state/navigation.ts';
import { say } from '../words/words.ts';
import { Icon } from './icons.tsx';
import { followLink } from './link.ts';

interface Crumb {
  readonly name: string;
  readonly href: string;
}

/** The way from the root to the folder that is shown; on a phone only its last steps are in sight. */
export function Breadcrumbs({ root }: { readonly root: string }) {
  const crumbs = crumbsOf(root);
  const last = crumbs.length - 1;
  return (
    <nav class="breadcrumbs" aria-label={say('breadcrumbs')}>
      <ol translate={false}>
        {crumbs.map(({ name, href }, index) => (
          <li key={href}>
            {index > 0 && <Icon name="chevron" />}
            <a href={href} aria-current={index === last ? 'page' : undefined} onClick={followLink(() => open(href))}>
              {index === 0 && <Icon name="home" />}
              <bdi class={index === 0 && last > 0 ? 'unseen' : ''}>{name}</bdi>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function crumbsOf(root: string): Crumb[] {
  const { place, head } = listing.value;
  const steps: Crumb[] = [];
  let { href } = place;
  const isRoot = () => (head === undefined ? href.length <= root.length : steps.length >= head.path.length);
  while (!isRoot()) {
    steps.unshift({ name: nameIn(href), href });
    href = parentHref(href);
  }
  return [{ name: say('home'), href }, ...steps];
}
