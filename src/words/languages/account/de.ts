import { html } from '../../../lib/html.ts';
import type { AccountWords, RefusalWords } from './en.ts';

const AGAIN = 'Bitte beginnen Sie noch einmal.';
const ASK = 'Bitte wenden Sie sich an Ihre Administration.';

const CANCELLED: RefusalWords = {
  title: 'Die Anmeldung wurde abgebrochen',
  message:
    'Sie sind von der Anmeldeseite zurückgegangen, oder der Zugang wurde verweigert. Sie können es noch einmal versuchen.',
};
const CONSENT: RefusalWords = {
  title: 'Erst muss die Administration zustimmen',
  message: `Die Anwendung hat nicht die Erlaubnis, Personen anzumelden. ${ASK}`,
};
const CREDENTIAL: RefusalWords = {
  title: 'Dieser Server kann sich nicht ausweisen',
  message:
    'Der Anmeldedienst erkennt die Zugangsdaten dieses Servers nicht an. Das kann nur Ihre Administration ändern.',
};
const EXPIRED: RefusalWords = {
  title: 'Diese Anmeldung ist abgelaufen',
  message: `Die Anmeldung hat zu lange gedauert, oder ihre Antwort wurde schon benutzt. ${AGAIN}`,
};
const ONE_MORE: RefusalWords = {
  title: 'Es fehlt noch ein Schritt',
  message:
    'Der Anmeldedienst braucht erst etwas von Ihnen: einen zweiten Faktor, ein neues Passwort oder die Wahl eines Kontos. Bitte melden Sie sich noch einmal an und folgen Sie seinen Seiten.',
};

