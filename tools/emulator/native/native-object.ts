import { Listeners } from '../listeners'
import { strict } from '../strict'
import type { DrawnTag, NativeBox } from '../chrome/screen-state'
import type { NativeHost } from './host'

type Tag = Omit<DrawnTag, 'position'> & { readonly position?: Partial<NativeBox> }

type ViewStyle = Partial<NativeBox> & { readonly backgroundColor?: string }

const WHOLE: NativeBox = { top: '0px', left: '0px', width: '100%', height: '100%' }
const TOUCHES = ['touchstart', 'touchmove', 'touchend', 'click', 'doubleclick']

/** `plus.nativeObj`: views that the engine draws over every page and bar. */
export function openNativeObjects(host: NativeHost) {
  const views = new Map<string, object>()

  // Called with `new`, which gives what it returns.
  function View(id: string, style: ViewStyle, tags: readonly Tag[] = []) {
    const view = makeView(host, id, style, tags, () => views.delete(id))
    views.set(id, view)
    return view
  }
  const getViewById = (id: string) => views.get(id) ?? null
  return strict('plus.nativeObj', { View: Object.assign(View, { getViewById }) }, { report: host.report })
}

function makeView(host: NativeHost, id: string, style: ViewStyle, tags: readonly Tag[], onClose: () => void) {
  const listeners = new Listeners()
  const { state } = host.screen
  const drawn = {
    id,
    box: { ...WHOLE, ...style },
    backgroundColor: '',
    tags: [] as DrawnTag[],
    visible: false,
  }
  const changed = () => host.screen.change()
  const draw = (more: readonly Tag[]) => {
    for (const tag of more) {
      const whole = { ...tag, position: { ...WHOLE, ...tag.position } } as DrawnTag
      const at = drawn.tags.findIndex((one) => one.id !== undefined && one.id === tag.id)
      if (at >= 0) drawn.tags[at] = whole
      else drawn.tags.push(whole)
      if (tag.text !== undefined) host.device.drawn.push(tag.text)
    }
    changed()
  }
  const setStyle = (next: typeof style) => {
    drawn.box = { ...drawn.box, ...next }
    drawn.backgroundColor = next.backgroundColor ?? drawn.backgroundColor
    changed()
  }
  const setVisible = (visible: boolean) => {
    drawn.visible = visible
    changed()
  }
  const close = () => {
    state.views = state.views.filter((one) => one !== drawn)
    host.screen.onTouch.delete(id)
    onClose()
    changed()
  }
  host.screen.onTouch.set(id, (touch) => {
    if (TOUCHES.includes(touch.type)) host.time.run(() => listeners.fire(touch.type, host.toLogic(touch)))
  })
  state.views.push(drawn)
  setStyle(style)
  draw(tags)
  const api = {
    id,
    draw,
    drawRect: (rectStyles: DrawnTag['rectStyles'], position?: Partial<NativeBox>, tagId?: string) =>
      draw([{ tag: 'rect', rectStyles, position, id: tagId }]),
    drawText: (
      text: string,
      position?: Partial<NativeBox>,
      textStyles?: DrawnTag['textStyles'],
      tagId?: string,
    ) => draw([{ tag: 'font', text, position, textStyles, id: tagId }]),
    reset: () => {
      drawn.tags = []
      changed()
    },
    setStyle,
    show: () => setVisible(true),
    hide: () => setVisible(false),
    isVisible: () => drawn.visible,
    close,
    clear: close,
    // Drawn views always take the touches on them, as intercepting ones do.
    interceptTouchEvent: (_on: boolean) => undefined,
    addEventListener: (type: string, listener: (event: unknown) => void) => listeners.add(type, listener),
  }
  return strict('plus.nativeObj.View', api, { report: host.report })
}
