import { computed, ref, watch } from 'vue'
import type { SignInKey } from '@/locale/sign-in'
import { findSignInLink, SignInError, signInWithLink, signInWithToken, type AskSwitch } from '@/store/session'
import { isInsecure } from './server-address'

/** What the sign-in page knows: two fields, whether it is busy, and what went wrong. */
export function useSignInForm(server0: string, ask: AskSwitch) {
  const server = ref(server0)
  const token = ref('')
  const busy = ref(false)
  const error = ref<SignInKey | null>(null)
  /** A link that came while another one was tried. */
  let next: string | null = null

  const canSubmit = computed(() => server.value.trim() !== '' && token.value.trim() !== '')
  const insecure = computed(() => isInsecure(server.value))

  async function attempt(deed: () => Promise<unknown>): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = null
    try {
      await deed()
    } catch (failure) {
      error.value = `signIn.error.${failure instanceof SignInError ? failure.code : 'internal'}`
    } finally {
      busy.value = false
    }
  }

  const submit = (): Promise<void> =>
    canSubmit.value
      ? attempt(() => signInWithToken(server.value.trim(), token.value.trim(), ask))
      : Promise.resolve()

  async function useLink(link: string): Promise<void> {
    next = link
    while (next !== null && !busy.value) {
      const text: string = next
      next = null
      await attempt(() => signInWithLink(text, ask))
    }
  }

  /** A link pasted into either field signs in by itself, whatever was copied along with it. */
  watch([server, token], (fields, before) => {
    const pasted = fields.find((field, at) => field !== before[at] && findSignInLink(field) !== null)
    if (pasted === undefined) {
      error.value = null
      return
    }
    server.value = findSignInLink(pasted)?.server ?? ''
    token.value = ''
    void useLink(pasted)
  })

  return { server, token, busy, error, insecure, canSubmit, submit, useLink }
}
