import type { Component } from './component'
import type { ElementNode } from './node-tree'
import { shownText } from './shown-text'
import { everything, pathOf, showAll, type Shown } from './shown-tree'

export interface EventOptions {
  readonly bubbles?: boolean
  readonly composed?: boolean
}

export interface Fired {
  /** Whether anything listened. */
  heard: boolean
  result: unknown
}

const PHASES = {
  capture: ['capture-bind', 'capture-catch'],
  bubble: ['bind', 'catch', 'mut-bind'],
} as const

interface EventLike {
  [name: string]: unknown
}

/** A component's `triggerEvent`. The detail is handed on as it is: uni-app's runtime gets an answer in it. */
export function fireCustomEvent(
  from: Component,
  type: string,
  detail: unknown,
  { bubbles = false, composed = false }: EventOptions = {},
): void {
  const { host } = from
  if (host === null) return
  const event = makeEvent(host, type, detail ?? {})
  if (!bubbles) {
    callHandlers(host, event, 'bubble')
    return
  }
  const place = everything(showAll(from.page.nodes)).find(({ node }) => node === host)
  const path = place === undefined ? [host] : elementsOf(pathOf(place))
  bubble(composed ? path : path.filter(({ owner }) => owner === host.owner), event)
}

/** An event of a node that goes up to the page, such as a tap. */
export function fireBubbling(target: Shown, type: string, detail: unknown, more: object = {}): Fired {
  const path = elementsOf(pathOf(target))
  const [first] = path
  if (first === undefined) return { heard: false, result: undefined }
  return bubble(path, { ...makeEvent(first, type, detail), ...more })
}

/** An event that only the node itself hears, such as a field's input. */
export function fireAt(node: ElementNode, type: string, detail: unknown): Fired {
  return callHandlers(node, makeEvent(node, type, detail), 'bubble').fired
}

function elementsOf(path: readonly Shown[]): ElementNode[] {
  return path.map(({ node }) => node).filter((node) => node.kind === 'element')
}

function bubble(path: readonly ElementNode[], event: EventLike): Fired {
  let heard = false
  const go = (nodes: readonly ElementNode[], phase: keyof typeof PHASES) => {
    for (const node of nodes) {
      const { fired, stopped } = callHandlers(node, event, phase)
      heard ||= fired.heard
      if (stopped) return false
    }
    return true
  }
  if (go([...path].reverse(), 'capture')) go(path, 'bubble')
  return { heard, result: undefined }
}

function callHandlers(node: ElementNode, event: EventLike, phase: keyof typeof PHASES) {
  const fired: Fired = { heard: false, result: undefined }
  let stopped = false
  for (const prefix of PHASES[phase]) {
    for (const name of [`${prefix}:${String(event.type)}`, prefix + String(event.type)]) {
      if (!node.attributes.has(name)) continue
      stopped ||= prefix.endsWith('catch')
      const handler = node.attributes.get(name)
      // `catchtap=""` stops the event and calls nothing.
      if (typeof handler !== 'string' || handler === '') continue
      fired.heard = true
      fired.result = node.owner.call(handler, { ...event, currentTarget: targetOf(node) })
    }
  }
  return { fired, stopped }
}

function makeEvent(node: ElementNode, type: string, detail: unknown): EventLike {
  return { type, timeStamp: Math.round(performance.now()), target: targetOf(node), mark: {}, detail }
}

const targetOf = ({ attributes, dataset }: ElementNode): object => ({
  id: shownText(attributes.get('id')),
  dataset,
  offsetLeft: 0,
  offsetTop: 0,
})
