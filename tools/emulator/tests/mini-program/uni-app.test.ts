import { describe, expect, it } from 'vitest'
import { openEchoServer, openSocketServer } from '../servers'
import { until } from '../stage'
import { expectClean, logged, openMiniStage } from './mini-stage'

const stage = openMiniStage()

describe('a uni-app mini-program', () => {
  it('starts with its first page, its life told in order', async () => {
    const app = stage.open()

    await app.page.see('Count 0')
    expect(app.page.path).toBe('pages/home/home')
    expect(app.console.texts.slice(0, 3)).toEqual(['launch pages/home/home', 'app show', 'home show'])
    expect(app.tabs.map(({ text }) => text)).toEqual(['Home', 'Notes'])
    expectClean(app)
  })

  it('draws components, loops, conditions and slots from their templates, and hears taps', async () => {
    const app = stage.open()
    app.tap('Open list')
    await app.page.see('Title Things')
    expect(app.page.title).toBe('List')
    expect(app.page.components('components/line-card')).toEqual([
      'apple × 0\nmore of apple\nslot of apple\nPick apple',
      'pear × 0\nmore of pear\nslot of pear\nPick pear',
    ])
    expect(app.page.text).toContain('2 things')

    app.tap('Pick pear')
    await app.page.see('pear × 1')
    app.page.fill('Another thing', 'plum')
    app.page.confirm(0)

    await app.page.see('3 things')
    expect(app.page.components('components/line-card').map((text) => text.split('\n')[0])).toEqual([
      'plum × 0',
      'apple × 0',
      'pear × 1',
    ])
    expect(app.console.texts.filter((line) => line.startsWith('mounted'))).toEqual([
      'mounted apple',
      'mounted pear',
      'mounted plum',
    ])
    expectClean(app)
  })

  it('asks by a dialog, and takes components away', async () => {
    const app = stage.open({ start: { path: 'pages/list/list', query: { title: 'Cold' } } })
    await app.page.see('Title Cold')

    app.tap('Remove all')
    await until('the dialog', () => app.dialog !== null)
    expect(app.dialog).toMatchObject({ title: 'Remove all?', choices: ['No', 'Yes'] })
    expect(() => app.tap('Scan')).toThrow('the dialog has "No", "Yes"')
    app.tap('Yes')

    await app.page.see('Nothing left')
    await logged(app, 'unmounted pear')
    expectClean(app)
  })

  it('loads more at the bottom and refreshes by a pull', async () => {
    const app = stage.open({ start: { path: 'pages/list/list' } })

    app.page.reachBottom()
    await app.page.see('more 2 × 0')
    app.page.pullToRefresh()

    await app.page.see('fresh × 0')
    await until('the end of it', () => !app.page.isRefreshing)
    expectClean(app)
  })

  it('keeps the pages in a stack, and tabs beside it', async () => {
    const app = stage.open()
    app.tap('Open list')
    await logged(app, 'list ready')
    expect(app.pages).toEqual(['pages/home/home', 'pages/list/list'])
    expect(app.console.texts.filter((line) => line.startsWith('list'))).toEqual([
      'list load',
      'list show',
      'list ready',
    ])

    app.back()
    expect(app.pages).toEqual(['pages/home/home'])
    expect(app.console.texts.slice(-2)).toEqual(['list unload', 'home show'])
    app.tap('Add one')
    await app.page.see('Count 1')
    app.tapTab('Notes')
    await app.page.see(/plus is not defined/)
    app.tapTab('Home')
    // The tab's page has waited.
    expect(app.page.text).toContain('Count 1')
    expect(app.console.texts.filter((line) => line.startsWith('launch'))).toHaveLength(1)
  })

  it('keeps its storage when it is ended, and starts again', async () => {
    const app = stage.open()
    app.tap('Add one')
    await app.page.see('Count 1')

    app.kill()
    expect(() => app.page.text).toThrow('the mini-program does not run')
    app.relaunch()

    await app.page.see('Count 1')
    expect(app.storage.get('count')).toBe(1)
  })

  it('sends real HTTP, and says what the network says', async () => {
    const server = await openEchoServer()
    stage.after(server.close)
    const app = stage.open()
    app.page.fill('An address', server.url)

    app.tap('Ask')
    await app.page.see(/Answer 201 .*"method":"POST".*fixture.* application\/json/)
    app.airplaneMode(true)
    app.tap('Ask')

    await app.page.see(/Answer failed request:fail .*ERR_INTERNET_DISCONNECTED/)
    await logged(app, 'network false none')
  })

  it('opens real sockets with headers, each with its own task', async () => {
    const server = await openSocketServer()
    stage.after(server.close)
    const app = stage.open()
    app.page.fill('An address', server.url)

    app.tap('Twice')
    await logged(app, 'one open')
    await logged(app, 'two open')
    expect(server.requests.map(({ headers }) => headers['x-fixture']).sort()).toEqual(['one', 'two'])
    app.tap('Say hello')
    await until('both have said it', () => server.messages.length === 2)
    server.sockets[0]?.send('for one')
    server.sockets[1]?.close(4001, 'enough')

    await until(
      'a message',
      () => app.console.texts.filter((line) => line.endsWith('message for one')).length === 1,
    )
    await until(
      'a close',
      () => app.console.texts.filter((line) => line.endsWith('close 4001 enough')).length === 1,
    )
    expectClean(app)
  })

  it('throws with its full name what is not simulated, and remembers it when it is caught', async () => {
    const app = stage.open({ start: { path: 'pages/list/list' } })

    app.tap('Scan')

    await until('the error', () => app.missing.length === 1)
    expect(app.missing).toEqual(['wx.scanCode'])
    expect(app.console.errors.join()).toContain('wx.scanCode is not simulated')
  })
})