const refusals: AccountWords['refusals'] = {
  access_denied: CANCELLED,
  cancelled: CANCELLED,
  consent_required: CONSENT,
  'consent-missing': CONSENT,
  invalid_client: CREDENTIAL,
  'server-credential': CREDENTIAL,
  invalid_grant: EXPIRED,
  'code-expired-or-used': EXPIRED,
  interaction_required: ONE_MORE,
  login_required: ONE_MORE,
  account_selection_required: ONE_MORE,
  'interaction-required': ONE_MORE,
  'account-disabled': { title: 'Ihr Konto ist gesperrt', message: ASK },
  'claim-missing': {
    title: 'Der Anmeldedienst sagt nicht, wer Sie sind',
    message: `Dieser Server braucht einen bestätigten Namen von Ihnen, und der Anmeldedienst schickt keinen. ${ASK}`,
  },
  'conditional-access': {
    title: 'Eine Regel Ihrer Organisation verbietet diese Anmeldung',
    message: `Ihre Organisation erlaubt sie nur von bestimmten Geräten, Orten oder Programmen aus. Bitte nehmen Sie ein solches Gerät. Oder: ${ASK}`,
  },
  'directory-unavailable': {
    title: 'Das Verzeichnis ist gerade nicht lesbar',
    message:
      'Dieser Server muss das Verzeichnis Ihrer Organisation fragen, wer ihn benutzen darf, und bekommt keine Antwort. Bitte versuchen Sie es gleich noch einmal.',
  },
  'foreign-form': {
    title: 'Dieses Formular gehört nicht zu Ihrer Sitzung',
    message:
      'Es ist aus einer früheren Sitzung, oder eine andere Seite hat es geschickt. Nichts wurde geändert. Bitte öffnen Sie die Seite neu und schicken Sie deren Formular.',
  },
  'foreign-page': {
    title: 'Das hat eine andere Seite geschickt',
    message: 'Nichts wurde geändert. Bitte öffnen Sie diese Seiten selbst.',
  },
  form: {
    title: 'Dieses Formular ist nicht lesbar',
    message: 'Es ist zu lang oder unbekannter Art. Nichts wurde geändert.',
  },
  guest: {
    title: 'Gäste können sich hier nicht anmelden',
    message: 'Ihr Konto ist ein Gast dieser Organisation, und dieser Server ist für die eigenen Leute.',
  },
  'invalid-answer': {
    title: 'Die Antwort des Anmeldedienstes wurde abgelehnt',
    message: `Sie war nicht für diese Anmeldung oder nicht für diesen Server. ${AGAIN}`,
  },
  'no-https': {
    title: 'Zum Anmelden braucht es https',
    message: 'Diese Adresse ist unverschlüsselt, und Browser bewahren dort keine Anmeldung auf.',
  },
  'no-public-url': {
    title: 'Dieser Server kennt seine eigene Adresse nicht',
    message: 'Zum Anmelden braucht er sie. Bitte sagen Sie es Ihrer Administration.',
  },
  'no-session': {
    title: 'Sie sind abgemeldet',
    message: 'Ihre Sitzung ist beendet, und nichts wurde geändert. Bitte melden Sie sich wieder an.',
  },
  'not-admitted': {
    title: 'Sie dürfen diesen Server nicht benutzen',
    message: ({ attempted }) =>
      html`Sie haben sich als ${attempted} angemeldet, und keine Regel dieses Servers lässt dieses Konto zu. Wenn Sie Zugang haben sollten: ${ASK}`,
  },
  'not-assigned': {
    title: 'Sie sind dieser Anwendung nicht zugewiesen',
    message: `Ihre Organisation lässt nur bestimmte Personen zu, und Sie gehören nicht dazu. ${ASK}`,
  },
  'other-browser': {
    title: 'Diese Anmeldung hat in einem anderen Browser begonnen',
    message:
      'Eine Anmeldung muss in dem Browser enden, in dem sie begonnen hat, unter derselben Adresse, und er muss Cookies behalten. Bitte beginnen Sie hier noch einmal.',
  },
  'other-tenant': {
    title: 'Dieses Konto gehört zu einer anderen Organisation',
    message: 'Bitte melden Sie sich mit Ihrem Konto dieser Organisation an.',
  },
  'provider-unavailable': {
    title: 'Der Anmeldedienst ist gerade nicht erreichbar',
    message:
      'Zum Anmelden braucht es ihn, und er antwortet nicht, wie er soll. Bitte versuchen Sie es gleich noch einmal. Verbundene Geräte arbeiten weiter.',
  },
  'redirect-uri': {
    title: 'Microsoft kennt die Adresse dieses Servers nicht',
    message: 'Das kann nur Ihre Administration ändern.',
  },
  'too-many-wrong-codes': {
    title: 'Zu viele Anmeldungen sind gescheitert',
    message: ({ seconds }) => html`Bitte warten Sie ${seconds} Sekunden, und versuchen Sie es noch einmal.`,
  },
  'unknown-state': {
    title: 'Diese Anmeldung ist nicht im Gange',
    message: `Sie hat mehr als zehn Minuten gedauert, oder sie ist schon beendet. ${AGAIN}`,
  },
};

