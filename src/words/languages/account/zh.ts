import { html } from '../../../lib/html.ts';
import type { AccountWords, RefusalWords } from './en.ts';

const AGAIN = '请重新开始。';
const ASK = '请联系您的管理员。';

const CANCELLED: RefusalWords = {
  title: '登录已取消',
  message: '您从登录页面返回，或访问被拒绝。您可以重试。',
};
const CONSENT: RefusalWords = { title: '需要管理员先同意', message: `此应用没有让人登录的权限。${ASK}` };
const CREDENTIAL: RefusalWords = {
  title: '此服务器无法证明自己的身份',
  message: '登录服务不接受此服务器的凭据。只有您的管理员可以更改。',
};
const EXPIRED: RefusalWords = { title: '此次登录已过期', message: `登录时间过长，或其应答已被使用。${AGAIN}` };
const ONE_MORE: RefusalWords = {
  title: '还需要一个步骤',
  message: '登录服务需要您先完成一些操作：第二重验证、新密码或选择帐户。请重新登录并按照其页面操作。',
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
  'account-disabled': { title: '您的帐户已停用', message: ASK },
  'claim-missing': {
    title: '登录服务没有说明您是谁',
    message: `此服务器需要您经过验证的名称，而登录服务没有发送。${ASK}`,
  },
  'conditional-access': {
    title: '您组织的规则禁止此次登录',
    message: `您的组织只允许从特定的设备、地点或程序登录。请使用这样的设备，或联系您的管理员。`,
  },
  'directory-unavailable': {
    title: '目前无法读取目录',
    message: '此服务器必须向您组织的目录询问谁可以使用它，但没有得到应答。请稍后重试。',
  },
  'foreign-form': {
    title: '此表单不属于您的会话',
    message: '它来自较早的会话，或由其他页面发送。没有任何更改。请重新打开页面并发送其表单。',
  },
  'foreign-page': { title: '这是由其他页面发送的', message: '没有任何更改。请自行打开这些页面。' },
  form: { title: '无法读取此表单', message: '它过长或类型未知。没有任何更改。' },
  guest: { title: '来宾无法在此登录', message: '您的帐户是此组织的来宾，而此服务器只供组织成员使用。' },
  'invalid-answer': {
    title: '登录服务的应答被拒绝',
    message: `它不属于此次登录，或不属于此服务器。${AGAIN}`,
  },
  'no-https': { title: '登录需要 https', message: '此地址没有加密，浏览器不会在此保留登录。' },
  'no-public-url': { title: '此服务器不知道自己的地址', message: '登录需要该地址。请告知您的管理员。' },
  'no-session': { title: '您已退出登录', message: '您的会话已结束，没有任何更改。请重新登录。' },
  'not-admitted': {
    title: '您无权使用此服务器',
    message: ({ attempted }) =>
      html`您已作为 ${attempted} 登录，但此服务器没有任何规则允许该帐户。如果您应当有权访问，${ASK}`,
  },
  'not-assigned': {
    title: '您未被分配到此应用',
    message: `您的组织只允许特定人员使用它，而您不在其中。${ASK}`,
  },
  'other-browser': {
    title: '此次登录是在另一个浏览器中开始的',
    message: '登录必须在开始登录的浏览器中、以相同的地址完成，并且浏览器必须保留 Cookie。请在此重新开始。',
  },
  'other-tenant': { title: '此帐户属于其他组织', message: '请使用您在此组织的帐户登录。' },
  'provider-unavailable': {
    title: '目前无法连接登录服务',
    message: '登录需要该服务，但它没有正常应答。请稍后重试。已连接的设备可继续使用。',
  },
  'redirect-uri': { title: 'Microsoft 不知道此服务器的地址', message: '只有您的管理员可以更改。' },
  'too-many-wrong-codes': {
    title: '登录失败次数过多',
    message: ({ seconds }) => html`请等待 ${seconds} 秒后重试。`,
  },
  'unknown-state': { title: '此次登录没有在进行', message: `它超过了十分钟，或已经结束。${AGAIN}` },
};

