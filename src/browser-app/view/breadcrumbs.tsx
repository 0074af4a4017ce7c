import { nameIn, parentHref } from '../dav/href.ts';
import { dropFolder, takesEntries } from '../state/dragging.ts';
import { listing } from '../state/listing.ts';
import { open } from '../state/navigation.ts';
import { ROOT } from '../state/page.ts';
import { say } from '../words/words.ts';
import { Icon } from './icons.tsx';
import { followLink } from './link.ts';
import { MenuButton } from './menu.tsx';

interface Crumb {
  readonly name: string;
  readonly href: string;
}

/**
 * The way from the root to the folder that is shown. On a phone the root and the last two steps are in sight, and a menu
 * has those between them.
 */
export function Breadcrumbs() {
  const crumbs = crumbsOf();
  const last = crumbs.length - 1;
  const isBetween = (index: number) => index > 0 && index < last - 1;
  return (
    <nav class="breadcrumbs" aria-label={say('breadcrumbs')}>
      <ol translate={false}>
        {crumbs.flatMap((crumb, index) => [
          ...(index === 1 && last > 2
            ? [<Between key="between" crumbs={crumbs.filter((_, at) => isBetween(at))} />]
            : []),
          <Step
            key={crumb.href}
            {...crumb}
            isRoot={index === 0}
            isLast={index === last}
            isBetween={last > 2 && isBetween(index)}
          />,
        ])}
      </ol>
    </nav>
  );
}

interface StepProps extends Crumb {
  readonly isRoot: boolean;
  readonly isLast: boolean;
  readonly isBetween: boolean;
}

function Step({ name, href, isRoot, isLast, isBetween }: StepProps) {
  const look = `${isBetween ? 'between' : ''} ${dropFolder.value === href ? 'drop-into' : ''}`;
  return (
    <li class={look} {...takesEntries(href)}>
      {!isRoot && <Icon name="chevron" />}
      <a
        href={href}
        draggable={false}
        aria-current={isLast ? 'page' : undefined}
        onClick={followLink(() => open(href))}
      >
        {isRoot && <Icon name="home" />}
        <bdi class={isRoot && !isLast ? 'unseen' : ''}>{name}</bdi>
      </a>
    </li>
  );
}

/** Stands for the steps that there is no room for. */
function Between({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  const items = crumbs.map(({ name, href }) => ({ label: name, icon: 'chevron', run: () => open(href) }) as const);
  return (
    <li class="for-between">
      <Icon name="chevron" />
      <MenuButton label={say('breadcrumbs')} groups={() => [{ items }]}>
        <Icon name="more" />
      </MenuButton>
    </li>
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
