import { expect, it } from 'vitest';
import { waysOn } from '../support/app-ways.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { listedOn } from '../support/listed-entries.ts';
import { useAppInFolder } from '../support/use-app.ts';

/**
 * The server does what is asked, and its answer is lost. The browser then sends the request again by itself (RFC 9110
 * §9.2.2), and the page hears only of that one.
 */
describeWith('chromium', 'the app, when an answer is lost', () => {
  const on = useAppInFolder({
    server: { yaml: ['shares: {}'] },
    seed: async ({ server, folder }) => {
      const { ada } = server.mailboxes;
      await ada.put(`${folder}/Reports/other.md`, 'other');
      ada.mkdir(`${folder}/Zebra`);
      await ada.put(`${folder}/plan.txt`, 'a plan', { modified: new Date('2026-01-02T00:00:00Z') });
    },
  });

  const user = waysOn(() => on.page);
  const { row, rows, seesRows, hears } = listedOn(() => on.page);
  const key = (keys: string) => on.page.keyboard.press(keys);

  /** Loses the first answer to a method; returns how many requests of it have come. */
  function lose(lost: string): () => number {
    let count = 0;
    on.wire.rule = ({ method, target }) => {
      const isIt = method === lost && (method !== 'POST' || target.endsWith('?action=share'));
      count += isIt ? 1 : 0;
      return isIt && count === 1 ? 'lose-answer' : 'pass';
    };
    return () => count;
  }

  it('deletes', async () => {
    const count = lose('DELETE');
    await user.select('plan.txt');
    await user.remove();
    await on.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await hears('1 item went to the recycle bin');
    await seesRows('Reports', 'Zebra');
    expect(count()).toBe(2);
  });

  it('makes a folder', async () => {
    const count = lose('MKCOL');
    await on.page.getByRole('button', { name: 'New folder' }).click();
    await on.page.getByLabel('Name of the folder').fill('Letters');
    await key('Enter');
    await hears('Folder “Letters” created');
    expect(count()).toBe(2);
  });

  it.each([
    ['a file', 'plan.txt', 'draft.txt'],
    ['a folder', 'Zebra', 'Zoo'],
  ])('renames %s', async (_, from, to) => {
    const count = lose('MOVE');
    await row(from).getByRole('checkbox').check();
    await user.rename();
    await on.page.getByLabel('New name').fill(to);
    await key('Enter');
    await hears(`Renamed to “${to}”`);
    expect(count()).toBe(2);
  });

  it.each([
    ['MOVE', 'a file', 'plan.txt', '1 item moved'],
    ['MOVE', 'a folder', 'Zebra', '1 item moved'],
    ['COPY', 'a file', 'plan.txt', '1 item copied'],
    ['COPY', 'a folder', 'Zebra', '1 item copied'],
  ])('pastes by %s %s', async (method, _, name, said) => {
    const count = lose(method);
    await user.select(name);
    await (method === 'MOVE' ? user.cut() : user.copy());
    await row('Reports').getByRole('link').click();
    await seesRows('other.md');
    await user.paste(1);
    await hears(said);
    await eventually(async () => expect((await rows()).toSorted()).toEqual([name, 'other.md'].toSorted()));
    expect(count()).toBe(2);
  });

  it('does not take what somebody else has done for a rename', async () => {
    await row('plan.txt').getByRole('checkbox').check();
    await on.server.mailboxes.ada.remove(`${on.folder}/plan.txt`);
    await on.server.mailboxes.ada.put(`${on.folder}/draft.txt`, 'no plan');
    await user.rename();
    await on.page.getByLabel('New name').fill('draft.txt');
    await key('Enter');
    await on.page.getByRole('dialog').getByRole('alert').waitFor();
    await on.page.getByRole('button', { name: 'Cancel' }).click();
  });

  it('makes one link', async () => {
    const count = lose('POST');
    await on.page.getByRole('button', { name: 'More actions: plan.txt' }).click();
    await on.page.getByRole('menuitem', { name: 'Share', exact: true }).click();
    await on.page.getByRole('dialog').getByRole('button', { name: 'Create link' }).click();
    const url = await on.page.getByRole('dialog').getByLabel('Link', { exact: true }).inputValue();
    await eventually(async () => expect(await on.page.getByRole('dialog').getByRole('listitem').count()).toBe(1));
    expect(count()).toBe(2);
    expect(await (await on.page.request.get(`${url}plan.txt`)).text()).toBe('a plan');
  });
});
