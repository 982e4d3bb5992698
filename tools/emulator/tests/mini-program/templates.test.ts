import { describe, expect, it } from 'vitest'
import { parsePath, putAt, valueAt } from '../../mini-program/data-path'
import { compileExpression } from '../../mini-program/expression'
import { compileWxml } from '../../mini-program/wxml'
import { expectClean, logged, openMiniStage } from './mini-stage'

const stage = openMiniStage()

const evaluate = (source: string, data: Record<string, unknown> = {}) =>
  compileExpression(source)((name) => data[name])

describe('an expression in a template', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 3 - 2', 5],
    ["'a' + 1", 'a1'],
    ['a && !b || c', 'last', { a: true, b: true, c: 'last' }],
    ['a ? b ? 1 : 2 : 3', 2, { a: true, b: false }],
    ['list[at].name', 'x', { list: [{}, { name: 'x' }], at: 1 }],
    ['no.such.thing', undefined, {}],
    ["['row', a && 'on', b]", ['row', 'on', false], { a: 1, b: false }],
    ['{a: 1, b}', { a: 1, b: 2 }, { b: 2 }],
    ['a, b', { a: 1, b: 2 }, { a: 1, b: 2 }],
    ['...item, c: 3', { a: 1, c: 3 }, { item: { a: 1 } }],
    ["'it\\'s }'", "it's }"],
    ['a == 1', true, { a: '1' }],
    ['a === 1', false, { a: '1' }],
    ['a >= 2 && a < 3', true, { a: 2 }],
    ["q || ''", '', {}],
    ['a ?? 5', 5, { a: null }],
    ['-a', -2, { a: 2 }],
    ['undefined', undefined, { undefined: 1 }],
  ] as [string, unknown, Record<string, unknown>?][])('gives for %s', (source, value, data) => {
    expect(evaluate(source, data)).toEqual(value)
  })

  it('of which nothing can be made is an error', () => {
    for (const source of ['a +', 'a b', '[1', '{a: }', 'a ? b', '#']) {
      expect(() => compileExpression(source), source).toThrow(SyntaxError)
    }
  })
})

describe('a path of setData', () => {
  it('reaches and makes what lies on it', () => {
    const data = { list: [{ a: 1 }] }
    putAt(data, parsePath('list[0].a'), 2)
    putAt(data, parsePath('list[1].b.c'), 3)
    putAt(data, parsePath('new.deep[0]'), 4)
    expect(data).toEqual({ list: [{ a: 2 }, { b: { c: 3 } }], new: { deep: [4] } })
    expect(valueAt(data, parsePath('list[1].b.c'))).toBe(3)
    expect(valueAt(data, parsePath('list[7].b'))).toBeUndefined()
  })

  it('must be one', () => {
    expect(() => parsePath('a[b]')).toThrow('"a[b]" is no path')
  })
})

describe('a template', () => {
  it.each([
    ['<view><text></view>', '</view> closes nothing'],
    ['<view>', '<view> is not closed'],
    ['<view wx:else/>', 'without wx:if'],
    ['<view>{{a +}}</view>', 'was not expected in {{a +}}'],
    ['<wxs module="m" src="m.wxs"/>', '<wxs> is not simulated'],
  ])('that is %s is an error', (source, message) => {
    expect(() => compileWxml(source, 'pages/a.wxml')).toThrow(message)
  })

  it('shows what its data says, before and after setData', () => {
    const app = stage.plain({
      'pages/a.wxml': `<!-- a note --><view wx:if="{{ok}}">yes &lt; {{n}}{{unit}}</view><view wx:elif="{{n > 1}}">maybe</view>
        <block wx:else><text>no</text></block>
        <view wx:for="{{list}}" wx:for-item="one" wx:key="*this">{{index}}:{{one}}</view>
        <view hidden="{{!ok}}">hidden</view><button bindtap="go">Go</button>`,
      'pages/a.js': `Page({
        data: { ok: true, n: 1, unit: 'px', list: ['a', 'b'] },
        go() { this.setData({ ok: false, 'list[1]': 'c', n: this.data.n + this.step }) },
        step: 1,
      })`,
    })
    expect(app.page.text).toBe('yes < 1px\n0:a\n1:b\nhidden\nGo')

    app.tap('Go')

    expect(app.page.text).toBe('maybe\n0:a\n1:c\nGo')
    expect(app.page.data).toMatchObject({ ok: false, n: 2, list: ['a', 'c'] })
    expectClean(app)
  })
})

