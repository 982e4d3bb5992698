import { describe, expect, it } from 'vitest'
import type { MiniProgram } from '../../index'
import { openEchoServer, openSocketServer } from '../servers'
import { until } from '../stage'
import { logged, openMiniStage } from './mini-stage'

const stage = openMiniStage()

/** A page whose button runs this code. */
const running = (code: string) => ({
  'pages/a.wxml': '<button bindtap="go">Go</button>',
  'pages/a.js': `Page({ go() { ${code} }, onShow() { console.log('page show') }, onHide() { console.log('page hide') } })`,
  'app.js': `App({ onLaunch({ path, query, scene }) { console.log('launch ' + path + ' ' + JSON.stringify(query) + ' ' + scene) },
    onShow() { console.log('app show') }, onHide() { console.log('app hide') } })`,
})

const LOGGING_SOCKET = `
  const open = (name, url) => {
    const task = wx.connectSocket({ url, protocols: ['one'], fail: ({ errMsg }) => console.log(name + ' ' + errMsg) })
    if (!task) { console.log(name + ' has no task'); return }
    task.onOpen(() => console.log(name + ' open'))
    task.onMessage(({ data }) => console.log(name + ' message ' + data))
    task.onError(() => console.log(name + ' error'))
    task.onClose(({ code, reason }) => console.log(name + ' close ' + code + ' ' + reason))
    return task
  };`

const linesOf = (app: MiniProgram, word: string) => app.console.texts.filter((line) => line.includes(word))

async function openServer() {
  const server = await openSocketServer()
  stage.after(server.close)
  return server
}

describe('sockets in WeChat', () => {
  it('are five at most: the sixth fails, and takes its place when one is closed', async () => {
    const { url } = await openServer()
    const app = stage.plain(
      running(`${LOGGING_SOCKET}
        if (!this.tasks) this.tasks = [1, 2, 3, 4, 5, 6].map((n) => open('s' + n, '${url}'))
        else if (this.tasks[0].readyState === 1) this.tasks[0].close({ code: 1000, reason: 'done' })
        else open('s7', '${url}')`),
    )

    app.tap('Go')
    await logged(app, 's5 open')
    expect(linesOf(app, 's6')).toEqual([
      's6 has no task',
      's6 connectSocket:fail fail reach max websocket connect count 5',
    ])
    expect(app.sockets).toEqual({ count: 5, most: 5, refused: 1 })
    app.tap('Go')
    await logged(app, 's1 close 1000 done')
    app.tap('Go')

    await logged(app, 's7 open')
  })

  it('are cut ten seconds after the mini-program was hidden, and told when it is back', async () => {
    const server = await openServer()
    const app = stage.plain(running(`${LOGGING_SOCKET} open('s', '${server.url}')`))
    app.tap('Go')
    await logged(app, 's open')

    await app.hide(9_000)
    expect(app.sockets.count).toBe(1)
    server.sockets[0]?.send('unheard until then')
    server.sockets[0]?.ping()
    await until('the message has come', () => server.pongs() === 1)
    await app.elapse(1_000)
    await until('it is cut', () => app.sockets.count === 0)
    expect(linesOf(app, 's ')).toEqual(['s open'])
    app.show()

    await logged(app, 's close 1006 abnormal closure')
    expect(linesOf(app, 's error')).toEqual([])
    expect(linesOf(app, 's message')).toEqual(['s message unheard until then'])
    const { texts } = app.console
    expect(texts.indexOf('s message unheard until then')).toBeLessThan(texts.lastIndexOf('app show'))
  })

  it('may be cut without a word', async () => {
    const { url } = await openServer()
    const app = stage.plain(running(`${LOGGING_SOCKET} open('s', '${url}')`), { closeAfterCut: 'untold' })
    app.tap('Go')
    await logged(app, 's open')

    await app.hide(10_000)
    await until('it is cut', () => app.sockets.count === 0)
    app.show()
    app.tap('Go')
    await until('the next is open', () => linesOf(app, 's open').length === 2)

    expect(linesOf(app, 's close')).toEqual([])
  })

  it('say error, then close, when the network takes them', async () => {
    const { url } = await openServer()
    const app = stage.plain(running(`${LOGGING_SOCKET} open('s', '${url}')`))
    app.tap('Go')
    await logged(app, 's open')

    app.airplaneMode(true)

    await logged(app, 's close')
    expect(linesOf(app, 's ')).toEqual(['s open', 's error', 's close 1006 abnormal closure'])
    app.tap('Go')
    await until('the next fails too', () => linesOf(app, 's close').length === 2)
  })

  it('must lead to a server that is entered at WeChat, when that is asked for', async () => {
    const { url } = await openServer()
    const app = stage.plain(
      running(`${LOGGING_SOCKET} open('s', '${url}')
        wx.request({ url: 'https://other.example', fail: ({ errMsg }) => console.log(errMsg) })`),
      { domains: ['good.example'] },
    )

    app.tap('Go')

    await logged(app, 's connectSocket:fail url not in domain list')
    await logged(app, 'request:fail url not in domain list')
  })
})

