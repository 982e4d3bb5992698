import { h, type FunctionalComponent } from 'vue'

/**
 * Plain HTML elements for H5. uni's own input and image put the real element inside a wrapper that passes on
 * neither a label nor an alternative text, and uni has no time field that works by keyboard.
 */

interface InputProps {
  type: string
  value: string
  label: string
  placeholder?: string
  autocomplete?: string
  disabled?: boolean
  invalid?: boolean
  /** It has the focus as soon as it is there. */
  focused?: boolean
}

export const NativeInput: FunctionalComponent<
  InputProps,
  { change: (value: string) => void; enter: () => void; escape: () => void }
> = (props, { emit }) =>
  h('input', {
    class: 'native-input',
    type: props.type,
    value: props.value,
    placeholder: props.placeholder,
    autocomplete: props.autocomplete ?? 'off',
    autocapitalize: 'off',
    spellcheck: false,
    disabled: props.disabled,
    'aria-label': props.label,
    'aria-invalid': props.invalid === true ? 'true' : undefined,
    onInput: (event: Event) => {
      if (event.target instanceof HTMLInputElement) emit('change', event.target.value)
    },
    onKeydown: (event: KeyboardEvent) => {
      if (event.key === 'Enter') emit('enter')
      if (event.key === 'Escape') emit('escape')
    },
    onVnodeMounted: ({ el }) => {
      if (props.focused === true && el instanceof HTMLElement) el.focus()
    },
  })
NativeInput.props = [
  'type',
  'value',
  'label',
  'placeholder',
  'autocomplete',
  'disabled',
  'invalid',
  'focused',
]
NativeInput.emits = ['change', 'enter', 'escape']

export const NativeImage: FunctionalComponent<
  { src: string; alt: string },
  { error: () => void; load: () => void }
> = (props, { emit }) =>
  h('img', {
    class: 'native-image',
    src: props.src,
    alt: props.alt,
    loading: 'lazy',
    decoding: 'async',
    referrerpolicy: 'no-referrer',
    onError: () => {
      emit('error')
    },
    onLoad: () => {
      emit('load')
    },
  })
NativeImage.props = ['src', 'alt']
NativeImage.emits = ['error', 'load']