const CARD = {
  'card.json': '{ "component": true }',
  'card.wxml': '<view bindtap="own">{{label}}<slot name="head"/><slot/></view>',
  'card.js': `Component({
    options: { multipleSlots: true },
    behaviors: [Behavior({ data: { seen: 0 }, methods: { see() { console.log('seen ' + this.data.label) } } })],
    properties: { label: { type: String, value: 'none', observer: 'see' } },
    observers: { 'label, seen': function (label, seen) { console.log('observed ' + label + ' ' + seen) } },
    lifetimes: {
      created() { console.log('created') }, attached() { console.log('attached ' + this.data.label) },
      ready() { console.log('ready ' + this.data.label) }, detached() { console.log('detached ' + this.data.label) },
    },
    pageLifetimes: { show() { console.log('shown ' + this.data.label) } },
    methods: { own() { this.triggerEvent('pick', { by: this.dataset.by, from: this.data.label }) } },
  })`,
}

describe('a component', () => {
  const page = (wxml: string, js: string) => ({
    ...CARD,
    'pages/a.json': '{ "usingComponents": { "card": "/card" } }',
    'pages/a.wxml': wxml,
    'pages/a.js': js,
  })

  it('lives through its lifetimes, children before parents where they are ready', async () => {
    const app = stage.plain(
      page(
        '<card wx:if="{{on}}" label="outer"><card label="inner"/></card><view bindtap="off">Off</view>',
        `Page({ data: { on: true }, onLoad() { console.log('load') }, onReady() { console.log('page ready') },
          off() { this.setData({ on: false }) } })`,
      ),
    )
    await logged(app, 'page ready')

    app.tap('Off')

    expect(app.console.texts).toEqual([
      ...['created', 'created', 'attached outer', 'attached inner', 'load', 'shown outer', 'shown inner'],
      ...['ready inner', 'ready outer', 'page ready', 'detached outer', 'detached inner'],
    ])
  })

  it('is told of its properties, and tells its owner', () => {
    const app = stage.plain(
      page(
        '<card label="{{name}}" data-by="me" bind:pick="picked"><text slot="head">H</text><text>body {{name}}</text></card><view bindtap="rename">Rename</view>',
        `Page({ data: { name: 'one' }, rename() { this.setData({ name: 'two' }) },
          picked(event) { console.log('picked ' + event.detail.by + ' ' + event.detail.from + ' ' + event.type) } })`,
      ),
    )
    expect(app.page.text).toBe('one\nH\nbody one\nRename')

    app.tap('Rename')
    app.tap('body two')

    expect(app.page.text).toBe('two\nH\nbody two\nRename')
    expect(app.console.texts.slice(-3)).toEqual(['observed two 0', 'seen two', 'picked me two pick'])
    expectClean(app)
  })

  it('keeps its life when the list around it is sorted, and ends with its key', () => {
    const app = stage.plain(
      page(
        '<card wx:for="{{list}}" wx:key="id" label="{{item.id}}"/><view bindtap="sort">Sort</view>',
        `Page({ data: { list: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] },
          sort() { this.setData({ list: [{ id: 'c' }, { id: 'a' }] }) } })`,
      ),
    )

    app.tap('Sort')

    expect(app.page.components('card')).toEqual(['c', 'a'])
    expect(app.console.texts.filter((line) => /created|detached/.test(line))).toEqual([
      ...['created', 'created', 'created', 'detached b'],
    ])
  })

  it('stops a tap by catch, and a tap that nobody hears is an error of the test', () => {
    const app = stage.plain(
      page(
        '<view bindtap="outer"><view catchtap="inner">Inside</view><text>Beside</text></view><view>Alone</view>',
        `Page({ outer() { console.log('outer') }, inner() { console.log('inner') } })`,
      ),
    )

    app.tap('Inside')
    app.tap('Beside')

    expect(app.console.texts).toEqual(['inner', 'outer'])
    expect(() => app.tap('Alone')).toThrow('nothing reacts to a tap on "Alone"')
    expect(() => app.tap('Nowhere')).toThrow('"Nowhere" is not on pages/a')
  })
})
