import { html } from '../../lib/html.ts';
import { withDetail } from '../name.ts';
import account from './account/de.ts';
import type { Words } from './en.ts';

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'Diese Adresse oder dieser Name ist nicht möglich.',
  403: 'Das ist nicht erlaubt, oder der Name ist vergeben.',
  404: 'Unter dieser Adresse ist nichts. Vielleicht wurde es verschoben, umbenannt oder gelöscht.',
  410: 'Das gibt es nicht mehr.',
  412: 'Inzwischen ist etwas anderes dort.',
  413: 'Das ist zu groß.',
  423: 'Jemand hat es gesperrt.',
  429: 'Es kommen zu viele Anfragen.',
  503: 'OneDrive oder dieser Server ist gerade nicht erreichbar.',
  504: 'OneDrive antwortet gerade nicht.',
  507: 'Dort ist kein Platz mehr.',
};

const words: Words = {
  account,

  password: {
    title: 'Dieser Link braucht ein Passwort',
    hint: 'Wer Ihnen den Link gegeben hat, kennt es.',
    label: 'Passwort',
    open: 'Öffnen',
    wrong: 'Dieses Passwort ist falsch.',
    tooMany: 'Es waren zu viele falsche Passwörter.',
    busy: 'Gerade wollen zu viele herein.',
  },

  upload: {
    title: folder => html`Dateien an ${folder} senden`,
    what: 'Dieser Link nimmt Dateien an. Er zeigt keine, und eine gesendete Datei lässt sich weder ersetzen noch zurückholen.',
    files: 'Zu sendende Dateien:',
    send: 'Senden',
    sent: file => html`${file} wurde gesendet`,
    sentAs: (file, other) => html`${file} wurde als ${other} gesendet`,
    notSent: (file, problem) => html`${file} wurde nicht gesendet: ${problem}`,
    oneFile: 'Mit einem Programm, eine Datei:',
    folder: 'Einen Ordner:',
    programs: 'Programme für WebDAV können diese Adresse als Ordner öffnen.',
    needsPassword: 'Sie braucht das Passwort, mit beliebigem Benutzernamen.',
  },

  error: {
    home: 'Start',
    waysBack: 'Wege zurück',
    again: seconds => `Bitte versuchen Sie es in ${seconds} Sekunden noch einmal.`,
    titles: {
      401: 'Sie sind nicht angemeldet',
      403: 'Sie dürfen das nicht öffnen',
      404: 'Hier ist nichts',
      410: 'Das ist nicht mehr hier',
      416: 'Diesen Teil der Datei gibt es nicht',
      423: 'Jemand hat das gesperrt',
      429: 'Zu viele Anfragen',
      503: 'Das ist gerade nicht erreichbar',
      504: 'Das dauert gerade zu lange',
    },
    wrongAddress: 'Diese Adresse lässt sich nicht öffnen',
    failed: 'Etwas ist schiefgegangen',
    problem: (status, message) => withDetail(PROBLEMS[status] ?? 'Das hat nicht geklappt.', message),
  },

  refusal: {
    none: 'Diese Freigabe gibt es nicht. Ist die Adresse vollständig?',
    over: 'Diese Freigabe ist beendet.',
    closed: 'Diese Freigabe ist zurzeit geschlossen. Bitte fragen Sie die Person, von der Sie den Link haben.',
    password: 'Diese Freigabe braucht ihr Passwort.',
    guessing: 'Es gab zu viele falsche Versuche. Bitte versuchen Sie es später noch einmal.',
    busy: 'Gerade wollen zu viele herein. Bitte versuchen Sie es gleich noch einmal.',
    pending: 'Diese Freigabe ist zurzeit nicht erreichbar. Bitte versuchen Sie es später noch einmal.',
  },

  folder: {
    home: 'Start',
    above: 'Ordner darüber',
    empty: 'Dieser Ordner ist leer.',
    withoutScripts: 'Dieser Ordner als Seite ohne Skripte',
    name: 'Name',
    size: 'Größe',
    modified: 'Geändert (UTC)',
    free: size => html`${size} frei`,
    isFolder: 'Ordner: ',
    folders: (_, shown) => `${shown} Ordner`,
    files: (count, shown) => `${shown} ${count === 1 ? 'Datei' : 'Dateien'}`,
    bytes: (count, shown) => `${shown} ${count === 1 ? 'Byte' : 'Bytes'}`,
  },
};

export default words;
