import { html } from '../../lib/html.ts';
import { withDetail } from '../name.ts';
import account from './account/zh.ts';
import type { Words } from './en.ts';

const PROBLEMS: Readonly<Record<number, string>> = {
  400: '此地址或名称无效。',
  403: '不允许此操作，或名称已被占用。',
  404: '此地址没有内容，可能已被移动、重命名或删除。',
  410: '内容已不存在。',
  412: '此处的内容已发生变化。',
  413: '内容过大。',
  423: '已被他人锁定。',
  429: '请求过多。',
  503: '目前无法连接 OneDrive 或此服务器。',
  504: 'OneDrive 目前没有响应。',
  507: '空间不足。',
};

const words: Words = {
  account,

  password: {
    title: '此链接需要密码',
    hint: '给您链接的人知道密码。',
    label: '密码',
    open: '打开',
    wrong: '密码错误。',
    tooMany: '错误的密码过多。',
    busy: '目前访问的人过多。',
  },

  upload: {
    title: folder => html`向 ${folder} 发送文件`,
    what: '此链接用于接收文件。它不显示任何文件，已发送的文件无法替换或收回。',
    files: '要发送的文件：',
    send: '发送',
    sent: file => html`${file} 已发送`,
    sentAs: (file, other) => html`${file} 已作为 ${other} 发送`,
    notSent: (file, problem) => html`${file} 未发送：${problem}`,
    oneFile: '用程序发送一个文件：',
    folder: '发送文件夹：',
    programs: 'WebDAV 程序可以将此地址作为文件夹打开。',
    needsPassword: '需要密码，用户名可任意填写。',
  },

  error: {
    home: '首页',
    waysBack: '返回',
    again: seconds => `请在 ${seconds} 秒后重试。`,
    titles: {
      401: '您尚未登录',
      403: '您无权打开此内容',
      404: '这里没有内容',
      410: '内容已不在这里',
      416: '文件没有这一部分',
      423: '已被他人锁定',
      429: '请求过多',
      503: '目前无法访问',
      504: '目前响应时间过长',
    },
    wrongAddress: '无法打开此地址',
    failed: '出现错误',
    problem: (status, message) => withDetail(PROBLEMS[status] ?? '操作未成功。', message),
  },

  refusal: {
    none: '没有此共享。请确认地址是否完整。',
    over: '此共享已结束。',
    closed: '此共享目前已关闭。请询问给您链接的人。',
    password: '此共享需要密码。',
    guessing: '错误尝试过多。请稍后重试。',
    busy: '目前访问的人过多。请稍后重试。',
    pending: '目前无法访问此共享。请稍后重试。',
  },

  folder: {
    home: '首页',
    above: '上级文件夹',
    empty: '此文件夹为空。',
    withoutScripts: '以无脚本页面打开此文件夹',
    name: '名称',
    size: '大小',
    modified: '修改时间（UTC）',
    free: size => html`可用 ${size}`,
    isFolder: '文件夹：',
    folders: (_, shown) => `${shown} 个文件夹`,
    files: (_, shown) => `${shown} 个文件`,
    bytes: (_, shown) => `${shown} 字节`,
  },
};

export default words;
