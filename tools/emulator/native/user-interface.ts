import { strict } from '../strict'
import { answer, type NativeHost } from './host'
import { applyUiStyle, type UiStyleChoice } from './ui-style'

type Answer = (event: unknown) => void

interface SheetOptions {
  readonly title?: string
  readonly cancel?: string
  readonly buttons: readonly { readonly title: string }[]
}

/** `plus.nativeUI`: what the engine shows above the app. Taps on it are answered as the real one answers them. */
export function openUserInterface(host: NativeHost) {
  const { state } = host.screen
  const setToast = (toast: string | null) => {
    state.toast = toast
    host.screen.change()
  }
  const ask = (dialog: NonNullable<typeof state.dialog>, done: (index: number, text?: string) => void) => {
    state.dialog = dialog
    host.screen.onDialog = (index, text) => {
      state.dialog = null
      host.screen.change()
      done(index, text)
    }
    host.screen.change()
  }
  const modal =
    (input: boolean) =>
    (
      message: string,
      done?: Answer,
      title = '',
      tip?: unknown,
      buttons: readonly string[] = ['OK', 'Cancel'],
    ) => {
      // `confirm` takes its buttons as the fourth argument too, as uni gives them.
      const labels = Array.isArray(tip) ? (tip as string[]) : buttons
      ask({ kind: 'alert', title, message, input, buttons: [...labels] }, (index, value) =>
        answer(host, done, { index, value }),
      )
    }

  return {
    setUIStyle: (choice: UiStyleChoice) => {
      host.device.uiStyleChoice = choice
      applyUiStyle(host)
    },
    toast: (text: string) => {
      setToast(text)
      setTimeout(() => {
        if (state.toast === text) setToast(null)
      }, 2000)
    },
    closeToast: () => setToast(null),
    showWaiting: (title = '') => {
      setToast(title)
      const waiting = { setTitle: setToast, close: () => setToast(null), onclose: null }
      return strict('plus.nativeUI.WaitingObj', waiting, { report: host.report })
    },
    closeWaiting: () => setToast(null),
    alert: (message: string, done?: Answer, title = '', button = 'OK') =>
      ask({ kind: 'alert', title, message, input: false, buttons: [button] }, (index) =>
        answer(host, done, { index }),
      ),
    confirm: modal(false),
    prompt: modal(true),
    actionSheet: ({ title = '', cancel = 'Cancel', buttons }: SheetOptions, done?: Answer) => {
      const labels = [...buttons.map((button) => button.title), cancel]
      ask({ kind: 'sheet', title, message: '', input: false, buttons: labels }, (index) =>
        answer(host, done, { index: index === buttons.length ? 0 : index + 1 }),
      )
    },
  }
}
