/** A length in pixels or percent, as `plus.nativeObj` takes it. */
export interface PlusBox {
  top: string
  left: string
  width: string
  height: string
}

/** Something drawn on a view. */
export type PlusTag =
  | {
      tag: 'rect'
      id: string
      position: PlusBox
      rectStyles: { color: string; radius: string; borderColor?: string; borderWidth?: string }
    }
  | {
      tag: 'font'
      id: string
      position: PlusBox
      text: string
      textStyles: {
        size: string
        color: string
        weight: 'normal' | 'bold'
        align: 'left'
        verticalAlign: 'top' | 'middle'
        overflow: 'ellipsis'
        whiteSpace: 'nowrap' | 'normal'
      }
    }

/** A touch, of which only the place on the screen is used. */
export interface PlusTouch {
  readonly screenY?: number
  readonly clientY?: number
}

/**
 * The part of `plus.nativeObj.View` that is used. Our own: the published typings know no `ellipsis`.
 * html5plus.org/doc/zh_cn/nativeobj.html
 */
export interface PlusView {
  draw(tags: PlusTag[]): void
  reset(): void
  setStyle(style: PlusBox): void
  show(): void
  close(): void
  interceptTouchEvent(intercept: boolean): void
  addEventListener(
    event: 'click' | 'touchstart' | 'touchmove' | 'touchend',
    listener: (touch: PlusTouch) => void,
  ): void
}

export type PlusViewConstructor = new (
  id: string,
  style: PlusBox & { backgroundColor: string },
  tags: PlusTag[],
) => PlusView