const words: AccountWords = {
  signIn: '登录以访问您的文件',
  signInWith: service => html`使用 ${service} 登录`,
  byPassword: '改用用户名和密码登录',
  welcome: '通过 WebDAV 访问您的文件',
  what: '登录后可将电脑或手机与您的文件连接，并查看已连接的设备。',
  tryAgain: '重试',
  forAdmin: '致您的管理员',
  whatToDo: '解决办法',
  serviceSays: '服务的说明',
  toStart: '返回首页',
  noPage: '没有此页面',
  mistyped: '地址可能输入有误。',
  otherWay: '此页面不能这样使用',
  goBack: '请返回首页。',
  signedOut: '您已退出登录',
  signedOutHere: '此浏览器已退出登录。',
  signedOutThere: service => html`您现在也将退出 ${service}。`,
  signOut: '退出登录',

  devices: '您的设备',
  connect: '连接此设备',
  passwords: '设备密码',
  each: user => html`每个设备和程序都有自己的密码，因此您可以单独撤销其中一个。您的用户名是 ${user}。`,
  noneYet: '还没有。',
  make: '创建密码',
  enough: max => `您已有 ${max} 个密码，不能再增加。请撤销不再使用的密码。`,
  lost: '设备丢失了？',
  lostWhat: '这将撤销您的所有设备密码，并在所有浏览器中退出登录。',
  revokeAll: '全部撤销并在各处退出登录',
  revoke: '撤销',
  revokeOne: device => html`撤销 ${device}`,
  made: day => html`创建于 ${day}`,
  ended: day => html`已于 ${day} 失效`,
  ends: day => html`将于 ${day} 失效`,
  readOnly: '只读',
  only: folder => html`仅限 ${folder}`,
  unused: '尚未使用',
  lastUsed: (day, address, program) => html`上次使用：${day}，来自 ${address}，程序 ${program}`,
  unnamed: '未命名的程序',

  name: '设备或程序的名称',
  nameHint: '便于您以后在列表中识别。',
  lastDay: '最后一天（可选）',
  lastDayHint: '此日之后密码不再有效。留空：直到您撤销为止。',
  folder: '仅此文件夹（可选）',
  folderHint: example => html`从最上层开始，首先是驱动器名称，例如 ${example}。`,
  documents: '文档',
  changesNothing: '只读：设备不能更改任何内容',
  badName: max => `请为密码取一个 1 至 ${max} 个字符的名称。`,
  badDay: '最后一天必须是尚未过去的日期。',
  badFolder: '文件夹必须是由“/”分隔的名称路径。',

  passwordFor: device => html`${device} 的密码`,
  keepIt: '此密码仅在此时显示。请将其输入设备或保存到密码管理器。',
  onlyNow: '此密码仅在此时显示。',
  copy: '复制',
  copied: '已复制',
  copyPassword: '复制密码',
  address: '地址',
  userName: '用户名',
  done: '完成',
  madeAlready: '此密码已创建',
  madeAlreadyWhat: '表单被发送了两次，而密码只显示一次。如果您没有保存，请撤销并创建另一个。',
  tooMany: '您的密码过多',
  tooManyWhat: max => `您最多可以有 ${max} 个。请撤销不再使用的密码。`,

  first: '首先为其创建密码',
  nextPage: device => html`下一页将显示密码以及 ${device} 所需的全部信息。`,
  makeAndShow: '创建密码并显示步骤',
  known: '使用您已有的密码',
  toDevices: '前往您的设备',
  connectOne: device => html`连接 ${device}`,
  steps: '步骤',
  kinds: '设备类型',

  refusals,
  otherRefusal: {
    title: '登录未成功',
    message: '登录服务已拒绝。如果再次发生，请将此页面给您的管理员看。',
  },
};

export default words;