const words: AccountWords = {
  signIn: 'Melden Sie sich bei Ihren Dateien an',
  signInWith: service => html`Mit ${service} anmelden`,
  byPassword: 'Stattdessen mit Name und Passwort anmelden',
  welcome: 'Ihre Dateien über WebDAV',
  what: 'Melden Sie sich an, um Ihren Rechner oder Ihr Telefon mit Ihren Dateien zu verbinden und um zu sehen, welche Geräte verbunden sind.',
  tryAgain: 'Noch einmal versuchen',
  forAdmin: 'Für Ihre Administration',
  whatToDo: 'Was zu tun ist',
  serviceSays: 'Der Dienst sagt',
  toStart: 'Zur Startseite',
  noPage: 'Diese Seite gibt es nicht',
  mistyped: 'Vielleicht ist die Adresse vertippt.',
  otherWay: 'Diese Seite funktioniert anders',
  goBack: 'Bitte gehen Sie zur Startseite zurück.',
  signedOut: 'Sie haben sich abgemeldet',
  signedOutHere: 'Dieser Browser ist abgemeldet.',
  signedOutThere: service => html`Sie werden auch bei ${service} abgemeldet.`,
  signOut: 'Abmelden',

  devices: 'Ihre Geräte',
  connect: 'Dieses Gerät verbinden',
  passwords: 'Gerätepasswörter',
  each: user =>
    html`Jedes Gerät und Programm hat ein eigenes Passwort, damit Sie eines ohne die anderen widerrufen können. Ihr Benutzername ist ${user}.`,
  noneYet: 'Es gibt noch keine.',
  make: 'Ein Passwort anlegen',
  enough: max =>
    `Sie haben ${max} Passwörter, und mehr dürfen es nicht sein. Widerrufen Sie eines, das Sie nicht mehr brauchen.`,
  lost: 'Gerät verloren?',
  lostWhat: 'Dies widerruft alle Ihre Gerätepasswörter und meldet Sie in allen Browsern ab.',
  revokeAll: 'Alle widerrufen und überall abmelden',
  revoke: 'Widerrufen',
  revokeOne: device => html`${device} widerrufen`,
  made: day => html`Angelegt am ${day}`,
  ended: day => html`beendet am ${day}`,
  ends: day => html`endet am ${day}`,
  readOnly: 'nur lesen',
  only: folder => html`nur ${folder}`,
  unused: 'Noch nicht benutzt',
  lastUsed: (day, address, program) => html`Zuletzt benutzt am ${day} von ${address} mit ${program}`,
  unnamed: 'einem Programm ohne Namen',

  name: 'Name des Geräts oder Programms',
  nameHint: 'Damit Sie es später in der Liste erkennen.',
  lastDay: 'Letzter Tag (freiwillig)',
  lastDayHint: 'Nach diesem Tag gilt das Passwort nicht mehr. Leer: bis Sie es widerrufen.',
  folder: 'Nur dieser Ordner (freiwillig)',
  folderHint: example => html`Von oben an, zuerst der Name des Laufwerks, etwa ${example}.`,
  documents: 'Dokumente',
  changesNothing: 'Nur lesen: das Gerät kann nichts ändern',
  badName: max => `Geben Sie dem Passwort einen Namen mit 1 bis ${max} Zeichen.`,
  badDay: 'Der letzte Tag muss ein Datum sein, das noch nicht vorbei ist.',
  badFolder: 'Der Ordner muss ein Pfad aus Namen sein, durch „/“ getrennt.',

  passwordFor: device => html`Das Passwort für ${device}`,
  keepIt: 'Dieses Passwort wird nur jetzt gezeigt. Geben Sie es in das Gerät ein oder in einen Passwortmanager.',
  onlyNow: 'Dieses Passwort wird nur jetzt gezeigt.',
  copy: 'Kopieren',
  copied: 'Kopiert',
  copyPassword: 'Das Passwort kopieren',
  address: 'Adresse',
  userName: 'Benutzername',
  done: 'Fertig',
  madeAlready: 'Dieses Passwort wurde schon angelegt',
  madeAlreadyWhat:
    'Das Formular kam zweimal, und ein Passwort wird nur einmal gezeigt. Wenn Sie es nicht behalten haben, widerrufen Sie es und legen Sie ein anderes an.',
  tooMany: 'Sie haben zu viele Passwörter',
  tooManyWhat: max => `Sie dürfen ${max} haben. Widerrufen Sie eines, das Sie nicht mehr brauchen.`,

  first: 'Zuerst ein Passwort dafür',
  nextPage: device => html`Die nächste Seite zeigt es, mit allem, was ${device} braucht.`,
  makeAndShow: 'Passwort anlegen und Schritte zeigen',
  known: 'Mit einem Passwort, das Sie haben',
  toDevices: 'Zu Ihren Geräten',
  connectOne: device => html`${device} verbinden`,
  steps: 'Die Schritte',
  kinds: 'Art des Geräts',

  refusals,
  otherRefusal: {
    title: 'Die Anmeldung ist nicht gelungen',
    message: 'Der Anmeldedienst hat abgelehnt. Wenn es wieder geschieht, zeigen Sie diese Seite Ihrer Administration.',
  },
};

export default words;
