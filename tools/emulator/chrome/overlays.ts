import { assetUrl, element, tell } from './element'
import type { Dialog, DrawnTag, NativeBox, NativeView, ScreenState } from './screen-state'

/** `plus.nativeObj.View`, above every webview and bar, the newest on top. */
export function drawNativeViews(views: readonly NativeView[]): HTMLElement[] {
  return views
    .filter((view) => view.visible)
    .map((view) => {
      const drawn = element('div', 'nativeview')
      place(drawn, view.box)
      drawn.style.background = view.backgroundColor
      drawn.append(...view.tags.map(drawTag))
      listen(drawn, view.id)
      return drawn
    })
}

function drawTag({
  tag,
  position,
  text,
  src,
  color,
  rectStyles = {},
  textStyles = {},
}: DrawnTag): HTMLElement {
  if (tag === 'img') {
    const image = document.createElement('img')
    image.src = assetUrl(src ?? '')
    place(image, position)
    return image
  }
  const drawn = element('div', `tag ${tag}`)
  place(drawn, position)
  if (tag === 'rect') {
    drawn.style.background = rectStyles.color ?? color ?? ''
    drawn.style.borderRadius = rectStyles.radius ?? ''
    if (rectStyles.borderColor !== undefined)
      drawn.style.border = `${rectStyles.borderWidth ?? '1px'} solid ${rectStyles.borderColor}`
    return drawn
  }
  const label = element('span', '', text ?? '')
  drawn.style.color = textStyles.color ?? '#000'
  drawn.style.fontSize = textStyles.size ?? '16px'
  drawn.style.fontWeight = textStyles.weight ?? 'normal'
  drawn.style.textAlign = textStyles.align ?? 'center'
  drawn.style.whiteSpace = textStyles.whiteSpace === 'normal' ? 'normal' : 'nowrap'
  drawn.style.alignItems =
    { top: 'flex-start', bottom: 'flex-end' }[textStyles.verticalAlign ?? ''] ?? 'center'
  if (textStyles.overflow === 'ellipsis') label.style.textOverflow = 'ellipsis'
  drawn.append(label)
  return drawn
}

function place(drawn: HTMLElement, { top, left, width, height }: NativeBox): void {
  Object.assign(drawn.style, { top, left, width, height })
}

function listen(drawn: HTMLElement, view: string): void {
  const say = (type: string, at: { clientX: number; clientY: number; screenX: number; screenY: number }) => {
    const { left, top } = drawn.getBoundingClientRect()
    const own = { clientX: at.clientX - left, clientY: at.clientY - top }
    const screen = { pageX: at.clientX, pageY: at.clientY, screenX: at.clientX, screenY: at.clientY }
    tell({ name: 'touch', view, touch: { type, ...own, ...screen } })
  }
  for (const type of ['touchstart', 'touchmove', 'touchend'] as const) {
    drawn.addEventListener(type, (event) => {
      const touch = event.changedTouches[0]
      if (touch) say(type, touch)
    })
  }
  drawn.addEventListener('click', (event) => {
    say('click', event)
  })
}

export function drawToast({ toast }: ScreenState): HTMLElement[] {
  return toast === null ? [] : [element('div', 'toast', toast)]
}

/** An alert, a prompt or an action sheet. */
export function drawDialog(dialog: Dialog | null): HTMLElement[] {
  if (dialog === null) return []
  const shade = element('div', `shade ${dialog.kind}`)
  const box = element('div', 'dialog')
  box.append(element('strong', '', dialog.title), element('p', '', dialog.message))
  const input = document.createElement('input')
  if (dialog.input) box.append(input)
  const buttons = element('div', 'buttons')
  dialog.buttons.forEach((label, index) => {
    const button = element('button', '', label)
    button.addEventListener('click', () => tell({ name: 'dialog', index, text: input.value }))
    buttons.append(button)
  })
  box.append(buttons)
  shade.append(box)
  return [shade]
}
