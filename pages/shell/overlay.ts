import { shallowRef } from 'vue'

/** One thing that can be chosen in a dialog. */
export interface Choice<Key extends string = string> {
  readonly key: Key
  readonly text: string
  readonly danger?: boolean
}

/** A question over the page; on H5 dialog-host.vue draws it. */
export interface Dialog {
  readonly title: string
  readonly text: string
  readonly choices: readonly Choice[]
  readonly cancel: string
  readonly answer: (key: string | null) => void
}

export const dialog = shallowRef<Dialog | null>(null)

/** A short word of what was done; goes away by itself. */
export const toast = shallowRef<{ text: string } | null>(null)

/** Asks to choose one of a few things. Null: the person chose none. */
export function choose<Key extends string>(
  title: string,
  choices: readonly Choice<Key>[],
  cancel: string,
): Promise<Key | null> {
  return new Promise((answered) => {
    // uni's own sheet on H5 follows the system's theme and knows no keyboard.
    // #ifdef H5
    showDialog({
      title,
      text: '',
      choices,
      cancel,
      answer: (key) => {
        answered(key as Key | null)
      },
    })
    // #endif
    // #ifndef H5
    uni.showActionSheet({
      itemList: choices.map((choice) => choice.text),
      success: ({ tapIndex }) => {
        answered(choices[tapIndex]?.key ?? null)
      },
      fail: () => {
        answered(null)
      },
    })
    // #endif
  })
}

/** Asks before something that cannot be taken back. */
export function confirm(question: {
  title: string
  text: string
  confirm: string
  cancel: string
}): Promise<boolean> {
  return new Promise((answered) => {
    // #ifdef H5
    showDialog({
      title: question.title,
      text: question.text,
      choices: [{ key: 'yes', text: question.confirm, danger: true }],
      cancel: question.cancel,
      answer: (key) => {
        answered(key === 'yes')
      },
    })
    // #endif
    // #ifndef H5
    uni.showModal({
      title: question.title,
      content: question.text,
      confirmText: question.confirm,
      cancelText: question.cancel,
      success: (result) => {
        answered(result.confirm)
      },
      fail: () => {
        answered(false)
      },
    })
    // #endif
  })
}

/** Says shortly what was done. */
export function say(text: string): void {
  // #ifdef H5
  toast.value = { text }
  // #endif
  // #ifndef H5
  void uni.showToast({ title: text, icon: 'none' })
  // #endif
}

/** Shows a dialog; one that was open is answered with null. */
export function showDialog(next: Omit<Dialog, 'answer'> & { answer: (key: string | null) => void }): void {
  dialog.value?.answer(null)
  dialog.value = {
    ...next,
    answer: (key) => {
      dialog.value = null
      next.answer(key)
    },
  }
}

/**
 * Answers the question on show with null: what it was asked about is no longer on the screen. Its page is left, shows
 * something else, or belongs to somebody else now. The sheets of phones lie over everything, and nothing can be left under them.
 */
export function withdrawDialog(): void {
  dialog.value?.answer(null)
}