describe('the background of WeChat', () => {
  it('tells page and app, and stops JavaScript after five seconds', async () => {
    const app = stage.plain(
      running(
        `setTimeout(() => console.log('timer 4'), 4000); setTimeout(() => console.log('timer 6'), 6000)`,
      ),
    )
    app.tap('Go')

    await app.hide(4_200)
    expect(app.console.texts.slice(-3)).toEqual(['page hide', 'app hide', 'timer 4'])
    await app.elapse(60_000)
    expect(app.frozen).toBe(true)
    expect(linesOf(app, 'timer 6')).toEqual([])
    app.show()

    expect(app.console.texts.slice(-3)).toEqual(['timer 6', 'app show', 'page show'])
  })

  it('interrupts a request that runs, and nothing when it was short', async () => {
    const echo = await openEchoServer()
    stage.after(echo.close)
    const silent = await openServer()
    const app = stage.plain(
      running(`const say = ({ errMsg }) => console.log(errMsg)
        wx.request({ url: '${silent.url.replace('ws:', 'http:')}/never', success: say, fail: say })`),
    )
    await app.hide(4_000)
    app.show()
    await app.elapse(10_000)
    expect(app.frozen).toBe(false)

    app.tap('Go')
    await app.hide(6_000)
    app.show()

    await logged(app, 'request:')
  })

  it('starts anew with its path, query and scene after it was ended', () => {
    const app = stage.plain({ ...running(''), 'pages/b.wxml': '<view>b</view>', 'pages/b.js': 'Page({})' })
    app.kill()

    app.relaunch({ path: 'pages/b', query: { id: 'a%20b' }, scene: 1007 })

    expect(app.pages).toEqual(['pages/b'])
    expect(linesOf(app, 'launch')).toEqual(['launch pages/a {} 1089', 'launch pages/b {"id":"a%20b"} 1007'])
  })
})

describe('storage in WeChat', () => {
  const attempt = (code: string) =>
    running(
      `try { ${code}; console.log('stored') } catch (error) { console.log(String(error instanceof Error) + ' ' + error.message) }`,
    )

  it('takes 1 MB a key', () => {
    const app = stage.plain(attempt(`wx.setStorageSync('a', 'x'.repeat(1024 * 1024))`))
    app.tap('Go')
    expect(app.console.texts.at(-1)).toBe('true setStorageSync:fail data exceed max size 1048576')
    expect(app.storage.keys).toEqual([])
  })

  it('takes 10 MB in all, counts what is replaced once, and gives room back', () => {
    const app = stage.plain(
      attempt(`for (let n = 0; n < 11; n++) wx.setStorageSync('k' + (n % 10), 'x'.repeat(1000 * 1000))
        console.log(JSON.stringify(wx.getStorageInfoSync()))
        wx.removeStorageSync('k0'); wx.setStorageSync('k0', 'x'.repeat(1000 * 1000))
        wx.setStorageSync('more', 'x'.repeat(1000 * 1000))`),
    )
    app.tap('Go')
    expect(app.console.texts.at(-1)).toBe('true setStorageSync:fail exceed storage max size 10Mb')
    expect(linesOf(app, 'limitSize')[0]).toContain('"limitSize":10240')
    expect(app.storage.keys).toHaveLength(10)
  })

  it('answers by callback or promise too', async () => {
    const app = stage.plain(
      running(`wx.setStorage({ key: 'a', data: { n: [1] }, success: ({ errMsg }) => console.log(errMsg) })
        wx.getStorage({ key: 'a' }).then(({ data }) => console.log('got ' + JSON.stringify(data)))
        wx.getStorage({ key: 'b', fail: ({ errMsg }) => console.log(errMsg), complete: () => console.log('complete') })
        console.log('now ' + JSON.stringify(wx.getStorageSync('b')))`),
    )
    app.tap('Go')
    await logged(app, 'complete')
    expect(linesOf(app, 'Storage')).toEqual(['setStorage:ok', 'getStorage:fail data not found'])
    expect(app.console.texts).toContain('got {"n":[1]}')
    expect(app.console.texts).toContain('now ""')
  })
})

describe('the world of a mini-program', () => {
  it('has no DOM, no fetch, no eval, and says which API is missing', () => {
    const app = stage.plain(
      running(`console.log(['document', 'window', 'fetch', 'WebSocket', 'URL', 'DOMException', 'process', 'WebAssembly']
          .filter((name) => typeof globalThis[name] !== 'undefined').join())
        console.log(typeof wx.getLocation + ' ' + typeof wx.noSuchThing)
        try { new Function('return 1') } catch (error) { console.log(error.name) }
        try { wx.cloud.init() } catch (error) { console.log(error.message) }
        wx.getLocation({})`),
    )
    app.tap('Go')

    expect(app.console.lines.filter(({ level }) => level === 'log').map(({ text }) => text)).toEqual([
      ...['launch pages/a {} 1089', 'app show', 'page show', '', 'function undefined', 'EvalError'],
      'wx.cloud.init is not simulated',
    ])
    expect(app.missing).toEqual(['wx.cloud.init', 'wx.getLocation'])
    expect(app.console.errors.join()).toContain('wx.getLocation is not simulated')
  })

  it('lets the tab bar change on tab pages only, and draws three signs of a badge', async () => {
    const files = {
      ...running(`const say = ({ errMsg }) => console.log(errMsg)
        wx.setTabBarBadge({ index: 1, text: '1234', complete: say })
        wx.vibrateShort({ type: 'light' })`),
      'pages/b.wxml': '<view bindtap="go">Tab b</view>',
      'pages/b.js': `Page({ go() { wx.navigateTo({ url: 'c' }) }, onTabItemTap({ index, text }) { console.log('tab ' + index + text) } })`,
      'pages/c.wxml': '<view bindtap="go">Page c</view>',
      'pages/c.js': `Page({ go() { wx.removeTabBarBadge({ index: 1, fail: ({ errMsg }) => console.log(errMsg) })
        wx.navigateTo({ url: '/pages/b', fail: ({ errMsg }) => console.log(errMsg) }) } })`,
    }
    const list = ['a', 'b'].map((name) => ({ pagePath: `pages/${name}`, text: name.toUpperCase() }))
    const config = { pages: ['pages/a', 'pages/b', 'pages/c'], tabBar: { list } }
    const app = stage.plain({ ...files, 'app.json': JSON.stringify(config) })

    app.tap('Go')
    await logged(app, 'setTabBarBadge:ok')
    expect(app.tabs[1]?.badge).toBe('...')
    expect(app.actions).toEqual(['vibrate short light'])
    app.tapTab('B')
    expect(app.console.texts.at(-1)).toBe('tab 1B')
    app.tap('Tab b')
    await app.page.see('Page c')
    app.tap('Page c')

    await logged(app, 'removeTabBarBadge:fail not TabBar page')
    await logged(app, 'navigateTo:fail can not navigateTo a tabbar page')
    expect(app.tabs[1]?.badge).toBe('...')
  })

  it('holds ten pages', async () => {
    const app = stage.plain(running(`wx.navigateTo({ url: 'a', fail: ({ errMsg }) => console.log(errMsg) })`))
    for (let depth = 2; depth <= 10; depth += 1) {
      app.tap('Go')
      await until(`page ${String(depth)}`, () => app.pages.length === depth)
    }

    app.tap('Go')

    await logged(app, 'navigateTo:fail webview count limit exceed')
    app.back()
    expect(app.pages).toHaveLength(9)
  })

  it('is an error of the test when it cannot start', () => {
    expect(() => stage.open({ bundle: '/no/such/folder' })).toThrow('is not a build for mp-weixin')
    const broken = { 'pages/a.wxml': '', 'pages/a.js': 'Page({})', 'app.js': 'throw new Error("too bad")' }
    expect(() => stage.plain(broken)).toThrow('too bad')
    expect(() => stage.plain({ ...broken, 'app.js': '' })).toThrow('app.js does not call App()')
    expect(() => stage.plain({ 'pages/a.wxml': '', 'pages/a.js': '' })).toThrow(
      'pages/a.js calls neither Page() nor Component()',
    )
    const unclosed = { 'pages/a.wxml': '<view>', 'pages/a.js': 'Page({})' }
    expect(() => stage.plain(unclosed)).toThrow('pages/a.wxml: <view> is not closed')
  })
})

describe('a query of nodes in WeChat', () => {
  const files = {
    'pages/a.wxml':
      '<view class="top"/><card class="first"/><card/><button bindtap="go">Go</button><button bindtap="guess">Guess</button>',
    'pages/a.json': '{"usingComponents":{"card":"/card"}}',
    'pages/a.js': `Page({
      onPageScroll() {},
      go() {
        const say = (name) => (place) => console.log(name + ' ' + (place && place.top))
        wx.createSelectorQuery()
          .select('.top').boundingClientRect(say('page'))
          .select('.inner').boundingClientRect(say('of a component'))
          .select('.none').boundingClientRect(say('none'))
          .selectViewport().scrollOffset(({ scrollTop }) => console.log('scrolled ' + scrollTop))
          .exec((all) => console.log('all ' + all.length + ' ' + all[0].top))
        wx.createSelectorQuery().in(this.selectComponent('.first')).select('.inner').boundingClientRect(say('inner')).exec()
        console.log('asked')
      },
      guess() { wx.createSelectorQuery().select('.first').boundingClientRect().exec() },
    })`,
    'card.json': '{"component":true}',
    'card.wxml': '<view class="inner"/>',
    'card.js': 'Component({})',
  }

  it('answers later, relative to what is shown, and never from inside of another component', async () => {
    const app = stage.plain(files, { places: { '.top': [100], '.inner': [300, 500] } })
    app.page.scroll(40)
    app.tap('Go')
    await logged(app, 'inner')
    expect(app.console.texts).toEqual([
      'asked',
      'page 60',
      'of a component null',
      'none null',
      'scrolled 40',
      'all 4 60',
      'inner 260',
    ])
  })

  it('does not guess a place that it was not told', async () => {
    const app = stage.plain(files)
    app.tap('Guess')
    await until('it is missing', () => app.missing.length > 0)
    expect(app.missing).toEqual(['the place of "first"'])
  })
})
